"""Messages that nobody could handle: to be looked at, sent back or dropped.

`make parked` for the platform of this machine; `python -m deploy.parked list|again|drop` for the broker AMQP_URL names,
or RECORDS_AMQP as in a persister's container.
Of what a message holds only the upload is shown: the rest are rows of people.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.messaging.topology import PARKED_QUEUES


class Parked(NamedTuple):
    queue: str  # where it was given up on
    type: str
    message_id: str
    upload_id: str
    reason: str  # rejected: the message itself is at fault; delivery_limit: it failed again and again
    at: str

    def line(self) -> str:
        return f"{self.at}  {self.queue}  {self.type}  {self.reason}  上报 {self.upload_id}  消息 {self.message_id}"


async def work(amqp: str, verb: str) -> list[Parked]:
    """`list` leaves them, `again` puts each back on its queue, `drop` throws them away. What it was done to.

    A message is acked only after a queue has confirmed its copy: twice at worst, and twice is harmless. Looking makes
    copies too: a message given back unread counts as delivered, and RabbitMQ 4 drops it after the twentieth time.
    """
    done = []
    async with await aio_pika.connect(amqp) as connection, connection.channel() as channel:
        for name in PARKED_QUEUES:
            async with _taken(channel, name) as messages:
                for message in messages:
                    parked = _parked(message)
                    if verb != "drop":
                        await _publish(channel, message, parked.queue if verb == "again" else name)
                    await message.ack()
                    done.append(parked)
    return done


@asynccontextmanager
async def _taken(channel: AbstractChannel, name: str) -> AsyncGenerator[list[AbstractIncomingMessage]]:
    """All that lie there now; those nobody acks go back as they were."""
    queue = await channel.declare_queue(name, passive=True)
    messages = []
    for _ in range(queue.declaration_result.message_count or 0):
        message = await queue.get(fail=False)
        if message is None:
            break
        messages.append(message)
    try:
        yield messages
    finally:
        for message in messages:
            if not message.processed:
                await message.reject(requeue=True)


async def _publish(channel: AbstractChannel, message: AbstractIncomingMessage, queue: str) -> None:
    fresh = aio_pika.Message(
        message.body,
        type=message.type,
        message_id=message.message_id,
        content_type=message.content_type,
        headers=message.headers,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await channel.default_exchange.publish(fresh, queue)


def _parked(message: AbstractIncomingMessage) -> Parked:
    deaths = message.headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    return Parked(
        queue=str(message.headers.get("x-first-death-queue", "?")),
        type=message.type or "?",
        message_id=message.message_id or "?",
        upload_id=_upload_of(message.body),
        reason=str(message.headers.get("x-first-death-reason", "?")),
        at=str(death.get("time", "?")),
    )


def _upload_of(body: bytes) -> str:
    try:
        read = json.loads(body)
    except ValueError:
        return "?"
    found = read.get("upload_id") if isinstance(read, dict) else None
    return found if isinstance(found, str) and len(found) == 36 else "?"


def report(amqp: str, verb: str) -> str:
    """What `verb` did, in words."""
    found = asyncio.run(work(amqp, verb))
    if not found:
        return "没有搁置的消息。"
    words = {"list": "条消息搁置着", "again": "条消息送回了原来的队列", "drop": "条消息丢弃了"}
    return "\n".join([*(each.line() for each in found), f"{len(found)} {words[verb]}。"])


def main() -> None:
    verb = sys.argv[1] if len(sys.argv) == 2 else "list"
    amqp = os.environ.get("AMQP_URL") or os.environ.get("RECORDS_AMQP")
    if verb not in {"list", "again", "drop"} or not amqp:
        sys.exit("用法：AMQP_URL=… python -m deploy.parked list|again|drop")
    print(report(amqp, verb))


if __name__ == "__main__":
    main()
