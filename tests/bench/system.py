"""The platform as the benchmarks run it, with a durable PostgreSQL and a RabbitMQ of its own; offices that report."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple
from uuid import uuid4

import aiohttp
import asyncpg

from deploy.local import processes
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.bench.files import DATASET
from tests.bench.processes import cpu_seconds
from tests.e2e.api import FINAL, Api, Json
from tests.fixtures.platform import Platform, open_platform
from tests.fixtures.postgres import Databases
from tests.fixtures.rabbitmq import private_node
from tests.fixtures.room import room
from tests.offices import make_reporter

# What nobody may be held up by in a benchmark; what a limit costs is still paid.
SETTINGS = {
    "GATEWAY_SIGNED_IN_RATE": "1000000/minute",
    "GATEWAY_PUBLIC_RATE": "1000000/minute",
    "GATEWAY_UPLOAD_RATE": "100000/minute",
    "GATEWAY_SIGN_IN_RATE": "100000/minute",
    "INGEST_MAX_FILE_BYTES": str(31 << 20),  # 65,534 rows × 20 columns are 28 MB
}


class System(NamedTuple):
    platform: Platform
    databases: Databases
    postgres: Postgres
    rabbitmq: RabbitMQ

    @property
    def pids(self) -> dict[str, int]:
        return {name: self.platform.pid(name) for name in self.platform.names}

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far: each process of the platform with its children, PostgreSQL, RabbitMQ."""
        spent = {name: cpu_seconds(pid) for name, pid in self.pids.items() if processes.is_alive(pid)}
        servers = {"postgresql": self.postgres._process, "rabbitmq": self.rabbitmq._process}
        return spent | {name: cpu_seconds(process.pid) for name, process in servers.items() if process}

    @asynccontextmanager
    async def offices(self, count: int) -> AsyncGenerator[list["Office"]]:
        """New departments, each with a reporter who has an API token and listens to live events."""
        limits = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=600)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=limits, timeout=timeout
        ) as http:
            admin = Api(http, self.platform.url)
            await admin.sign_in("admin", self.platform.admin_password)
            made = [Office(*await make_reporter(admin)) for _ in range(count)]
            listening = [asyncio.create_task(office.listen()) for office in made]
            try:
                for office in made:
                    await asyncio.wait_for(office.listens.wait(), 10)
                yield made
            finally:
                for task in listening:
                    task.cancel()
                await asyncio.gather(*listening, return_exceptions=True)

    @asynccontextmanager
    async def records_database(self) -> AsyncGenerator[asyncpg.Connection]:
        conn = await asyncpg.connect(self.platform.databases["records"])
        try:
            yield conn
        finally:
            await conn.close()


@contextmanager
def open_system(*, workers: int = 2, settings: Mapping[str, str] | None = None) -> Generator[System]:
    postgres = Postgres(room() / f"postgres-{uuid4().hex[:6]}", processes.free_ports(1)[0], durable=True)
    node = private_node(f"rabbitmq-{uuid4().hex[:6]}")
    try:
        postgres.start()
        node.start()
        databases = Databases(postgres.url())
        platform = open_platform(
            databases, node.url("platform"), workers=workers, settings=SETTINGS | dict(settings or {})
        )
        try:
            yield System(platform, databases, postgres, node)
        finally:
            platform.close()
    finally:
        node.wipe()
        postgres.wipe()


class Sent(NamedTuple):
    begun: float  # time.perf_counter() before the first byte
    accepted: float
    upload_id: str


class Office:
    def __init__(self, code: str, api: Api) -> None:
        self.code, self.api = code, api
        self.listens = asyncio.Event()
        self._ended: dict[str, asyncio.Future[tuple[float, Json]]] = {}

    def _end_of(self, upload_id: str) -> "asyncio.Future[tuple[float, Json]]":
        return self._ended.setdefault(upload_id, asyncio.get_running_loop().create_future())

    async def listen(self) -> None:
        """Note when each upload ends, as the browser's progress bar does."""
        headers = {"Authorization": f"Bearer {self.api.token}"}
        async with self.api.http.get(f"{self.api.base}/api/v1/events", headers=headers, read_bufsize=1 << 20) as stream:
            assert stream.status == 200, await stream.text()
            self.listens.set()
            async for line in stream.content:
                if line.startswith(b"data:") and b'"state"' in line:
                    self._note(json.loads(line[5:]))

    def _note(self, upload: Json) -> None:
        end = self._end_of(upload["id"])
        if upload["state"] in FINAL and not end.done():
            end.set_result((time.perf_counter(), upload))

    async def send(self, content: bytes) -> Sent:
        begun = time.perf_counter()
        answer = await self.api.send(DATASET, content)
        assert answer.status == 202, answer
        return Sent(begun, time.perf_counter(), answer.json["id"])

    async def ended(self, sent: Sent, *, within: float = 600.0) -> tuple[float, Json]:
        """When the event came that it is over, and the upload; asks by GET every 2 s should an event have been lost."""
        end = self._end_of(sent.upload_id)
        async with asyncio.timeout(within):
            while True:
                done, _ = await asyncio.wait([end], timeout=2.0)
                if done:
                    return end.result()
                upload = await self.api.get(f"/uploads/{sent.upload_id}")
                if upload["state"] in FINAL:
                    return time.perf_counter(), upload

    async def records(self) -> int:
        return int((await self.api.get(f"/records?dataset={DATASET}&size=10"))["total"])
