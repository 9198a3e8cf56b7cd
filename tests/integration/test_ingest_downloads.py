"""Workbooks made for somebody who reads them slowly, or not to the end."""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import xlrd

from services.ingest.errors import TooManyDownloads, WorkbookNotMade
from services.ingest.records_client import RecordsClient
from services.ingest.service import door
from services.ingest.service.door import Bounds, IngestService
from services.ingest.storage import Storage
from services.ingest.workbook.inside import Limits
from shared.contracts.ingest import UploadAccepted
from tests.workbooks import plain_dataset

DATASET = plain_dataset("xzxk_fr")


class Records:
    async def export(self, _identity: str, _query: Mapping[str, str]) -> AsyncGenerator[bytes]:
        yield json.dumps({"definition": json.loads(DATASET.model_dump_json())}).encode() + b"\n"


@pytest.fixture
def ingest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IngestService:
    monkeypatch.setattr(door, "HELD_AT_ONCE", 2)
    spools = tmp_path / "spools"
    spools.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spools))

    async def publish(_accepted: UploadAccepted) -> None: ...

    bounds = Bounds(1024, Limits(memory_bytes=640 * 1024 * 1024, cpu_seconds=60, max_rows=100), 60.0, made_at_once=1)
    records = cast("RecordsClient", Records())
    return IngestService(Storage((tmp_path / "blobs").as_uri()), records, publish, bounds)


async def exported(ingest: IngestService, department: str = "d1") -> bytes:
    async with asyncio.timeout(30):
        return b"".join([piece async for piece in ingest.export("", department, {})])


async def test_a_slow_reader_keeps_nobody_from_having_a_workbook_made(ingest: IngestService) -> None:
    async with aclosing(ingest.export("", "d1", {})) as slow:
        first = await anext(slow)
        content = await exported(ingest)
        rest = b"".join([piece async for piece in slow])
    assert first + rest
    assert xlrd.open_workbook(file_contents=content).nsheets > 0


async def test_who_comes_when_too_many_are_reading_is_told_to_come_again(ingest: IngestService) -> None:
    async with aclosing(ingest.export("", "d1", {})) as one, aclosing(ingest.export("", "d1", {})) as other:
        await anext(one)
        await anext(other)
        with pytest.raises(TooManyDownloads):
            await exported(ingest)
    assert await exported(ingest)


async def test_a_department_that_reads_slowly_holds_up_itself_only(
    ingest: IngestService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "HELD_BY_ONE", 1)
    async with aclosing(ingest.export("", "d1", {})) as slow:
        await anext(slow)
        with pytest.raises(TooManyDownloads):
            await exported(ingest)
        assert await exported(ingest, "d2")
    assert await exported(ingest)


async def test_a_full_disk_is_said_in_words_and_keeps_no_place(
    ingest: IngestService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", partial(Path("/dev/full").open, "w+b"))
        with pytest.raises(WorkbookNotMade):
            await exported(ingest)
    assert await exported(ingest)


async def test_a_workbook_beyond_all_bounds_is_not_kept(ingest: IngestService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MADE_BYTES", 1000)
    with pytest.raises(WorkbookNotMade):
        await exported(ingest)
