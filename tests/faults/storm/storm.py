"""One storm from the first upload to the reckoning: fair weather, the storm, a calm in which growth is measured."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Coroutine, Sequence

import aiohttp
import asyncpg

from tests.e2e.api import Api
from tests.faults.storm import department, parked, vitals
from tests.faults.storm.cluster import VHOST
from tests.faults.storm.department import Department
from tests.faults.storm.forecast import forecast
from tests.faults.storm.reckoning import Reckoning
from tests.faults.storm.report import Report
from tests.faults.storm.scene import Scene
from tests.faults.storm.weather import Weather
from tests.offices import make_reporter

FAIR_SECONDS = 15.0
SETTLE_SECONDS = 300.0
# A storm shorter than this has fewer departments, no files that take long, and less patience.
LONG_SECONDS = 120.0
DEPARTMENTS = {True: 10, False: 5}  # long or short
CALM_UPLOADS = {True: 21, False: 6}  # of each department; the first third warms up what the storm has started anew
QUIET_SECONDS = {True: 10.0, False: 3.0}
STALL_SECONDS = {True: "8", False: "3"}
SETTINGS = {
    "RECORDS_SWEEP_SECONDS": "1",
    "GATEWAY_SIGNED_IN_RATE": "1000000/minute",
    "GATEWAY_UPLOAD_RATE": "100000/minute",
}


def settings_of(seconds: float) -> dict[str, str]:
    return SETTINGS | {"RECORDS_STALL_SECONDS": STALL_SECONDS[seconds >= LONG_SECONDS]}


class Storm:
    def __init__(self, scene: Scene, seconds: float, seed: int, again: str, *, disk: bool) -> None:
        self.scene, self.seconds, self.seed, self.again, self.disk = scene, seconds, seed, again, disk
        self.platform = scene.platform
        self.long = seconds >= LONG_SECONDS
        self.sizes = (12, 300, 2000, 10_000) if self.long else (12, 300, 2000)
        self.faults: list[str] = []

    async def run(self) -> Report:
        limits, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=limits, timeout=timeout
        ) as http:
            departments = await self._departments(http)
            # Before the first cloud everybody tells some stories: what a process needs once, it has then.
            until = time.monotonic() + min(FAIR_SECONDS, self.seconds / 6)
            await asyncio.gather(*(one.report(until) for one in departments))
            early = await self._vitals()
            events = forecast(self.seed, self.seconds, cluster=len(self.scene.brokers) > 1, disk=self.disk)
            weather = Weather(self.scene, events, [one.book for one in departments])
            supervising = asyncio.create_task(weather.supervise())
            settled = await self._rage(weather, departments)
            warm, late = await self._calm(departments)
            supervising.cancel()
            await self._all_of([supervising])
        reckoning = await self._reckon(departments)
        books = [one.book for one in departments]
        self.faults += [*reckoning.faults, *vitals.leaks(early, warm, late), *weather.faults()]
        cuts = sum((book.cuts for book in books), Counter[str]())
        self.faults += [f"no POST was cut {how}" for how in department.CUTS if not cuts[how]]
        return Report(
            self.again, books, weather.happened, weather.ended_themselves, settled, reckoning,
            (early, warm, late), self.disk, self.faults,
        )  # fmt: skip

    async def _departments(self, http: aiohttp.ClientSession) -> list[Department]:
        admin = Api(http, self.platform.url)
        await admin.sign_in("admin", self.platform.admin_password)
        numbers = itertools.count(1)
        return [
            Department(*await make_reporter(admin), numbers, self.sizes, random.Random(f"department {self.seed} {at}"))
            for at in range(DEPARTMENTS[self.long])
        ]

    async def _rage(self, weather: Weather, departments: list[Department]) -> float:
        """Until every accepted upload has ended, or has taken too long: so many seconds after the storm."""
        until = time.monotonic() + self.seconds
        for one, due in zip(departments, itertools.cycle(department.CUTS), strict=False):
            one.cut, one.due = department.CUT, due
        await self._all(weather.blow(until), *(one.report(until) for one in departments), within=self.seconds)
        await self._all(*(one.all_ended() for one in departments))
        return time.monotonic() - until

    async def _calm(self, departments: list[Department]) -> tuple[vitals.Vitals, vitals.Vitals]:
        """Nothing is broken any more: what the processes hold after a third of some uploads, and after all of them."""
        for one in departments:
            one.cut, one.sizes = 0.0, self.sizes[:-1]
        await asyncio.sleep(QUIET_SECONDS[self.long])
        refused = _refused(departments)
        third = CALM_UPLOADS[self.long] // 3
        warm, late = [await self._send_and_look(departments, uploads) for uploads in (third, 2 * third)]
        if new := _refused(departments) - refused:
            self.faults.append(f"refused or lost although nothing was broken: {dict(new)}")
        return warm, late

    async def _send_and_look(self, departments: list[Department], uploads: int) -> vitals.Vitals:
        await self._all(*(one.send_more(uploads) for one in departments))
        await self._all(*(one.all_ended() for one in departments))
        await asyncio.sleep(QUIET_SECONDS[self.long])
        return await self._vitals()

    async def _all(self, *doing: Coroutine[object, object, object], within: float = 0.0) -> None:
        """All of them, but not for ever."""
        tasks = [asyncio.create_task(one) for one in doing]
        await asyncio.wait(tasks, timeout=within + SETTLE_SECONDS)
        unfinished = [task for task in tasks if not task.done()]
        if unfinished:
            self.faults.append(f"{len(unfinished)} of {len(tasks)} were not at their end after {SETTLE_SECONDS:.0f} s")
        for task in unfinished:
            task.cancel()
        await self._all_of(tasks)

    async def _all_of(self, tasks: Sequence[asyncio.Task[object]]) -> None:
        """What went wrong in them is a fault; that they were cancelled is none."""
        told = await asyncio.gather(*tasks, return_exceptions=True)
        wrong = [one for one in told if isinstance(one, BaseException) and not isinstance(one, asyncio.CancelledError)]
        self.faults += [f"{type(one).__name__}: {one}" for one in wrong]

    async def _reckon(self, departments: list[Department]) -> Reckoning:
        conn = await self._connect()
        reckoning = Reckoning(conn, self.scene.blobs)
        try:
            for one in departments:
                await reckoning.department(one.book)
        finally:
            await conn.close()
        reckoning.blobs([one.book for one in departments])
        self.faults += await parked.in_queues(self.scene.brokers[0].url(VHOST), "at the end")
        self.faults += parked.in_logs(self.platform.folder)
        return reckoning

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.platform.databases["records"], timeout=30)

    async def _vitals(self) -> vitals.Vitals:
        conn = await self._connect()
        try:
            return await vitals.look(self.platform, conn, self.scene.brokers[0])
        finally:
            await conn.close()


def _refused(departments: Sequence[Department]) -> Counter[str]:
    return sum((one.book.refused for one in departments), Counter[str]())
