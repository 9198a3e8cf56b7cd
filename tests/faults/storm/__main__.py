"""`python -m tests.faults.storm [--minutes 10] [--seed 7] [--cluster]`: one storm; ends with 1 on any difference."""

import argparse
import asyncio
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import aiohttp
import asyncpg

from deploy.local import processes
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.e2e.api import Api
from tests.faults.storm import department, vitals
from tests.faults.storm.cluster import open_cluster
from tests.faults.storm.department import Department
from tests.faults.storm.reckoning import Reckoning
from tests.faults.storm.report import Report
from tests.faults.storm.weather import Scene, Weather, forecast
from tests.fixtures.platform import open_platform
from tests.fixtures.postgres import Databases
from tests.fixtures.rabbitmq import private_node
from tests.fixtures.room import ROOT, room
from tests.offices import make_reporter

CALM_SECONDS = 15.0
SETTLE_SECONDS = 300.0
# A storm shorter than this has fewer departments, no files that take long, and less patience.
LONG_SECONDS = 120.0
DEPARTMENTS = {True: 10, False: 5}  # long or short
QUIET_SECONDS = {True: 10.0, False: 4.0}
STALL_SECONDS = {True: "8", False: "3"}
SETTINGS = {
    "RECORDS_SWEEP_SECONDS": "1",
    "GATEWAY_SIGNED_IN_RATE": "1000000/minute",
    "GATEWAY_UPLOAD_RATE": "100000/minute",
}
APART, MOUNTING = "CREDIT_STORM_APART", "may mount"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--cluster", action="store_true", help="three RabbitMQ nodes, of which the leader is hit")
    wanted = parser.parse_args()
    if APART not in os.environ:
        _go_apart()
    seed = random.SystemRandom().randrange(10_000) if wanted.seed is None else wanted.seed
    again = f"--minutes {wanted.minutes:g} --seed {seed}" + " --cluster" * wanted.cluster
    print(f"storm {again}", flush=True)
    with open_scene(wanted.minutes, cluster=wanted.cluster) as scene:
        report = asyncio.run(Storm(scene, wanted.minutes * 60, seed, again).run())
        print(report)
        if not report.faults:
            return 0
        kept = ROOT / "var" / "storm" / str(seed)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(scene.platform.folder, kept)
        print(f"logs: {kept.relative_to(ROOT)}")
        return 1


def _go_apart() -> None:
    """Begin anew in a mount name space of our own: what is mounted there goes when we go, however that happens.

    Where nobody may mount anything, the storm goes on without a disk that fills up, and says so.
    """
    for user in ([], ["--user", "--map-root-user"]):
        unshare = ["unshare", "--mount", *user]
        tried = [*unshare, "mount", "-t", "tmpfs", "tmpfs", str(ROOT / "tests")]
        if subprocess.run(tried, check=False, capture_output=True).returncode == 0:
            words = [*unshare, sys.executable, "-m", "tests.faults.storm", *sys.argv[1:]]
            os.execvpe(words[0], words, {**os.environ, APART: MOUNTING})
    print("no file system may be mounted here: the disk does not fill up", flush=True)


def _may_mount() -> bool:
    return os.environ.get(APART) == MOUNTING


@contextmanager
def open_scene(minutes: float, *, cluster: bool) -> Generator[Scene]:
    disk = room() / "disk"
    disk.mkdir()
    size = f"size={128 + round(120 * minutes)}m"
    if _may_mount():
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=True)
    postgres = Postgres(room() / f"postgres-{uuid4().hex[:6]}", processes.free_ports(1)[0], durable=True)
    with open_cluster() if cluster else open_broker() as brokers:
        try:
            postgres.start()
            amqp = ",".join(broker.url("platform") for broker in brokers)
            stall = STALL_SECONDS[minutes * 60 >= LONG_SECONDS]
            settings = SETTINGS | {"RECORDS_STALL_SECONDS": stall, "INGEST_BLOBS": (disk / "blobs").as_uri()}
            platform = open_platform(Databases(postgres.url()), amqp, settings=settings)
            try:
                yield Scene(platform, postgres, brokers, disk / "blobs")
            finally:
                platform.close()
        finally:
            postgres.wipe()
            if _may_mount():
                subprocess.run(["umount", disk], check=True)


