"""The blob store in a directory, and in S3 (moto's server) through the same URL-configured door."""

import hashlib
import resource
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Generator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local import processes
from deploy.local.runner import is_ready
from services.ingest import storage as module
from services.ingest.errors import FileMissing, StoreDown
from services.ingest.storage import Storage, key_of

BIG = hashlib.sha256(b"big").digest() * (12 * 1024 * 1024 // 32)  # more than two parts of S3's least size


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


@pytest.fixture(scope="module")
def s3() -> Generator[str]:
    """The address of an S3 server."""
    (port,) = processes.free_ports(1)
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        assert processes.wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/moto-api/"), 60.0)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket, and the environment an operator gives."""
    given = {
        "ENDPOINT": s3,
        "ALLOW_HTTP": "true",
        "REGION": "us-east-1",
        "ACCESS_KEY_ID": "k",
        "SECRET_ACCESS_KEY": "s",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    name = f"credit-files-{uuid4().hex[:8]}"
    with urllib.request.urlopen(urllib.request.Request(f"{s3}/{name}", method="PUT")) as made:
        assert made.status == 200
    return name


@pytest.fixture(params=["file", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "file":
        return Storage(tmp_path.as_uri())
    return Storage(f"s3://{request.getfixturevalue('bucket')}/kept")


async def content(storage: Storage, key: str) -> bytes:
    return b"".join([piece async for piece in storage.read(key)])


@pytest.mark.parametrize("data", [b"", b"small", BIG], ids=["empty", "small", "several parts"])
async def test_what_was_put_is_read_back(storage: Storage, data: bytes) -> None:
    key = key_of(uuid4())
    await storage.put(key, pieces(data))
    assert await storage.size(key) == len(data)
    assert await content(storage, key) == data
    await storage.ping()


async def test_a_bucket_or_folder_that_is_gone_is_no_store(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(StoreDown):
        await Storage(f"s3://{bucket}-mistyped").ping()
    folder = tmp_path / "blobs"
    unmounted = Storage(folder.as_uri())
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreDown):
        await unmounted.ping()


async def test_a_file_that_is_not_there_is_missing(storage: Storage) -> None:
    key = key_of(uuid4())
    with pytest.raises(FileMissing):
        await storage.size(key)
    with pytest.raises(FileMissing):
        await content(storage, key)
    await storage.delete(key)


@pytest.mark.parametrize("sent", [10, 11_000_000])
async def test_nothing_is_left_of_a_file_that_breaks_off(storage: Storage, sent: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for piece in pieces(BIG[:sent]):
            yield piece
        raise ConnectionResetError

    key = key_of(uuid4())
    with pytest.raises(ConnectionResetError):
        await storage.put(key, broken())
    with pytest.raises(FileMissing):
        await storage.size(key)
    with pytest.raises(FileMissing):
        await storage.size(key.replace("uploads", "incoming"))


async def test_a_disk_that_is_full_in_the_middle_of_a_file_is_an_outage(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the kernel refuses to write on, half-way."""
    storage, key = Storage(tmp_path.as_uri()), key_of(uuid4())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    try:
        with pytest.raises(StoreDown):
            await storage.put(key, pieces(BIG))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    await storage.put(key, pieces(BIG))
    assert await content(storage, key) == BIG


async def test_the_janitor_removes_what_was_never_registered(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    orphan, registered = key_of(uuid4()), key_of(uuid4())
    for key in (orphan, registered):
        await storage.put(key, pieces(b"file"))
    await storage.registered(registered)
    assert await storage.sweep() == 0
    monkeypatch.setattr(module, "ORPHAN_AFTER", timedelta(seconds=-5))
    assert await storage.sweep() == 1
    assert await content(storage, registered) == b"file"
    with pytest.raises(FileMissing):
        await storage.size(orphan)


async def test_files_kept_long_enough_go(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(uuid4())
    await storage.put(key, pieces(b"file"))
    await storage.registered(key)
    assert await storage.sweep() == 0, "they are kept for ever unless told otherwise"
    monkeypatch.setattr(storage, "_keep", timedelta(days=30))
    assert await storage.sweep() == 0, "it is not old yet"
    monkeypatch.setattr(storage, "_keep", timedelta(seconds=-5))
    assert await storage.sweep() == 1
    with pytest.raises(FileMissing):
        await storage.size(key)


async def test_a_bucket_that_is_not_there_is_an_outage_and_no_missing_file(bucket: str) -> None:
    with pytest.raises(StoreDown):
        await Storage(f"s3://{bucket}-not/kept").put(key_of(uuid4()), pieces(b"file"))
