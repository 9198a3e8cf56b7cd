"""Ten gigabytes, a byte at a time, bombs and pits of JSON, through the real processes: cut early, nothing left."""

import asyncio
import gzip
import io
import json
import time
import zlib
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from services.ingest.workbook.sniff import OLE2
from tests.e2e.api import Api, licence
from tests.fixtures.platform import ADMIN_PASSWORD, Platform
from tests.integration.test_gateway_memory import peak_mb

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

MB = 1024 * 1024
TEN_GIGABYTES = 10 * 1024 * MB
EDGE = "----edge"
# A file that looks like a workbook as far as the door looks.
FORM_HEAD = (
    f'--{EDGE}\r\nContent-Disposition: form-data; name="dataset"\r\n\r\nxzxk_fr\r\n'
    f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="a.xls"\r\n\r\n'
).encode() + OLE2.ljust(512, b"\0")
FORM = f"Content-Type: multipart/form-data; boundary={EDGE}\r\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reporter(platform: Platform) -> AsyncGenerator[Api]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        admin = Api(http, platform.url)
        await admin.sign_in("admin", ADMIN_PASSWORD)
        await admin.post("/departments", {"code": "heavy", "name": "市重物局", "region": "140400"})
        first, password = "First#Password-2018", "Second#Password-2018"
        user = {"username": "heavy", "display_name": "重", "department": "heavy", "role": "reporter", "password": first}
        await admin.post("/users", user)
        api = admin.other()
        await api.sign_in("heavy", first)
        assert (await api.call("PUT", "/session/password", {"current": first, "new": password})).status == 204
        api.token = (await api.post("/tokens", {"name": "heavy", "expires_in_days": 1}))["token"]
        yield api


@pytest.fixture(scope="module")
def impatient(platform: Platform) -> Generator[str]:
    """A gateway that lets a body take four seconds, and pause for two."""
    with platform.gateway_beside(GATEWAY_BODY_SECONDS="4", GATEWAY_STALL_SECONDS="2") as url:
        yield url


