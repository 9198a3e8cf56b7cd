"""What a backup or a restore that fails says: enough to help, and nothing of a row."""

import asyncio
import signal
from pathlib import Path

import asyncpg
import pytest

from deploy import dumps
from deploy.local import processes
from deploy.local.postgres import execute
from deploy.local.processes import CouldNotStart
from tests.fixtures.postgres import Databases

pytestmark = pytest.mark.integration

NAME = "王小明"
# What passes today and not in a restore: the rule of a row depends on what the session says.
TABLE = """
CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql AS $$ SELECT coalesce($1 = current_setting('my.name', true), false) $$;
CREATE TABLE person (name text CONSTRAINT name_is_known CHECK (public.known(name)));
SET my.name = '王小明';
INSERT INTO person VALUES ('王小明');
"""  # noqa: E501


# More than a pipe takes.
MUCH = "CREATE TABLE zoo AS SELECT n, repeat('x', 100) AS text FROM generate_series(1, 20000) AS n;"


@pytest.mark.parametrize("more", ["", MUCH])
async def test_a_restore_that_fails_quotes_no_row(databases: Databases, tmp_path: Path, more: str) -> None:
    source, target = await databases.bare(), await databases.bare()
    await execute(source, TABLE + more)
    dump = tmp_path / "a.dump"
    dumps.save(source, dump)
    with pytest.raises(CouldNotStart) as refused, dumps.put_back(target, dump):
        pass
    said = str(refused.value)
    assert 'new row for relation "person" violates check constraint "name_is_known"' in said
    assert NAME not in said
    for dsn in (source, target):
        await databases.drop(dsn)


async def test_a_restore_killed_in_the_middle_of_a_table_is_not_waited_for(
    databases: Databases, tmp_path: Path
) -> None:
    dsn, dump = await databases.bare(), tmp_path / "a.dump"
    await execute(dsn, MUCH)
    dumps.save(dsn, dump)

    def restore() -> None:
        with dumps.put_back(dsn, dump) as commit:
            commit()

    conn = await asyncpg.connect(dsn)
    async with conn.transaction():
        await conn.execute("LOCK TABLE zoo")  # psql waits for the table, and pg_restore for psql to take the rows
        restoring = asyncio.create_task(asyncio.to_thread(restore))
        assert await asyncio.to_thread(processes.wait_until, lambda: among_the_rows(dump) != [], 20.0)
        processes.send(among_the_rows(dump), signal.SIGKILL)
    with pytest.raises(CouldNotStart, match="pg_restore 被 SIGKILL 信号终止"):
        await asyncio.wait_for(restoring, 20.0)
    assert await conn.fetchval("SELECT count(*) FROM zoo") == 20_000
    await conn.close()
    await databases.drop(dsn)


def among_the_rows(dump: Path) -> list[int]:
    """Processes that were told of `dump` and have written more than stands before its rows."""
    return [pid for pid in processes.pids() if str(dump) in of(pid, "cmdline") and written_by(pid) > 8_000]


def written_by(pid: int) -> int:
    return sum(int(line.split()[1]) for line in of(pid, "io").splitlines() if line.startswith("wchar:"))


def of(pid: int, name: str) -> str:
    try:
        return (processes.PROC / str(pid) / name).read_text()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'COPY failed for table "account": ERROR:  invalid input syntax for type integer: "王"小明" in column "x"',
            'COPY failed for table "account": ERROR:  invalid input syntax for type integer: …',
        ),
        (
            'error: invalid byte sequence for encoding "UTF8": 0xe7 0x8e',
            "error: invalid byte sequence for encoding …",
        ),
        ("error: invalid byte sequence: 0xe7 0x8e", "error: invalid byte sequence: …"),
        (
            'error: connection to server at "127.0.0.1", port 1 failed: FATAL:  no password for user "credit"',
            'error: connection to server at "127.0.0.1", port 1 failed: FATAL:  no password for user "credit"',
        ),
        (
            "detail: server version: 17.2; pg_dump version: 15.18",
            "detail: server version: 17.2; pg_dump version: 15.18",
        ),
        ("detail: Command was: INSERT INTO person VALUES (王小明)", ""),
    ],
)
def test_a_line_is_told_up_to_the_first_value(line: str, said: str) -> None:
    told = dumps.speakable("pg_dump", f"pg_dump: {line}\nDETAIL:  Failing row contains (王小明).\n王小明")
    assert told.removeprefix("pg_dump: ") == said
