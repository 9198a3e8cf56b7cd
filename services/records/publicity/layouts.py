"""Shapes that the publicity room's policy and repository share."""

from datetime import date
from typing import NamedTuple


class Narrowed(NamedTuple):
    """What lists and searches take first, in the order of their parameters."""

    department: str | None
    region: str | None
    first: date | None
    last: date | None


class Listed(NamedTuple):
    """What a list takes first."""

    narrowed: Narrowed
    datasets: tuple[str, ...]

    @property
    def parameters(self) -> tuple[object, ...]:
        return (*self.narrowed, self.datasets)


class Searched(NamedTuple):
    """Which datasets a search text is looked for in, and how."""

    narrowed: Narrowed
    by_part: list[str]  # enterprises: any part of the name
    by_whole: list[str]  # persons: the whole name only, for it is shown masked
    documents: dict[str, str]  # dataset → the field with its document number, where everybody may read that
    persons: list[str]  # of these datasets, the ones about persons
    codes: dict[str, list[str]]  # dataset of enterprises → the fields of its codes that everybody may read
