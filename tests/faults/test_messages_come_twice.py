"""Brokers deliver at least once: every message of an upload comes again, and nothing changes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from shared.contracts.ingest import UploadAccepted
from shared.messaging.topology import declare_exchange
from tests.faults.town import Town, make_file, until

pytestmark = pytest.mark.integration


class Copies:
    """A copy of every message between the ingest API, the worker and the persister, and a way to send it again."""

    def __init__(self, exchange: aio_pika.abc.AbstractExchange) -> None:
        self._exchange = exchange
        self.seen: list[AbstractIncomingMessage] = []

    async def see(self, message: AbstractIncomingMessage) -> None:
        self.seen.append(message)

    async def send_again(self, message: AbstractIncomingMessage) -> None:
        again = aio_pika.Message(
            message.body,
            content_type=message.content_type,
            delivery_mode=message.delivery_mode,
            message_id=message.message_id,
            type=message.type,
        )
        assert message.routing_key
        await self._exchange.publish(again, routing_key=message.routing_key, mandatory=True)

    def types(self) -> set[str]:
        return {message.type or "" for message in self.seen}


@asynccontextmanager
async def copying(amqp: str) -> AsyncGenerator[Copies]:
    connection = await aio_pika.connect(amqp)
    async with connection, connection.channel() as channel:
        exchange = await declare_exchange(channel)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, routing_key="ingest.#")
        copies = Copies(exchange)
        await queue.consume(copies.see, no_ack=True)
        yield copies


async def test_a_file_announced_twice_is_stored_once(town: Town) -> None:
    async with copying(town.platform.amqp) as copies:
        (upload_id,) = await town.report(make_file(10_000, seed=200))
        await town.until_half_way(upload_id)
        (accepted,) = [one for one in copies.seen if one.type == UploadAccepted.routing_key()]
        await copies.send_again(accepted)
        await town.reckon()
        await copies.send_again(accepted)
        checked = "ingest.upload.checked.v1"

        async def worked_twice() -> bool:
            return len([one for one in copies.seen if one.type == checked]) >= 2

        await until(worked_twice, within=20)
    await town.reckon()


async def test_row_results_that_come_again_and_in_any_order_change_nothing(town: Town) -> None:
    async with copying(town.platform.amqp) as copies:
        (upload_id,) = await town.report(make_file(5_000, seed=201))
        await town.until_half_way(upload_id)
        for message in [one for one in copies.seen if one.type == "ingest.rows.checked.v1"]:
            await copies.send_again(message)
        await town.reckon()
        kinds = copies.types()
        for message in reversed(list(copies.seen)):
            await copies.send_again(message)
    assert kinds == {
        "ingest.upload.accepted.v1",
        "ingest.checking.started.v1",
        "ingest.rows.checked.v1",
        "ingest.upload.checked.v1",
    }
    # A file sent afterwards has been through the same queues: all that came again has been handled by then.
    await asyncio.wait_for(town.report(make_file(5_000, seed=202)), 10)
    await town.reckon()
