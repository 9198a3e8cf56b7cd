"""How a worker takes files off the broker: one at a time in each lane, department after department.

A worker that subscribed to its queues would be handed a file of each at once and sit on them while its neighbours
idle; and what a quorum queue has handed out does not come back without counting as a failed delivery. So a worker
fetches: one message from the next queue that has any. A bell, its own copy of every message of the lane, tells it when
to look again. As that may ring before the queue has the message, and does not ring for what a dead worker held, it also
looks by itself, less and less often.
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

TYPES = (UploadAccepted.routing_key(),)

_DOWN = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError, RuntimeError)
_FETCH_SECONDS = 5.0
_BROKER_PAUSE = 1.0
# How soon an idle worker looks again after the bell, and how seldom at last.
_SOON = 0.02
_AT_LAST = 5.0


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
        self._rung = asyncio.Event()

    async def ring(self, _message: AbstractIncomingMessage) -> None:
        self._rung.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; the file in hand is finished first."""
        pause = _SOON
        while not stop.is_set():
            self._rung.clear()
            try:
                message = await self._fetch()
            except _DOWN as error:
                log.info("the broker is away: %s", type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _BROKER_PAUSE)
                continue
            if message is not None:
                await self._consumer.settle(message)
                pause = _SOON
            elif await self._rings(stop, pause):
                pause = _SOON
            else:
                pause = min(pause * 2, _AT_LAST)

    async def _fetch(self) -> AbstractIncomingMessage | None:
        for _ in range(len(self._queues)):
            self._queues.rotate(-1)
            message = await self._queues[-1].get(fail=False, timeout=_FETCH_SECONDS)
            if message is not None:
                return message
        return None

    async def _rings(self, stop: asyncio.Event, seconds: float) -> bool:
        """Wait for the bell, at most `seconds`, and not when it is time to stop."""
        waiting = [asyncio.ensure_future(self._rung.wait()), asyncio.ensure_future(stop.wait())]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return self._rung.is_set()
