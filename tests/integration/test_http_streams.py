"""An answer that fails half-way breaks off: no word about the failure becomes a byte of the file."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.errors import Unavailable
from shared.http.problems import note_begin, problem_middleware

LENGTH = 100_000


class Gone(Unavailable):
    slug = "gone"
    title = "没有了"


async def download(request: web.Request) -> web.StreamResponse:
    """Half of what was promised; then what is behind it goes away."""
    response = web.StreamResponse()
    if "length" in request.query:
        response.content_length = LENGTH
    if "early" in request.query:
        raise Gone("还没有开始。")
    await response.prepare(request)
    await response.write(b"x" * (LENGTH // 2))
    if "ours" in request.query:
        raise Gone("后面的没有了。")
    raise ValueError("nobody thought of this")


@pytest.fixture
async def client() -> AsyncGenerator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[problem_middleware])
    app.on_response_prepare.append(note_begin)
    app.router.add_get("/", download)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize("query", ["", "length", "ours", "ours&length"])
async def test_a_broken_stream_is_seen_to_be_broken(
    client: TestClient[web.Request, web.Application], query: str
) -> None:
    async with client.get(f"/?{query}", timeout=aiohttp.ClientTimeout(total=10)) as answer:
        assert set(await answer.content.readexactly(LENGTH // 2)) == {ord("x")}
        with pytest.raises(aiohttp.ClientError):
            await answer.content.read()


async def test_a_failure_before_the_first_byte_is_told(client: TestClient[web.Request, web.Application]) -> None:
    async with client.get("/?early") as answer:
        assert answer.status == 503
        assert (await answer.json(content_type="application/problem+json"))["detail"] == "还没有开始。"
