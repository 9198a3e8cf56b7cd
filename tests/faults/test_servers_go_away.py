"""RabbitMQ, PostgreSQL or the whole machine go away while files are on their way, and come back."""

import asyncio

import pytest

from shared.messaging.topology import LANES, persister_queue, shard_of, worker_queue
from tests.faults.storm.cluster import VHOST
from tests.faults.town import File, Town, make_file
from tests.fixtures.rabbitmq import let_die

pytestmark = pytest.mark.integration

ROWS = 10_000


def files(seed: int, count: int) -> list[File]:
    return [make_file(ROWS, seed=seed + number) for number in range(count)]


async def test_files_are_accepted_and_stored_though_rabbitmq_stops_and_starts(town: Town) -> None:
    before = files(100, 2)
    meanwhile = make_file(300, seed=102)
    first, _ = await town.report(*before)
    await town.until_half_way(first)
    await asyncio.to_thread(town.rabbitmq.stop)
    try:
        await town.report(meanwhile)
    finally:
        await asyncio.to_thread(town.rabbitmq.start)
    await town.reckon()


async def test_an_open_stream_hears_again_once_rabbitmq_is_back(town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.api.token}"} if town.api.token else {"Cookie": town.api.cookie}
    async with town.api.http.get(f"{town.api.base}/api/v1/events", headers=headers) as stream:
        assert stream.status == 200
        await asyncio.to_thread(town.rabbitmq.stop)
        await asyncio.to_thread(town.rabbitmq.start)
        await town.report(make_file(300, seed=105))
        await town.reckon()
        # What was told while nobody could hear is lost; of what comes after something must be.
        (upload_id,) = await town.report(make_file(300, seed=106))
        async with asyncio.timeout(30):
            async for line in stream.content:
                if line.startswith(b"data:") and upload_id.encode() in line:
                    break
    await town.reckon()


async def test_files_are_stored_though_rabbitmq_loses_all_it_had(town: Town) -> None:
    first, *_ = await town.report(*files(110, 3))
    await town.until_half_way(first)
    await asyncio.to_thread(town.rabbitmq.wipe)
    await asyncio.to_thread(town.rabbitmq.start)
    await town.reckon()


async def test_files_are_stored_though_queues_answer_nobody_any_more(town: Town) -> None:
    """As RabbitMQ 3.10 leaves them, killed before it has written down the names of new queues."""
    (first,) = await town.report(make_file(300, seed=115))
    await town.reckon()
    ((department,),) = await town.sql("SELECT department_code FROM upload WHERE upload_id = $1", first)
    names = [queue for lane in LANES for queue in (worker_queue(lane, shard_of(department)), persister_queue(lane))]
    await town.until_half_way(*await town.report(*files(116, 1)))
    await asyncio.to_thread(let_die, town.rabbitmq, VHOST, names)
    await asyncio.to_thread(town.platform.kill, "worker-1", "persister")
    await asyncio.to_thread(town.platform.start, "worker-1", "persister")
    await town.report(make_file(300, seed=118), *files(119, 1))
    await town.reckon(within=180)
    log = town.platform.log("ingest")
    assert {name for name in names if f"queue {name} answered nobody" in log} == set(names)


async def test_files_are_stored_though_postgresql_stops_and_starts(town: Town) -> None:
    first, *_ = await town.report(*files(120, 2))
    await town.until_half_way(first)
    await asyncio.to_thread(town.postgres.stop)
    try:
        refused = await town.send(make_file(300, seed=122))
    finally:
        await asyncio.to_thread(town.postgres.start)
    assert (refused.status, "Retry-After" in refused.headers) == (503, True), refused
    await town.reckon()


async def test_files_are_stored_though_postgresql_crashes(town: Town) -> None:
    first, *_ = await town.report(*files(130, 2))
    await town.until_half_way(first)
    await asyncio.to_thread(town.postgres.kill)
    await asyncio.to_thread(town.postgres.start)
    await town.reckon()


async def test_files_are_stored_though_the_whole_machine_goes_down(town: Town) -> None:
    first, *_ = await town.report(*files(140, 2))
    await town.until_half_way(first)
    await asyncio.to_thread(town.platform.kill)
    await asyncio.to_thread(town.rabbitmq.kill)
    await asyncio.to_thread(town.postgres.kill)
    await asyncio.to_thread(town.postgres.start)
    await asyncio.to_thread(town.rabbitmq.start)
    await asyncio.to_thread(town.platform.start)
    await town.reckon()
