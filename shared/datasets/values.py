"""From the cell of a sheet, or a typed text, to the normalised value of a field: text first, never a guess.

`field_reader` compiles one field; check.py puts the fields of a dataset together.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final, Literal, NamedTuple

from shared.datasets.choices import choice_reader
from shared.datasets.dates import read_date, read_serial
from shared.datasets.definition import DatasetDraft, FieldDefinition
from shared.datasets.identifiers import READERS
from shared.datasets.messages import Reading, find
from shared.datasets.numbers import number_text, read_decimal, read_integer
from shared.datasets.roles import roles_of
from shared.datasets.text import IDENTIFIER_PLACEHOLDERS, PLACEHOLDERS, clean, harmless

# An .xls number keeps fifteen digits: a code of sixteen or more has already lost some.
_ROUNDED_FROM: Final = 10**15


class SheetCell(NamedTuple):
    """A cell that is not text. `value`: the number, a date's day number or ISO text, 0/1, or the error's code."""

    kind: Literal["number", "date", "boolean", "error"]
    value: float | int | str
    text: str  # as shown; of a number its digits without .0


Cell = str | SheetCell  # text cells and single entries are plain str; "" is empty


class Circumstances(NamedTuple):
    today: date
    epoch_1904: bool = False


FieldReader = Callable[[Cell, Circumstances], Reading]
_END_LABEL = re.compile(r"截止|截至|到期|届满|终止|期限|有效期至|[至止]$")
_EMPTY = Reading("")


def shown_text(cell: Cell) -> str:
    """What the officer sees in the cell, made harmless."""
    if isinstance(cell, str):
        return harmless(cell)
    if cell.kind == "number" and isinstance(cell.value, float | int):
        return number_text(cell.value)
    return harmless(cell.text)


def takes_open_end(dataset: DatasetDraft, field: FieldDefinition) -> bool:
    """Whether 长期 makes sense: the date says until when something holds."""
    if field.type != "date" or field.code == roles_of(dataset).decided_on:
        return False
    return field.code == roles_of(dataset).valid_until or _END_LABEL.search(field.label) is not None


def field_reader(field: FieldDefinition, *, open_end: bool = False) -> FieldReader:
    """Compiled once per field. The reader never raises and says everything that is wrong with the cell by itself."""
    read = _typed_reader(field, open_end=open_end)
    nothing = IDENTIFIER_PLACEHOLDERS if field.identifier else PLACEHOLDERS
    missing = Reading("", (find("required"),)) if field.required else _EMPTY
    is_document = "文号" in field.label
    keeps_lines = field.type == "long_text" or field.several

    def reader(cell: Cell, circumstances: Circumstances) -> Reading:
        if isinstance(cell, SheetCell) and cell.kind == "error":
            text = shown_text(cell)
            return Reading(text, (find("error_cell", value=text),))
        text = clean(cell if isinstance(cell, str) else shown_text(cell), lines=keeps_lines)
        if not text:
            return missing
        if text in nothing and not (field.type == "choice" and read(cell, text, circumstances).good):
            return _nothing(text)
        return read(cell, text, circumstances)

    def _nothing(text: str) -> Reading:
        if not field.required:
            # 备注 says 无 in every other file; that is worth no warning.
            return _EMPTY if field.type == "long_text" else Reading("", (find("placeholder", value=text),))
        if not is_document:
            return Reading(text, (find("required_placeholder", value=text),))
        return Reading(text) if text == "空" else Reading(text, (find("required_document", value=text),))

    return reader


_TypedReader = Callable[[Cell, str, Circumstances], Reading]


def _typed_reader(field: FieldDefinition, *, open_end: bool) -> _TypedReader:
    """Reads a cell whose cleaned text is not empty."""
    if field.type == "date":
        return _date_reader(open_end=open_end)
    if field.type == "choice":
        choose = choice_reader(field)
        return lambda _cell, text, _circumstances: choose(text)
    if field.type == "integer":
        return lambda _cell, text, _circumstances: read_integer(text, field.max_length)
    if field.type == "decimal":
        return lambda _cell, text, _circumstances: read_decimal(text, field.max_length)
    return _text_reader(field)


def _date_reader(*, open_end: bool) -> _TypedReader:
    def read(cell: Cell, text: str, circumstances: Circumstances) -> Reading:
        if isinstance(cell, SheetCell) and cell.kind == "date" and not isinstance(cell.value, str):
            found = read_serial(cell.value, text, epoch_1904=circumstances.epoch_1904, certain=True)
            if found.good:
                return found
        iso = cell.value if isinstance(cell, SheetCell) and isinstance(cell.value, str) and cell.value else text
        return read_date(iso, open_end=open_end, epoch_1904=circumstances.epoch_1904, original=text)

    return read


def _text_reader(field: FieldDefinition) -> _TypedReader:
    limit = field.max_length
    identify = READERS[field.identifier] if field.identifier else None

    def read(cell: Cell, text: str, circumstances: Circumstances) -> Reading:
        if isinstance(cell, SheetCell):
            if cell.kind == "number" and isinstance(cell.value, float | int) and abs(cell.value) >= _ROUNDED_FROM:
                return Reading(text, (find("rounded_number"),))
            if cell.kind == "date" and identify is None:
                return Reading(text, (find("date_as_text", value=text),))
        if identify is not None:
            return identify(text, circumstances.today)
        if len(text) > limit:
            return Reading(text, (find("too_long", length=len(text), limit=limit),))
        return Reading(text)

    return read
