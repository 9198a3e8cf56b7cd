"""Takes messages off queues and decides, in one place, what becomes of each.

handler returns        → ack
PermanentError         → parked at once: another attempt cannot help
Unavailable            → held and tried again here: an outage must not park anything
any other exception    → back on the queue; the broker parks it after DELIVERY_LIMIT
process stops or dies  → unacked, so the broker delivers it again

reject, never nack: since RabbitMQ 4.3 a nack no longer counts towards the delivery limit.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Protocol

import structlog
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import AMQPConnectionError, AMQPError, ChannelInvalidStateError
from opentelemetry.trace import SpanKind

from shared.errors import Unavailable
from shared.telemetry.metrics import MESSAGES
from shared.telemetry.tracing import handling

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
_ANSWER_SECONDS = 10.0
_AWAY = (AMQPConnectionError, ChannelInvalidStateError, OSError, TimeoutError)
OUTCOMES = ("done", "retried", "parked")


class Delivery(Protocol):
    """The part of an incoming message that settling it needs."""

    body: bytes
    type: str | None
    message_id: str | None

    @property
    def headers(self) -> Mapping[str, object]: ...

    async def ack(self) -> None: ...

    async def reject(self, requeue: bool = ...) -> None: ...


Handle = Callable[[str, bytes], Awaitable[None]]  # (message type, body)


class PermanentError(Exception):
    """The message itself is at fault; parking it is the only right answer."""


class Consumer:
    def __init__(
        self,
        queues: Sequence[AbstractQueue],
        handle: Handle,
        *,
        types: Sequence[str] = (),
        retry_pause: float = 1.0,
        look_seconds: float = 10.0,
    ) -> None:
        """`types`: of the messages that come, so that each is counted from 0 and the first is an increase.

        `look_seconds`: a queue that holds messages and gives none for so long is subscribed to anew.
        """
        for one, outcome in product(types, OUTCOMES):
            MESSAGES.labels(one, outcome)
        self._queues = queues
        self._handle = handle
        self._retry_pause = retry_pause
        self._look_seconds = look_seconds
        self._subscribed: set[str] = set()
        self._received = 0
        self._in_flight: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    @property
    def subscribed(self) -> bool:
        return len(self._subscribed) == len(self._queues)

    async def run(self, stop: asyncio.Event, *, drain_seconds: float = 25.0) -> None:
        """Consume until `stop` is set, then finish what is already in hand.

        At most `drain_seconds`; what is not finished by then stays unacked and is delivered again.
        """
        async with asyncio.TaskGroup() as tasks:
            for queue in self._queues:
                tasks.create_task(self._consume(queue, stop))
            await stop.wait()
            self._stopping.set()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=drain_seconds)

    async def _consume(self, queue: AbstractQueue, stop: asyncio.Event) -> None:
        while not stop.is_set():
            tag = await self._subscribe(queue, stop)
            if tag is None:
                return
            await self._until_deaf(queue, stop)
            try:
                await queue.cancel(tag, timeout=_ANSWER_SECONDS)
            except (AMQPError, *_AWAY):
                log.info("the broker is away; nothing to cancel")

    async def _subscribe(self, queue: AbstractQueue, stop: asyncio.Event) -> str | None:
        """Its consumer tag; None when it was time to stop first.

        Asking a queue that answers nobody costs the connection. It is asked again until watch.py has made it anew.
        """
        while not stop.is_set():
            try:
                tag = await queue.consume(self._on_message, timeout=_ANSWER_SECONDS)
            except _AWAY as error:
                log.warning("%s gives nothing yet: %s", queue.name, type(error).__name__)
                await _sleep(self._retry_pause, stop)
            else:
                self._subscribed.add(queue.name)
                return tag
        return None

    async def _until_deaf(self, queue: AbstractQueue, stop: asyncio.Event) -> None:
        """Until `stop`, or until the queue holds messages of which none comes to a consumer that has nothing to do.

        A queue that died and was made anew does not tell those who were subscribed to it before.
        """
        heard: int | None = None
        while not stop.is_set():
            await _sleep(self._look_seconds, stop)
            if self._in_flight or not await self._holds_messages(queue):
                heard = None
            elif heard == self._received:
                log.error("%s holds messages and gives none: subscribing anew", queue.name)
                return
            else:
                heard = self._received

    async def _holds_messages(self, queue: AbstractQueue) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                state = await (await queue.channel.get_underlay_channel()).queue_declare(queue.name, passive=True)
        except (AMQPError, *_AWAY):
            return False
        return bool(state.message_count)

    async def _on_message(self, raw: AbstractIncomingMessage) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._in_flight.add(task)
        self._received += 1
        try:
            await self.settle(raw)
        finally:
            self._in_flight.discard(task)

    async def settle(self, raw: Delivery) -> None:
        with structlog.contextvars.bound_contextvars(message_id=raw.message_id):
            try:
                with handling(raw.type or "message", raw.headers, SpanKind.CONSUMER):
                    await self._apply(raw)
            except PermanentError as error:
                log.warning("parked %s: %s", raw.type, error)
                await self._answer(raw.reject(requeue=False))
                outcome = "parked"
            except Exception:
                log.exception("will retry %s", raw.type)
                await asyncio.sleep(self._retry_pause)  # still unacked: the queue cannot spin
                await self._answer(raw.reject(requeue=True))
                outcome = "retried"
            else:
                await self._answer(raw.ack())
                outcome = "done"
        MESSAGES.labels(raw.type or "", outcome).inc()

    async def _answer(self, answer: Awaitable[None]) -> None:
        try:
            await answer
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            # The channel went away meanwhile: the broker delivers the message again, and handlers bear a repeat.
            log.info("the answer did not reach the broker: %s", type(error).__name__)

    async def _apply(self, raw: Delivery) -> None:
        pause = self._retry_pause
        while True:
            try:
                return await self._handle(raw.type or "", raw.body)
            except Unavailable as error:
                if self._stopping.is_set():
                    raise
                log.warning("holding %s for %.0f s: %s", raw.type, pause, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
