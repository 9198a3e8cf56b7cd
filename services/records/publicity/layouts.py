"""Shapes that the publicity room's policy and repository share."""

from typing import NamedTuple


class Searched(NamedTuple):
    """Which datasets a search text is looked for in, and how."""

    by_part: list[str]  # enterprises: any part of the name
    by_whole: list[str]  # persons: the whole name only, for it is shown masked
    documents: dict[str, str]  # dataset → the field with its document number, where everybody may read that
    persons: list[str]  # of these datasets, the ones about persons
    codes: dict[str, list[str]]  # dataset of enterprises → the fields of its codes that everybody may read
