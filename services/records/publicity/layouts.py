"""Shapes that the publicity room's policy and repository share."""

from typing import NamedTuple


class Searched(NamedTuple):
    """Which datasets a search text is looked for in, and how."""

    by_part: list[str]  # enterprises: any part of the name
    by_whole: list[str]  # persons: the whole name only, for it is shown masked
