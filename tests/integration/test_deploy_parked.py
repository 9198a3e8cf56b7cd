"""Parked messages are listed without what they hold, sent back and handled, or dropped."""

import asyncio
import json
from uuid import uuid4

import aio_pika
import pytest

from deploy import parked
from shared.messaging.topology import PERSISTER, declare_all, persister_queue

pytestmark = pytest.mark.integration

QUEUE = persister_queue("small")


async def park(broker: str, *names: str) -> list[str]:
    """Messages that a consumer rejects for good; the uploads they are about."""
    about = []
    async with await aio_pika.connect(broker) as connection, connection.channel() as channel:
        await declare_all(channel)
        for name in names:
            about.append(str(uuid4()))
            body = json.dumps({"upload_id": about[-1], "rows": [name]}).encode()
            message = aio_pika.Message(body, type="RowsChecked", message_id=name.encode().hex())
            await channel.default_exchange.publish(message, QUEUE)
            taken = await (await channel.get_queue(QUEUE)).get()
            assert taken is not None
            await taken.reject(requeue=False)
    await lying(broker, f"{PERSISTER}.parked", len(names))
    return about


async def lying(broker: str, queue: str, wanted: int) -> None:
    """Returns once so many messages lie there: dead letters take a moment."""
    async with asyncio.timeout(10), await aio_pika.connect(broker) as connection, connection.channel() as channel:
        while (await channel.declare_queue(queue, passive=True)).declaration_result.message_count != wanted:
            await asyncio.sleep(0.05)


async def test_they_are_listed_and_sent_back(broker: str) -> None:
    about = await park(broker, "张三", "李四")
    for _ in range(25):  # looking takes nothing away, not after RabbitMQ's twenty deliveries either
        listed = await parked.work(broker, "list")
        assert [(one.queue, one.type, one.reason) for one in listed] == [(QUEUE, "RowsChecked", "rejected")] * 2
        assert sorted(one.upload_id for one in listed) == sorted(about)
        assert "张三" not in "\n".join(one.line() for one in listed)
        await lying(broker, f"{PERSISTER}.parked", 2)
    assert len(await parked.work(broker, "again")) == 2
    await lying(broker, f"{PERSISTER}.parked", 0)
    await lying(broker, QUEUE, 2)
    async with await aio_pika.connect(broker) as connection, connection.channel() as channel:
        queue = await channel.get_queue(QUEUE)
        back = [await queue.get(no_ack=True) for _ in about]
    assert sorted(json.loads(one.body)["upload_id"] for one in back) == sorted(about)
    assert {one.type for one in back} == {"RowsChecked"}


async def test_they_are_dropped(broker: str) -> None:
    await park(broker, "张三")
    assert len(await parked.work(broker, "drop")) == 1
    assert await asyncio.to_thread(parked.report, broker, "list") == "没有搁置的消息。"
    await lying(broker, QUEUE, 0)
