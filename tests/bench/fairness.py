"""One department has a hundred files of 10,000 rows waiting; how long does another's file of 100 rows take?"""

import asyncio
import time

from tests.bench import files
from tests.bench.report import Figure, median, spread
from tests.bench.system import Office, Sent, System

FILES = 100
BULK_ROWS, SMALL_ROWS = 10_000, 100
TIMES = 9
SENDING = 8  # files on the wire at a time


async def run(system: System) -> list[Figure]:
    bulk, small = (files.workbook(rows).read_bytes() for rows in (BULK_ROWS, SMALL_ROWS))
    async with system.offices(2) as (busy, other):
        await small_times(other, small, range(100, 102))
        idle = await small_times(other, small, range(TIMES))
        begun = time.perf_counter()
        sent = await send_all(busy, bulk)
        loaded = await small_times(other, small, range(TIMES, 2 * TIMES))
        waiting = (await busy.api.get("/uploads?state=received&size=1"))["total"]
        ends = [await busy.ended(one) for one in sent]
        took = max(at for at, _ in ends) - begun
    unfinished = [upload for _, upload in ends if upload["counts"]["total"] != BULK_ROWS]
    assert not unfinished, unfinished[:1]
    rate = FILES * BULK_ROWS / took
    return [
        Figure("100-row file on an idle system", median(idle), "s", note=spread(idle)),
        Figure(
            "… while 100 × 10,000 rows wait",
            max(loaded),
            "s",
            at_most=3,
            note=f"the slowest; {spread(loaded)}; {waiting} still waited after it",
        ),
        Figure("… loaded / idle", median(loaded) / median(idle), "×", at_most=3, note="medians"),
        Figure("… the hundred files of one department", rate, "rows/s", note=f"{took:.0f} s for 1,000,000 rows"),
    ]


async def send_all(office: Office, content: bytes) -> list[Sent]:
    slots = asyncio.Semaphore(SENDING)

    async def send(number: int) -> Sent:
        async with slots:
            return await office.send(files.distinct(content, number))

    return await asyncio.gather(*(send(number) for number in range(FILES)))


async def small_times(office: Office, content: bytes, numbers: range) -> list[float]:
    """Seconds from the first byte to the live event that the file is done, one file after the other."""
    times = []
    for number in numbers:
        sent = await office.send(files.distinct(content, number))
        at, upload = await office.ended(sent)
        assert upload["counts"]["total"] == SMALL_ROWS, upload
        times.append(at - sent.begun)
    return times
