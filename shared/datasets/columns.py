"""A column of the check: reads its cells, and remembers those it found right so that a repeat costs one look-up."""

from collections.abc import Callable
from datetime import date

from shared.datasets.check_digits import is_org_code, is_uscc
from shared.datasets.definition import DatasetDraft, FieldDefinition
from shared.datasets.doubts import field_doubt
from shared.datasets.messages import Reading
from shared.datasets.text import PLACEHOLDERS
from shared.datasets.values import Cell, Circumstances, field_reader, takes_open_end

_REMEMBER = 2_048  # cells a column


class Clock:
    """'Today' of the checks, shared by the columns of a dataset."""

    __slots__ = ("circumstances",)

    def __init__(self) -> None:
        self.circumstances = Circumstances(date.min)


class Column(dict[Cell, str | None]):
    """cell → its normalised value where there is nothing to say about it, else None. Dates are of the 1900 system."""

    def __init__(self, dataset: DatasetDraft, field: FieldDefinition, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._read = field_reader(field, open_end=takes_open_end(dataset, field))
        self._doubt = field_doubt(dataset, field)
        self._surely = _surely_right(field)
        # Identity numbers hardly repeat, must not linger in memory, and depend on today.
        self._room = 0 if field.identifier in {"id_card", "tax_no"} else _REMEMBER

    def read(self, cell: Cell, circumstances: Circumstances) -> Reading:
        """Everything that is to be said about the cell by itself."""
        reading = self._read(cell, circumstances)
        if self._doubt and reading.value and reading.good and (doubt := self._doubt(reading.value)):
            return Reading(reading.value, (*reading.findings, doubt))
        return reading

    def __missing__(self, cell: Cell) -> str | None:
        if type(cell) is str and self._surely is not None and self._surely(cell):
            if self._doubt and self._doubt(cell):
                return None
            value = cell
        else:
            reading = self.read(cell, self._clock.circumstances)
            if reading.findings:
                return None
            value = reading.value
        if len(self) < self._room:
            self[cell] = value
        return value


def _surely_right(field: FieldDefinition) -> Callable[[str], bool] | None:
    """A quick test that a text needs no normalising and breaks no rule of its own; None where there is none."""
    if field.identifier == "uscc":
        return is_uscc
    if field.identifier == "org_code":
        return is_org_code
    if field.identifier or field.type not in {"text", "long_text"}:
        return None
    limit = field.max_length

    def surely(text: str) -> bool:
        return (
            0 < len(text) <= limit
            and text.isprintable()
            and " " not in text
            and "'" not in text
            and "_x000D_" not in text
            and text not in PLACEHOLDERS
        )

    return surely
