"""Departments that report while things break, and the reckoning: everything accepted ended, each row once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aio_pika
import aiohttp
import asyncpg

from deploy.local.rabbitmq import answers
from shared.messaging.topology import PERSISTER, WORKER
from tests.bench.files import shipped
from tests.e2e.api import FINAL, Answer, Api, Json
from tests.fixtures.platform import Fragile
from tests.offices import make_reporter
from tests.workbooks import good_rows, make_workbook, spoiled

DATASET = "xzxk_fr"
BAD_EVERY = 50
FIRST_ROW = 3
UNREACHABLE = (aiohttp.ClientError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class File(NamedTuple):
    content: bytes
    documents: dict[int, str]  # Excel's row number → document number
    bad: set[int]

    @property
    def good(self) -> set[int]:
        return set(self.documents) - self.bad


def make_file(rows: int, seed: int) -> File:
    """`rows` rows, every 50th of them bad; files of different seeds share no record."""
    cells = spoiled(good_rows(DATASET, rows, seed), BAD_EVERY)
    documents = {number: row["XK_WSH"] for number, row in enumerate(cells, start=FIRST_ROW)}
    bad = set(range(FIRST_ROW + BAD_EVERY - 1, FIRST_ROW + rows, BAD_EVERY))
    return File(make_workbook(shipped(DATASET), cells), documents, bad)


class Town:
    """One department of `whole`, the files it sent and the 202s it got."""

    def __init__(self, whole: Fragile, api: Api) -> None:
        self.platform, self.postgres, self.rabbitmq = whole
        self.api = api
        self.accepted: dict[str, File] = {}

    async def send(self, file: File) -> Answer:
        """One POST, whatever becomes of it; a 202 is remembered as a promise."""
        answer = await self.api.send(DATASET, file.content)
        if answer.status == 202:
            self.accepted[answer.json["id"]] = file
        return answer

    async def report(self, *files: File) -> list[str]:
        """Send files that must be accepted, all at once; their upload ids."""
        answers = await asyncio.gather(*(self.send(file) for file in files))
        assert [answer.status for answer in answers] == [202] * len(files), answers
        return [answer.json["id"] for answer in answers]

    async def sql(self, query: str, *values: object) -> list[asyncpg.Record]:
        conn = await asyncpg.connect(self.platform.databases["records"], timeout=5)
        try:
            return list(await conn.fetch(query, *values))
        finally:
            await conn.close()

    async def until_half_way(self, upload_id: str) -> None:
        """Some of its batches are in the ledger, others are not."""

        async def half_way() -> bool:
            (row,) = await self.sql("SELECT batches_done, batches_total FROM upload WHERE upload_id = $1", upload_id)
            assert row["batches_total"] is None, "it went too fast to be stopped half-way: make the file larger"
            return bool(row["batches_done"] >= 2)

        await until(half_way, within=20, every=0.005)

    async def state(self, upload_id: str) -> str:
        (row,) = await self.sql("SELECT state FROM upload WHERE upload_id = $1", upload_id)
        return str(row["state"])

    async def reckon(self, *, within: float = 120) -> None:
        """Every accepted upload has ended, and holds what its file holds: each row once, with the right fate."""
        async with asyncio.timeout(within):
            ended = [await self._end_of(upload_id) for upload_id in self.accepted]
        for upload, file in zip(ended, self.accepted.values(), strict=True):
            assert upload["state"] == "partly_stored", upload
            counts = {
                name: upload["counts"][name] for name in ("total", "inserted", "rejected", "updated", "unchanged")
            }
            whole, good, bad = len(file.documents), len(file.good), len(file.bad)
            assert counts == {"total": whole, "inserted": good, "rejected": bad, "updated": 0, "unchanged": 0}
            await self._compare(upload["id"], file)
        assert await self.parked() == {}

    async def _end_of(self, upload_id: str) -> Json:
        while True:
            try:
                answer = await self.api.call("GET", f"/uploads/{upload_id}")
            except UNREACHABLE:
                answer = None
            if answer is not None and answer.status == 200 and answer.json["state"] in FINAL:
                upload: Json = answer.json
                return upload
            await asyncio.sleep(0.1)

    async def _compare(self, upload_id: str, file: File) -> None:
        ledger = await self.sql(
            "SELECT row, outcome, values->>'XK_WSH' AS document FROM ledger WHERE upload_id = $1", upload_id
        )
        assert len(ledger) == len(file.documents)
        assert {row["row"]: row["document"] for row in ledger} == file.documents
        assert {row["row"] for row in ledger if row["outcome"] == "accepted"} == file.good
        records = await self.sql("SELECT source_row, document FROM record WHERE source_upload_id = $1", upload_id)
        twice = [row for row, times in Counter(record["source_row"] for record in records).items() if times > 1]
        assert twice == []
        assert {row["source_row"]: row["document"] for row in records} == {
            row: file.documents[row] for row in file.good
        }

    async def parked(self) -> dict[str, int]:
        """Messages nobody could handle, by queue; an outage must not park any."""
        connection = await aio_pika.connect(self.platform.amqp, timeout=10)
        async with connection, connection.channel() as channel:
            queues = [await channel.declare_queue(f"{name}.parked", passive=True) for name in (WORKER, PERSISTER)]
        counts = {queue.name: queue.declaration_result.message_count or 0 for queue in queues}
        return {name: count for name, count in counts.items() if count}

    async def heal(self) -> None:
        """Start whatever a test has left stopped."""
        if not answers(self.rabbitmq.port):
            await asyncio.to_thread(self.rabbitmq.start)
        try:
            await self.sql("SELECT 1")
        except UNREACHABLE:
            await asyncio.to_thread(self.postgres.start)
        await asyncio.to_thread(self.platform.start)


@asynccontextmanager
async def open_town(whole: Fragile) -> AsyncGenerator[Town]:
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as http:
        admin = Api(http, whole.platform.url)
        await admin.sign_in("admin", whole.platform.admin_password)
        _, api = await make_reporter(admin)
        yield Town(whole, api)


async def until(done: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.05) -> None:
    async with asyncio.timeout(within):
        while not await done():
            await asyncio.sleep(every)
