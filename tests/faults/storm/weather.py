"""What goes wrong, when and for how long: drawn by seed before the storm begins, done to real processes and servers."""

import asyncio
import errno
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.local import processes
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.storm.book import Book
from tests.faults.storm.cluster import Node, leader
from tests.fixtures.platform import Platform

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
    "blobs full": 6,
}
ONE_BROKER = {"broker killed": 5, "broker paused": 5}
CLUSTER = {"leader killed": 6, "leader paused": 6}
ONCE = "broker wiped"


class Event(NamedTuple):
    at: float  # seconds from the beginning
    kind: str
    lasts: float

    @property
    def part(self) -> str:
        return self.kind.partition(" ")[0]


def forecast(seed: int, seconds: float, *, cluster: bool) -> list[Event]:
    chance = random.Random(f"weather {seed}")
    often = OFTEN | (CLUSTER if cluster else ONE_BROKER)
    times = {kind: max(1, round(count * seconds / 600)) for kind, count in often.items()}
    if not cluster:
        times[ONCE] = 1
    longest = min(10.0, 2 + seconds / 60)
    drawn = [
        Event(chance.uniform(0.05, 0.9) * seconds, kind, chance.uniform(1, longest))
        for kind, count in times.items()
        for _ in range(count)
    ]
    return sorted(drawn)


class Scene(NamedTuple):
    platform: Platform
    postgres: Postgres
    brokers: Sequence[RabbitMQ]  # one, or the nodes of a cluster
    blobs: Path  # on a small file system of its own


class Weather:
    """Does what is forecast. One thing at a time to each part; different parts may be down together."""

    def __init__(self, scene: Scene, seed: int, books: Sequence[Book]) -> None:
        self.books = books
        self.platform, self.postgres, self.brokers, self.blobs = scene
        self.happened: Counter[str] = Counter()
        self.ended_themselves: Counter[str] = Counter()
        self._chance = random.Random(f"victims {seed}")
        self._killed: set[int] = set()
        self._until = 0.0
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._do: dict[str, Callable[[Event], Awaitable[None]]] = {
            "worker killed": self._kill_worker,
            "persister killed": self._kill,
            **{f"{name} killed": self._kill for name in ("gateway", "ingest", "records", "auth")},
            "gateway restarted": self._restart_gateway,
            "broker killed": self._kill_broker,
            "broker paused": self._pause_broker,
            "leader killed": self._kill_broker,
            "leader paused": self._pause_broker,
            ONCE: self._wipe_broker,
            "database killed": self._kill_database,
            "blobs full": self._fill_blobs,
        }

    async def blow(self, events: list[Event], until: float) -> None:
        """`until`: when the departments stop reporting (time.monotonic)."""
        begun, self._until = time.monotonic(), until
        async with asyncio.TaskGroup() as tasks:
            for event in events:
                await asyncio.sleep(max(0.0, begun + event.at - time.monotonic()))
                tasks.create_task(self._happen(event))

    async def _happen(self, event: Event) -> None:
        async with self._locks[event.part]:
            await self._do[event.kind](event)
            self.happened[event.kind] += 1

    async def supervise(self) -> None:
        """Start again what has ended, as supervisord does; what nobody has killed is noted."""
        noted: set[int] = set()
        while True:
            pids = {name: self.platform.pid(name) for name in self.platform.names}
            gone = {name: pid for name, pid in pids.items() if not processes.is_alive(pid)}
            for name, pid in gone.items():
                if pid not in self._killed | noted:
                    self.ended_themselves[name] += 1
                noted.add(pid)
            if gone:
                await asyncio.to_thread(self.platform.start, *gone, wait=False)
            await asyncio.sleep(0.5)

    def unexplained(self) -> list[str]:
        """A process that loses a server while it starts may end, to be started again: once for each outage."""
        outages = sum(
            times for kind, times in self.happened.items() if kind.startswith(("broker", "leader", "database"))
        )
        ended = self.ended_themselves.items()
        return [f"{name} ended by itself {times} times" for name, times in ended if times > outages]

    async def _kill_worker(self, _event: Event) -> None:
        await self._kill_named(self._chance.choice([name for name in self.platform.names if name.startswith("worker")]))

    async def _kill(self, event: Event) -> None:
        await self._kill_named(event.part)

    async def _kill_named(self, name: str) -> None:
        self._killed.add(self.platform.pid(name))
        await asyncio.to_thread(self.platform.kill, name)

    async def _restart_gateway(self, _event: Event) -> None:
        self._killed.add(self.platform.pid("gateway"))
        await asyncio.to_thread(self.platform.stop, "gateway")

    async def _broker(self) -> RabbitMQ:
        """The only one, or the node that leads."""
        nodes = [broker for broker in self.brokers if isinstance(broker, Node)]
        return await asyncio.to_thread(leader, nodes) if nodes else self.brokers[0]

    async def _kill_broker(self, event: Event) -> None:
        node = await self._broker()
        await asyncio.to_thread(node.kill)
        await asyncio.sleep(event.lasts)
        await asyncio.to_thread(node.start)

    async def _wipe_broker(self, event: Event) -> None:
        node = await self._broker()
        await asyncio.to_thread(node.wipe)
        await asyncio.sleep(event.lasts)
        await asyncio.to_thread(node.start)

    async def _pause_broker(self, event: Event) -> None:
        node = await self._broker()
        pids = processes.started_with("RABBITMQ_MNESIA_BASE", str(node.data))
        processes.send(pids, signal.SIGSTOP)
        try:
            await asyncio.sleep(event.lasts * 2)
        finally:
            processes.send(pids, signal.SIGCONT)

    async def _kill_database(self, event: Event) -> None:
        await asyncio.to_thread(self.postgres.kill)
        await asyncio.sleep(event.lasts)
        await asyncio.to_thread(self.postgres.start)

    async def _fill_blobs(self, event: Event) -> None:
        """The file system of the blobs has no room left; or so little that a file begins and does not end.

        It stays full until somebody has been refused for it, or nobody reports any more.
        """
        ballast = self.blobs.parent / "ballast"
        before = self._store_down()
        try:
            await asyncio.to_thread(_fill, ballast, self._chance.choice((0, 64 * 1024)))
            await asyncio.sleep(event.lasts)
            while self._store_down() == before and time.monotonic() < self._until:
                await asyncio.sleep(0.1)
        finally:
            ballast.unlink()

    def _store_down(self) -> int:
        return sum(book.refused["503 store-down"] for book in self.books)


def _fill(ballast: Path, left: int) -> None:
    """Take all the room there is, but `left` bytes. Raises AssertionError should the room not end."""
    with ballast.open("wb", buffering=0) as file:
        try:
            for _ in range(1 << 20):
                file.write(bytes(1 << 20))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        else:
            raise AssertionError("the file system of the blobs is not limited")
        os.ftruncate(file.fileno(), max(0, file.tell() - left))
