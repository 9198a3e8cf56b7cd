"""Twenty departments send their largest files at the same moment: the gateway, a process of its own, holds none."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

from aiohttp import web

from tests.fixtures.gateway import gateway_process, officer, open_services

UPLOADS, MEGABYTES, LIMIT_MB = 20, 20, 80
MB = 1024 * 1024


async def test_twenty_uploads_of_twenty_megabytes_take_less_than_eighty_of_memory() -> None:
    together = asyncio.Barrier(UPLOADS)

    async def answer(request: web.Request) -> web.Response:
        """Reads as slowly as a busy disk, and all twenty at once."""
        await together.wait()
        size = 0
        async for chunk in request.content.iter_chunked(256 * 1024):
            size += len(chunk)
            await asyncio.sleep(0)
        return web.json_response({"size": size}, status=202)

    async def content() -> AsyncGenerator[bytes]:
        piece = b"x" * (MB // 4)
        for _ in range(4 * MEGABYTES):
            yield piece

    async with open_services() as gateway, gateway_process(gateway) as process:
        gateway.ingest.answer = answer
        headers = gateway.let_in(officer())
        answers = await asyncio.gather(
            *(gateway.ask("POST", "/api/v1/uploads", headers, data=content()) for _ in range(UPLOADS))
        )
        assert [(one.status, (await one.json())["size"]) for one in answers] == [(202, MEGABYTES * MB)] * UPLOADS
        assert peak_mb(process.pid) < LIMIT_MB


def peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
