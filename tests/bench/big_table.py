"""With two million records, or RECORDS: lists, searches, public view, statistics, an upload, its undoing, a dump."""

import asyncio
import os
import time
from itertools import cycle
from typing import NamedTuple
from urllib.parse import quote

import aiohttp
import asyncpg

from deploy import backup
from shared.db.queries import load_queries
from tests.bench import files
from tests.bench.overhead import identity
from tests.bench.report import Figure, median, p95, spread
from tests.bench.system import Office, System
from tests.bench.upload import timed

RECORDS = int(os.environ.get("RECORDS", "2000000"))
ROWS = 10_000
UPLOADS = 7
UPLOADS_KEPT = 200  # in queries.sql
ROWS_A_FILE = 200  # in queries.sql
READS = 200
SQL = load_queries("tests.bench")
TRADES = ("煤层气", "建筑安装", "食品加工", "医药连锁", "物流运输", "机械制造", "农产品购销", "餐饮服务")
REGIONS = ("140400", "140403", "140404", "140405")

LISTS = [
    *(f"/records?dataset={files.DATASET}&region={region}&page={page}" for region in REGIONS for page in (1, 2, 7)),
    *(
        f"/records?dataset={files.DATASET}&state=published&from=2024-0{month}-01&to=2024-0{month}-28"
        for month in range(1, 8)
    ),
    f"/records?dataset={files.DATASET}&size=50",
    f"/records?dataset={files.DATASET}&region=140403&from=2025-01-01&state=published",
]
SEARCHES = [
    *(
        f"/records?dataset={files.DATASET}&q={quote(f'第{number}{trade}')}"
        for number, trade in zip(range(7, 200_000, 13_331), cycle(TRADES), strict=False)
    ),
    *(f"/records?q={quote(trade)}" for trade in TRADES),
    *(f"/records?q={quote(f'长治市第{number}')}" for number in range(19, 100_000, 16_007)),
]
PUBLIC = [
    *(f"/public/records?dataset={files.DATASET}&page={page}" for page in (1, 2, 30)),
    *(
        f"/public/records?q={quote(f'第{number}{trade}')}"
        for number, trade in zip(range(11, 200_000, 13_337), cycle(TRADES), strict=False)
    ),
    *(f"/public/records?dataset={files.DATASET}&q={quote(trade)}" for trade in TRADES),
]
# What the credit office asks for at the end of a month: it reads that month, however much came in it.
MONTHS = [
    f"/records?dataset={files.DATASET}&by=reported&from=2026-{month:02}-01&to=2026-{month:02}-28"
    for month in range(1, 11)
]
STATISTICS = [f"/statistics?group_by={by}" for by in ("department", "dataset", "month")] + [
    "/statistics?from=2026-01-01&to=2026-06-30&group_by=department"
]


class Trips(NamedTuple):
    """Seconds of each upload of `ROWS` rows, and of taking its data back."""

    uploads: list[float]
    undone: list[float]


async def run(system: System) -> list[Figure]:
    content = files.workbook(ROWS).read_bytes()
    async with system.offices(2 * UPLOADS + 4) as offices, system.records_database() as conn:
        await conn.execute(SQL["empty"])
        empty = await trips(offices[: UPLOADS + 1], content)
        await conn.execute(SQL["empty"])  # what is undone leaves its history
        owner, *later = offices[UPLOADS + 1 :]
        took = await fill(conn, owner.code, RECORDS)
        figures = [Figure(f"{RECORDS:,} records in the tables", took, "s", note=await sizes(conn))]
        figures += await reads(system, owner)
        full = await trips(later[: UPLOADS + 1], content)
        figures.append(await dumped(system))
    return [
        *figures,
        slower(f"upload with {RECORDS:,} records / on an empty table", empty.uploads, full.uploads, at_most=1.5),
        slower(f"undoing it with {RECORDS:,} records / on an empty table", empty.undone, full.undone),
    ]


def slower(what: str, empty: list[float], full: list[float], *, at_most: float | None = None) -> Figure:
    note = f"{median(empty):.2f} s → {median(full):.2f} s; {spread(full)}"
    return Figure(what, median(full) / median(empty), "×", at_most=at_most, note=note)


