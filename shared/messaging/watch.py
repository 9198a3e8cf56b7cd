"""Finds queues that answer nobody, and makes them anew.

RabbitMQ may know a quorum queue and have no process for it: 3.10 does when it is killed within half a second of the
declaration, and no restart heals it. Such a queue can be declared and bound; a publish to it is refused or never
confirmed, and who asks it for a message loses the whole connection. So one of them slows every department.

Deleting one breaks no promise: the uploads whose messages lay in it stand still, and what stands still is published
again from the database.
"""

import asyncio
import logging
import time
from collections import deque

from aio_pika.abc import AbstractChannel

from shared.messaging.connection import DOWN, BrokerDown, connect_once
from shared.messaging.topology import QUEUES, declare_all
from shared.telemetry.metrics import QUEUES_REPLACED

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
# An election after the loss of a node takes less; a process that cannot come back to the broker ends after 30 s.
DEAD_SECONDS = 20.0
# The broker itself gives such a queue up after 5 s, for each thing it is asked.
_ANSWER_SECONDS = 15.0


class QueueWatch:
    def __init__(self, url: str) -> None:
        self._url = url
        self._silent_since: dict[str, float] = {}

    async def look(self) -> None:
        """Ask every durable queue; replace those that have not answered for DEAD_SECONDS while the broker did.

        Raises:
            BrokerDown: then nothing is known of any queue.
        """
        try:
            silent = await self._silent()
        except BrokerDown:
            self._silent_since.clear()
            raise
        now = time.monotonic()
        self._silent_since = {name: self._silent_since.get(name, now) for name in silent}
        dead = [name for name, since in self._silent_since.items() if now - since >= DEAD_SECONDS]
        await asyncio.gather(*map(self._replace, dead))

    async def _silent(self) -> list[str]:
        """All are asked over one connection; once that is lost, the others each over one of their own."""
        left = deque(QUEUES)
        async with await connect_once(self._url) as connection:
            try:
                channel = await connection.channel()
                while left:
                    await _ask(channel, left[0])
                    left.popleft()
            except DOWN:
                log.info("asking each queue alone")
        answered = await asyncio.gather(*map(self._answers, left))
        return [name for name, answer in zip(left, answered, strict=True) if not answer]

    async def _answers(self, name: str) -> bool:
        async with await connect_once(self._url) as connection:
            try:
                await _ask(await connection.channel(), name)
            except DOWN as error:
                log.info("queue %s does not answer: %s", name, type(error).__name__)
                return False
        return True

    async def _replace(self, name: str) -> None:
        if await self._answers(name):  # another process was here before
            return
        try:
            async with await connect_once(self._url) as connection, connection.channel() as channel:
                await channel.queue_delete(name)
                await declare_all(channel)
        except DOWN as error:
            raise BrokerDown from error
        QUEUES_REPLACED.inc()
        log.error("queue %s answered nobody for %.0f s and was made anew", name, DEAD_SECONDS)


async def _ask(channel: AbstractChannel, name: str) -> None:
    """Any answer will do. One that holds messages is not asked for one: what is handed out counts as a delivery."""
    async with asyncio.timeout(_ANSWER_SECONDS):
        queue = await channel.declare_queue(name, passive=True)
        if not queue.declaration_result.message_count:
            message = await queue.get(fail=False, timeout=_ANSWER_SECONDS)
            if message is not None:
                await message.reject(requeue=True)
