"""What goes wrong, when, to whom and for how long: drawn by seed before the storm begins."""

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

DISK = "blobs full"
# Times in ten minutes; each at least once in a storm, however short.
OFTEN = {
    "worker killed": 30,
    "persister killed": 20,
    "gateway restarted": 8,
    "gateway killed": 4,
    "ingest killed": 4,
    "records killed": 4,
    "auth killed": 4,
    "database killed": 8,
    DISK: 6,
}
ONE_BROKER = {"broker killed": 5, "broker paused": 5}
CLUSTER = {"leader killed": 6, "leader paused": 6}
ONCE = "broker wiped"


class Event(NamedTuple):
    at: float  # seconds from the beginning
    kind: str
    lasts: float
    lot: float  # 0…1: which of several is hit

    @property
    def part(self) -> str:
        return self.kind.partition(" ")[0]

    def choose(self, several: Sequence[T]) -> T:
        return several[int(self.lot * len(several))]


def forecast(seed: int, seconds: float, *, cluster: bool, disk: bool = True) -> list[Event]:
    """The weather of a seed. `disk`: there is one that may be filled; without it all else stays as it is."""
    chance = random.Random(f"weather {seed}")
    often = OFTEN | (CLUSTER if cluster else ONE_BROKER)
    times = {kind: max(1, round(count * seconds / 600)) for kind, count in often.items()}
    if not cluster:
        times[ONCE] = 1
    longest = min(10.0, 2 + seconds / 60)
    drawn = [
        Event(chance.uniform(0.05, 0.9) * seconds, kind, chance.uniform(1, longest), chance.random())
        for kind, count in times.items()
        for _ in range(count)
    ]
    return sorted(event for event in drawn if disk or event.kind != DISK)
