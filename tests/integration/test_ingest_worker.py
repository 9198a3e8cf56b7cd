"""The worker on a real broker: what it publishes of a file, in which lane, again when asked again, and how it ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import aio_pika
import msgspec
import pytest
from aio_pika.abc import AbstractIncomingMessage

from deploy.local.processes import free_ports
from services.ingest import consumers, worker
from services.ingest.consumers import Lane
from services.ingest.settings import Settings
from services.ingest.storage import Storage, key_of
from shared.contracts.ingest import CheckingStarted, UploadAccepted, UploadChecked, UploadFailed
from shared.contracts.rows import ROUTING_KEY, RowsChecked
from shared.messaging.connection import open_channel, open_connection
from shared.messaging.consumer import Consumer, Handle
from shared.messaging.publisher import Publisher
from shared.messaging.topology import (
    LANES,
    SHARDS,
    declare_exchange,
    declare_worker_bell,
    declare_worker_queue,
    persister_queue,
    shard_of,
)
from tests import odd_workbooks as odd
from tests.workbooks import good_rows, make_workbook, plain_dataset, spoiled

DATASET = plain_dataset("xzxk_fr")
SMALL = make_workbook("xzxk_fr", odd.rows())
BULK = make_workbook("xzxk_fr", spoiled(good_rows("xzxk_fr", 1200)))


class Post:
    """Sends accepted uploads as the API does, and hears the persister's queues."""

    def __init__(self, publisher: Publisher, channel: aio_pika.abc.AbstractChannel, storage: Storage) -> None:
        self._publisher = publisher
        self._channel = channel
        self._storage = storage
        self.heard: dict[UUID, list[tuple[str, AbstractIncomingMessage]]] = {}

    async def store(self, data: bytes) -> UploadAccepted:
        upload = uuid4()

        async def pieces() -> AsyncIterator[bytes]:
            yield data

        await self._storage.put(key_of(upload), pieces())
        return UploadAccepted(
            upload_id=upload,
            department=f"d{upload.int % 40}",
            dataset=DATASET,
            storage_key=key_of(upload),
            file_size=len(data),
            sha256="0" * 64,
            uploaded_at=datetime(2026, 11, 23, tzinfo=UTC),
            request_id="r1",
        )

    async def send(self, accepted: UploadAccepted) -> None:
        await self._publisher.publish(accepted, suffix=f"{accepted.lane}.{shard_of(accepted.department):02d}")

    async def listen(self) -> None:
        for lane in LANES:
            queue = await self._channel.get_queue(persister_queue(lane))
            await queue.consume(self._hear(lane))

    def _hear(self, lane: str):  # type: ignore[no-untyped-def]  # aio_pika's callback type is its own
        async def hear(message: AbstractIncomingMessage) -> None:
            upload = UUID(msgspec.json.decode(message.body)["upload_id"])
            self.heard.setdefault(upload, []).append((lane, message))
            await message.ack()

        return hear

    async def of(self, upload: UUID, count: int) -> list[AbstractIncomingMessage]:
        """The first `count` messages about `upload`."""
        async with asyncio.timeout(60):
            while len(self.heard.get(upload, [])) < count:
                await asyncio.sleep(0.01)
        return [message for _, message in self.heard[upload]]


