"""Totals beyond counting: estimated once and remembered for a while, so that turning pages does not count again."""

import time
from collections.abc import Hashable

REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 1_000


class LargeTotals:
    """Only totals that are estimates anyway; what can be counted is counted each time."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, int]] = {}

    def get(self, filters: Hashable) -> int | None:
        until, total = self._known.get(filters, (0.0, 0))
        return total if until > time.monotonic() else None

    def put(self, filters: Hashable, total: int) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[filters] = (time.monotonic() + REMEMBERED_SECONDS, total)
