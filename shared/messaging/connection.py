"""One connection per process; a channel that never loses a message quietly."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractRobustConnection
from aio_pika.exceptions import AMQPError
from yarl import URL

from shared.errors import Unavailable

DOWN = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)


class BrokerDown(Unavailable):
    slug = "broker-down"
    title = "消息队列暂时连不上"


def robust_url(url: str) -> URL:
    """`url` with the settings every process uses: starts without the broker, notices its loss within 30 s."""
    return URL(url).update_query(fail_fast="0", heartbeat="10", reconnect_interval="1")


@asynccontextmanager
async def open_connection(url: str) -> AsyncGenerator[AbstractRobustConnection]:
    """A connection that comes back by itself. Waits until the broker is there.

    Not connect_robust(): cancelled while it waits, that leaves a task behind which tries for ever.
    """
    connection = aio_pika.RobustConnection(robust_url(url))
    try:
        await connection.connect()
        yield connection
    finally:
        with suppress(*DOWN):  # it is gone either way; and a cancelled task must hear of nothing else
            await connection.close()


async def open_channel(connection: AbstractRobustConnection, *, prefetch: int | None = None) -> AbstractChannel:
    """A channel whose publishes are confirmed, and refused when no queue takes the message."""
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    if prefetch is not None:
        await channel.set_qos(prefetch_count=prefetch)
    return channel
