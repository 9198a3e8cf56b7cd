"""What the gateway makes of paths, methods and bytes: right ones, wrong ones and hostile ones."""

import gzip

import pytest
from aiohttp import web

from tests.fixtures.gateway import Gateway, csrf, officer, problem

ID = "5f0c9f9e-5d0b-4b7c-9a53-0a1f0e3b9d11"


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", "/uploads", "ingest"),
        ("GET", "/uploads", "records"),
        ("GET", f"/uploads/{ID}", "records"),
        ("GET", f"/uploads/{ID}/rows", "records"),
        ("PATCH", f"/uploads/{ID}/rows/3", "records"),
        ("GET", f"/uploads/{ID}/rejected.xls", "ingest"),
        ("GET", f"/uploads/{ID}/file", "ingest"),
        ("GET", "/datasets/xzxk_fr", "records"),
        ("GET", "/datasets/xzxk_fr/template.xls", "ingest"),
        ("GET", "/records/export.xls", "ingest"),
        ("GET", f"/records/{ID}", "records"),
        ("PUT", "/session/password", "auth"),
        ("GET", "/tokens", "auth"),
        ("PATCH", f"/users/{ID}", "auth"),
        ("GET", "/departments", "auth"),
        ("GET", "/audit", "records"),
        ("GET", "/statistics", "records"),
    ],
)
async def test_each_path_is_answered_by_its_service(gateway: Gateway, method: str, path: str, service: str) -> None:
    await gateway.ask(method, f"/api/v1{path}", gateway.let_in(officer()))
    asked = {name for name in ("auth", "records", "ingest") if getattr(gateway, name).seen}
    assert asked == {service}


async def test_what_does_not_exist_is_said_not_to(gateway: Gateway) -> None:
    headers = gateway.let_in(officer())
    for path in ("/api/v1/nothing", "/api/v1/internal/identity", "/api/v2/records", "/api/nope", "/internal/keys"):
        answer = await gateway.ask("GET", path, headers)
        if path.startswith("/api/"):
            await problem(answer, 404, "not-found")
    wrong = await gateway.ask("POST", "/api/v1/records/export.xls/x", headers)
    assert wrong.status == 200  # below /records: that is for records to refuse
    answer = await gateway.ask("DELETE", "/api/v1/public/records", headers)
    await problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET,HEAD"
    assert gateway.auth.seen == []


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/public/../records",
        "/api/v1/public/%2e%2e/records",
        "/api/v1/public/%2E./records",
        "/api/v1/public%2f..%2frecords",
        "/api/v1/public/..%5crecords",
        "/api/v1/public/..\\records",
        "//api/v1/records",
        "/api//v1/records",
        "/api/v1/public/records/%00",
        "/api/v1/public/records/%0d%0aX-Gateway-Key:%20x",
        "/api/v1/public/%252e%252e/records",
        "/api/v1/public/records;/../../records",
        "/api/v1/public/./records",
        "http://elsewhere/api/v1/public/records",
    ],
)
async def test_a_path_that_could_be_read_two_ways_is_refused(gateway: Gateway, target: str) -> None:
    token = gateway.let_in(officer())["Authorization"]
    raw = await gateway.raw(
        f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n".encode()
    )
    assert raw[9:12] in (b"400", b"404")
    assert gateway.records.seen == []
    assert gateway.auth.asked == []


async def test_bytes_that_are_no_text_are_refused(gateway: Gateway) -> None:
    for target in (b"/api/v1/public/records?q=\xff\xfe", b"/api/v1/public/\xff"):
        raw = await gateway.raw(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw[9:12] in (b"400", b"404")
    assert gateway.records.seen == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/api/v1/records", "DELETE,GET,HEAD,PATCH,POST,PUT"),
        ("OPTIONS", "/api/v1/session", "DELETE,GET,POST"),
        ("PUT", "/api/v1/session", "DELETE,GET,POST"),
        ("POST", "/api/v1/events", "GET"),
    ],
)
async def test_a_method_that_a_path_has_not_is_said_not_to_be(
    gateway: Gateway, method: str, path: str, allowed: str
) -> None:
    answer = await gateway.ask(method, path, gateway.let_in(officer()))
    await problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed


async def test_a_wrong_method_on_a_public_path_asks_nobody_to_sign_in(gateway: Gateway) -> None:
    answer = await gateway.ask("POST", "/api/v1/public/records", json={})
    await problem(answer, 405, "method-not-allowed")
    assert not gateway.auth.asked
    assert not gateway.records.seen


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Authorization: Bearer \xff\xfe", b"401"),
        (b"Cookie: session=\xff\xfe", b"401"),
        (b"Cookie: session=secret\r\nX-CSRF-Token: \xff", b"403"),
        (b"Cookie: session=secret\r\nOrigin: http://\xff:99999999", b"403"),
    ],
)
async def test_bytes_that_are_no_text_are_no_credentials(gateway: Gateway, headers: bytes, status: bytes) -> None:
    gateway.browser(officer())
    head = b"POST /api/v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n"
    raw = await gateway.raw(head + headers + b"\r\n\r\n")
    assert raw[9:12] == status
    assert b"application/problem+json" in raw
    assert gateway.records.seen == []


async def test_a_compressed_body_reaches_its_service_as_it_was_sent(gateway: Gateway) -> None:
    kept: list[tuple[str | None, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        kept.append((request.headers.get("Content-Encoding"), await request.read()))  # decompressed by the service
        return web.Response()

    gateway.records.answer = answer
    text = "企业".encode() * 1000
    headers = gateway.browser(officer()) | csrf() | {"Content-Encoding": "gzip"}
    got = await gateway.ask("POST", "/api/v1/records", headers, data=gzip.compress(text))
    assert got.status == 200
    assert kept == [("gzip", text)]
