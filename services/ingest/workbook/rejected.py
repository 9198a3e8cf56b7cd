"""The failed rows of an upload in the template's layout, with the reasons: mended and sent again, it closes them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from services.ingest.workbook.marks import REASON_LABEL, ROW_LABEL, upload_mark
from services.ingest.workbook.sheets import (
    DOUBTFUL,
    TEXT,
    WRAPPED,
    WRONG,
    Heading,
    SheetWriter,
    heading_of,
    new_book,
    packed,
)
from services.ingest.workbook.template import sheet_name, title_of
from shared.contracts.uploads import Upload
from shared.datasets.definition import Dataset

_HOW_TO_MEND = (
    "这里是退回的行，没有入库。红色单元格有错误，黄色单元格请核对，原因见“错误原因”列。改正后直接上传本文件，原来的问题会自动了结；"
    "请不要改动第 1、2 行和“原行号”列。第 1、2 行不导入。"
)
# "第 6 行 G 列" speaks of the file that was sent, not of this one.
_PLACE = re.compile(r"^第 \d+ 行(?: [A-Z]+ 列)?")


def rejected_workbook(lines: Iterator[bytes]) -> bytes:
    """`lines`: `{upload, definition}`, then one `{row, values, problems}` for each rejected row."""
    head = json.loads(next(lines))
    upload, dataset = Upload.model_validate(head["upload"]), Dataset.model_validate(head["definition"])
    book = new_book()
    headings = [heading_of(field) for field in dataset.fields]
    writer = SheetWriter(
        book,
        sheet_name(dataset),
        f"{title_of(dataset, ' 退回数据')}{upload_mark(upload.id)}\n{_HOW_TO_MEND}",
        [*headings, Heading(REASON_LABEL, 60), Heading(ROW_LABEL, 10)],
    )
    codes = [field.code for field in dataset.fields]
    for line in lines:
        _append(writer, codes, json.loads(line))
    return packed(book)


def _append(writer: SheetWriter, codes: list[str], row: dict[str, Any]) -> None:
    problems = row["problems"]
    colours = {problem["field"]: DOUBTFUL for problem in problems}
    colours |= {problem["field"]: WRONG for problem in problems if problem["severity"] == "error"}
    # What was typed, not what it was normalised to, stands in a cell that is to be mended.
    typed = {problem["field"]: problem["value"] for problem in problems if problem["field"] and problem["value"]}
    values = row["values"] | {code: text for code, text in typed.items() if code in colours}
    styles = [colours.get(code, TEXT) for code in codes]
    writer.append(
        [*(values.get(code, "") for code in codes), _reasons(problems), str(row["row"])], [*styles, WRAPPED, TEXT]
    )


def _reasons(problems: list[dict[str, Any]]) -> str:
    errors = [problem for problem in problems if problem["severity"] == "error"]
    sentences = [_sentence(problem) for problem in errors]
    sentences += ["（提醒）" + _sentence(problem) for problem in problems if problem["severity"] != "error"]
    if len(sentences) == 1:
        return sentences[0]
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1))


def _sentence(problem: dict[str, Any]) -> str:
    sentence = _PLACE.sub("", problem["message"])
    return sentence if problem["label"] in sentence else f"“{problem['label']}”：{sentence}"
