"""Twenty departments send a 10,000-row file at the same moment, to two workers and to one; every row is compared."""

import asyncio
import time
from pathlib import Path

import asyncpg

from tests.bench import files
from tests.bench.floor import read_and_check
from tests.bench.report import Figure, shares
from tests.bench.system import Office, System

DEPARTMENTS = 20
ROWS = 10_000

EXPECTED = """
SELECT md5(string_agg(r.row || r.values::jsonb::text, ',' ORDER BY r.row))
FROM unnest($1::integer[], $2::text[]) AS r(row, values)
"""
# What each department has now: records and ledger rows, and a digest over the values of each.
FOUND = """
SELECT d.department, r.records, r.digest, l.*
FROM unnest($1::text[]) AS d(department),
LATERAL (SELECT count(*) AS records, md5(string_agg(source_row || values::text, ',' ORDER BY source_row)) AS digest
         FROM record WHERE department_code = d.department AND state = 'published') r,
LATERAL (SELECT count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
                md5(string_agg(l.row || l.values::text, ',' ORDER BY l.row) FILTER (WHERE outcome = 'accepted')),
                count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
                md5(string_agg(l.row || l.values::text, ',' ORDER BY l.row) FILTER (WHERE outcome = 'rejected'))
         FROM ledger l JOIN upload u USING (upload_id) WHERE u.department_code = d.department) l
"""


async def run(system: System) -> list[Figure]:
    await at_once(system, 4)  # warm: tables, caches, children's server
    two, two_cpu = await at_once(system)
    await asyncio.to_thread(system.platform.stop, "worker-2")
    try:
        one, one_cpu = await at_once(system)
    finally:
        await asyncio.to_thread(system.platform.start, "worker-2")
    rows = DEPARTMENTS * ROWS
    return [
        Figure(
            "20 departments at once, two workers",
            rows / two,
            "rows/s",
            at_least=12_000,
            note=f"{two:.1f} s; {shares(two_cpu)}",
        ),
        Figure("… with one worker", rows / one, "rows/s", note=f"{one:.1f} s; {shares(one_cpu)}"),
        Figure("… from one worker to two", one / two, "×"),
        Figure("… CPU a row, everything", sum(two_cpu.values()) / rows * 1e6, "µs"),
        Figure("… rows not as they should be", 0, "", at_most=0, note="every value of every row compared, in SQL"),
    ]


async def at_once(system: System, departments: int = DEPARTMENTS) -> tuple[float, dict[str, float]]:
    """Seconds from the first byte of the first file to the end of the last, and the CPU seconds they took.

    Raises: AssertionError where a row is missing, there twice or different.
    """
    path = files.workbook(ROWS)
    content = path.read_bytes()
    async with system.offices(departments) as offices:
        before = system.cpu()
        begun = time.perf_counter()
        ends = await asyncio.gather(*(send_and_wait(office, content) for office in offices))
        took = max(ends) - begun
        spent = {name: now - before[name] for name, now in system.cpu().items()}
        async with system.records_database() as conn:
            await verify(conn, path, [office.code for office in offices])
    return took, spent


async def send_and_wait(office: Office, content: bytes) -> float:
    at, _ = await office.ended(await office.send(content))
    return at


async def verify(conn: asyncpg.Connection, path: Path, departments: list[str]) -> None:
    good, bad = read_and_check(path, files.shipped(files.DATASET))
    right = await conn.fetchval(EXPECTED, [row[10] for row in good], [row[9] for row in good])
    wrong = await conn.fetchval(EXPECTED, [row[0] for row in bad], [row[1] for row in bad])
    expected = (len(good), right, len(good), right, len(bad), wrong)
    found = await conn.fetch(FOUND, departments)
    assert len(found) == len(departments)
    for row in found:
        assert tuple(row)[1:] == expected, f"{row['department']}: {tuple(row)[1:]} instead of {expected}"
