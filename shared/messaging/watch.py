"""Finds queues that answer nobody, and makes them anew.

RabbitMQ may know a quorum queue and have no process for it: 3.10 does when it is killed within half a second of the
declaration, and no restart heals it. Such a queue can be declared and bound; a publish to it is refused or never
confirmed, and who asks it for a message loses the whole connection. So one of them slows every department.

Deleting one breaks no promise: the uploads whose messages lay in it stand still, and what stands still is published
again from the database (on a lane that never empties, within the hour).

A lost majority or a disk that hangs makes queues silent too. Those end by themselves and strike all queues, so what
strikes most of them is given far more time.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPChannelError, ChannelNotFoundEntity
from aiormq.exceptions import ChannelLockedResource

from shared.messaging.connection import DOWN, BrokerDown, connect_once
from shared.messaging.topology import QUEUES, declare_all
from shared.telemetry.metrics import QUEUES_REPLACED

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
# An election after the loss of a node takes less; a process that cannot come back to the broker ends after 30 s.
DEAD_SECONDS = 15.0
MOST_DEAD_SECONDS = 300.0
# Held during a look: of several processes one looks.
LOCK = "ingest.watch"
# For two things asked, each of which the broker itself gives up after 5 s; and for a deletion.
_ANSWER_SECONDS = 15.0
_WHOLE_SECONDS = 240.0


class QueueWatch:
    def __init__(self, url: str, *, dead: float = DEAD_SECONDS, most_dead: float = MOST_DEAD_SECONDS) -> None:
        """`dead`, `most_dead`: seconds of silence, of some queues and of more than half of them."""
        self._url, self._dead, self._most_dead = url, dead, most_dead
        self._silent_since: dict[str, float] = {}

    async def look(self) -> None:
        """Ask every durable queue; make anew what is missing, and what has been silent for too long.

        Raises:
            BrokerDown: it, too, is silent: then nothing is known of any queue.
        """
        try:
            async with self._connected(_WHOLE_SECONDS) as lock:
                if await _is_mine(lock):
                    await self._look(lock)
        except BrokerDown:
            self._silent_since.clear()
            raise

    async def _look(self, lock: AbstractConnection) -> None:
        silent, missing = await self._ask_all()
        await _is_mine(lock)  # raises BrokerDown should it have gone meanwhile
        now = time.monotonic()
        self._silent_since = {name: self._silent_since.get(name, now) for name in silent}
        patience = self._dead if len(silent) * 2 <= len(QUEUES) else self._most_dead
        dead = [name for name, since in self._silent_since.items() if now - since >= patience]
        for name in dead:
            await self._delete(name)
            log.error("queue %s answered nobody for %.0f s: made anew", name, now - self._silent_since.pop(name))
            QUEUES_REPLACED.inc()
        if dead or missing:
            async with self._connected() as connection, connection.channel() as channel:
                await declare_all(channel)

    async def _ask_all(self) -> tuple[list[str], list[str]]:
        """Names of the silent and of the missing ones.

        All are asked over one connection; once that is lost, the others each over one of their own, at one time.
        """
        left = deque(QUEUES)
        missing: list[str] = []
        try:
            async with self._connected() as connection:
                while left:
                    if not await _exists(connection, left[0]):
                        missing.append(left[0])
                    left.popleft()
        except BrokerDown:
            log.info("asking %d queues alone", len(left))
        answered = await asyncio.gather(*map(self._answers, left))
        return [name for name, answer in zip(left, answered, strict=True) if not answer], missing

    async def _answers(self, name: str) -> bool:
        try:
            async with self._connected() as connection:
                await _exists(connection, name)
        except BrokerDown:
            log.info("queue %s does not answer", name)
            return False
        return True

    async def _delete(self, name: str) -> None:
        """Raises BrokerDown: it could not be, and will be tried again."""
        async with self._connected() as connection, connection.channel() as channel:
            await channel.queue_delete(name)

    @asynccontextmanager
    async def _connected(self, within: float = _ANSWER_SECONDS) -> AsyncGenerator[AbstractConnection]:
        """A connection for so many seconds. Raises BrokerDown: no node takes it, it was lost, or took too long."""
        try:
            async with asyncio.timeout(within), await connect_once(self._url) as connection:
                yield connection
        except DOWN as error:
            raise BrokerDown from error


async def _is_mine(lock: AbstractConnection) -> bool:
    """False while another process looks; a broker that forbids it is an error to be heard of."""
    try:
        async with lock.channel() as channel:
            await channel.declare_queue(LOCK, exclusive=True)
    except ChannelLockedResource:
        return False
    return True


async def _exists(connection: AbstractConnection, name: str) -> bool:
    """Any answer will do, a refusal too.

    A queue that holds messages is not asked for one: what is handed out counts as a delivery.
    """
    try:
        async with connection.channel() as channel:
            queue = await channel.declare_queue(name, passive=True)
            if not queue.declaration_result.message_count:
                message = await queue.get(fail=False, timeout=_ANSWER_SECONDS)
                if message is not None:
                    await message.reject(requeue=True)
    except ChannelNotFoundEntity:
        return False
    except AMQPChannelError as error:
        log.warning("queue %s refuses: %s", name, type(error).__name__)
    return True
