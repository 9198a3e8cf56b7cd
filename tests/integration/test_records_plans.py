"""The hottest requests read no big table from end to end: what is quick when new stays so after five years."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import asyncpg
import pytest

from services.records.publicity.reminders.service import RemindersService
from services.records.uploads.applying import repository as applying
from services.records.uploads.clearing.service import ClearingService, Days
from shared.contracts.base import Message
from shared.contracts.identity import Role
from shared.db.database import Database
from shared.db.planning import MOST_COUNTED
from shared.db.queries import load_queries
from tests.bench import big_table
from tests.bench.files import DATASET
from tests.fixtures.postgres import MakeDatabase, Read, reads_of
from tests.integration.records_http import World, open_world
from tests.integration.records_room import Records, open_records, person, row

pytestmark = pytest.mark.integration

# So many that no plan which reads them all is the cheaper one.
RECORDS = 100_000
FILES = 10_000
BIG = ["record", "ledger", "revision", "upload", "message", "message_read", "audit"]
# A prepared statement gets its generic plan with the sixth run.
RUNS = 7
DEPARTMENT = "d1"
NAME, DOCUMENT, CODE = "第19医药连锁", "准字〔2024〕7701", "91140400000000020X"

Request = Callable[[World], Awaitable[object]]


def officer(path: str) -> Request:
    return lambda world: world.caller(DEPARTMENT).get(path)


def admin(*paths: str) -> Request:
    async def each(world: World) -> object:
        return [await world.admin.get(path) for path in paths]

    return each


def long(path: str) -> Request:
    """A list of more than anybody counts."""

    async def page(world: World) -> object:
        listed = await world.admin.get(path)
        assert listed["total"] > MOST_COUNTED
        assert not listed["total_exact"]
        return listed

    return page


def anyone(path: str) -> Request:
    return lambda world: world.anyone.get(path)


async def one_record(world: World, suffix: str = "") -> object:
    listed = await world.caller(DEPARTMENT).get(f"/records?dataset={DATASET}&size=1")
    return await world.caller(DEPARTMENT).get(f"/records/{listed['items'][0]['id']}{suffix}")


async def history(world: World) -> object:
    return await one_record(world, "/history")


async def public_detail(world: World) -> object:
    listed = await world.anyone.get(f"/public/records?dataset={DATASET}&size=1")
    return await world.anyone.get(f"/public/records/{listed['items'][0]['id']}")


async def subject(world: World) -> object:
    return await world.caller(DEPARTMENT).post("/subjects/search", {"q": CODE})


async def rows(world: World) -> object:
    caller = world.caller(DEPARTMENT)
    upload = (await caller.get("/uploads?size=1"))["items"][0]["id"]
    return [await caller.get(f"/uploads/{upload}/rows{query}") for query in ("", "?outcome=rejected", "?page=3")]


READS: dict[str, Request] = {
    "list": officer(f"/records?dataset={DATASET}&page=2"),
    "list by region": officer(f"/records?dataset={DATASET}&region=140403&state=published"),
    "list by decision day": officer(f"/records?dataset={DATASET}&from=2024-03-01&to=2024-03-09"),
    "list of all departments": admin("/records?size=50"),
    "list by decision day, all departments": admin("/records?from=2024-03-01&to=2024-03-02"),
    "list by day of report, all departments": admin(f"/records?dataset={DATASET}&by=reported&from=2026-11-19"),
    "revoked": admin("/records?state=revoked"),
    "deleted": officer(f"/records?dataset={DATASET}&state=deleted"),
    "name": officer(f"/records?dataset={DATASET}&q={quote(NAME)}"),
    "name, all departments": admin(f"/records?q={quote(NAME)}"),
    "common word": admin(f"/records?q={quote('有限公司')}"),
    "two characters": officer(f"/records?q={quote('医药')}"),
    "nobody's name": admin(f"/records?q={quote('查无此企业')}"),
    "document number": officer(f"/records?q={quote(DOCUMENT)}"),
    "code": admin(f"/records?q={CODE}"),
    "record": one_record,
    "history": history,
    "public list": anyone(f"/public/records?dataset={DATASET}&page=3"),
    "public list by department": anyone(f"/public/records?department={DEPARTMENT}"),
    "public list by region": anyone("/public/records?region=140403"),
    "public list of a region nobody has": anyone("/public/records?region=999999"),
    "public list by decision day": anyone("/public/records?from=2024-03-01&to=2024-03-09"),
    "public list of a department by decision day": anyone(f"/public/records?department={DEPARTMENT}&from=2024-03-01"),
    "public name by region and decision day": anyone(f"/public/records?q={quote(NAME)}&region=140403&from=2024-03-01"),
    "public departments": anyone("/public/departments"),
    "public name": anyone(f"/public/records?q={quote(NAME)}"),
    "public document number": anyone(f"/public/records?q={quote(DOCUMENT)}"),
    "public code": anyone(f"/public/records?q={CODE}"),
    "public detail": public_detail,
    "public figures": anyone("/public/statistics"),
    "subject by code": subject,
    "subject by name": officer(f"/subjects?q={quote(NAME)}"),
    "subject by a common word": admin(f"/subjects?q={quote('有限公司')}", f"/subjects?q={quote('医药')}"),
    "statistics of a month by department": admin("/statistics?group_by=department&from=2026-10-01&to=2026-10-31"),
    "statistics by month": officer("/statistics?group_by=month&from=2026-01-01"),
    "home": officer("/home"),
    "home of the credit office": admin("/home"),
    "uploads": officer("/uploads"),
    "uploads of all departments": long("/uploads?page=3"),
    "few uploads of all departments": admin(
        "/uploads?dataset=xzcf_fr",
        "/uploads?from=2026-03-01&to=2026-03-02",
        "/uploads?state=failed",
        "/uploads?waiting=rows",
        "/uploads?waiting=confirmation",
        "/uploads?waiting=processing",
    ),
    "uploads with waiting rows": officer("/uploads?waiting=rows"),
    "the same file": officer(f"/uploads?dataset={DATASET}&deleted=true&sha256={64 * 'a'}"),
    "rows of an upload": rows,
    "messages": officer("/messages"),
    "unread messages": officer("/messages?unread=true&kind=import_finished"),
    "audit": long("/audit?page=9&size=50"),
    "audit of a department": admin(f"/audit?department={DEPARTMENT}", "/audit?department=nobody"),
    "audit of an action": admin("/audit?action=dataset.changed", "/audit?action=dataset", "/audit?action=calendar"),
    "audit of a person": admin(*(f"/audit?actor={quote(name)}" for name in ("王16", "王", "欧阳"))),
    "audit of a few days": admin("/audit?from=2026-03-01&to=2026-03-02"),
}


@pytest.fixture
async def full(make_database: MakeDatabase) -> str:
    """A records database with a hundred thousand records, ten thousand uploads, thirty thousand lines of audit."""
    dsn = await make_database("records")
    conn = await asyncpg.connect(dsn, server_settings={"timezone": "Asia/Shanghai"})
    try:
        await big_table.fill(conn, DEPARTMENT, RECORDS, FILES)
        await conn.execute(
            "UPDATE record SET published_until = date '2025-06-01' + record_id::integer % 300 WHERE record_id % 20 = 0"
        )
        await conn.execute("VACUUM ANALYZE record")
    finally:
        await conn.close()
    return dsn


def read_whole(before: dict[str, Read], after: dict[str, Read]) -> list[str]:
    """Tables read from end to end, or nearly all by their key in each of the runs."""
    return [
        table
        for table in BIG
        if after[table].scans > before[table].scans or after[table].by_key - before[table].by_key > 0.8 * RUNS
    ]


async def test_nothing_hot_reads_a_big_table_from_end_to_end(full: str) -> None:
    before = await reads_of(full, BIG)
    assert sorted(before) == sorted(BIG)
    guilty = []
    for name, request in READS.items():
        async with open_world(full, more=()) as world:
            for _ in range(RUNS):
                await request(world)
        after = await reads_of(full, BIG)
        guilty += [f"{name}: {table}" for table in read_whole(before, after)]
        before = after

    async with open_records(full) as records:
        await a_file_comes_and_goes(records)
    after = await reads_of(full, BIG)
    guilty += [f"a file comes and goes: {table}" for table in read_whole(before, after)]

    async with Database.open(full) as db:
        await what_is_over_is_counted_in_its_index(db)
        await what_is_old_goes(db)
    before, after = after, await reads_of(full, BIG)
    guilty += [f"what is old goes: {table}" for table in read_whole(before, after)]
    assert guilty == []


async def unheard(_message: Message) -> None:
    """Nobody listens."""


async def a_file_comes_and_goes(records: Records) -> None:
    """Stored, refused in part and corrected by a second file, reported again with other values, undone."""
    reporter = person(DEPARTMENT, Role.REPORTER)
    for turn in range(RUNS):
        good = [row(1000 * turn + number) for number in range(60)]
        first = await records.upload([*good, row("", DAY="2026-11-31")], reporter)
        assert (first.counts.inserted, first.counts.rejected) == (60, 1)
        correction = await records.register(reporter)
        await records.send(correction, [row(f"{turn} 补正")], origins={3: (first.id, 63)})
        again = await records.upload([{**one, "NAME": "长治另一公司"} for one in good], reporter)
        assert again.counts.updated == 60
        for upload, touched in ((again, 60), (correction, 1), (first, 60)):
            undone = await records.services.undoing.undo(reporter, upload.id)
            assert undone.removed + undone.restored == touched
    async with records.db.reading() as conn:
        await applying.merge_search_indexes(conn)
    await RemindersService(records.db, unheard).announce_due()


async def what_is_over_is_counted_in_its_index(db: Database) -> None:
    async with db.reading() as conn:
        plan = await conn.fetch(f"EXPLAIN {load_queries('services.records.publicity')['public_figures']}", [DATASET])
    assert any("Index Only Scan using record_ended" in line[0] for line in plan)


async def what_is_old_goes(db: Database) -> None:
    """What is as old as the oldest, a few rows a transaction."""
    async with db.reading() as conn:
        days = await conn.fetchval("SELECT current_date - min(at)::date - 1 FROM audit")
    await ClearingService(db, Days(days, days, days, days), most=10).sweep()
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT min(at) > now() - make_interval(days => $1) FROM audit", days)
