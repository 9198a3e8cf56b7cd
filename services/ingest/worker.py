"""The message process of ingest: takes accepted files off the broker, checks every row, publishes the results."""

import asyncio
import logging
from contextlib import suppress

from services.ingest import child
from services.ingest.consumers import TYPES, Lane, handle_uploads
from services.ingest.resources import limits_of
from services.ingest.service.checking import CheckingService
from services.ingest.settings import Settings
from services.ingest.storage import Storage
from shared.contracts.ingest import Lane as LaneName
from shared.messaging.connection import open_channel, open_connection
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.messaging.topology import (
    LANES,
    SHARDS,
    declare_all,
    declare_exchange,
    declare_worker_bell,
    declare_worker_queue,
)
from shared.process import health_server

log = logging.getLogger(__name__)

DRAIN_SECONDS = 25.0


async def run(settings: Settings, stop: asyncio.Event) -> None:
    await child.warm_up()
    storage = Storage(settings.blobs)
    async with open_connection(settings.amqp, stop) as connection:

        async def broker() -> None:
            if connection.is_closed or not connection.connected.is_set():
                raise ConnectionError("broker")

        checks = {"broker": broker, "blobs": storage.ping}
        async with health_server(checks, host=settings.host, port=settings.worker_port):
            publishing = await open_channel(connection)
            await declare_all(publishing)
            outbox = Publisher(await declare_exchange(publishing))
            service = CheckingService(storage, outbox, limits_of(settings), seconds=settings.child_seconds)
            consumer = Consumer([], handle_uploads(service), types=TYPES)
            holding = asyncio.create_task(consumer.run(stop))  # lets go of what is held when it is time to stop
            lanes: dict[LaneName, Lane] = {}
            for lane in LANES:
                channel = await open_channel(connection, prefetch=1)
                queues = [await declare_worker_queue(channel, lane, shard) for shard in range(SHARDS)]
                lanes[lane] = Lane(queues, consumer)
                await (await declare_worker_bell(channel, lane)).consume(lanes[lane].ring, no_ack=True)
            # Not before all is declared: the first look at a queue that answers nobody costs the connection.
            working = [asyncio.create_task(_work(name, lane, stop)) for name, lane in lanes.items()]
            await stop.wait()
            await _drain([*working, holding])


async def _work(name: LaneName, lane: Lane, stop: asyncio.Event) -> None:
    try:
        await lane.run(stop)
    except Exception:
        log.exception("lane %s broke; the process ends and is started again", name)
        stop.set()
        raise


async def _drain(tasks: list[asyncio.Task[None]]) -> None:
    """What is not finished by then stays unacked and is delivered to another worker."""
    await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