def settings_for(amqp: str, blobs: Path) -> Settings:
    [port] = free_ports(1)
    nowhere = "http://127.0.0.1:1"
    return Settings(amqp=amqp, blobs=blobs.as_uri(), auth_url=nowhere, records_url=nowhere, worker_port=port)


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(settings, stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


@pytest.fixture
async def post(broker: str, tmp_path: Path) -> AsyncGenerator[Post]:
    async with open_connection(broker) as connection:
        channel = await open_channel(connection)
        post = Post(Publisher(await declare_exchange(channel)), channel, Storage(tmp_path.as_uri()))
        await post.listen()
        yield post


async def test_a_file_becomes_its_batches_and_totals_in_its_lane(broker: str, tmp_path: Path, post: Post) -> None:
    async with running(settings_for(broker, tmp_path)):
        small, bulk = await post.store(SMALL), await post.store(BULK)
        assert (small.lane, bulk.lane) == ("small", "bulk")
        await post.send(bulk)
        await post.send(small)
        await post.of(small.upload_id, 3)
        messages = await post.of(bulk.upload_id, 5)
    assert {lane for lane, _ in post.heard[small.upload_id]} == {"small"}
    assert {lane for lane, _ in post.heard[bulk.upload_id]} == {"bulk"}
    assert messages[0].type == CheckingStarted.routing_key()
    started = CheckingStarted.model_validate_json(messages[0].body)
    assert (started.rows_total, started.columns["XK_WSH"], started.request_id) == (1200, "A", "r1")
    batches = [msgspec.json.decode(m.body, type=RowsChecked) for m in messages if m.type == ROUTING_KEY]
    assert sorted(batch.batch for batch in batches) == [0, 1, 2]
    assert sorted(row.row for batch in batches for row in batch.rows) == list(range(3, 1203))
    assert {m.message_id for m in messages if m.type == ROUTING_KEY} == {str(batch.message_id) for batch in batches}
    [last] = [m for m in messages if m.type == UploadChecked.routing_key()]
    checked = UploadChecked.model_validate_json(last.body)
    assert (checked.batches, checked.rows, checked.rejected) == (3, 1200, 24)


async def test_the_same_message_twice_says_the_same_twice(broker: str, tmp_path: Path, post: Post) -> None:
    accepted = await post.store(BULK)
    async with running(settings_for(broker, tmp_path)):
        await post.send(accepted)
        await post.of(accepted.upload_id, 5)
        await post.send(accepted)
        messages = await post.of(accepted.upload_id, 10)
    first, second = messages[:5], messages[5:]
    assert {m.message_id for m in first} == {m.message_id for m in second}
    rows = [{m.message_id: m.body for m in half if m.type == ROUTING_KEY} for half in (first, second)]
    assert rows[0] == rows[1]


async def test_a_file_that_cannot_be_read_or_is_lost_fails_with_what_to_do(
    broker: str, tmp_path: Path, post: Post
) -> None:
    torn = await post.store(SMALL[:3000])
    lost = (await post.store(SMALL)).model_copy(update={"storage_key": key_of(uuid4())})
    good = await post.store(SMALL)
    async with running(settings_for(broker, tmp_path)):
        for accepted in (torn, lost, good):
            await post.send(accepted)
        [failed] = await post.of(torn.upload_id, 1)
        [missing] = await post.of(lost.upload_id, 1)
        await post.of(good.upload_id, 3)  # the worker lives
    for message, said in ((failed, "文件不完整"), (missing, "原文件已经找不到")):
        told = UploadFailed.model_validate_json(message.body)
        assert told.code == "corrupt"
        assert said in told.reason


async def test_two_workers_share_what_waits(broker: str, tmp_path: Path, post: Post) -> None:
    uploads = [await post.store(BULK) for _ in range(8)]
    for accepted in uploads:
        await post.send(accepted)
    async with running(settings_for(broker, tmp_path)), running(settings_for(broker, tmp_path)):
        for accepted in uploads:
            await post.of(accepted.upload_id, 5)
    assert all(len(post.heard[accepted.upload_id]) == 5 for accepted in uploads)  # none was done by both


async def test_a_worker_told_to_stop_finishes_the_file_in_hand_and_leaves_the_rest(
    broker: str, tmp_path: Path, post: Post
) -> None:
    uploads = [await post.store(BULK) for _ in range(4)]
    for accepted in uploads:
        await post.send(accepted)
    async with running(settings_for(broker, tmp_path)) as stop:
        async with asyncio.timeout(60):
            while not post.heard:
                await asyncio.sleep(0.005)
        stop.set()
    begun = set(post.heard)
    for upload in begun:
        assert len(await post.of(upload, 5)) == 5
    async with running(settings_for(broker, tmp_path)):
        for accepted in uploads:
            await post.of(accepted.upload_id, 5)
    assert all(len(post.heard[accepted.upload_id]) == 5 for accepted in uploads)


@asynccontextmanager
async def lane(channel: aio_pika.abc.AbstractChannel, handle: Handle) -> AsyncGenerator[None]:
    """The small lane of a worker that does `handle` instead of checking."""
    queues = [await declare_worker_queue(channel, "small", shard) for shard in range(SHARDS)]
    work, stop = Lane(queues, Consumer([], handle)), asyncio.Event()
    await (await declare_worker_bell(channel, "small")).consume(work.ring, no_ack=True)
    task = asyncio.create_task(work.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_an_idle_worker_takes_one_file_and_leaves_the_others_to_whoever_is_free(broker: str, post: Post) -> None:
    accepted = await post.store(SMALL)
    departments = {shard_of(f"d{number}"): f"d{number}" for number in range(400)}
    assert len(departments) == SHARDS
    busy, done = asyncio.Event(), asyncio.Queue[bytes]()
    taken = []

    async def slow(_type: str, body: bytes) -> None:
        taken.append(body)
        await busy.wait()

    async def quick(_type: str, body: bytes) -> None:
        await done.put(body)

    async with open_connection(broker) as connection:
        first, second = [await open_channel(connection, prefetch=1) for _ in range(2)]
        async with lane(first, slow):
            await asyncio.sleep(1)  # it idles
            for department in departments.values():
                await post.send(accepted.model_copy(update={"department": department}))
            async with asyncio.timeout(2), lane(second, quick):
                for _ in range(SHARDS - 1):
                    await done.get()
            assert len(taken) == 1
            busy.set()


async def test_an_idle_worker_is_woken_by_the_first_file(
    broker: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "_SOON", 1.0)
    accepted = await post.store(SMALL)
    done = asyncio.Queue[bytes]()

    async def quick(_type: str, body: bytes) -> None:
        await done.put(body)

    async with open_connection(broker) as connection, lane(await open_channel(connection, prefetch=1), quick):
        await asyncio.sleep(1.2)  # the next look by itself is two seconds away
        async with asyncio.timeout(1.5):
            await post.send(accepted)
            await done.get()
