"""One upload, from the first byte of the POST to its rows in the answer of GET /records, against both yardsticks."""

import asyncio
import time
from typing import NamedTuple

from tests.bench import files
from tests.bench.report import Figure, median, shares, spread
from tests.bench.system import Office, System
from tests.bench.yardsticks import Run, Yardstick

ROWS = 10_000
ROUNDS = 7
DJANGO_ROUNDS = 5


class Timed(NamedTuple):
    total: float  # s from the first byte to the rows being in the answer of GET /records
    accepted: float  # s to the 202
    ended: float  # s to the live event that tells the end


async def timed(office: Office, content: bytes, rows: int) -> Timed:
    """One upload of a department that has nothing yet.

    Raises: AssertionError where a row is not what it should be.
    """
    before = await office.records()
    sent = await office.send(content)
    at, upload = await office.ended(sent)
    good = rows - files.bad_rows(rows)
    total = await office.records()
    queryable = time.perf_counter()
    counts = upload["counts"]
    assert (counts["inserted"], counts["rejected"], total) == (good, files.bad_rows(rows), before + good), upload
    return Timed(queryable - sent.begun, sent.accepted - sent.begun, at - sent.begun)


async def run(system: System) -> list[Figure]:
    path = files.workbook(ROWS)
    content = path.read_bytes()
    floor_runs: list[Run] = []
    django_runs: list[Run] = []
    uploads: list[Timed] = []
    # Of their own, so that no yardstick's table is in the way of the platform's, and the other way round.
    floor_database = await system.databases.make("records")
    django_database = await system.databases.make("records")
    with (
        Yardstick("floor", path, floor_database) as floor,
        Yardstick("django_yardstick", path, django_database) as django,
    ):
        floor.once(), django.once()
        async with system.offices(ROUNDS + 2) as offices:
            for office in offices[:2]:
                await timed(office, content, ROWS)
            before = system.cpu()
            for number, office in enumerate(offices[2:]):
                floor_runs.append(await asyncio.to_thread(floor.once))
                uploads.append(await timed(office, content, ROWS))
                if number < DJANGO_ROUNDS:
                    django_runs.append(await asyncio.to_thread(django.once))
            spent = {name: (now - before[name]) / ROUNDS for name, now in system.cpu().items()}
    return figures(floor_runs, django_runs, uploads, spent)


def figures(
    floor_runs: list[Run], django_runs: list[Run], uploads: list[Timed], spent: dict[str, float]
) -> list[Figure]:
    floors = [run["seconds"] for run in floor_runs]
    djangos = [run["seconds"] for run in django_runs]
    totals = [upload.total for upload in uploads]
    # PostgreSQL also worked for the yardsticks meanwhile.
    del spent["postgresql"]
    floor, total = median(floors), median(totals)
    parts = " s, ".join(
        f"{part} {median([run[part] for run in floor_runs]):.2f}" for part in ("read_and_check", "copy")
    )
    accepted, ended = (median([getattr(one, part) for one in uploads]) for part in ("accepted", "ended"))
    stages = f"202 after {accepted:.2f} s, end told after {ended:.2f} s"
    return [
        Figure("floor, 10,000 rows × 20", floor, "s", note=f"{parts} s; {spread(floors)}"),
        Figure("floor, peak memory", max(run["peak_mb"] for run in floor_runs), "MB"),
        Figure("django-import-export bulk", median(djangos), "s", note=spread(djangos)),
        Figure("one upload, POST to queryable", total, "s", note=f"{stages}; {spread(totals)}"),
        Figure("… × floor", total / floor, "×", at_most=1.5),
        Figure("… times as fast as django-import-export bulk", median(djangos) / total, "×", at_least=3),
        Figure("… CPU a row, PostgreSQL not counted", sum(spent.values()) / ROWS * 1e6, "µs", note=shares(spent)),
    ]
