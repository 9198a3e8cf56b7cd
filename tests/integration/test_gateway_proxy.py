"""What passes through the gateway, and what never does."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator

import pytest
from aiohttp import ClientError, ClientPayloadError, web

from tests.fixtures.gateway import Gateway, officer, problem, signed

MB = 1024 * 1024


async def test_a_request_reaches_its_service_as_it_was_sent(gateway: Gateway) -> None:
    me = officer()
    body = "企业".encode() * 100_000
    path = "/api/v1/records/search?q=%E4%BC%81%E4%B8%9A+a%2Fb&size=20"
    headers = {**gateway.let_in(me), "Content-Type": "application/json", "If-None-Match": '"1"'}
    answer = await gateway.ask("POST", path, headers, data=body)
    assert (answer.status, await answer.json()) == (200, {"asked": path})
    [seen] = gateway.records.seen
    assert (seen.method, seen.path) == ("POST", path)
    assert (seen.size, seen.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert seen.headers["Authorization"] == f"Bearer {signed(me)}"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["If-None-Match"] == '"1"'
    assert seen.headers["X-Request-ID"] == answer.headers["X-Request-ID"]


async def test_what_a_client_says_of_itself_is_not_believed(gateway: Gateway) -> None:
    forged = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Anything": "1",
        "Forwarded": "for=10.0.0.1",
        "X-Real-IP": "10.0.0.1",
        "X-Gateway-Key": "guess",
        "X-Request-ID": "mine",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Connection": "keep-alive, X-Named",
        "X-Named": "for one connection only",
        "TE": "trailers",
    }
    signed_in = {**gateway.let_in(officer()), "Cookie": "session=x; other=y"}
    await gateway.ask("GET", "/api/v1/records", {**forged, **signed_in})
    await gateway.ask("GET", "/api/v1/public/records", {**forged, **signed_in})
    signed_in_request, public_request = gateway.records.seen
    for seen in (signed_in_request, public_request):
        told = {name.lower() for name in seen.headers}
        assert not told & ({name.lower() for name in forged} - {"x-request-id", "connection"} | {"cookie"})
        assert seen.headers["X-Request-ID"] != "mine"
        assert "X-Named" not in seen.headers.get("Connection", "")
    assert "Authorization" not in public_request.headers


@pytest.mark.parametrize(
    ("method", "path", "services"),
    [
        ("GET", "/records", "records"),
        ("GET", "/uploads/1/rows", "records"),
        ("PUT", "/calendar/2026", "records"),
        ("GET", "/audit", "records,auth"),  # whose list holds auth's lines too
        ("POST", "/uploads", "ingest,records"),
        ("GET", "/uploads/1/rejected.xls", "ingest,records"),
        ("HEAD", "/datasets/x/template.xls", "ingest,records"),
        ("POST", "/records/export.xls", "ingest,records"),
        ("PUT", "/session/password", "auth"),
        ("POST", "/users", "auth"),
        ("GET", "/session", "auth"),
        ("GET", "/nothing", "auth"),
    ],
)
async def test_an_identity_is_asked_for_those_who_will_see_it(
    gateway: Gateway, method: str, path: str, services: str
) -> None:
    await gateway.ask(method, f"/api/v1{path}", gateway.let_in(officer()))
    assert [one["services"] for one in gateway.auth.asked] == [services]


async def test_an_answer_comes_back_whole_but_for_what_belongs_to_one_connection(gateway: Gateway) -> None:
    async def answer(_request: web.Request) -> web.Response:
        response = web.Response(status=201, text="好", headers={"Location": "/api/v1/records/1", "ETag": '"7"'})
        response.headers.add("Link", "<a>; rel=next")
        response.headers.add("Link", "<b>; rel=last")
        response.headers["Keep-Alive"] = "timeout=5"
        response.headers["X-Request-ID"] = "the service's"
        response.set_cookie("session", "forged")
        return response

    gateway.records.answer = answer
    got = await gateway.ask("POST", "/api/v1/records", gateway.let_in(officer()), json={})
    assert (got.status, await got.text()) == (201, "好")
    assert got.headers.getall("Link") == ["<a>; rel=next", "<b>; rel=last"]
    assert (got.headers["Location"], got.headers["ETag"]) == ("/api/v1/records/1", '"7"')
    assert "Set-Cookie" not in got.headers
    assert "Keep-Alive" not in got.headers
    assert got.headers.getall("X-Request-ID") != ["the service's"]


@pytest.mark.parametrize("status", [204, 304, 404, 422, 500])
async def test_any_status_comes_through(gateway: Gateway, status: int) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    gateway.records.answer = answer
    headers = gateway.let_in(officer())
    assert (await gateway.ask("GET", "/api/v1/records/1", headers)).status == status
    assert (await gateway.ask("HEAD", "/api/v1/records/1", headers)).status == status


async def test_a_compressed_answer_is_passed_on_untouched_and_only_when_asked_for(gateway: Gateway) -> None:
    async def answer(request: web.Request) -> web.Response:
        response = web.Response(text="年" * 10_000)
        response.enable_compression()
        return response

    gateway.records.answer = answer
    headers = gateway.let_in(officer())
    squeezed = await gateway.ask("GET", "/api/v1/records", {**headers, "Accept-Encoding": "gzip"})
    plain = await gateway.ask("GET", "/api/v1/records", {**headers, "Accept-Encoding": "identity"})
    assert (squeezed.headers["Content-Encoding"], await squeezed.text()) == ("gzip", "年" * 10_000)
    assert ("Content-Encoding" in plain.headers, await plain.text()) == (False, "年" * 10_000)


async def test_an_upload_streams_through_while_it_is_still_being_sent(gateway: Gateway) -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        async for chunk in request.content.iter_any():
            arrived.put_nowait(chunk)
        return web.json_response({}, status=202)

    async def pieces() -> AsyncGenerator[bytes]:
        for piece in (b"first", b"second", b"third"):
            yield piece
            assert await asyncio.wait_for(arrived.get(), 5) == piece

    gateway.ingest.answer = answer
    assert (await gateway.ask("POST", "/api/v1/uploads", gateway.let_in(officer()), data=pieces())).status == 202


async def test_a_download_streams_through_while_it_is_still_being_made(gateway: Gateway) -> None:
    read = asyncio.Queue[bytes]()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"first", b"second"):
            await response.write(piece)
            assert await asyncio.wait_for(read.get(), 5) == piece
        return response

    gateway.ingest.answer = answer
    headers = gateway.let_in(officer())
    async with gateway.http.get(gateway.url + "/api/v1/records/export.xls", headers=headers) as got:
        async for chunk in got.content.iter_any():
            read.put_nowait(chunk)
    assert got.status == 200


async def test_a_service_that_does_not_read_holds_the_sender_up(gateway: Gateway) -> None:
    let_go = asyncio.Event()
    sent = 0

    async def answer(request: web.Request) -> web.Response:
        await let_go.wait()
        return web.json_response({"size": len(await request.content.read())}, status=202)

    async def pieces() -> AsyncGenerator[bytes]:
        nonlocal sent
        for _ in range(30):
            yield b"x" * MB
            sent += MB

    gateway.ingest.answer = answer
    asking = asyncio.create_task(gateway.ask("POST", "/api/v1/uploads", gateway.let_in(officer()), data=pieces()))
    async with asyncio.timeout(10):
        before = -1
        while sent != before or sent == 0:
            before = sent
            await asyncio.sleep(0.3)
    assert sent < 25 * MB  # the rest waits in the sender; sockets hold some megabytes
    let_go.set()
    assert (await (await asking).json())["size"] == 30 * MB


@pytest.mark.parametrize("path", ["/api/v1/public/records", "/api/v1/records"])
async def test_a_client_that_goes_away_ends_the_call_behind(gateway: Gateway, path: str) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return web.Response()

    gateway.records.answer = answer
    asking = asyncio.create_task(gateway.ask("GET", path, gateway.let_in(officer())))
    await asyncio.wait_for(begun.wait(), 5)
    asking.cancel()
    await asyncio.wait_for(ended.wait(), 5)


async def test_half_an_upload_never_looks_like_a_whole_one(gateway: Gateway) -> None:
    begun: asyncio.Event = asyncio.Event()
    outcome: asyncio.Queue[str] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        try:
            async for _ in request.content.iter_any():
                begun.set()
        except BaseException as error:
            outcome.put_nowait(type(error).__name__)
            raise
        outcome.put_nowait("whole")
        return web.Response()

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"half"
        await asyncio.sleep(60)

    gateway.ingest.answer = answer
    asking = asyncio.create_task(gateway.ask("POST", "/api/v1/uploads", gateway.let_in(officer()), data=pieces()))
    await asyncio.wait_for(begun.wait(), 5)
    asking.cancel()
    assert await asyncio.wait_for(outcome.get(), 5) != "whole"


async def test_a_service_that_is_down_is_said_to_be(gateway: Gateway) -> None:
    await gateway.servers["records"].cleanup()
    answer = await gateway.ask("GET", "/api/v1/records", gateway.let_in(officer()))
    await problem(answer, 503, "service-down")
    assert int(answer.headers["Retry-After"]) > 0
    await gateway.servers["auth"].cleanup()
    answer = await gateway.ask("GET", "/api/v1/datasets", gateway.let_in(officer()))
    await problem(answer, 503, "service-down")


async def test_an_answer_that_breaks_off_is_seen_to(gateway: Gateway) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(MB)})
        await response.prepare(request)
        await response.write(b"x" * 1000)
        assert request.transport is not None
        request.transport.abort()
        return response

    gateway.ingest.answer = answer
    with pytest.raises((ClientPayloadError, ClientError)):
        await gateway.ask("GET", "/api/v1/records/export.xls", gateway.let_in(officer()))
