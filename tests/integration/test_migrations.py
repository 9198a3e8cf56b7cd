"""Migrations run while the service works: they wait for nobody long, and begin again where they were cut short."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from shared.db.database import Database
from shared.db.migrations import LOCK_SECONDS, MigrationFailed, migrate, ready_check
from shared.db.queries import load_queries
from shared.telemetry.health import NotReady
from tests.bench import big_table
from tests.fixtures.postgres import Databases, MakeDatabase
from tests.fixtures.room import ROOT
from tests.integration.records_room import open_records, person, row

pytestmark = pytest.mark.integration

FILES = ROOT / "services" / "records" / "migrations"
# Files today's code works without: indexes and settings of tables.
NOT_NEEDED = ("20261123000007", "20261123000008")
TABLE = "-- migrate:up\nCREATE TABLE thing AS SELECT generate_series(1, 1000) AS n;\n-- migrate:down\n"
ALTER = "-- migrate:up\nALTER TABLE thing ADD COLUMN m integer;\n-- migrate:down\n"
INDEX = "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY thing_n ON thing (n);\n-- migrate:down\n"

MakeFolder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """A folder of migrations with these texts, in this order."""

    def make(*texts: str) -> Path:
        for number, text in enumerate(texts, 1):
            (tmp_path / f"{number}_file.sql").write_text(text)
        return tmp_path

    return make


@asynccontextmanager
async def empty(databases: Databases) -> AsyncGenerator[str]:
    """The address of a database without a schema."""
    dsn = await databases.bare()
    try:
        yield dsn
    finally:
        await databases.drop(dsn)


@asynccontextmanager
async def reader(dsn: str) -> AsyncGenerator[asyncpg.Connection]:
    """A transaction that has read the table and goes on."""
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read"):
            await conn.fetchval("SELECT count(*) FROM thing")
            yield conn
    finally:
        await conn.close()


async def columns(dsn: str) -> list[str]:
    conn = await asyncpg.connect(dsn)
    try:
        return [
            one["attname"]
            for one in await conn.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'thing'::regclass AND attnum > 0 ORDER BY attnum"
            )
        ]
    finally:
        await conn.close()


async def test_nobody_queues_long_behind_a_change(databases: Databases, folder: MakeFolder) -> None:
    async with empty(databases) as dsn:
        await asyncio.to_thread(migrate, dsn, folder(TABLE))
        async with reader(dsn):
            changing = asyncio.create_task(asyncio.to_thread(migrate, dsn, folder(TABLE, ALTER)))
            other = await asyncpg.connect(dsn)
            longest = 0.0
            try:
                while not await other.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                    await asyncio.sleep(0.01)
                for _ in range(2):
                    begun = time.monotonic()
                    await other.fetchval("SELECT count(*) FROM thing")
                    longest = max(longest, time.monotonic() - begun)
            finally:
                await other.close()
            assert not changing.done()
        await changing
        # The first of the two waited behind the change, until that gave up.
        assert longest < LOCK_SECONDS + 2
        assert await columns(dsn) == ["n", "m"]


async def test_two_at_once(databases: Databases, folder: MakeFolder) -> None:
    async with empty(databases) as dsn:
        files = folder(TABLE, INDEX, ALTER)
        await asyncio.gather(*(asyncio.to_thread(migrate, dsn, files) for _ in range(3)))
        assert await columns(dsn) == ["n", "m"]


async def test_an_index_cut_short_is_made_again(databases: Databases, folder: MakeFolder) -> None:
    async with empty(databases) as dsn:
        await asyncio.to_thread(migrate, dsn, folder(TABLE))
        conn = await asyncpg.connect(dsn)
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_n')"
        try:
            async with reader(dsn):
                making = asyncio.create_task(asyncio.to_thread(migrate, dsn, folder(TABLE, INDEX)))
                # It waits for the reader's transaction, the index half made.
                while await conn.fetchval(valid) is not False:
                    await asyncio.sleep(0.01)
                await conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE '%CREATE INDEX CONCURRENTLY%' AND datname = current_database()"
                    " AND pid <> pg_backend_pid()"
                )
                with pytest.raises(MigrationFailed):
                    await making
                assert await conn.fetchval(valid) is False
            await asyncio.to_thread(migrate, dsn, folder(TABLE, INDEX))
            assert await conn.fetchval(valid) is True
        finally:
            await conn.close()


async def test_a_process_is_not_ready_before_its_migrations_have_run(
    databases: Databases, make_database: MakeDatabase
) -> None:
    async with Database.open(await make_database("records"), max_size=1) as db:
        check = ready_check(db, FILES)
        await check()
        async with db.transaction() as conn:
            await conn.execute("INSERT INTO schema_migrations (version) VALUES ('20991231000001')")
        await check()  # a newer program has been here: this one still serves
        async with db.transaction() as conn:
            await conn.execute("DELETE FROM schema_migrations WHERE version = '20261123000010'")
        with pytest.raises(NotReady, match=r"1 个迁移没有执行（从 20261123000010_published_again 起）"):
            await check()
    async with empty(databases) as dsn, Database.open(dsn, max_size=1) as db:
        with pytest.raises(NotReady, match=r"（从 20261123000001_initial 起）.*services\.records migrate"):
            await ready_check(db, FILES)()


@pytest.mark.parametrize("service", ["auth", "records"])
async def test_a_column_of_a_later_version_changes_no_answer(service: str, make_database: MakeDatabase) -> None:
    """A statement prepared before would fail in the version that serves: its plan must not change its result."""
    queries = {
        f"{path.parent.relative_to(ROOT)} {name}": sql
        for path in (ROOT / "services" / service).rglob("queries.sql")
        for name, sql in load_queries(".".join(path.parent.relative_to(ROOT).parts)).items()
    }
    conn = await asyncpg.connect(await make_database(service))
    try:
        before = {name: (await conn.prepare(sql)).get_attributes() for name, sql in queries.items()}
        for table in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            await conn.execute(f"ALTER TABLE {table['tablename']} ADD COLUMN of_a_later_version text")
        after = {name: (await conn.prepare(sql)).get_attributes() for name, sql in queries.items()}
    finally:
        await conn.close()
    assert len(queries) > 10
    assert [name for name, told in after.items() if told != before[name]] == []


async def test_departments_report_meanwhile(databases: Databases, tmp_path: Path) -> None:
    """Files go on being stored, and lists read, while what they do without is applied to full tables."""
    older = tmp_path / "older"
    older.mkdir()
    for path in FILES.glob("*.sql"):
        if not path.name.startswith(NOT_NEEDED):
            (older / path.name).write_bytes(path.read_bytes())
    async with empty(databases) as dsn:
        await asyncio.to_thread(migrate, dsn, older)
        conn = await asyncpg.connect(dsn, server_settings={"timezone": "Asia/Shanghai"})
        try:
            applied = "SELECT version FROM schema_migrations ORDER BY version"
            before = [one["version"] for one in await conn.fetch(applied)]
            assert not set(NOT_NEEDED) & set(before)
            async with open_records(dsn) as records:
                await conn.execute("UPDATE dataset SET code = 'xzxk_fr' WHERE code = 'penalties'")  # what fill needs
                await big_table.fill(conn, "d2", 100_000)
                stored: list[float] = []

                async def report() -> None:
                    number = 0
                    while True:
                        begun = time.monotonic()
                        rows = [row(f"{number}-{each}") for each in range(50)]
                        upload = await records.upload(rows, person("d1"))
                        assert upload.counts.inserted == 50
                        stored.append(time.monotonic() - begun)
                        number += 1

                reporting = asyncio.create_task(report())
                try:
                    while not stored:
                        await asyncio.sleep(0.01)
                    quiet = len(stored)
                    await asyncio.to_thread(migrate, dsn, FILES)
                    during = len(stored)
                    while len(stored) == during:
                        await asyncio.sleep(0.01)
                finally:
                    reporting.cancel()
                    with suppress(asyncio.CancelledError):
                        await reporting
                after = [one["version"] for one in await conn.fetch(applied)]
                assert after == sorted(path.name.partition("_")[0] for path in FILES.glob("*.sql"))
                assert during > quiet
                assert max(stored) < LOCK_SECONDS + 2
                assert await records.tally_is_exact()
        finally:
            await conn.close()
