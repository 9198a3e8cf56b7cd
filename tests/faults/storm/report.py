"""What a storm has to say at its end."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.report import machine
from tests.faults.storm.book import Book
from tests.faults.storm.reckoning import Reckoning
from tests.faults.storm.vitals import Vitals

MOST_FAULTS = 40


class Report(NamedTuple):
    again: str  # the arguments that make the same storm
    books: Sequence[Book]
    happened: Counter[str]
    ended: Counter[str]  # processes, by themselves
    settled: float  # seconds from the end of the storm to the end of the last upload
    reckoning: Reckoning
    early: Vitals
    late: Vitals
    faults: Sequence[str]

    def __str__(self) -> str:
        books = self.books
        refused = sum((book.refused for book in books), Counter[str]())
        cuts = sum((book.cuts for book in books), Counter[str]())
        lines = [
            f"Storm {self.again}, {len(books)} departments; {machine()}",
            "",
            f"uploads accepted        {self.reckoning.uploads:,}",
            f"rows in the ledger      {self.reckoning.rows:,}",
            f"records living          {self.reckoning.records:,}",
            f"lost                    {self.reckoning.lost:,}",
            f"doubled                 {self.reckoning.doubled:,}",
            f"last one ended          {max(self.settled, 0):.0f} s after the storm",
            f"answers lost, looked up {sum(book.looked_up for book in books):,}",
            f"POSTs cut               {_list(cuts)}",
            f"POSTs refused or lost   {_list(refused)}",
            f"stories                 {_list(Counter(family.story for book in books for family in book.families))}",
            "",
            *(f"{kind:<23} {times:>4}" for kind, times in sorted(self.happened.items())),
            f"ended by themselves     {_list(self.ended)}",
            "",
            *(f"{name:<12} {self._change(name)}" for name in self.late.processes),
            f"connections to PostgreSQL: {self.early.connections} → {self.late.connections}",
            "",
            *self.faults[:MOST_FAULTS],
            f'{len(self.faults)} faults; the same storm again: make storm ARGS="{self.again}"',
        ]
        return "\n".join(lines)

    def _change(self, name: str) -> str:
        then, now = self.early.processes[name], self.late.processes[name]
        return f"{then.megabytes:4.0f} → {now.megabytes:4.0f} MB, {then.files:3d} → {now.files:3d} descriptors"


def _list(counted: Counter[str]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counted.items())) or "none"
