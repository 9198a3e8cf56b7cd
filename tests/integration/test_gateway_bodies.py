"""Bodies that are too large, too slow, or refused before they have come."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from tests.fixtures.gateway import Gateway, MakeGateway, officer, problem

MB = 1024 * 1024


async def test_a_refusal_comes_back_before_the_body_is_sent(gateway: Gateway) -> None:
    refused = asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"type": "/problems/not_xls"}, status=415)

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"not a workbook"
        await asyncio.wait_for(refused.wait(), 5)

    gateway.ingest.answer = answer
    url = gateway.url + "/api/v1/uploads"
    async with gateway.http.post(url, headers=gateway.let_in(officer()), data=pieces()) as got:
        refused.set()
        assert (got.status, (await got.json())["type"]) == (415, "/problems/not_xls")


async def test_a_body_that_says_it_is_too_large_is_refused_at_once(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(max_body_bytes=MB)
    token = gateway.let_in(officer())["Authorization"]
    head = f"POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n"
    raw = await gateway.raw(f"{head}Content-Length: {MB + 1}\r\n\r\n".encode())
    assert raw.startswith(b"HTTP/1.1 413")
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["type"] == "/problems/too_large"
    assert gateway.ingest.seen == []


async def test_a_body_that_turns_out_too_large_is_cut(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(max_body_bytes=MB)

    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(16):
            yield b"x" * (MB // 4)

    answer = await gateway.ask("POST", "/api/v1/uploads", gateway.let_in(officer()), data=pieces())
    await problem(answer, 413, "too_large")
    assert gateway.ingest.seen == []


@pytest.mark.parametrize("patience", [{"stall_seconds": 0.3}, {"body_seconds": 0.3}])
async def test_a_sender_that_takes_too_long_is_cut(make_gateway: MakeGateway, patience: dict[str, float]) -> None:
    gateway = await make_gateway(**patience)

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"a"
        for _ in range(5):
            await asyncio.sleep(0.1 if "body_seconds" in patience else 2)
            yield b"b"

    began = time.monotonic()
    answer = await gateway.ask("POST", "/api/v1/uploads", gateway.let_in(officer()), data=pieces())
    await problem(answer, 422, "too-slow")
    assert time.monotonic() - began < 5
    assert gateway.ingest.seen == []
