"""A connection that comes back by itself, and a process that ends when it does not."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import aio_pika
import pytest

from deploy.local import processes
from deploy.local.rabbitmq import RabbitMQ
from shared.messaging import connection as messaging
from tests.fixtures.room import ROOT

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


@contextmanager
def started(*words: str, **settings: str) -> Generator[subprocess.Popen[str]]:
    """A message process that finds none of its servers."""
    nowhere = {
        **{f"{service}_AMQP": "amqp://nobody:x@127.0.0.1:1/" for service in ("INGEST", "RECORDS")},
        **{f"{service}_AUTH_URL": "http://127.0.0.1:1" for service in ("INGEST", "RECORDS")},
        "INGEST_RECORDS_URL": "http://127.0.0.1:1",
        "RECORDS_DATABASE": "postgresql://nobody:x@127.0.0.1:1/nothing",
    }
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        env={**os.environ, **nowhere, **settings},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("words", [("services.ingest", "worker"), ("services.records", "persister")])
def test_a_process_that_waits_for_the_broker_says_so_and_ends_when_told(words: tuple[str, ...], tmp_path: Path) -> None:
    with started(*words, INGEST_BLOBS=tmp_path.as_uri()) as process:
        assert process.stdout is not None
        assert any("Reconnecting" in line for line in process.stdout)
        process.terminate()
        assert process.wait(10) == 0
        assert "Traceback" not in process.stdout.read()


def test_what_a_process_cannot_have_is_said_in_one_line(amqp_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {
            "INGEST_AMQP": amqp_url,
            "INGEST_BLOBS": tmp_path.as_uri(),
            "INGEST_WORKER_PORT": str(taken.getsockname()[1]),
        }
        with started("services.ingest", "worker", **settings) as process:
            said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    lines = [line for line in said.splitlines() if "to be started again" in line]
    assert len(lines) == 1
    assert "address already in use" in lines[0]
    assert "Traceback" not in said
