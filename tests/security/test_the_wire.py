"""Bytes that two servers could cut into requests differently: none gets a second request past the gateway."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.fixtures.gateway import Gateway, gateway_process, officer, open_services

STATUS = re.compile(rb"HTTP/1\.[01] \d{3} ")

TOKEN = b"Authorization: Bearer token\r\n"
POST = b"POST /api/v1/records HTTP/1.1\r\nHost: x\r\n" + TOKEN
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
# What is to be smuggled in: a whole request, with a credential that would be good.
GHOST = b"GET /api/v1/records/ghost HTTP/1.1\r\nHost: x\r\n" + TOKEN + b"\r\n"
SIZE = b"%d" % len(GHOST)

REFUSED = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: " + SIZE + b"\r\n\r\n",
    "one length twice": POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": POST + b"Content-Length: 0, " + SIZE + b"\r\n\r\n",
    "a signed length": POST + b"Content-Length: +4\r\n\r\nabcd",
    "a negative length": POST + b"Content-Length: -4\r\n\r\nabcd",
    "a hexadecimal length": POST + b"Content-Length: 0x4\r\n\r\nabcd",
    "a length in Arabic digits": POST + "Content-Length: ٤\r\n\r\nabcd".encode(),
    "a length beyond all numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\nabcd",
    "a blank before the colon": POST + b"Content-Length : 4\r\n\r\nabcd",
    "a folded length": POST + b"Content-Length:\r\n " + SIZE + b"\r\n\r\n",
    "folded chunks": POST + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "a folded header": POST + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and not": CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked after a control": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked before NUL": POST + b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": CHUNKED.replace(b"1.1", b"1.0", 1) + b"\r\n0\r\n\r\n",
    "an extension that ends a line": CHUNKED + b"\r\n2;\nxx\r\n4c\r\n0\r\n\r\n",
    "a chunk of 0x2": CHUNKED + b"\r\n0x2\r\nab\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"\r\n-2\r\nab\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"\r\n2\r\nabXX\r\n0\r\n\r\n",
    "chunks parted by line feeds": CHUNKED + b"\r\n2\nab\n0\n\n",
    "a chunk beyond all numbers": CHUNKED + b"\r\nfffffffffffffffff1\r\nab\r\n0\r\n\r\n",
    "a credential after the body": CHUNKED
    + b"\r\n2\r\nab\r\n0\r\nAuthorization: Bearer admin\r\nContent-Length: 5\r\n\r\n",
    "line feeds only": POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
    "a carriage return in a header": POST + b"X-A: b\rContent-Length: 40\r\nContent-Length: 0\r\n\r\n",
    "NUL in a header": POST + b"X-A: b\0c\r\nContent-Length: 0\r\n\r\n",
    "a line that is no header": POST + b"Nonsense\r\nContent-Length: 0\r\n\r\n",
    "two hosts": POST + b"Host: elsewhere\r\nContent-Length: 0\r\n\r\n",
    "no host": POST.replace(b"Host: x\r\n", b"") + b"Content-Length: 0\r\n\r\n",
    "a blank before the method": b" " + POST + b"Content-Length: 0\r\n\r\n",
    "a method that is no text": b"GE\xff" + POST + b"Content-Length: 0\r\n\r\n",
    "a method in small letters": POST.replace(b"POST", b"post") + b"Content-Length: 0\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a header of 70,000 bytes": POST + b"X-A: " + b"a" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "5,000 headers": POST + b"".join(b"X-%d: a\r\n" % number for number in range(5000)) + b"Content-Length: 0\r\n\r\n",
    "a target of 70,000 bytes": b"GET /api/v1/records?" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}
# One request with a body that looks like another: as long as it is one request, it may come through.
LONG = b"Content-Length: " + SIZE + b"\r\n\r\n"
ONE = {
    "a body of GET": b"GET /api/v1/records HTTP/1.1\r\nHost: x\r\n" + TOKEN + LONG,
    "a body of DELETE": b"DELETE /api/v1/records HTTP/1.1\r\nHost: x\r\n" + TOKEN + LONG,
    "a header called nearly so": POST + b"Content_Length: 0\r\n" + LONG,
    "named to be dropped on the way": POST + b"Connection: content-length, authorization\r\n" + LONG,
    "chunks with leading zeros": CHUNKED + b"\r\n" + b"0" * 4000 + b"%x\r\n" % len(GHOST),
}
CLOSE = b"GET /api/v1/public/site HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def exchange(gateway: Gateway, text: bytes) -> bytes:
    """All that comes back until the gateway closes the connection."""
    reader, writer = await asyncio.open_connection(*gateway.address)
    writer.write(text)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("name", REFUSED)
async def test_what_can_be_cut_two_ways_is_refused_and_ends_the_connection(gateway: Gateway, name: str) -> None:
    gateway.let_in(officer())
    answer = await exchange(gateway, REFUSED[name] + GHOST)
    assert answer.split()[1] == b"400"
    assert len(STATUS.findall(answer)) == 1, "something behind it was answered too"
    assert gateway.records.seen == []


@pytest.mark.parametrize("name", ONE)
async def test_a_body_stays_a_body(gateway: Gateway, name: str) -> None:
    gateway.let_in(officer())
    end = b"\r\n0\r\n\r\n" if ONE[name].startswith(CHUNKED) else b""
    answer = await exchange(gateway, ONE[name] + GHOST + end + CLOSE)
    assert [(seen.path, seen.size) for seen in gateway.records.seen] == [("/api/v1/records", len(GHOST))]
    assert answer.count(b"HTTP/1.1 200") == 2  # the request's, and that of CLOSE


async def test_a_connection_that_wants_to_be_a_tunnel_stays_a_connection(gateway: Gateway) -> None:
    gateway.let_in(officer())
    for head in (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n", b"TRACE /api/v1/records HTTP/1.1\r\nHost: x\r\n"):
        answer = await exchange(gateway, head + TOKEN + b"\r\n" + CLOSE)
        assert answer.split()[1] in (b"400", b"404", b"405")
        assert b"Bearer" not in answer  # TRACE would show a script its own cookies
    assert gateway.records.seen == []


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"tcp"])
async def test_a_wish_to_upgrade_is_not_granted(gateway: Gateway, protocol: bytes) -> None:
    gateway.let_in(officer())
    reader, writer = await asyncio.open_connection(*gateway.address)
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: " + protocol
    writer.write(POST + wish + b"\r\nContent-Length: " + SIZE + b"\r\n\r\n" + GHOST)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.write(CLOSE)
        answer += await reader.read()
    writer.close()
    assert STATUS.findall(answer) == [b"HTTP/1.1 200 "] * 2
    [seen] = gateway.records.seen
    assert (seen.path, seen.size) == ("/api/v1/records", len(GHOST))
    assert not seen.headers.keys() & {"Connection", "Upgrade", "HTTP2-Settings"}


async def test_what_the_parser_refuses_says_nothing_of_us_and_keeps_nothing_of_the_sender(tmp_path: Path) -> None:
    """Such an answer is made by the library, before any code of ours; so is the line in the log."""
    log = tmp_path / "gateway.log"
    async with open_services() as gateway, gateway_process(gateway, log, log_level="DEBUG"):
        for broken in (b"Nonsense credit_secret", b"X-Secret: credit_secret\0", b"Content-Length: credit_secret"):
            answer = await exchange(gateway, POST.replace(b"token", b"credit_secret") + broken + b"\r\n\r\n")
            assert answer.split()[1] == b"400"
            assert b"aiohttp" not in answer.lower()
            assert b"python" not in answer.lower()
        answer = await exchange(gateway, b"GET /?q=credit_secret\x01 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.split()[1] == b"400"
    assert "credit_secret" not in log.read_text()
