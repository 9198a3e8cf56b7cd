"""Peaks of memory: a file of 65,534 rows, and twenty uploads that stream at the same time."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from tests.bench import files
from tests.bench.processes import ChildrenWatch, forget_peak, peak_mb
from tests.bench.report import Figure
from tests.bench.system import Office, System

ROWS = 65_534
STREAMS = 20
PIECE = 64 * 1024
PAUSE = 0.05  # s between the pieces of a slow sender, so that all twenty are on the wire together


async def run(system: System) -> list[Figure]:
    largest = files.workbook(ROWS).read_bytes()
    for pid in system.pids.values():
        forget_peak(pid)
    workers = [pid for name, pid in system.pids.items() if name.startswith("worker")]
    async with system.offices(1) as (office,):
        with ChildrenWatch(workers) as children:
            sent = await office.send(largest)
            at, upload = await office.ended(sent)
    assert upload["counts"]["inserted"] == ROWS - files.bad_rows(ROWS), upload
    peaks = {name: peak_mb(pid) for name, pid in system.pids.items()}
    told = ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items())
    gateway = await streams(system)
    return [
        Figure("65,534 rows, POST to stored", at - sent.begun, "s", note=f"a file of {len(largest) / 1e6:.0f} MB"),
        Figure("… largest process but the child", max(peaks.values()), "MB", at_most=256, note=told),
        Figure("… the limited child", children.peak_mb, "MB", note="reads the workbook; ends with it"),
        Figure("gateway while 20 uploads stream", gateway, "MB", at_most=80),
    ]


async def streams(system: System) -> float:
    content = files.workbook(10_000).read_bytes()
    gateway = system.pids["gateway"]
    async with system.offices(STREAMS) as offices:
        forget_peak(gateway)
        uploads = await asyncio.gather(*(send_slowly(office, content) for office in offices))
        peak = peak_mb(gateway)
        for office, upload_id in zip(offices, uploads, strict=True):
            ended = await office.api.finished(upload_id, within=120)
            assert ended["counts"]["rejected"] == files.bad_rows(10_000), ended
    return peak


async def send_slowly(office: Office, content: bytes) -> str:
    async def pieces() -> AsyncGenerator[bytes]:
        for at in range(0, len(content), PIECE):
            yield content[at : at + PIECE]
            await asyncio.sleep(PAUSE)

    form = aiohttp.FormData()
    form.add_field("dataset", files.DATASET)
    form.add_field("file", pieces(), filename="许可法人.xls", content_type="application/vnd.ms-excel")
    answer = await office.api.call("POST", "/uploads", data=form)
    assert answer.status == 202, answer
    return str(answer.json["id"])
