"""What every workbook we write has in common: title, labels, colours. All cells are text, none is a formula."""

import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import xlwt

from services.ingest.workbook.marks import REQUIRED_MARK
from shared.datasets.definition import FieldDefinition

# What a cell of .xls may hold, in UTF-16 units.
_CELL_UNITS: Final = 32_767
_FLUSH_ROWS: Final = 500
_CHARACTER: Final = 256  # a column's width is counted in 256ths of a character

TITLE: Final = xlwt.easyxf(
    "font: bold on, height 240; align: wrap on, vert center, horiz left; pattern: pattern solid, fore_colour ice_blue",
    num_format_str="@",
)
_LABEL = "font: bold on; align: wrap on, vert center, horiz center; borders: bottom thin, right thin; pattern: {}"
LABEL: Final = xlwt.easyxf(_LABEL.format("pattern solid, fore_colour gray25"), num_format_str="@")
REQUIRED: Final = xlwt.easyxf(_LABEL.format("pattern solid, fore_colour light_orange"), num_format_str="@")
TEXT: Final = xlwt.easyxf("align: vert top", num_format_str="@")
WRAPPED: Final = xlwt.easyxf("align: wrap on, vert top", num_format_str="@")
WRONG: Final = xlwt.easyxf("align: vert top; pattern: pattern solid, fore_colour rose", num_format_str="@")
DOUBTFUL: Final = xlwt.easyxf("align: vert top; pattern: pattern solid, fore_colour light_yellow", num_format_str="@")


class Heading(NamedTuple):
    label: str
    width: int  # characters
    required: bool = False


def heading_of(field: FieldDefinition) -> Heading:
    label = field.label + (REQUIRED_MARK if field.required else "")
    width = {"long_text": 40, "date": 14, "integer": 12, "decimal": 14}.get(field.type, 22)
    return Heading(label, max(width, min(len(label) + 2, 24)), field.required)


class SheetWriter:
    """A sheet whose row 1 is a title over all columns, row 2 the labels, and whose data begin in row 3."""

    def __init__(self, book: xlwt.Workbook, name: str, title: str, headings: Sequence[Heading]) -> None:
        self._sheet = book.add_sheet(name)
        self._sheet.row_tempfile = io.BytesIO()  # finished rows are kept packed, in memory
        self._next = 2
        for column, heading in enumerate(headings):
            settings = self._sheet.col(column)
            settings.width = heading.width * _CHARACTER
            settings.set_style(TEXT)  # the whole column, down to row 65,536
            self._sheet.write(1, column, heading.label, REQUIRED if heading.required else LABEL)
        self._sheet.write_merge(0, 0, 0, max(len(headings) - 1, 0), fitting(title), TITLE)
        for row, height in ((0, 60), (1, 34)):
            self._sheet.row(row).height_mismatch = True
            self._sheet.row(row).height = height * 20
        self._sheet.set_panes_frozen(True)
        self._sheet.set_horz_split_pos(2)
        self._sheet.set_remove_splits(True)

    def append(self, texts: Sequence[str], styles: Sequence[xlwt.XFStyle] | None = None) -> None:
        """The next row. An empty text leaves its cell empty, but for its colour."""
        row = self._sheet.row(self._next)
        for column, text in enumerate(texts):
            style = TEXT if styles is None else styles[column]
            if text:
                row.set_cell_text(column, fitting(text), style)
            elif style is not TEXT:
                row.set_cell_blank(column, style)
        self._next += 1
        if self._next % _FLUSH_ROWS == 0:
            self._sheet.flush_row_data()


def fitting(text: str) -> str:
    """As much of `text` as a cell can hold; a longer one says so at its end."""
    if len(text) * 2 <= _CELL_UNITS:
        return text
    units = text.encode("utf-16-le", "replace")
    if len(units) <= _CELL_UNITS * 2:
        return text
    return units[: (_CELL_UNITS - 20) * 2].decode("utf-16-le", "ignore") + "…（内容过长，其余省略）"


def new_book() -> xlwt.Workbook:
    return xlwt.Workbook(encoding="utf-8")


def packed(book: xlwt.Workbook) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
