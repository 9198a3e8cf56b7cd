"""How a worker takes files off the broker: one at a time in each lane, department after department.

A worker that had subscribed to all its queues would be handed a file of each at once and sit on them while its
neighbours idle. So while there is work it fetches: one message from the next queue that has any. Only when all queues
of the lane are empty does it subscribe, to be woken by the first message, and cancels again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import structlog
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from pydantic import ValidationError

from services.ingest.service.checking import CheckingService
from shared.contracts.ingest import UploadAccepted
from shared.messaging.consumer import Consumer, Handle, PermanentError

log = logging.getLogger(__name__)

_DOWN = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError, RuntimeError)
_FETCH_SECONDS = 5.0
_BROKER_PAUSE = 1.0


def handle_uploads(service: CheckingService) -> Handle:
    async def handle(_type: str, body: bytes) -> None:
        try:
            accepted = UploadAccepted.model_validate_json(body)
        except ValidationError as error:
            raise PermanentError(str(error)) from None
        with structlog.contextvars.bound_contextvars(upload_id=str(accepted.upload_id), request_id=accepted.request_id):
            await service.check(accepted)

    return handle


class Lane:
    """The queues of one lane, each with the files of some departments."""

    def __init__(self, queues: Sequence[AbstractQueue], consumer: Consumer) -> None:
        self._queues = deque(queues)
        self._consumer = consumer
        self._handed: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._cancelling: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; the file in hand is finished first."""
        while not stop.is_set():
            try:
                message = await self._next(stop)
            except _DOWN as error:
                log.info("the broker is away: %s", type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _BROKER_PAUSE)
                continue
            if message is not None:
                await self._consumer.settle(message)
        if self._cancelling is not None:
            with suppress(*_DOWN):
                await self._cancelling

    async def _next(self, stop: asyncio.Event) -> AbstractIncomingMessage | None:
        """The next message; None when it is time to stop."""
        if self._cancelling is not None:
            cancelling, self._cancelling = self._cancelling, None
            await cancelling
        if not self._handed.empty():
            return self._handed.get_nowait()
        for _ in range(len(self._queues)):
            self._queues.rotate(-1)
            message = await self._queues[-1].get(fail=False, timeout=_FETCH_SECONDS)
            if message is not None:
                return message
        return await self._wait(stop)

    async def _wait(self, stop: asyncio.Event) -> AbstractIncomingMessage | None:
        tags = await asyncio.gather(*(queue.consume(self._handed.put) for queue in self._queues))
        subscribed = list(zip(self._queues, tags, strict=True))
        waiting = [asyncio.ensure_future(self._handed.get()), asyncio.ensure_future(stop.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        self._cancelling = asyncio.create_task(_unsubscribe(subscribed))
        handed = waiting[0]
        return handed.result() if handed.done() and not handed.cancelled() else None  # type: ignore[return-value]


async def _unsubscribe(subscribed: Sequence[tuple[AbstractQueue, str]]) -> None:
    await asyncio.gather(*(queue.cancel(tag) for queue, tag in subscribed))
