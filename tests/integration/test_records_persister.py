"""The persister as a process: fed by the broker, twice over if need be; the sweep behind it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import aio_pika
import msgspec
import pytest

from deploy.local import processes
from services.records import persister
from services.records.settings import Settings
from services.records.uploads.storing.service import StoringService
from services.records.uploads.sweeping.service import LONG_SECONDS, MOST_ATTEMPTS, SweepingService
from shared.contracts import rows
from shared.contracts.base import Message
from shared.contracts.ingest import CheckingStarted, UploadAccepted, UploadChecked, UploadFailed
from shared.contracts.rows import RowsChecked
from shared.messaging.connection import BrokerDown, open_channel, open_connection
from shared.messaging.publisher import Publisher
from shared.messaging.topology import PERSISTER, declare_exchange, shard_of, worker_queue
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import Records, checked, open_records, row

pytestmark = pytest.mark.integration

SECONDS = 20.0


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


class Worker:
    """What the ingest worker says, on the wire."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def say(self, message: Message | RowsChecked, lane: str = "small") -> None:
        if isinstance(message, RowsChecked):
            await self._publisher.publish_body(
                msgspec.json.encode(message),
                message_id=message.message_id,
                type_=rows.ROUTING_KEY,
                routing_key=f"{rows.ROUTING_KEY}.{lane}",
            )
        else:
            await self._publisher.publish(message, suffix=lane)


@asynccontextmanager
async def worker_on(url: str) -> AsyncGenerator[Worker]:
    async with open_connection(url) as connection:
        yield Worker(Publisher(await declare_exchange(await open_channel(connection))))


