"""A connection that comes back by itself, and a process that ends when it does not."""

import asyncio
import signal
import socket
from collections.abc import Generator

import aio_pika
import pytest

from deploy.local import processes
from deploy.local.rabbitmq import RabbitMQ
from shared.messaging import connection as messaging

pytestmark = pytest.mark.integration


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Generator[asyncio.Event]:
    """Set when the process was told to end; nobody waits long here."""
    monkeypatch.setattr(messaging, "STUCK_SECONDS", 2.0)
    monkeypatch.setattr(messaging, "_LOOK_SECONDS", 0.2)
    told = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    yield told
    signal.signal(signal.SIGTERM, before)


async def test_a_broker_that_was_away_for_long_is_no_reason_to_end(
    own_rabbitmq: RabbitMQ, ended: asyncio.Event
) -> None:
    async with messaging.open_connection(own_rabbitmq.url()) as connection:
        channel = await messaging.open_channel(connection)
        assert not channel.is_closed
        await asyncio.to_thread(own_rabbitmq.stop)
        await asyncio.sleep(3)  # longer than STUCK_SECONDS
        await asyncio.to_thread(own_rabbitmq.start)
        await asyncio.wait_for(connection.connected.wait(), 10)
        await asyncio.sleep(3)
        assert not ended.is_set()


async def test_a_process_that_does_not_come_back_ends(
    own_rabbitmq: RabbitMQ, ended: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with messaging.open_connection(own_rabbitmq.url()) as connection:
        channel = await messaging.open_channel(connection)
        assert not channel.is_closed

        async def waits(_connection: aio_pika.RobustConnection) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(aio_pika.RobustConnection, "_on_connected", waits)
        await asyncio.to_thread(own_rabbitmq.stop)
        await asyncio.to_thread(own_rabbitmq.start)
        await asyncio.wait_for(ended.wait(), 20)


async def test_of_several_nodes_the_next_one_is_taken(own_rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first refuses, the second takes the connection and says nothing, as a node that hangs does."""
    monkeypatch.setattr(messaging, "CONNECT_SECONDS", 1.0)
    (refuses,) = processes.free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        dead = [f"amqp://credit:x@127.0.0.1:{port}/" for port in (refuses, hangs.getsockname()[1])]
        async with (
            asyncio.timeout(60),
            messaging.open_connection(", ".join([*dead, own_rabbitmq.url()])) as connection,
        ):
            assert connection.connected.is_set()
            await asyncio.to_thread(own_rabbitmq.kill)
            await asyncio.to_thread(own_rabbitmq.start)
            await connection.connected.wait()
            assert not (await messaging.open_channel(connection)).is_closed