@contextmanager
def open_broker() -> Generator[Sequence[RabbitMQ]]:
    node = private_node(f"rabbitmq-{uuid4().hex[:6]}")
    try:
        node.start()
        yield [node]
    finally:
        node.wipe()


class Storm:
    def __init__(self, scene: Scene, seconds: float, seed: int, again: str) -> None:
        self.scene, self.seconds, self.seed, self.again = scene, seconds, seed, again
        self.platform = scene.platform
        self.long = seconds >= LONG_SECONDS
        self.sizes = (12, 300, 2000, 10_000) if self.long else (12, 300, 2000)

    async def run(self) -> Report:
        limits, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=limits, timeout=timeout
        ) as http:
            departments = await self._departments(http)
            # Before the first cloud everybody tells some stories: what a process needs once, it has then.
            until = time.monotonic() + min(CALM_SECONDS, self.seconds / 6)
            await asyncio.gather(*(one.report(until) for one in departments))
            early = await self._vitals()
            begun = time.monotonic()
            weather = Weather(self.scene, self.seed, [one.book for one in departments])
            failed = await self._rage(weather, departments)
            settled = time.monotonic() - begun - self.seconds
            await asyncio.sleep(QUIET_SECONDS[self.long])
            late = await self._vitals()
        reckoning = await self._reckon(departments)
        faults = [*failed, *reckoning.faults, *vitals.compare(early, late), *weather.unexplained()]
        books = [one.book for one in departments]
        return Report(
            self.again, books, weather.happened, weather.ended_themselves, settled, reckoning, early, late, faults
        )

    async def _departments(self, http: aiohttp.ClientSession) -> list[Department]:
        admin = Api(http, self.platform.url)
        await admin.sign_in("admin", self.platform.admin_password)
        numbers = itertools.count(1)
        return [
            Department(*await make_reporter(admin), numbers, self.sizes, random.Random(f"department {self.seed} {at}"))
            for at in range(DEPARTMENTS[self.long])
        ]

    async def _rage(self, weather: Weather, departments: list[Department]) -> list[str]:
        """Until every accepted upload has ended, or has taken too long; what went wrong on the way."""
        supervising = asyncio.create_task(weather.supervise())
        until = time.monotonic() + self.seconds
        events = forecast(self.seed, self.seconds, cluster=len(self.scene.brokers) > 1)
        if not _may_mount():
            events = [event for event in events if event.part != "blobs"]
        for one in departments:
            one.cut = department.CUT
        raging = [asyncio.create_task(one.report(until)) for one in departments]
        raging.append(asyncio.create_task(weather.blow(events, until)))
        await asyncio.wait(raging, timeout=self.seconds + SETTLE_SECONDS)
        ending = [asyncio.create_task(one.all_ended()) for one in departments]
        await asyncio.wait(ending, timeout=SETTLE_SECONDS)
        for task in (*raging, *ending, supervising):
            task.cancel()
        *told, supervised = await asyncio.gather(*raging, *ending, supervising, return_exceptions=True)
        if not isinstance(supervised, asyncio.CancelledError):
            told.append(supervised)
        return [f"{type(one).__name__}: {one}" for one in told if isinstance(one, BaseException)]

    async def _reckon(self, departments: list[Department]) -> Reckoning:
        conn = await self._connect()
        reckoning = Reckoning(conn, self.scene.blobs)
        try:
            for one in departments:
                await reckoning.department(one.book)
        finally:
            await conn.close()
        reckoning.blobs([one.book for one in departments])
        await reckoning.parked(self.scene.brokers[0].url("platform"))
        return reckoning

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.platform.databases["records"], timeout=30)

    async def _vitals(self) -> vitals.Vitals:
        conn = await self._connect()
        try:
            return await vitals.look(self.platform, conn)
        finally:
            await conn.close()


if __name__ == "__main__":
    sys.exit(main())
