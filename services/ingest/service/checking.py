"""The worker's work: reads a file in its limited child and publishes what is to be said about every row."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Protocol
from uuid import UUID, uuid5

import msgspec

from services.ingest import child
from services.ingest.errors import FileMissing
from services.ingest.storage import Storage
from services.ingest.workbook import frames
from services.ingest.workbook.check import Finished, Started
from services.ingest.workbook.failures import Refused
from services.ingest.workbook.inside import Limits
from shared.contracts.base import Message
from shared.contracts.ingest import CheckingStarted, UploadAccepted, UploadChecked, UploadFailed
from shared.contracts.rows import ROUTING_KEY
from shared.telemetry.metrics import FILE_SECONDS, FILES, ROWS

log = logging.getLogger(__name__)

# Batches on their way to the broker at once, for each file.
_IN_FLIGHT = 8


class Outbox(Protocol):
    """Publishes with confirmation; raises Unavailable when the broker does not confirm."""

    async def publish(self, message: Message, *, suffix: str = "") -> None: ...

    async def publish_body(self, body: bytes, *, message_id: UUID, type_: str, routing_key: str) -> None: ...


class CheckingService:
    """The worker: a pure function of UploadAccepted and the file, repeated as often as need be."""

    def __init__(self, storage: Storage, outbox: Outbox, limits: Limits, *, seconds: float) -> None:
        self._storage = storage
        self._outbox = outbox
        self._limits = limits
        self._seconds = seconds

    async def check(self, accepted: UploadAccepted) -> None:
        """Publish what is to be said about the file, to the last batch, confirmed.

        Raises:
            Unavailable: broker or store are down; nothing is lost by doing it again.
            Interrupted, ChildBroken: doing it again may help.
        """
        started = time.monotonic()
        try:
            counts = await self._read(accepted)
        except (Refused, FileMissing) as refused:
            await self._fail(accepted, refused if isinstance(refused, Refused) else Refused("lost"))
            FILES.labels(refused.code.value if isinstance(refused, Refused) else "lost").inc()
        else:
            FILES.labels("checked").inc()
            ROWS.labels("checked", "good").inc(counts.rows - counts.rejected)
            ROWS.labels("checked", "rejected").inc(counts.rejected)
            log.info("checked %d rows, %d rejected", counts.rows, counts.rejected)
        FILE_SECONDS.labels(accepted.lane).observe(time.monotonic() - started)

    async def _read(self, accepted: UploadAccepted) -> Finished:
        """Raises Refused for what the child says of the file."""
        await self._storage.size(accepted.storage_key)
        await self._storage.registered(accepted.storage_key)
        limits = self._limits._replace(nice=10 if accepted.lane == "bulk" else 0)
        job = accepted.model_dump_json().encode()
        content = self._storage.read(accepted.storage_key)
        flight = _Flight()
        try:
            async with child.run("check", job, content, limits, seconds=self._seconds) as running:
                while True:
                    kind, body = await running.frame()
                    if kind == frames.REFUSED:
                        raise Refused.said(*msgspec.json.decode(body, type=tuple[str, str]))
                    if kind == frames.FINISHED:
                        break
                    await flight.start(self._send(accepted, kind, body))
            await flight.land()
        finally:
            await flight.abandon()
        counts = msgspec.json.decode(body, type=Finished)
        await self._outbox.publish(
            UploadChecked(
                message_id=uuid5(accepted.upload_id, "checked"),
                request_id=accepted.request_id,
                upload_id=accepted.upload_id,
                **msgspec.structs.asdict(counts),
            ),
            suffix=accepted.lane,
        )
        return counts

    async def _send(self, accepted: UploadAccepted, kind: bytes, body: bytes) -> None:
        if kind == frames.BATCH:
            await self._outbox.publish_body(
                body[8:],
                message_id=uuid5(accepted.upload_id, str(int.from_bytes(body[:4], "big"))),
                type_=ROUTING_KEY,
                routing_key=f"{ROUTING_KEY}.{accepted.lane}",
            )
            return
        opened = msgspec.json.decode(body, type=Started)
        await self._outbox.publish(
            CheckingStarted(
                message_id=uuid5(accepted.upload_id, "started"),
                request_id=accepted.request_id,
                upload_id=accepted.upload_id,
                **msgspec.structs.asdict(opened),
            ),
            suffix=accepted.lane,
        )

    async def _fail(self, accepted: UploadAccepted, refused: Refused) -> None:
        log.info("the file cannot be imported: %s", refused.kind)
        await self._outbox.publish(
            UploadFailed(
                message_id=uuid5(accepted.upload_id, "failed"),
                request_id=accepted.request_id,
                upload_id=accepted.upload_id,
                code=refused.code,
                reason=refused.message,
            ),
            suffix=accepted.lane,
        )


class _Flight:
    """Publishes that are under way: at most _IN_FLIGHT, the first failure is everybody's."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, publish: Coroutine[None, None, None]) -> None:
        self._tasks.add(asyncio.create_task(publish))
        if len(self._tasks) > _IN_FLIGHT:
            await self._settle(asyncio.FIRST_COMPLETED)

    async def land(self) -> None:
        while self._tasks:
            await self._settle(asyncio.ALL_COMPLETED)

    async def _settle(self, until: str) -> None:
        done, _ = await asyncio.wait(self._tasks, return_when=until)
        for task in done:
            task.result()
            self._tasks.discard(task)

    async def abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        # Also hears those that failed beside the first: nobody else would.
        await asyncio.gather(*self._tasks, return_exceptions=True)
