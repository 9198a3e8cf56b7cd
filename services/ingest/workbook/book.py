"""Opens an .xls with xlrd, whatever state it is in, and gives its sheets as rows of cells.

Runs only in the limited child process. xlrd raises anything at all on odd files (reference.md §7): every way out of
here is a sheet or a Refused.
"""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

import xlrd
import xlrd.biffh
import xlrd.book
import xlrd.compdoc
import xlrd.sheet

from services.ingest.workbook.box import Box
from services.ingest.workbook.decrypt import decrypted
from services.ingest.workbook.failures import Refused
from shared.datasets.numbers import number_text
from shared.datasets.values import Cell, SheetCell

_BIFF8 = 80
_GBK = "gb18030"
_SURROGATES = re.compile("[\ud800-\udfff]")
_TEXT = xlrd.XL_CELL_TEXT
vars(xlrd.compdoc)["CompDoc"] = Box  # xlrd.open_workbook takes it from there


class Sheet:
    """One loaded worksheet. Rows are counted from 0."""

    def __init__(self, sheet: xlrd.sheet.Sheet, datemode: Literal[0, 1]) -> None:
        self._sheet = sheet
        self._datemode = datemode
        self._tolerant = _is_tolerant()
        self.rows = sheet.nrows
        while self.rows and not any(sheet.row_types(self.rows - 1)):
            self.rows -= 1  # formatted or declared, but empty

    def cells(self, row: int) -> Sequence[Cell]:
        """The cells of a row as far as it goes; "" for an empty one."""
        values = self._sheet.row_values(row)
        types = self._sheet.row_types(row)
        if self._tolerant:
            values = [repaired(value) if kind == _TEXT else value for value, kind in zip(values, types, strict=True)]
        if not values or max(types) <= _TEXT:
            return values
        return [
            value if kind <= _TEXT else self._cell(kind, cast("float | int", value))
            for kind, value in zip(types, values, strict=True)
        ]

    def texts(self, row: int) -> list[str]:
        """The same as it is shown."""
        return [repaired(cell if isinstance(cell, str) else cell.text) for cell in self.cells(row)]

    def _cell(self, kind: int, value: float | int) -> Cell:
        if kind == xlrd.XL_CELL_NUMBER:
            return SheetCell("number", value, _number(value))
        if kind == xlrd.XL_CELL_DATE:
            return SheetCell("date", value, self._day(value))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return SheetCell("boolean", value, "TRUE" if value else "FALSE")
        if kind == xlrd.XL_CELL_ERROR:
            return SheetCell("error", value, xlrd.error_text_from_code.get(int(value), "#ERROR!"))
        return ""

    def _day(self, value: float) -> str:
        """A date as ISO text, with the time where there is one; what Excel could not show as a date stays a number."""
        try:
            day: datetime = xlrd.xldate_as_datetime(value, self._datemode)
        except (ValueError, OverflowError):
            return _number(value)
        if value < 1:
            return f"{day:%H:%M:%S}"
        return f"{day:%Y-%m-%d}" if value == int(value) else f"{day:%Y-%m-%d %H:%M:%S}"


def _number(value: float) -> str:
    try:
        return number_text(value)
    except (ValueError, OverflowError):  # nan, infinity
        return "#NUM!"


class Book:
    def __init__(self, book: xlrd.book.Book) -> None:
        self._book = book
        self.epoch_1904 = book.datemode == 1
        inside = vars(book)  # what xlrd knows of the sheets without loading them
        visibility: list[int] = inside["_sheet_visibility"]
        names = book.sheet_names()
        self.visible = [index for index in range(len(names)) if visibility[index : index + 1] in ([0], [])]
        self.hidden = [index for index in range(len(names)) if index not in self.visible]
        self.charts: int = inside["_all_sheets_map"].count(-1)  # charts and macro sheets leave no other trace
        self.names = [repaired(name) for name in names]

    def load(self, index: int) -> Sheet:
        """Raises Refused where the sheet cannot be read."""
        try:
            return Sheet(self._book.sheet_by_index(index), self._book.datemode)
        except MemoryError:
            raise
        except UnicodeDecodeError:
            if _is_tolerant():
                raise Refused("corrupt") from None
            _tolerate_surrogates()
            return self.load(index)
        except Exception:
            raise Refused("corrupt") from None

    def unload(self, index: int) -> None:
        self._book.unload_sheet(index)


def open_book(data: bytes) -> Book:
    """Raises Refused: encrypted or corrupt. MemoryError is left to the caller, which knows the limit."""
    try:
        return Book(_open(data))
    except (MemoryError, Refused):
        raise
    except Exception as error:
        if _is_encrypted(error):
            return _open_decrypted(data)
        raise Refused("corrupt") from None


def _open(data: bytes) -> xlrd.book.Book:
    try:
        book = _xlrd(data)
    except UnicodeDecodeError:  # a rare character cut in two by the program that wrote the file
        _tolerate_surrogates()
        book = _xlrd(data)
    except xlrd.compdoc.CompDocError as error:
        # Some programs let the workbook's stream share a sector; its own length still bounds the reading.
        if not str(error).startswith("Workbook corruption"):
            raise
        book = _xlrd(data, ignore_workbook_corruption=True)
    if book.biff_version < _BIFF8 and book.codepage is None:
        book = _xlrd(data, encoding_override=_GBK)  # written without a code page: a Chinese program's own
    return book


def _xlrd(data: bytes, *, ignore_workbook_corruption: bool = False, encoding_override: str | None = None) -> xlrd.Book:
    return xlrd.open_workbook(
        file_contents=data,
        on_demand=True,
        ragged_rows=True,
        logfile=open(os.devnull, "w"),  # noqa: PTH123  # it would print to our stdout
        ignore_workbook_corruption=ignore_workbook_corruption,
        encoding_override=encoding_override,
    )


def _is_encrypted(error: Exception) -> bool:
    return isinstance(error, xlrd.biffh.XLRDError) and "encrypted" in str(error)


def _open_decrypted(data: bytes) -> Book:
    plain = decrypted(data)
    try:
        return Book(_open(plain))
    except MemoryError:
        raise
    except Exception:
        raise Refused("protected") from None


def _is_tolerant() -> bool:
    return vars(xlrd.biffh)["unicode"] is _decode_tolerantly


def _decode_tolerantly(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "surrogatepass" if encoding.replace("_", "-").startswith("utf-16") else "replace")


def _tolerate_surrogates() -> None:
    """From here on halves of a character pass xlrd and are joined by `repaired`. The process ends with this file."""
    for module in (xlrd.biffh, xlrd.book, xlrd.sheet):
        vars(module)["unicode"] = _decode_tolerantly


def repaired(text: str) -> str:
    """Halves of a character that were read apart, joined; a half alone becomes the replacement character."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
