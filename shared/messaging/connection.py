"""One connection per process; a channel that never loses a message quietly.

A broker's address may name several nodes of a cluster, parted by commas: amqp://…@one/,amqp://…@two/
"""

import asyncio
import itertools
import logging
import re
import signal
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractRobustConnection
from aio_pika.exceptions import AMQPError
from yarl import URL

from shared.errors import Stopped, Unavailable

log = logging.getLogger(__name__)

# A broker that answers others for so long while this process has not come back to it: it never will.
STUCK_SECONDS = 30.0
_LOOK_SECONDS = 5.0
# A node that takes the connection and then says nothing is given up, and the next one tried.
CONNECT_SECONDS = 10.0

DOWN = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)


class BrokerDown(Unavailable):
    slug = "broker-down"
    title = "消息队列暂时连不上"


def nodes_of(url: str) -> list[str]:
    return re.split(r"\s*,\s*(?=amqps?://)", url.strip())


def noticing(url: str) -> URL:
    """`url` with what lets its loss be noticed within 30 s."""
    return URL(url).update_query(heartbeat="10")


def robust_url(url: str) -> URL:
    """`url` with the settings every process uses: starts without the broker, and comes back to it."""
    return noticing(url).update_query(fail_fast="0", reconnect_interval="1")


class _Connection(aio_pika.RobustConnection):
    """Knows all nodes: each time one is lost or does not take it, the next is tried."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self._nodes = itertools.cycle(map(robust_url, nodes))
        super().__init__(next(self._nodes))

    async def _on_connection_close(self, closing: asyncio.Future[None]) -> None:
        self.url = next(self._nodes)
        await super()._on_connection_close(closing)


@asynccontextmanager
async def open_connection(url: str, stop: asyncio.Event | None = None) -> AsyncGenerator[AbstractRobustConnection]:
    """A connection that comes back by itself. Waits until the broker is there, or raises Stopped when `stop` is set.

    Not connect_robust(): cancelled while it waits, that leaves a task behind which tries for ever.
    """
    connection = _Connection(nodes_of(url))
    watching: asyncio.Task[None] | None = None
    try:
        await _reach(connection, stop or asyncio.Event())
        watching = asyncio.create_task(_end_when_stuck(connection, url))
        yield connection
    finally:
        if watching is not None:
            watching.cancel()
        with suppress(*DOWN):  # it is gone either way; and a cancelled task must hear of nothing else
            await connection.close()


async def _reach(connection: AbstractRobustConnection, stop: asyncio.Event) -> None:
    reaching, stopping = asyncio.create_task(connection.connect(CONNECT_SECONDS)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((reaching, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not reaching.done():
            raise Stopped
        await reaching
    finally:
        for task in (reaching, stopping):
            task.cancel()
        await asyncio.gather(reaching, stopping, return_exceptions=True)


async def _end_when_stuck(connection: AbstractRobustConnection, url: str) -> None:
    """End the process cleanly when its connection has lost its way; whoever started it starts it anew.

    Seen once, in a fault test: a worker was still without the broker a minute after its restart. Not reproduced in 72
    restarts; by its code aio_pika may wait for ever for an answer of a transport that went while it restored a channel.
    """
    answered: float | None = None
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if connection.connected.is_set() or not await _answers(url):
            answered = None
            continue
        answered = answered or time.monotonic()
        if time.monotonic() - answered > STUCK_SECONDS:
            log.error("the broker answers, but this process does not come back to it: ending, to be started again")
            signal.raise_signal(signal.SIGTERM)
            return


async def _answers(url: str) -> bool:
    try:
        async with asyncio.timeout(_LOOK_SECONDS), await connect_once(url):
            return True
    except (BrokerDown, *DOWN):
        return False


async def connect_once(url: str) -> AbstractConnection:
    """A connection that does not come back, to the first node that takes it.

    Raises:
        BrokerDown: none did.
    """
    for node in nodes_of(url):
        with suppress(*DOWN):
            return await aio_pika.connect(noticing(node), timeout=_LOOK_SECONDS)
    raise BrokerDown


async def open_channel(connection: AbstractRobustConnection, *, prefetch: int | None = None) -> AbstractChannel:
    """A channel whose publishes are confirmed, and refused when no queue takes the message."""
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    if prefetch is not None:
        await channel.set_qos(prefetch_count=prefetch)
    return channel
