"""The check of a row: every problem at once. Compiled once per dataset version; worker and single entry share it.

A good row takes the short way: each column remembers the values it has found to be right, so most cells cost one
look-up (`columns.py`), and the rules are compared on the results. Any row that stumbles is read again, cell by cell.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.datasets.columns import Clock, Column, SomethingToSay
from shared.datasets.compiled import per_dataset
from shared.datasets.definition import Dataset
from shared.datasets.doubts import RowDoubts
from shared.datasets.keys import identity_key, key_of_texts
from shared.datasets.messages import Finding
from shared.datasets.problems import Problem
from shared.datasets.rules import RowRules, compile_passes
from shared.datasets.values import Cell, Circumstances, shown_text


class Checked(NamedTuple):
    values: dict[str, str]  # non-empty fields: normalised where right, as read where wrong
    problems: list[Problem]
    good: bool  # no error among the problems
    warned: bool
    key: UUID | None  # None where a field of the key is wrong


class RowCheck:
    def __init__(self, dataset: Dataset) -> None:
        self._fields = dataset.fields
        self._codes = [field.code for field in dataset.fields]
        self._clock = Clock()
        self._columns = [Column(dataset, field, self._clock) for field in dataset.fields]
        self._passes = compile_passes(dataset)
        self._rules = RowRules(dataset)
        self._doubts = RowDoubts(dataset)
        self._key = dataset.key
        self._key_places = [self._codes.index(code) for code in dataset.key]

    def check(
        self,
        cells: Sequence[Cell],
        *,
        today: date,
        row: int | None = None,
        columns: Sequence[str | None] | None = None,
        epoch_1904: bool = False,
    ) -> Checked:
        """`cells` are aligned with the dataset's fields, `columns` are their letters. Never raises."""
        if not epoch_1904 and (values := self._known_good(cells, today)) is not None:
            texts = [values[place] for place in self._key_places]
            key = key_of_texts(texts if any(texts) else values)
            return Checked(
                {code: value for code, value in zip(self._codes, values, strict=True) if value}, [], True, False, key
            )
        return self._look_closely(cells, Circumstances(today, epoch_1904), row, columns)

    def check_values(
        self,
        values: Mapping[str, str],
        *,
        today: date,
        row: int | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> Checked:
        """A single entry, or a row that is being mended. `columns`: field code → column letters of its file."""
        letters = [columns.get(code) for code in self._codes] if columns else None
        return self.check([values.get(code, "") for code in self._codes], today=today, row=row, columns=letters)

    def _known_good(self, cells: Sequence[Cell], today: date) -> list[str] | None:
        """The normalised values of a row about which there is nothing to say; else None."""
        if self._clock.circumstances.today != today:
            self._clock.circumstances = Circumstances(today)
            self._today = today.isoformat()
        try:
            values = [column[cell] for column, cell in zip(self._columns, cells, strict=True)]
        except SomethingToSay:
            return None
        for passes in self._passes:
            if not passes(values, self._today):
                return None
        return values if self._doubts.none_in(values) else None

    def _look_closely(
        self, cells: Sequence[Cell], circumstances: Circumstances, row: int | None, letters: Sequence[str | None] | None
    ) -> Checked:
        readings = [column.read(cell, circumstances) for column, cell in zip(self._columns, cells, strict=True)]
        read = dict(zip(self._codes, readings, strict=True))
        self._rules.settle_documents(
            read, cells=dict(zip(self._codes, cells, strict=True)), circumstances=circumstances
        )
        found = self._rules.find(read, circumstances.today)
        right = {code: reading.value for code, reading in read.items() if reading.good}
        for code, doubt in self._doubts.find(right):
            found.setdefault(code, []).append(doubt)
        problems: list[Problem] = []
        values: dict[str, str] = {}
        wrong: set[str] = set()
        for place, (field, cell) in enumerate(zip(self._fields, cells, strict=True)):
            reading = read[field.code]
            if reading.value:
                values[field.code] = reading.value
            where = (row, letters[place]) if row is not None and letters is not None else (None, None)
            for finding in _said([*reading.findings, *found.get(field.code, [])]):
                problems.append(_problem(finding, field.code, field.label, shown_text(cell), where))
                if finding.severity == "error":
                    wrong.add(field.code)
        key = None if wrong.intersection(self._key) else identity_key(self._key, values, self._codes)
        warned = any(problem.severity == "warning" for problem in problems)
        return Checked(values, problems, not wrong, warned, key)


def _said(findings: list[Finding]) -> list[Finding]:
    """What must be empty needs no other remark."""
    return [finding for finding in findings if finding.code == "must_be_empty"] or findings


def _problem(finding: Finding, field: str, label: str, value: str, where: tuple[int | None, str | None]) -> Problem:
    row, letters = where
    place = f"第 {row} 行 {letters} 列" if letters else ""
    return Problem(
        severity=finding.severity,
        cell=f"{letters}{row}" if letters else None,
        field=field,
        label=label,
        code=finding.code,
        value=value,
        message=f"{place}“{label}”：{finding.message}",
        suggestion=finding.suggestion,
    )


@per_dataset
def row_check(dataset: Dataset) -> RowCheck:
    """The compiled check of this version of the dataset."""
    return RowCheck(dataset)