@asynccontextmanager
async def running(records: Records, broker: str, **settings: object) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    wanted = {
        "database": records.dsn,
        "amqp": broker,
        "auth_url": "http://127.0.0.1:1",
        "persister_port": processes.free_ports(1)[0],
        "sweep_seconds": 0.2,
        **settings,
    }
    task = asyncio.create_task(persister.run(Settings.model_validate(wanted), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SECONDS)


async def reaches(records: Records, upload_id: UUID, *states: str) -> str:
    async with asyncio.timeout(SECONDS):
        while (state := str((await records.get(upload_id)).state)) not in states:
            await asyncio.sleep(0.02)
    return state


async def waiting_in(broker: str, name: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
    connection = await aio_pika.connect(broker)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(name, ensure=False)
        found = []
        while (message := await queue.get(fail=False, no_ack=True)) is not None:
            found.append(message)
        return found


async def test_two_persisters_store_what_comes_twice_and_out_of_order_once(records: Records, broker: str) -> None:
    uploads = [await records.register(file_size=9000 if n % 2 else 900_000) for n in range(4)]
    async with worker_on(broker) as worker, running(records, broker), running(records, broker):
        for upload in uploads:
            lane = "small" if upload.file.size == 9000 else "bulk"
            batches = [
                checked(upload.id, [row(f"{upload.id}-{n}-{k}") for k in range(10)], batch=n, first=3 + n * 10)
                for n in range(5)
            ]
            await worker.say(UploadChecked(upload_id=upload.id, batches=5, rows=50, rejected=0, warned=0), lane)
            for batch in (*reversed(batches), *batches):
                await worker.say(batch, lane)
            await worker.say(CheckingStarted(upload_id=upload.id, rows_total=50), lane)
        for upload in uploads:
            assert await reaches(records, upload.id, "stored", "failed") == "stored"
    assert [(await records.get(upload.id)).counts.inserted for upload in uploads] == [50] * 4
    assert len(await records.living()) == 200
    assert await records.tally_is_exact()


async def test_what_is_to_go_goes_when_the_process_starts(records: Records, broker: str) -> None:
    await records.upload([row(1)])
    await records.fetch("UPDATE message SET created_at = now() - interval '10 years' RETURNING true")
    async with running(records, broker), asyncio.timeout(SECONDS):
        while await records.fetch("SELECT FROM message"):
            await asyncio.sleep(0.02)


async def test_a_failed_file_ends_as_failed(records: Records, broker: str) -> None:
    upload = await records.register()
    async with worker_on(broker) as worker, running(records, broker):
        await worker.say(UploadFailed(upload_id=upload.id, code="not_xls", reason="这是 .xlsx 文件。"))
        await reaches(records, upload.id, "failed")
    failure = (await records.get(upload.id)).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("not_xls", "这是 .xlsx 文件。")


async def test_a_message_nobody_can_read_is_parked_and_the_next_one_is_handled(records: Records, broker: str) -> None:
    upload = await records.register()
    async with worker_on(broker) as worker, running(records, broker):
        await worker._publisher.publish_body(
            b'{"upload_id": "nobody"}',
            message_id=upload.id,
            type_=rows.ROUTING_KEY,
            routing_key=f"{rows.ROUTING_KEY}.small",
        )
        await worker.say(checked(upload.id, [row(1)]))
        await worker.say(UploadChecked(upload_id=upload.id, batches=1, rows=1, rejected=0, warned=0))
        await reaches(records, upload.id, "stored")
    assert [one.body for one in await waiting_in(broker, f"{PERSISTER}.parked")] == [b'{"upload_id": "nobody"}']


async def test_a_value_with_a_nul_in_it_is_stored_without(records: Records) -> None:
    upload = await records.register()
    batch = checked(upload.id, [row(1)])
    odd = batch.rows[0].values.__class__(b'{"NO":"1","NAME":"\\u0000a\\\\u0000","DAY":"2026-11-20"}')
    await records.storing.store(RowsChecked(upload.id, 0, [msgspec.structs.replace(batch.rows[0], values=odd)]))
    await records.storing.end(UploadChecked(upload_id=upload.id, batches=1, rows=1, rejected=0, warned=0))
    assert await records.living() == {"1": "a\\u0000"}


async def test_an_upload_that_stands_still_is_published_again_as_it_was(records: Records, broker: str) -> None:
    upload = await records.register()
    queue = worker_queue("small", shard_of("d1"))
    async with running(records, broker, stall_seconds=0.3):
        async with asyncio.timeout(SECONDS):
            while not (found := await waiting_in(broker, queue)):
                await asyncio.sleep(0.05)
    message = UploadAccepted.model_validate_json(found[0].body)
    assert (message.upload_id, message.department, message.storage_key) == (upload.id, "d1", f"uploads/{upload.id}")
    assert (message.dataset.code, message.dataset.version) == ("licences", 1)
    assert (message.sha256, message.uploaded_at) == (upload.file.sha256, upload.uploaded_at)


async def test_an_upload_left_complete_is_applied_by_the_sweep(records: Records, broker: str) -> None:
    upload = await records.register()
    await records.storing.store(checked(upload.id, [row(1)]))
    async with records.db.transaction() as conn:  # the persister died between the last batch and applying
        await conn.execute("UPDATE upload SET batches_total = 1, progressed_at = now() - interval '1 hour'")
    async with running(records, broker):
        await reaches(records, upload.id, "stored")
    assert len(await records.living()) == 1


class Broker:
    """Counts what the sweep publishes. `full`: the queue still holds work; `down`: nobody answers."""

    def __init__(self, *, full: bool = False, down: bool = False) -> None:
        self.published: list[UploadAccepted] = []
        self.full = full
        self.down = down

    async def publish(self, message: UploadAccepted) -> None:
        if self.down:
            raise BrokerDown
        self.published.append(message)

    async def queued(self, _message: UploadAccepted) -> bool:
        return self.full


def sweeping(records: Records, broker: Broker) -> SweepingService:
    return SweepingService(records.db, records.storing, broker.publish, broker.queued, stall_seconds=30)


async def age(records: Records, seconds: float) -> None:
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET progressed_at = now() - make_interval(secs => $1)", seconds)


async def test_the_sweep_waits_longer_after_each_attempt_and_gives_up_at_last(records: Records) -> None:
    upload = await records.register()
    broker = Broker()
    sweep = sweeping(records, broker).sweep
    await sweep()
    assert broker.published == [], "it has only just come"
    for attempt in range(1, MOST_ATTEMPTS):
        await age(records, 30 * attempt - 5)
        await sweep()
        assert len(broker.published) == attempt - 1
        await age(records, 30 * attempt + 5)
        await sweep()
        assert len(broker.published) == attempt
    assert len({message.message_id for message in broker.published}) == MOST_ATTEMPTS - 1
    await age(records, 10_000)
    await sweep()
    now = await records.get(upload.id)
    assert (now.state, now.failure and now.failure.code) == ("failed", "took_too_long")
    assert len(broker.published) == MOST_ATTEMPTS - 1


async def test_what_waits_in_a_queue_is_not_published_again(records: Records) -> None:
    await records.register()
    await age(records, 10_000)
    broker = Broker(full=True)
    await sweeping(records, broker).sweep()
    assert broker.published == []
    assert [one[0] for one in await records.fetch("SELECT attempts FROM upload")] == [1]


async def test_a_lost_upload_is_published_again_though_its_queue_is_never_empty(records: Records) -> None:
    await records.register()
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET uploaded_at = now() - make_interval(secs => $1)", LONG_SECONDS + 1)
    broker = Broker(full=True)
    sweep = sweeping(records, broker).sweep
    for _ in range(3):  # and not each time
        await age(records, 10_000)
        await sweep()
    assert len(broker.published) == 1
    assert [one[0] for one in await records.fetch("SELECT attempts FROM upload")] == [1], "no attempt is spent"
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET published_again_at = now() - make_interval(secs => $1)", LONG_SECONDS + 1)
    await age(records, 10_000)
    await sweep()
    assert len(broker.published) == 2


async def test_an_outage_of_the_broker_spends_no_attempt(records: Records) -> None:
    await records.register()
    await age(records, 10_000)
    with pytest.raises(BrokerDown):
        await sweeping(records, Broker(down=True)).sweep()
    assert [one[0] for one in await records.fetch("SELECT attempts FROM upload")] == [1]


async def test_a_broker_that_goes_away_in_the_middle_undoes_nothing_of_before(records: Records) -> None:
    for _ in range(3):
        await records.register()
    await age(records, 40)

    class Failing(Broker):
        async def publish(self, message: UploadAccepted) -> None:
            self.down = len(self.published) == 2
            await super().publish(message)

    broker = Failing()
    with pytest.raises(BrokerDown):
        await sweeping(records, broker).sweep()
    counted = await records.fetch("SELECT upload_id FROM upload WHERE attempts = 2")
    assert {one["upload_id"] for one in counted} == {message.upload_id for message in broker.published}
    assert len(counted) == 2


async def test_two_sweeps_at_once_publish_an_upload_once(records: Records) -> None:
    await records.register()
    await age(records, 40)
    broker = Broker()
    await asyncio.gather(*(sweeping(records, broker).sweep() for _ in range(4)))
    assert len(broker.published) == 1


async def test_progress_is_announced_a_few_times_a_second(records: Records) -> None:
    upload = await records.register()
    announce = Announced()
    storing = StoringService(records.db, announce)
    for n in range(30):
        await storing.store(checked(upload.id, [row(n)], batch=n, first=3 + n))
    assert 1 <= announce.heard <= 6


class Announced:
    heard = 0

    async def __call__(self, _message: Message) -> None:
        self.heard += 1
