"""Queues that answer nobody are made anew, and no others."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress

import aio_pika
import pytest
import pytest_asyncio

from deploy.local.rabbitmq import RabbitMQ
from shared.contracts.base import Message
from shared.messaging.connection import BrokerDown, open_channel, open_connection
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.messaging.topology import (
    LANES,
    QUEUES,
    declare_exchange,
    declare_persister_queue,
    persister_queue,
    worker_queue,
)
from shared.messaging.watch import LOCK, QueueWatch
from tests.fixtures.rabbitmq import let_die

pytestmark = pytest.mark.integration

WATCH = "shared.messaging.watch"
SMALL, BULK = (persister_queue(lane) for lane in LANES)


@pytest_asyncio.fixture
async def channel(broker: str) -> AsyncGenerator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(broker) as connection, connection.channel() as channel:
        yield channel


async def messages(channel: aio_pika.abc.AbstractChannel, name: str) -> int | None:
    return (await channel.declare_queue(name, passive=True)).declaration_result.message_count


async def put(channel: aio_pika.abc.AbstractChannel, *names: str) -> None:
    for name in names:
        await channel.default_exchange.publish(aio_pika.Message(b"x", delivery_mode=2), name)


async def test_only_the_dead_queue_is_made_anew(
    broker: str, rabbitmq: RabbitMQ, channel: aio_pika.abc.AbstractChannel, caplog: pytest.LogCaptureFixture
) -> None:
    others = [name for name in QUEUES if name != BULK]
    await put(channel, *others)
    await asyncio.to_thread(let_die, rabbitmq, "/", [BULK])
    watch = QueueWatch(broker, dead=0.5)

    def said() -> list[str]:
        return [one.getMessage() for one in caplog.records if one.name == WATCH and one.levelno == logging.ERROR]

    await watch.look()
    assert said() == [], "it may yet answer"
    await asyncio.sleep(0.6)  # longer than `dead`
    await watch.look()
    assert [f"queue {BULK} answered nobody" in one for one in said()] == [True]
    await put(channel, BULK)
    await watch.look()
    assert len(said()) == 1
    assert {await messages(channel, name) for name in QUEUES} == {1}


async def test_what_strikes_most_queues_is_given_more_time(broker: str, rabbitmq: RabbitMQ) -> None:
    """A lost majority and a disk that hangs look the same, and end by themselves."""
    struck = QUEUES[: len(QUEUES) // 2 + 1]
    await asyncio.to_thread(let_die, rabbitmq, "/", struck)
    patient, less_so = QueueWatch(broker, dead=0.0), QueueWatch(broker, dead=0.0, most_dead=0.0)
    await patient.look()
    assert not await alive(broker, struck[0])
    await less_so.look()
    assert [await alive(broker, name) for name in struck] == [True] * len(struck)


async def alive(broker: str, name: str) -> bool:
    async with await aio_pika.connect(broker) as connection:
        queue = await (await connection.channel()).get_queue(name)
        try:
            await queue.get(fail=False, timeout=10)
        except (aio_pika.exceptions.AMQPConnectionError, TimeoutError):
            return False
        return True


async def test_a_queue_that_refuses_is_left_alone_and_a_missing_one_declared(
    broker: str, channel: aio_pika.abc.AbstractChannel
) -> None:
    gone = worker_queue("small", 3)
    await channel.queue_delete(gone)
    await channel.queue_delete(BULK)
    await channel.declare_queue(BULK, exclusive=True)  # nobody but us may use it
    await put(channel, BULK)
    with pytest.raises(BrokerDown):  # what is missing cannot be declared beside it
        await QueueWatch(broker, dead=0.0).look()
    assert await messages(channel, BULK) == 1
    await channel.queue_delete(BULK)
    await QueueWatch(broker).look()
    assert await messages(channel, gone) == await messages(channel, BULK) == 0


async def test_of_two_processes_one_looks(
    broker: str, rabbitmq: RabbitMQ, channel: aio_pika.abc.AbstractChannel
) -> None:
    await channel.declare_queue(LOCK, exclusive=True)
    await asyncio.to_thread(let_die, rabbitmq, "/", [SMALL])
    watch = QueueWatch(broker, dead=0.0)
    await watch.look()
    assert not await alive(broker, SMALL)
    await channel.queue_delete(LOCK)
    await watch.look()
    assert await alive(broker, SMALL)


class Told(Message):
    name = "ingest.checking.started"


async def test_who_knew_a_dead_queue_publishes_to_the_new_one_and_hears_of_it(broker: str, rabbitmq: RabbitMQ) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    stop = asyncio.Event()

    async def handle(type_: str, _body: bytes) -> None:
        heard.put_nowait(type_)

    async def publish(publisher: Publisher) -> None:
        while True:
            with suppress(BrokerDown):
                return await publisher.publish(Told(), suffix="small")
            await asyncio.sleep(0.1)  # as everybody who is told so

    async with open_connection(broker) as connection, asyncio.TaskGroup() as tasks, asyncio.timeout(60):
        queue = await declare_persister_queue(await open_channel(connection, prefetch=1), "small")
        publisher = Publisher(await declare_exchange(await open_channel(connection)))
        tasks.create_task(Consumer([queue], handle, look_seconds=0.2).run(stop))
        await publish(publisher)
        await heard.get()
        await asyncio.to_thread(let_die, rabbitmq, "/", [SMALL])
        await QueueWatch(broker, dead=0.0).look()
        await publish(publisher)
        await heard.get()
        stop.set()


async def test_without_a_broker_nothing_is_known_of_a_queue() -> None:
    with pytest.raises(BrokerDown):
        await QueueWatch("amqp://nobody:x@127.0.0.1:1/, amqp://nobody:x@127.0.0.1:2/").look()
