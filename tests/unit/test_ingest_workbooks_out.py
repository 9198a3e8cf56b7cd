"""Templates, failed rows and exports: text in every cell, read back by xlrd and by LibreOffice."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import xlrd

from services.ingest.workbook.export import export_workbook
from services.ingest.workbook.header import find_layout
from services.ingest.workbook.marks import HELP_SHEET, read_marks
from services.ingest.workbook.rejected import rejected_workbook
from services.ingest.workbook.sheets import fitting
from services.ingest.workbook.template import template_workbook
from shared.datasets.catalog import shipped_datasets
from shared.datasets.definition import Dataset
from tests.workbooks import good_rows, plain_dataset

DATASET = plain_dataset("xzxk_fr", version=3)
SHIPPED = [Dataset(**dict(draft), version=1) for draft in shipped_datasets()]
UPLOAD = uuid4()


def lines(*values: object) -> Iterator[bytes]:
    return (json.dumps(value, ensure_ascii=False).encode() for value in values)


def definition() -> Any:
    return json.loads(DATASET.model_dump_json())


def opened(data: bytes) -> xlrd.Book:
    return xlrd.open_workbook(file_contents=data, formatting_info=True)


def colour_of(book: xlrd.Book, row: int, column: int) -> int | None:
    background = book.xf_list[book.sheet_by_index(0).cell_xf_index(row, column)].background
    assert background is not None
    return background.pattern_colour_index


@pytest.mark.parametrize("dataset", SHIPPED, ids=lambda dataset: dataset.code)
def test_the_template_of_a_shipped_dataset_is_understood_when_it_comes_back(dataset: Dataset) -> None:
    book = opened(template_workbook(dataset))
    sheet = book.sheet_by_index(0)
    assert book.sheet_names()[1] == HELP_SHEET
    layout = find_layout(dataset, [sheet.row_values(0), sheet.row_values(1)], "工作表")
    assert layout.places == list(range(len(dataset.fields)))
    assert layout.notices == []
    marks = read_marks(sheet.row_values(0))
    assert (marks.dataset, marks.version, marks.name) == (dataset.code, 1, dataset.name)


def test_every_column_of_a_template_is_text_down_to_the_last_row() -> None:
    book = opened(template_workbook(DATASET))
    sheet = book.sheet_by_index(0)
    for column in range(len(DATASET.fields)):
        settings = sheet.colinfo_map[column]
        assert book.format_map[book.xf_list[settings.xf_index].format_key].format_str == "@"
        assert settings.width > 8 * 256
    assert sheet.horz_split_first_visible == 2 or sheet.has_pane_record
    assert (0, 1, 0, len(DATASET.fields)) in sheet.merged_cells


def test_required_columns_are_marked_and_coloured() -> None:
    book = opened(template_workbook(DATASET))
    sheet = book.sheet_by_index(0)
    colours: dict[bool, set[int | None]] = {}
    for column, field in enumerate(DATASET.fields):
        label = sheet.cell_value(1, column)
        assert label == field.label + ("（必填）" if field.required else "")
        colours.setdefault(field.required, set()).add(colour_of(book, 1, column))
    assert colours[True].isdisjoint(colours[False])


def test_the_help_sheet_tells_every_field_with_its_choices() -> None:
    sheet = opened(template_workbook(DATASET)).sheet_by_name(HELP_SHEET)
    told = {row[1]: row for row in (sheet.row_values(number) for number in range(2, sheet.nrows))}
    assert set(told) >= {field.code for field in DATASET.fields}
    assert told["XK_SPLB"][5] == "普通\n特许\n认可\n核准\n登记"
    assert told["XK_JDRQ"][2] == "必填"
    assert "18 位统一社会信用代码" in told["XK_XDR_SHXYM"][3]


def problem(field: str, label: str, value: str, severity: str = "error", row: int = 7) -> dict[str, Any]:
    message = f"第 {row} 行 C 列“{label}”：不对，请改正。"
    return {
        "severity": severity, "cell": f"C{row}", "field": field, "label": label, "code": "not_in_list",
        "value": value, "message": message, "suggestion": None,
    }  # fmt: skip


def test_failed_rows_come_with_reasons_colours_and_the_marks_that_close_them() -> None:
    values = good_rows("xzxk_fr", 2)
    head = {
        "upload": {
            "id": str(UPLOAD), "dataset": {"code": "xzxk_fr", "name": DATASET.name, "version": 3},
            "file": {"name": "a.xls", "size": 1, "sha256": "0" * 64}, "department": {"code": "d", "name": "单位"},
            "uploaded_by": {"id": "u", "name": "填报员"}, "uploaded_at": datetime.now(UTC).isoformat(),
            "mode": "partial", "on_duplicate": "update", "dry_run": False, "state": "partly_stored",
            "progress": {"rows_total": 9, "rows_done": 9}, "counts": {},
        },
        "definition": definition(),
    }  # fmt: skip
    first = {"row": 7, "values": {**values[0], "XK_SPLB": "乱填"}, "problems": [problem("XK_SPLB", "审批类别", "乱填")]}
    second_problems = [problem("XK_XMMC", "项目名称", "", row=9), problem("BZ", "备注", "１", "warning", row=9)]
    second = {"row": 9, "values": {**values[1], "BZ": "1"}, "problems": second_problems}
    book = opened(rejected_workbook(lines(head, first, second)))
    sheet = book.sheet_by_index(0)
    labels = sheet.row_values(1)
    assert labels[-2:] == ["错误原因", "原行号"]
    assert sheet.row_values(2)[-2:] == ["“审批类别”：不对，请改正。", "7"]
    assert sheet.row_values(3)[-2:] == ["1. “项目名称”：不对，请改正。\n2. （提醒）“备注”：不对，请改正。", "9"]
    assert {cell.ctype for row in range(sheet.nrows) for cell in sheet.row(row)} <= {0, 1, 6}
    kind, note = labels.index("审批类别（必填）"), labels.index("备注")
    colour = {
        (row, column): colour_of(book, row, column)
        for row, column in ((2, kind), (3, kind), (3, note), (3, labels.index("项目名称（必填）")))
    }
    assert colour[2, kind] == colour[3, labels.index("项目名称（必填）")] != colour[3, kind]
    assert colour[3, note] not in (colour[2, kind], colour[3, kind])
    assert sheet.cell_value(2, kind) == "乱填"
    assert sheet.cell_value(3, note) == "１"  # as it was typed
    layout = find_layout(DATASET, [sheet.row_values(0), labels], "工作表")
    assert (layout.origin_upload, layout.origin_rows, layout.notices) == (UPLOAD, len(labels) - 1, [])


RECORD = {
    "state": "published",
    "published_until": None,
    "department": {"code": "d", "name": "长治市某局"},
    "created_at": "2026-11-23T10:00:00+08:00",
}


def test_an_export_holds_text_only_whatever_a_value_looks_like() -> None:
    dangerous = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "911404000000000001", "0012"]
    records = [{**RECORD, "values": {"XK_XMMC": text}} for text in dangerous]
    book = opened(export_workbook(lines({"definition": definition()}, *records)))
    sheet = book.sheet_by_index(0)
    column = sheet.row_values(1).index("项目名称")
    assert [sheet.cell_value(row, column) for row in range(2, sheet.nrows)] == dangerous
    assert {cell.ctype for row in range(sheet.nrows) for cell in sheet.row(row)} <= {0, 1, 6}
    assert sheet.row_values(2)[-4:] == ["公示中", "", "长治市某局", "2026-11-23 10:00:00"]


def test_a_value_longer_than_a_cell_says_that_it_was_cut_and_rare_characters_survive() -> None:
    records = [{**RECORD, "values": {"XK_NR": text}} for text in ("长" * 40_000, "𠮷野家")]
    sheet = opened(export_workbook(lines({"definition": definition()}, *records))).sheet_by_index(0)
    column = sheet.row_values(1).index("许可内容")
    assert sheet.cell_value(2, column).endswith("…（内容过长，其余省略）")
    assert sheet.cell_value(3, column) == "𠮷野家"
    assert len(fitting("𠮷" * 20_000).encode("utf-16-le")) <= 2 * 32_767
    assert fitting("长" * 32_767) == "长" * 32_767


def test_libreoffice_opens_a_template_clean(tmp_path: Path) -> None:
    (tmp_path / "模板.xls").write_bytes(template_workbook(DATASET))
    command = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    subprocess.run(
        [*command, "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(tmp_path), "模板.xls"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    converted = (tmp_path / "模板.csv").read_text()
    assert "行政许可决定书文号（必填）" in converted
    assert "【数据集 xzxk_fr 行政许可-法人 第 3 版】" in converted
