"""Which ends of processes are explained: a process that loses a server while it starts may end, to be started again."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

# After a server is back: until then whoever lost it has noticed, and ended if that is its way.
AFTERWARDS_SECONDS = 10.0
BROKER, DATABASE = "broker", "database"
NEEDS = {
    "auth": {DATABASE},
    "records": {DATABASE, BROKER},
    "persister": {DATABASE, BROKER},
    "ingest": {BROKER},
    "worker": {BROKER},
    "gateway": {BROKER},
}


@dataclass
class Outage:
    server: str
    begun: float
    ended: float = float("inf")
    excused: set[str] = field(default_factory=set)

    def explains(self, name: str, at: float) -> bool:
        needed = self.server in NEEDS[name.partition("-")[0]]
        return needed and name not in self.excused and self.begun <= at <= self.ended + AFTERWARDS_SECONDS


class Outages:
    """Every outage of a server explains one end of each process that needs it, while it lasts or soon afterwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._outages: list[Outage] = []
        self.unexplained: list[str] = []

    @contextmanager
    def of(self, server: str) -> Generator[None]:
        outage = Outage(server, self._clock())
        self._outages.append(outage)
        try:
            yield
        finally:
            outage.ended = self._clock()

    def ended(self, name: str, last_words: str) -> None:
        """The process `name`, which nobody has killed, was just found ended; `last_words` close its log."""
        at = self._clock()
        for outage in self._outages:
            if outage.explains(name, at):
                outage.excused.add(name)
                return
        when = f"{at - self._begun:.0f} s after the beginning"
        self.unexplained.append(f"{name} ended by itself {when}, and no outage explains it: {last_words}")
