"""Does to real processes and servers what was forecast, and starts again what has ended."""

import asyncio
import errno
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from deploy.local import processes
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.storm import parked
from tests.faults.storm.book import Book
from tests.faults.storm.cluster import VHOST, Node, leader
from tests.faults.storm.forecast import DISK, ONCE, Event
from tests.faults.storm.outages import BROKER, DATABASE, Outages
from tests.faults.storm.scene import Scene

LAST_WORDS = 300


class Weather:
    """Does what is forecast. One thing at a time to each part; different parts may be down together."""

    def __init__(self, scene: Scene, events: Sequence[Event], books: Sequence[Book]) -> None:
        self.events, self.books = events, books
        self.platform, self.postgres, self.brokers, self.blobs = scene
        self.happened: Counter[str] = Counter()
        self.ended_themselves: Counter[str] = Counter()
        self._outages = Outages()
        self._parked: list[str] = []
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
            DISK: self._fill_blobs,
        }

    async def blow(self, until: float) -> None:
        """`until`: when the departments stop reporting (time.monotonic)."""
        begun, self._until = time.monotonic(), until
        async with asyncio.TaskGroup() as tasks:
            for event in self.events:
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
                    self._outages.ended(name, self.platform.log(name)[-LAST_WORDS:])
                noted.add(pid)
            if gone:
                await asyncio.to_thread(self.platform.start, *gone, wait=False)
            await asyncio.sleep(0.5)

    def faults(self) -> list[str]:
        """Ends nothing explains, parked messages that a wipe took away, weather that was forecast and did not come."""
        forecast = Counter(event.kind for event in self.events)
        missed = [
            f"{kind}: {self.happened[kind]} times instead of {times}"
            for kind, times in forecast.items()
            if self.happened[kind] != times
        ]
        return [*self._outages.unexplained, *self._parked, *missed]

    async def _kill_worker(self, event: Event) -> None:
        await self._kill_named(event.choose([name for name in self.platform.names if name.startswith("worker")]))

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
        await self._down(BROKER, event, node.kill, node.start)

    async def _wipe_broker(self, event: Event) -> None:
        """What lies parked goes with the rest, so it is read before."""
        node = await self._broker()
        self._parked += await parked.in_queues(node.url(VHOST), "before the wipe")
        await self._down(BROKER, event, node.wipe, node.start)

    async def _pause_broker(self, event: Event) -> None:
        node = await self._broker()
        pids = processes.started_with("RABBITMQ_MNESIA_BASE", str(node.data))
        with self._outages.of(BROKER):
            processes.send(pids, signal.SIGSTOP)
            try:
                await asyncio.sleep(event.lasts * 2)
            finally:
                processes.send(pids, signal.SIGCONT)

    async def _kill_database(self, event: Event) -> None:
        await self._down(DATABASE, event, self.postgres.kill, self.postgres.start)

    async def _down(self, server: str, event: Event, end: Callable[[], None], start: Callable[[], None]) -> None:
        with self._outages.of(server):
            await asyncio.to_thread(end)
            await asyncio.sleep(event.lasts)
            await asyncio.to_thread(start)

    async def _fill_blobs(self, event: Event) -> None:
        """The file system of the blobs has no room left; or so little that a file begins and does not end.

        It stays full until somebody has been refused for it, or nobody reports any more.
        """
        ballast = self.blobs.parent / "ballast"
        before = self._store_down()
        try:
            await asyncio.to_thread(_fill, ballast, event.choose((0, 64 * 1024)))
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
