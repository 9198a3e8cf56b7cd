"""A column of the check: reads its cells, and remembers those it found right so that a repeat costs one look-up."""

from collections.abc import Callable
from datetime import date
from typing import Final

from shared.datasets.check_digits import is_org_code, is_uscc
from shared.datasets.definition import DatasetDraft, FieldDefinition, IdentifierKind
from shared.datasets.doubts import field_doubt
from shared.datasets.identifiers import is_id_card
from shared.datasets.messages import Reading
from shared.datasets.text import PLACEHOLDERS
from shared.datasets.values import Cell, Circumstances, field_reader, takes_open_end

_REMEMBER = 2_048  # cells a column


_Surely = Callable[[str, date], bool]


def _surely_tax_no(text: str, _today: date) -> bool:
    return len(text) in {15, 17, 20} and text.isascii() and text.isdecimal()


_SURELY: Final[dict[IdentifierKind, _Surely]] = {
    "uscc": lambda text, _today: is_uscc(text),
    "org_code": lambda text, _today: is_org_code(text),
    "tax_no": _surely_tax_no,
    "id_card": is_id_card,
}


class Clock:
    """'Today' of the checks, shared by the columns of a dataset."""

    __slots__ = ("circumstances",)

    def __init__(self) -> None:
        self.circumstances = Circumstances(date.min)


class SomethingToSay(Exception):
    """A cell is not plainly right: its row is read again for its problems."""


class Column(dict[Cell, str]):
    """cell → its normalised value; dates are of the 1900 system.

    Raises: SomethingToSay where the cell is wrong or doubtful.
    """

    def __init__(self, dataset: DatasetDraft, field: FieldDefinition, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._read = field_reader(field, open_end=takes_open_end(dataset, field))
        self._doubt = field_doubt(dataset, field)
        self._surely = _surely_right(field)
        # Identity numbers hardly repeat, must not linger in memory, and depend on today.
        self._room = 0 if field.identifier in {"id_card", "tax_no"} else _REMEMBER
        if not field.required:
            self[""] = ""

    def read(self, cell: Cell, circumstances: Circumstances) -> Reading:
        """Everything that is to be said about the cell by itself."""
        reading = self._read(cell, circumstances)
        if self._doubt and reading.value and reading.good and (doubt := self._doubt(reading.value)):
            return Reading(reading.value, (*reading.findings, doubt))
        return reading

    def __missing__(self, cell: Cell) -> str:
        if type(cell) is str and self._surely is not None and self._surely(cell, self._clock.circumstances.today):
            if self._doubt and self._doubt(cell):
                raise SomethingToSay
            value = cell
        else:
            reading = self.read(cell, self._clock.circumstances)
            if reading.findings:
                raise SomethingToSay
            value = reading.value
        if len(self) < self._room:
            self[cell] = value
        return value


def _surely_right(field: FieldDefinition) -> _Surely | None:
    """A quick test that a text needs no normalising and breaks no rule of its own; None where there is none."""
    if field.identifier in _SURELY:
        return _SURELY[field.identifier]
    if field.identifier or field.type not in {"text", "long_text"}:
        return None
    limit = field.max_length

    def surely(text: str, _today: date) -> bool:
        return (
            0 < len(text) <= limit
            and text.isprintable()
            and " " not in text
            and "'" not in text
            and "_x000D_" not in text
            and text not in PLACEHOLDERS
        )

    return surely
