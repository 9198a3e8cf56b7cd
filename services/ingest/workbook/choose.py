"""Which sheet of a book is meant: visible, with the dataset's header, of its subject kind; the others are named."""

from typing import NamedTuple

from services.ingest.workbook.book import Book, Sheet
from services.ingest.workbook.failures import Refused
from services.ingest.workbook.header import SEARCHED_ROWS, Layout, find_layout
from services.ingest.workbook.marks import HELP_SHEET
from shared.datasets.definition import Dataset

# Sheets that are opened to look for the header; a book with more of them is looked through no further.
_LOOKED_AT = 12
_NAMED = 6
_SUBJECTS = {"legal_person": ("法人", "企业", "单位"), "natural_person": ("自然人", "个人")}
_CATEGORIES = {"licence": ("许可",), "penalty": ("处罚",), "red_list": ("红名单",), "black_list": ("黑名单",)}


class Chosen(NamedTuple):
    sheet: Sheet
    layout: Layout
    name: str  # how it is called in messages
    notices: list[str]


def choose_sheet(book: Book, dataset: Dataset) -> Chosen:
    """Raises Refused when no visible sheet carries the header; it speaks of the most promising one."""
    candidates = [index for index in book.visible if book.names[index].strip() != HELP_SHEET]
    if not candidates:
        raise Refused("no_sheet")
    candidates.sort(key=lambda index: (-_promise(book.names[index], dataset), index))
    refusal: Refused | None = None
    without_rows: Chosen | None = None
    for index in candidates[:_LOOKED_AT]:
        sheet = book.load(index)
        name = _called(book.names[index])
        top = [sheet.texts(row) for row in range(min(sheet.rows, SEARCHED_ROWS))]
        try:
            layout = find_layout(dataset, top, name)
        except Refused as error:
            if sheet.rows and (refusal is None or _RANK[error.kind] > _RANK[refusal.kind]):
                refusal = error
            book.unload(index)
            continue
        chosen = Chosen(sheet, layout, name, [*_skipped(book, index, candidates), *layout.notices])
        if sheet.rows > 2:
            return chosen
        without_rows = without_rows or chosen
    if without_rows is not None:
        return without_rows
    raise refusal or Refused("no_rows", sheet=_called(book.names[candidates[0]]))


# Of several sheets without the header, the refusal that says most about what to do.
_RANK = {"no_header": 0, "header_below": 1, "columns_missing": 2, "columns_added": 2, "other_dataset": 3}


def _promise(name: str, dataset: Dataset) -> int:
    """How much the sheet's name speaks for it: 法人 and 自然人, 许可 and 处罚 often share a book (reference.md §5)."""
    promise = 0
    for own, words in ((dataset.subject, _SUBJECTS), (dataset.category, _CATEGORIES)):
        for kind, marks in words.items():
            if any(mark in name for mark in marks):
                promise += 1 if kind == own else -1
    return promise + (2 if dataset.code in name or dataset.name in name else 0)


def _called(name: str) -> str:
    plain = "".join(character for character in name if character.isprintable())
    return f"工作表“{plain[:31]}”"


def _skipped(book: Book, chosen: int, candidates: list[int]) -> list[str]:
    notices = []
    if others := [book.names[index] for index in sorted(candidates) if index != chosen]:
        notices.append(f"只导入了{_called(book.names[chosen])}；其他工作表没有导入：{_list(others)}。")
    if book.hidden:
        notices.append(f"隐藏的工作表没有导入：{_list([book.names[index] for index in book.hidden])}。")
    if book.charts:
        notices.append(f"另有 {book.charts} 张图表或宏表，没有导入。")
    return notices


def _list(names: list[str]) -> str:
    shown = "、".join(_called(name).removeprefix("工作表") for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown}等 {len(names)} 张"