async def trips(offices: list[Office], content: bytes) -> Trips:
    """The first warms up."""
    made = Trips([], [])
    for office in offices:
        made.uploads.append((await timed(office, content, ROWS)).total)
    for office in offices:
        upload = (await office.api.get("/uploads?size=1"))["items"][0]
        begun = time.perf_counter()
        answer = await office.api.call("DELETE", f"/uploads/{upload['id']}/data")
        made.undone.append(time.perf_counter() - begun)
        assert answer.json["removed"] == upload["counts"]["inserted"], answer
    return Trips(made.uploads[1:], made.undone[1:])


async def dumped(system: System) -> Figure:
    """`make backup` of both databases; no files."""
    folder = system.platform.folder / "dumped"
    databases = system.platform.databases
    blobs = folder / "blobs"
    blobs.mkdir(parents=True)
    begun = time.perf_counter()
    saved = await asyncio.to_thread(
        backup.save, backup.Sources(databases["auth"], databases["records"], blobs.as_uri()), folder
    )
    took = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in saved.glob("*.dump"))
    return Figure(f"backup of {RECORDS:,} records", took, "s", note=f"{size / 2**20:,.0f} MB, compressed")


async def fill(conn: asyncpg.Connection, department: str, records: int, files: int = 0) -> float:
    """The schema's own tables, filled by SQL; a twentieth is `department`'s. Indexes are made afterwards. Seconds.

    `files`: small ones in the tables of uploads, messages and audit; else as many as would hold the records.
    """
    begun = time.perf_counter()
    indexes = await conn.fetch(SQL["secondary_indexes"])
    for index in indexes:
        await conn.execute(f"DROP INDEX {index['name']}")
    await conn.execute(SQL["add_departments"], department)
    for name in ("add_uploads", "add_records"):
        await conn.execute(SQL[name], department, records // UPLOADS_KEPT)
    for name in ("add_ledger", "add_tally"):
        await conn.execute(SQL[name], department)
    await conn.execute(SQL["add_files"], department, files or records // ROWS_A_FILE)
    for name in ("add_waiting_rows", "add_messages", "add_readings", "add_audit", "add_revisions"):
        await conn.execute(SQL[name])
    await conn.execute("SET maintenance_work_mem = '512MB'")
    for index in indexes:
        await conn.execute(index["definition"])
    await conn.execute("VACUUM ANALYZE")
    return time.perf_counter() - begun


async def sizes(conn: asyncpg.Connection) -> str:
    return str(await conn.fetchval(SQL["sizes"]))


async def reads(system: System, owner: Office) -> list[Figure]:
    """Over HTTP at the records service, as a reporter of one department and as the admin of all."""
    http = owner.api.http
    base = f"{system.platform.url_of('records')}/api/v1"
    admin = owner.api.other()
    await admin.sign_in("admin", system.platform.admin_password)
    token = (await admin.post("/tokens", {"name": "bench", "expires_in_days": 1}))["token"]

    async def ask(path: str, who: str | None) -> tuple[float, str]:
        """An identity is good for a minute, which all months of a big table may take: a fresh one, not timed."""
        signed = "" if path in PUBLIC else await identity(http, system, who or "")
        return await read(http, base + path, signed)

    found = []
    for what, paths, limit, count in (
        ("filtered list page, p95", LISTS, 50.0, READS),
        ("name search, p95", SEARCHES, 50.0, READS),
        ("public page, p95", PUBLIC, 50.0, READS),
        ("statistics, p95", STATISTICS, 300.0, READS),
        ("a month by day of report, p95", MONTHS, None, len(MONTHS)),
    ):
        times: list[tuple[float, str]] = []
        for who in (owner.api.token, token):
            times += [await ask(path, who) for path in paths]  # warm-up, counted for the slowest only
            fast = [await ask(path, who) for path, _ in zip(cycle(paths), range(count), strict=False)]
            times = fast if who == owner.api.token else times[:count] + fast
        slowest, path = max(times)
        taken = [took * 1000 for took, _ in times]
        note = f"p50 {median(taken):.1f} ms; slowest {slowest * 1000:.0f} ms ({path.removeprefix(base)})"
        found.append(Figure(f"{what}, at the records service", p95(taken), "ms", at_most=limit, note=note))
    return found


async def read(http: aiohttp.ClientSession, url: str, signed: str) -> tuple[float, str]:
    headers = {"Authorization": f"Bearer {signed}"} if signed else {}
    begun = time.perf_counter()
    async with http.get(url, headers=headers) as answer:
        await answer.read()
        assert answer.status == 200, (url, await answer.text())
    return time.perf_counter() - begun, url
