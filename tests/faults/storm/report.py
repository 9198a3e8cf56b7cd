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
    again: str  # the arguments that make the same weather
    books: Sequence[Book]
    happened: Counter[str]
    ended: Counter[str]  # processes, by themselves
    settled: float  # seconds from the end of the storm to the end of the last upload
    reckoning: Reckoning
    vitals: tuple[Vitals, Vitals, Vitals]  # before the storm; after it, warm; and at the end of a calm
    disk: bool
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
            *([] if self.disk else ["the disk did NOT fill up: --without-disk"]),
            f"ended by themselves     {_list(self.ended)}",
            "",
            "held before the storm → after it, by processes that have warmed up → by the same after more uploads",
            *(f"{name:<12} {self._held(name)}" for name in self.vitals[-1].processes),
            f"PostgreSQL   {_steps([one.connections for one in self.vitals])} connections",
            f"RabbitMQ     {_steps([one.amqp_connections for one in self.vitals])} connections,"
            f" {_steps([one.amqp_channels for one in self.vitals])} channels",
            "",
            *self.faults[:MOST_FAULTS],
            f'{len(self.faults)} faults; the same weather again: make storm ARGS="{self.again}"',
        ]
        return "\n".join(lines)

    def _held(self, name: str) -> str:
        held = [one.processes[name] for one in self.vitals]
        return f"{_steps([one.megabytes for one in held])} MB, {_steps([one.files for one in held])} descriptors"


def _steps(numbers: Sequence[float]) -> str:
    return " → ".join(f"{number:3.0f}" for number in numbers)


def _list(counted: Counter[str]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counted.items())) or "none"
