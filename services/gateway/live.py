"""Live events: from the broker to every browser that listens here.

One exclusive queue a gateway: each hears everything and passes on what its own listeners may see. What nobody
hears is lost, and that is right: the state itself is always there to GET.
"""

import asyncio
import itertools
import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from pydantic import ValidationError

from services.gateway.errors import TooManyRequests
from shared.contracts.identity import Identity
from shared.contracts.ingest import UploadChanged, UserMessaged
from shared.messaging.connection import DOWN, open_channel, open_connection
from shared.messaging.topology import declare_exchange
from shared.telemetry.metrics import LIVE_CLIENTS

log = logging.getLogger(__name__)

# Events a slow browser may lag behind; then it loses the oldest: the newest state is what counts.
WAITING = 200
# After a failure that the connection cannot mend by itself (a wrong password, a changed exchange).
AGAIN_SECONDS = 5.0


class Event(NamedTuple):
    id: str
    name: str  # upload | message
    data: str


class Listener:
    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(WAITING)

    def hears(self, department: str, user_id: str | None) -> bool:
        mine = self.identity.is_admin or department == self.identity.department.code
        return mine and user_id in (None, self.identity.user_id)

    def put(self, event: Event | None) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(event)

    async def next(self) -> Event | None:
        """None: the gateway stops."""
        return await self._waiting.get()


class Live:
    def __init__(self, streams_per_user: int) -> None:
        self._streams_per_user = streams_per_user
        self._listeners: set[Listener] = set()
        self._numbers = itertools.count(1)
        self._broker: AbstractRobustConnection | None = None
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether events are coming in."""
        return self._broker is not None and self._broker.connected.is_set()

    def close(self) -> None:
        """End every stream, and those that still come."""
        self._closed = True
        for listener in self._listeners:
            listener.put(None)

    @contextmanager
    def listening(self, identity: Identity) -> Generator[Listener]:
        """Raises TooManyRequests when the user has too many streams open."""
        mine = sum(listener.identity.user_id == identity.user_id for listener in self._listeners)
        if mine >= self._streams_per_user:
            raise TooManyRequests("同时打开的页面太多，请关掉一些再试。", retry_after=10)
        listener = Listener(identity)
        if self._closed:
            listener.put(None)
        self._listeners.add(listener)
        LIVE_CLIENTS.inc()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            LIVE_CLIENTS.dec()

    async def run(self, amqp: str) -> None:
        """Pass events on until cancelled; waits for the broker, and comes back to it, by itself."""
        while True:
            try:
                await self._listen(amqp)
            except DOWN as error:
                log.warning("live events pause: %s", type(error).__name__)
            finally:
                self._broker = None
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, amqp: str) -> None:
        async with open_connection(amqp) as connection:
            channel = await open_channel(connection, prefetch=100)
            exchange = await declare_exchange(channel)
            queue = await channel.declare_queue(exclusive=True, auto_delete=True)
            for message in (UploadChanged, UserMessaged):
                await queue.bind(exchange, routing_key=message.routing_key())
            await queue.consume(self._on_message, no_ack=True)
            self._broker = connection
            await asyncio.Event().wait()

    async def _on_message(self, raw: AbstractIncomingMessage) -> None:
        try:
            if raw.type == UploadChanged.routing_key():
                changed = UploadChanged.model_validate_json(raw.body)
                self._pass_on("upload", changed.department, None, changed.upload.model_dump_json())
            elif raw.type == UserMessaged.routing_key():
                told = UserMessaged.model_validate_json(raw.body)
                data = told.model_dump_json(include={"id", "kind", "title"})
                self._pass_on("message", told.department, told.user_id, data)
        except ValidationError as error:
            log.warning("a live event could not be read: %s", error)

    def _pass_on(self, name: str, department: str, user_id: str | None, data: str) -> None:
        event = Event(str(next(self._numbers)), name, data)
        for listener in self._listeners:
            if listener.hears(department, user_id):
                listener.put(event)
