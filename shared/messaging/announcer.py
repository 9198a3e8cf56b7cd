"""Live events from a process that must go on serving while the broker is away."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from shared.contracts.base import Announce, Message
from shared.messaging.connection import DOWN, open_channel, open_connection
from shared.messaging.publisher import Publisher
from shared.messaging.topology import declare_exchange

log = logging.getLogger(__name__)

# Events that may wait for the broker; beyond that they are dropped, as nobody has to hear them.
WAITING = 1000
AGAIN_SECONDS = 1.0


@asynccontextmanager
async def open_announcer(url: str) -> AsyncGenerator[Announce]:
    """Events are sent in the background, in order; what waits when the process ends gets a second to leave."""
    waiting: asyncio.Queue[Message] = asyncio.Queue(WAITING)

    async def announce(message: Message) -> None:
        try:
            waiting.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("live event %s was dropped: the broker has been away too long", message.routing_key())

    async def send() -> None:
        while True:
            try:
                async with open_connection(url) as connection:
                    publisher = Publisher(await declare_exchange(await open_channel(connection)))
                    while True:
                        await publisher.announce(await waiting.get())
                        waiting.task_done()
            except DOWN as error:  # lost between connecting and the channel: the connection alone does not mend that
                log.warning("live events pause: %s", type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)

    task = asyncio.create_task(send())
    try:
        yield announce
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting.join(), timeout=1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
