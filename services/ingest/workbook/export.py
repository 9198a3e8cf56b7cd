"""A list of records as a workbook, in the template's order of columns and with the state of each record beside it."""

import json
from collections.abc import Iterator
from typing import Final

from services.ingest.workbook.sheets import Heading, SheetWriter, heading_of, new_book, packed
from services.ingest.workbook.template import sheet_name, title_of
from shared.datasets.definition import Dataset

# Excel's own limit less title and labels.
MOST_ROWS: Final = 65_534

_STATES = {"published": "公示中", "expired": "公示期满", "revoked": "已撤销", "deleted": "已删除"}
_MORE = (Heading("状态", 10), Heading("公示截止", 14), Heading("上报部门", 24), Heading("入库时间", 20))
_NOTE = f"数据导出，最多 {MOST_ROWS} 条；所有内容均为文本。"


def export_workbook(lines: Iterator[bytes]) -> bytes:
    """`lines`: `{definition}`, then one record each (api.md); at most MOST_ROWS of them are written."""
    dataset = Dataset.model_validate(json.loads(next(lines))["definition"])
    book = new_book()
    headings = [*(heading_of(field)._replace(required=False) for field in dataset.fields), *_MORE]
    labels = [field.label for field in dataset.fields]
    named = [heading._replace(label=label) for heading, label in zip(headings, labels, strict=False)]
    writer = SheetWriter(
        book, sheet_name(dataset), f"{title_of(dataset, ' ')}\n{_NOTE}", [*named, *headings[len(labels) :]]
    )
    codes = [field.code for field in dataset.fields]
    for number, line in enumerate(lines):
        if number == MOST_ROWS:
            break
        record = json.loads(line)
        values = record["values"]
        writer.append(
            [
                *(values.get(code, "") for code in codes),
                _STATES.get(record.get("state", ""), ""),
                record.get("published_until") or "",
                (record.get("department") or {}).get("name", ""),
                str(record.get("created_at") or "")[:19].replace("T", " "),
            ]
        )
    return packed(book)
