"""The marks our own workbooks carry in row 1, so that they are known again when they come back filled in."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

REASON_LABEL = "错误原因"
ROW_LABEL = "原行号"
HELP_SHEET = "填写说明"
REQUIRED_MARK = "（必填）"

_DATASET = re.compile(r"【数据集\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*(.{0,100}?)\s*第\s*(\d{1,6})\s*版】")
_UPLOAD = re.compile(r"【上报\s*([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})】")


class Marks(NamedTuple):
    dataset: str | None = None  # code of the dataset whose template this is
    name: str = ""
    version: int | None = None
    upload: UUID | None = None  # the upload whose rejected rows these are


def dataset_mark(code: str, name: str, version: int) -> str:
    return f"【数据集 {code} {name.translate({ord('】'): None})} 第 {version} 版】"


def upload_mark(upload_id: UUID) -> str:
    return f"【上报 {upload_id}】"


def read_marks(texts: Iterable[str]) -> Marks:
    whole = "\n".join(texts)
    dataset, upload = _DATASET.search(whole), _UPLOAD.search(whole)
    return Marks(
        dataset=dataset[1] if dataset else None,
        name=dataset[2] if dataset else "",
        version=int(dataset[3]) if dataset else None,
        upload=UUID(upload[1]) if upload else None,
    )
