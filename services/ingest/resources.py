"""Opens what the ingest API stands on, and closes it in reverse."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession

from services.ingest import child
from services.ingest.records_client import RecordsClient
from services.ingest.service.door import Bounds, IngestService
from services.ingest.settings import Settings
from services.ingest.storage import Storage
from services.ingest.workbook.inside import Limits
from shared.contracts.ingest import UploadAccepted
from shared.errors import Unavailable
from shared.messaging.connection import DOWN, open_channel, open_connection
from shared.messaging.publisher import Publisher
from shared.messaging.topology import declare_all, declare_exchange, shard_of
from shared.messaging.watch import LOOK_SECONDS, QueueWatch
from shared.process import every

log = logging.getLogger(__name__)

# The officer waits no longer than this for the broker; the sweep of records publishes what it did not take.
PUBLISH_SECONDS = 3.0
AGAIN_SECONDS = 1.0
SWEEP_SECONDS = 3600.0

Publish = Callable[[UploadAccepted], Awaitable[None]]


@dataclass(frozen=True)
class Resources:
    service: IngestService
    storage: Storage


def limits_of(settings: Settings) -> Limits:
    return Limits(
        memory_bytes=settings.child_memory_mb * 1024 * 1024,
        cpu_seconds=settings.child_cpu_seconds,
        max_rows=settings.max_rows,
    )


@asynccontextmanager
async def open_resources(settings: Settings, http: ClientSession) -> AsyncGenerator[Resources]:
    await child.warm_up()
    storage = Storage(settings.blobs, keep_days=settings.keep_files_days)

    async def clear_files() -> None:
        removed = await storage.sweep()
        if removed:
            log.info("removed %d files: never registered, or kept long enough", removed)

    watch = QueueWatch(settings.amqp)
    async with (
        open_publish(settings.amqp) as publish,
        _repeating(SWEEP_SECONDS, clear_files, at_once=True),
        _repeating(LOOK_SECONDS, watch.look),
    ):
        yield Resources(
            IngestService(
                storage,
                RecordsClient(http, settings.records_url),
                publish,
                Bounds(settings.max_file_bytes, limits_of(settings), settings.child_seconds, settings.made_at_once),
            ),
            storage,
        )


@asynccontextmanager
async def open_publish(url: str) -> AsyncGenerator[Publish]:
    """Sends accepted uploads; the process starts and answers while the broker is away."""
    publisher: asyncio.Future[Publisher] = asyncio.get_running_loop().create_future()

    async def connected() -> None:
        while True:
            try:
                async with open_connection(url) as connection:
                    channel = await open_channel(connection)
                    await declare_all(channel)
                    publisher.set_result(Publisher(await declare_exchange(channel)))
                    await asyncio.Event().wait()
            except DOWN as error:  # lost while declaring: the connection alone does not mend that
                log.warning("the broker went away again: %s", type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)

    async def publish(accepted: UploadAccepted) -> None:
        try:
            suffix = f"{accepted.lane}.{shard_of(accepted.department):02d}"
            async with asyncio.timeout(PUBLISH_SECONDS):
                await (await asyncio.shield(publisher)).publish(accepted, suffix=suffix)
        except (Unavailable, TimeoutError) as error:
            log.warning("upload %s is left to the sweep: %s", accepted.upload_id, type(error).__name__)

    task = asyncio.create_task(connected())
    try:
        yield publish
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


@asynccontextmanager
async def _repeating(
    seconds: float, work: Callable[[], Awaitable[None]], *, at_once: bool = False
) -> AsyncGenerator[None]:
    task = asyncio.create_task(every(seconds, work, asyncio.Event(), at_once=at_once))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
