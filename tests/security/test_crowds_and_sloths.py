"""Who keeps the door busy: idle crowds, heads and bodies that trickle, bodies without end; others are served."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from tests.fixtures.gateway import Gateway, MakeGateway, gateway_process, officer, open_services
from tests.integration.test_gateway_memory import peak_mb

HEAD = b"GET /api/v1/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n"
CROWD = 2000


@pytest.fixture
def usual_limit() -> Generator[None]:
    """1024 open files, as a login or a service has without being told otherwise; here for what is started only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= CROWD + 1000, "this machine allows too few open files for this test"
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def crowd(gateway: Gateway, text: bytes) -> AsyncGenerator[list[asyncio.StreamReader]]:
    """CROWD connections that say `text` and no more."""
    streams = [await asyncio.open_connection(*gateway.address) for _ in range(CROWD)]
    try:
        for _, writer in streams:
            writer.write(text)
        yield [reader for reader, _ in streams]
    finally:
        for _, writer in streams:
            writer.close()


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    with suppress(ConnectionResetError):
        return await reader.read()
    return b""


@pytest.mark.parametrize("text", [b"", HEAD], ids=["silent", "half a head"])
@pytest.mark.usefixtures("usual_limit")
async def test_two_thousand_idle_connections_hold_nobody_up_and_are_let_go(text: bytes) -> None:
    async with open_services() as gateway, gateway_process(gateway, idle_seconds="4") as process:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # ours: the gateway has been started already
        me = gateway.let_in(officer())
        async with crowd(gateway, text) as readers:
            began = time.monotonic()
            for _ in range(5):
                assert (await gateway.ask("GET", "/api/v1/records", me)).status == 200
            assert time.monotonic() - began < 3
            assert peak_mb(process.pid) < 200
            async with asyncio.timeout(30):
                left = await asyncio.gather(*(until_closed(reader) for reader in readers))
            assert set(left) == {b""}
        assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 100


async def test_a_head_that_trickles_is_cut(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(idle_seconds=0.5)
    gateway.let_in(officer())
    reader, writer = await asyncio.open_connection(*gateway.address)
    began = time.monotonic()
    closed = asyncio.create_task(until_closed(reader))
    with suppress(ConnectionResetError, BrokenPipeError):
        for byte in HEAD:
            writer.write(bytes([byte]))
            await writer.drain()
            if (await asyncio.wait([closed], timeout=0.1))[0]:
                break
    assert await asyncio.wait_for(closed, 5) == b""
    assert time.monotonic() - began < 4
    assert gateway.auth.asked == []
    writer.close()


async def test_who_asks_and_does_not_read_is_let_go() -> None:
    """Else each such connection keeps a piece of an answer in memory for as long as it likes."""
    waiting = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal waiting
        response = web.StreamResponse()
        await response.prepare(request)
        waiting += 1
        try:
            while True:
                await response.write(bytes(256 * 1024))
        finally:
            waiting -= 1

    async with open_services() as gateway, gateway_process(gateway, stall_seconds="1"):
        gateway.ingest.answer = answer
        me = gateway.let_in(officer())["Authorization"]
        text = f"GET /api/v1/records/export.xls HTTP/1.1\r\nHost: x\r\nAuthorization: {me}\r\n\r\n".encode()
        sockets = [socket.create_connection(gateway.address) for _ in range(20)]
        try:
            for one in sockets:
                one.sendall(text)
            async with asyncio.timeout(10):
                while waiting < len(sockets):
                    await asyncio.sleep(0.05)
            async with asyncio.timeout(30):
                while waiting:
                    await asyncio.sleep(0.1)
        finally:
            for one in sockets:
                one.close()
