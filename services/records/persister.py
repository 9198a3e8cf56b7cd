"""The message process of records: checked rows → ledger → records, and the sweep that sees every upload through."""

import asyncio
from collections.abc import Awaitable, Callable

from aio_pika.abc import AbstractChannel, AbstractRobustConnection

from services.records.consumers import TYPES, persister_handle
from services.records.migrations import FOLDER
from services.records.publicity.reminders.service import RemindersService
from services.records.settings import Settings
from services.records.uploads.applying import repository as applying
from services.records.uploads.clearing.service import ClearingService, Days
from services.records.uploads.storing.service import StoringService
from services.records.uploads.sweeping.service import SweepingService
from shared.contracts.ingest import Lane, UploadAccepted
from shared.db.database import Database
from shared.db.migrations import ready_check
from shared.messaging.connection import DOWN, BrokerDown, open_channel, open_connection
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import CONFIRM_SECONDS, Publisher
from shared.messaging.topology import (
    LANES,
    declare_all,
    declare_exchange,
    declare_persister_queue,
    persister_queue,
    shard_of,
    worker_queue,
)
from shared.process import every, health_server

# Batches in hand at once, each on a connection of its own: bulk never takes the connections of small files.
PREFETCH: dict[Lane, int] = {"small": 4, "bulk": 4}
CONNECTIONS = sum(PREFETCH.values()) + 3  # and the sweep, the merge, the health page
MERGE_SECONDS = 1.0
CLEAR_SECONDS = 3600.0


async def run(settings: Settings, stop: asyncio.Event) -> None:
    async with (
        Database.open(settings.database, max_size=CONNECTIONS) as db,
        open_connection(settings.amqp, stop) as connection,
    ):
        consumers: list[Consumer] = []

        async def broker() -> None:
            takes = len(consumers) == len(LANES) and all(consumer.subscribed for consumer in consumers)
            if not connection.connected.is_set() or not takes:
                raise ConnectionError

        channel = await open_channel(connection)
        await declare_all(channel)
        publisher = Publisher(await declare_exchange(channel))
        storing = StoringService(db, publisher.announce)
        sweeping = SweepingService(
            db, storing, _publishing(publisher), _queued(channel), stall_seconds=settings.stall_seconds
        )

        reminders = RemindersService(db, publisher.announce)
        days = Days(
            rows=settings.keep_rows_days,
            uploads=settings.keep_uploads_days,
            messages=settings.keep_messages_days,
            audit=settings.keep_audit_days,
        )
        clearing = ClearingService(db, days)

        async def merge() -> None:
            async with db.reading() as conn:
                await applying.merge_search_indexes(conn)

        health = health_server(
            {"database": ready_check(db, FOLDER), "broker": broker}, host=settings.host, port=settings.persister_port
        )
        async with health, asyncio.TaskGroup() as tasks:
            consumers += [await _consumer(connection, lane, storing) for lane in LANES]
            # Not before all is declared: to subscribe to a queue that answers nobody costs the connection.
            for consumer in consumers:
                tasks.create_task(consumer.run(stop))
            tasks.create_task(every(settings.sweep_seconds, sweeping.sweep, stop))
            tasks.create_task(every(settings.sweep_seconds, reminders.sweep, stop))
            tasks.create_task(every(MERGE_SECONDS, merge, stop))
            tasks.create_task(every(CLEAR_SECONDS, clearing.sweep, stop, at_once=True))


async def _consumer(connection: AbstractRobustConnection, lane: Lane, storing: StoringService) -> Consumer:
    channel = await open_channel(connection, prefetch=PREFETCH[lane])
    return Consumer([await declare_persister_queue(channel, lane)], persister_handle(storing), types=TYPES)


def _publishing(publisher: Publisher) -> Callable[[UploadAccepted], Awaitable[None]]:
    async def publish(message: UploadAccepted) -> None:
        await publisher.publish(message, suffix=f"{message.lane}.{shard_of(message.department):02d}")

    return publish


def _queued(channel: AbstractChannel) -> Callable[[UploadAccepted], Awaitable[bool]]:
    """Do the queues an upload passes through still hold work? Then it only waits its turn. Raises BrokerDown."""

    async def queued(message: UploadAccepted) -> bool:
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                for name in (worker_queue(message.lane, shard_of(message.department)), persister_queue(message.lane)):
                    state = await (await channel.get_underlay_channel()).queue_declare(name, passive=True)
                    if state.message_count:
                        return True
        except DOWN as error:
            raise BrokerDown from error
        return False

    return queued