async def send(platform: Platform, head: str, body: Iterator[bytes]) -> tuple[bytes, int]:
    """What is answered to a body that is sent for as long as somebody takes it, and how much of it was taken."""
    address = urlsplit(platform.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    sent = 0
    try:
        writer.write(head.encode())
        with suppress(ConnectionResetError, BrokenPipeError):
            for piece in body:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                if answer.done():
                    break
        async with asyncio.timeout(30):
            return await answer, sent
    finally:
        answer.cancel()
        writer.close()


def head_of(reporter: Api, path: str, *more: str) -> str:
    lines = [f"POST /api/v1{path} HTTP/1.1", "Host: x", f"Authorization: Bearer {reporter.token}", *more]
    return "\r\n".join(lines) + "\r\n\r\n"


def endless() -> Iterator[bytes]:
    """A workbook of ten gigabytes in chunks."""
    yield b"%x\r\n%b\r\n" % (len(FORM_HEAD), FORM_HEAD)
    piece = b"%x\r\n%b\r\n" % (MB, bytes(MB))
    for _ in range(TEN_GIGABYTES // MB):
        yield piece


def blobs(platform: Platform) -> set[Path]:
    return {path for path in (platform.folder / "blobs").rglob("*") if path.is_file()}


async def test_ten_gigabytes_that_are_announced_are_refused_before_they_come(platform: Platform, reporter: Api) -> None:
    before = blobs(platform)
    for asked in (reporter.token, "credit_nobody"):
        head = head_of(reporter, "/uploads", FORM.strip(), f"Content-Length: {TEN_GIGABYTES}")
        answer, sent = await send(platform, head.replace(str(reporter.token), str(asked)), iter(()))
        assert answer.split()[1] == (b"413" if asked == reporter.token else b"401")
        assert sent == 0
    assert blobs(platform) == before


async def test_ten_gigabytes_that_just_come_are_cut_and_leave_nothing(platform: Platform, reporter: Api) -> None:
    before = blobs(platform)
    memory = {name: peak_mb(platform.pid(name)) for name in ("gateway", "ingest")}
    began = time.monotonic()
    head = head_of(reporter, "/uploads", FORM.strip(), "Transfer-Encoding: chunked")
    answer, sent = await send(platform, head, endless())
    assert answer.split()[1] == b"413"
    assert sent < 64 * MB  # of a file 20 are taken, of a body 32; the rest waited in sockets
    assert time.monotonic() - began < 20
    for name, mb in memory.items():
        assert peak_mb(platform.pid(name)) < mb + 48, name
    async with asyncio.timeout(10):
        while blobs(platform) != before:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("pace", [0.5, None], ids=["a byte now and then", "silence"])
async def test_an_upload_that_comes_too_slowly_is_cut_and_leaves_nothing(
    impatient: str, platform: Platform, reporter: Api, pace: float | None
) -> None:
    before = blobs(platform)
    address = urlsplit(impatient)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head_of(reporter, "/uploads", FORM.strip(), f"Content-Length: {MB}").encode() + FORM_HEAD)
    async with asyncio.timeout(5):
        while blobs(platform) == before:  # it is being kept
            await asyncio.sleep(0.02)
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    async with asyncio.timeout(15):
        while pace and not answer.done():
            writer.write(b"\0")
            await asyncio.wait([answer], timeout=pace)
        assert (await answer).split()[1] == b"422"
        assert json.loads(await reader.readuntil(b"}"))["type"] == "/problems/too-slow"
        while blobs(platform) != before:
            await asyncio.sleep(0.02)
    writer.close()
    assert (await reporter.get("/uploads"))["items"] == []


async def test_a_bomb_is_measured_by_what_comes_out_of_it(platform: Platform, reporter: Api) -> None:
    """A gigabyte in a megabyte: as a file, and as what an officer enters."""
    before = blobs(platform)
    memory = {name: peak_mb(platform.pid(name)) for name in ("ingest", "records")}
    pack = zlib.compressobj(1, wbits=31)
    bomb = pack.compress(FORM_HEAD) + b"".join(pack.compress(bytes(MB)) for _ in range(1024)) + pack.flush()
    head = head_of(reporter, "/uploads", FORM.strip(), "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    answer, _ = await send(platform, head, iter([bomb]))
    assert answer.split()[1] == b"413"
    entry = gzip.compress(b'{"dataset": "' + b"x" * 256 * MB + b'"}', 1)
    head = head_of(reporter, "/records", "Content-Encoding: gzip", f"Content-Length: {len(entry)}")
    answer, _ = await send(platform, head, iter([entry]))
    assert answer.split()[1] == b"413"
    for name, mb in memory.items():
        assert peak_mb(platform.pid(name)) < mb + 64, name
    async with asyncio.timeout(10):
        while blobs(platform) != before:
            await asyncio.sleep(0.05)


DEEP = 100_000
PITS = {
    "lists in lists": b"[" * DEEP + b"]" * DEEP,
    "objects in objects": b'{"values":' * DEEP + b"1" + b"}" * DEEP,
    "a list that never ends": b"[" * DEEP,
    "a value that is deep": b'{"dataset": "xzxk_fr", "values": ' + b'{"a":' * DEEP + b"1" + b"}" * (DEEP + 1),
    "a number of a million digits": b'{"revision": ' + b"9" * 1_000_000 + b"}",
    "a number beyond numbers": b'{"revision": 1e999999999}',
    "no number": b'{"revision": NaN}',
    "a hundred thousand names": json.dumps({f"name{number}": 1 for number in range(100_000)}).encode(),
    # All of one bucket where a hash is not seeded: hash(n) is n modulo 2**61 - 1.
    "names that collide as numbers": json.dumps({str(n * (2**61 - 1)): 1 for n in range(50_000)}).encode(),
    "one name a hundred thousand times": b"{" + b'"dataset": "a",' * 100_000 + b'"dataset": 1}',
    "half a surrogate": b'{"dataset": "\\ud800", "values": {}}',
    "no text": b'{"dataset": "\xff\xfe"}',
    "UTF-16": '{"dataset": "xzxk_fr"}'.encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("pit", PITS)
@pytest.mark.parametrize("path", ["/records", "/records/search", "/tokens", "/session"])
async def test_a_pit_of_json_is_refused_at_once(platform: Platform, reporter: Api, path: str, pit: str) -> None:
    began = time.monotonic()
    answer = await reporter.call("POST", path, data=io.BytesIO(PITS[pit]))
    assert answer.status in (413, 422), answer
    assert len(answer.body) < 64 * 1024
    assert time.monotonic() - began < 3


async def test_bodies_that_trickle_hold_up_nobody_elses(platform: Platform, reporter: Api) -> None:
    """Not even of the same department, whose writes take turns."""
    address = urlsplit(platform.url)
    slow = []
    for _ in range(20):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(head_of(reporter, "/records", "Content-Length: 1000").encode() + b"{")
        slow.append((reader, writer))
    for number in range(8):  # a byte of each, and a whole one
        for _, writer in slow:
            writer.write(b" ")
        async with asyncio.timeout(5):
            made = await reporter.call("POST", "/records", {"dataset": "xzxk_fr", "values": licence(910_000 + number)})
        assert made.status == 201, made
    for reader, writer in slow:
        assert not reader.at_eof()
        writer.close()
