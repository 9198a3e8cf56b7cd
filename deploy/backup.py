"""Backup and restore of an installation: both databases and the blob store, so that they agree.

`python -m deploy.backup save FOLDER` and `python -m deploy.backup restore BACKUP` work on what AUTH_DATABASE,
RECORDS_DATABASE and INGEST_BLOBS name; `make backup` and `make restore` on the platform of this machine. pg_dump and
pg_restore must be at least as new as the server. What waits in RabbitMQ is not kept: the sweep publishes it again.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import asyncpg

from deploy import blobs
from deploy.local.postgres import binaries
from deploy.local.processes import CouldNotStart

MANIFEST = "manifest.json"
# A name behind the word for what it names; or else a quotation or bytes, and all that comes after.
NAMES = "relation|table|constraint|column|index|role|database|schema|sequence|function|extension|user|server at|file"
QUOTED = re.compile(rf'(\b(?:{NAMES}) "[^"]*")|(?:["“«]|\b0x).*')
HARMLESS = "server version"
# In this order: whoever has reported something has an account in the later dump.
DATABASES = ("records", "auth")


class Sources(NamedTuple):
    """Addresses of the two databases and of the blob store."""

    auth: str
    records: str
    blobs: str


def save(sources: Sources, folder: Path) -> Path:
    """A new backup in `folder`, named by its second; made beside it and moved there whole. Uploads may go on meanwhile.

    The databases first: a file is stored before its upload is registered, and stays, so that the blobs of every upload
    in the dump are there when they are copied. Blobs never change: what the backup before has is linked, not copied.

    Raises:
        CouldNotStart: pg_dump refused; its own words are quoted.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    at = datetime.now(UTC)
    final = folder / at.strftime("%Y%m%dT%H%M%SZ")
    before = max((path.parent for path in folder.glob(f"*/{MANIFEST}")), default=None)
    for left in folder.glob(".*.part"):  # of a backup that was cut short
        shutil.rmtree(left, ignore_errors=True)
    part = folder / f".{final.name}.part"
    part.mkdir(mode=0o700)
    for name in DATABASES:
        _run("pg_dump", getattr(sources, name), "--format=custom", "--compress=1", f"--file={part / name}.dump")
    copied = blobs.copy(sources.blobs, part / "blobs", before and before / "blobs", _blobs_of(before))
    told = {
        "at": at.isoformat(timespec="seconds"),
        "blobs": len(copied),
        "blobs_sha256": copied,
        "sha256": {name: blobs.sha256(part / f"{name}.dump") for name in DATABASES},
    }
    (part / MANIFEST).write_text(json.dumps(told, indent=2) + "\n")
    part.rename(final)
    return final


def require_whole(backup: Path) -> None:
    """Raises CouldNotStart unless everything that was saved is there, byte for byte."""
    try:
        told = json.loads((backup / MANIFEST).read_text())
        known = {f"{name}.dump": told["sha256"][name] for name in DATABASES}
        # A backup of an older version names no blobs: of those nothing can be said.
        known |= {f"blobs/{key}": digest for key, digest in told.get("blobs_sha256", {}).items()}
        damaged = [name for name, digest in known.items() if blobs.sha256(backup / name) != digest]
    except FileNotFoundError as error:
        missing = Path(error.filename).relative_to(backup)
        raise CouldNotStart(f"{backup} 不是完整的备份：没有 {missing}。请换一个备份。") from None
    except (OSError, ValueError, KeyError):
        raise CouldNotStart(f"{backup} 不是完整的备份：{MANIFEST} 或其中的文件读不出来。请换一个备份。") from None
    for name in damaged:
        raise CouldNotStart(f"{backup / name} 与备份时不一样，可能已损坏。请换一个备份。")


def _blobs_of(backup: Path | None) -> dict[str, str]:
    if backup is None:
        return {}
    try:
        known: dict[str, str] = json.loads((backup / MANIFEST).read_text()).get("blobs_sha256", {})
    except (OSError, ValueError):
        return {}
    return known


def restore(targets: Sources, backup: Path) -> None:
    """Put databases and blobs back as they were. No process of the platform may run; everybody must sign in again.

    Raises:
        CouldNotStart: no whole backup, or a database that cannot be written: nothing has been touched. Or pg_restore
            refused: then that database is as it was.
    """
    require_whole(backup)
    asyncio.run(_require_open(targets))
    for name in DATABASES:
        dsn = getattr(targets, name)
        words = ["--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction"]
        _run("pg_restore", dsn, *words, f"--dbname={_database(dsn)}", backup / f"{name}.dump")
    asyncio.run(_end_sessions(targets.auth))
    blobs.put(targets.blobs, backup / "blobs")


def address_of(dsn: str) -> dict[str, str]:
    """For the environment of PostgreSQL's clients: it holds a password, and everybody on the machine sees arguments."""
    parts = urlsplit(dsn)
    return {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": _database(dsn),
    }


def _run(program: str, dsn: str, *words: str | Path) -> None:
    command = [str(binaries() / program), *map(str, words)]
    environment = {**os.environ, **address_of(dsn), "LC_ALL": "C"}
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise CouldNotStart(
            f"{program} 未成功（退出码 {done.returncode}）：\n{speakable(program, done.stderr)[-2000:]}"
        )


def speakable(program: str, said: str) -> str:
    """Of what `program` said, what holds no value of a row: its own lines, up to a quotation that is not a name.

    What PostgreSQL adds (DETAIL, CONTEXT, the command and the line of a COPY) stands in lines that do not begin with
    the program's name; a message itself quotes the value that could not be read.
    """
    lines = [line for line in said.splitlines() if line.startswith(f"{program}: ")]
    return "\n".join(
        QUOTED.sub(lambda found: found[1] or "…", line)
        for line in lines
        if ": detail: " not in line or HARMLESS in line
    )


def _database(dsn: str) -> str:
    return urlsplit(dsn).path.lstrip("/")


async def _require_open(targets: Sources) -> None:
    """Both must be there and ours before the first is put back, or they would be of two times."""
    for name in DATABASES:
        try:
            conn = await asyncpg.connect(getattr(targets, name))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise CouldNotStart(
                f"数据库 {name} 连不上（{type(error).__name__}），什么都没有改动。请检查后再试。"
            ) from None
        try:
            if not await conn.fetchval("SELECT has_database_privilege(current_database(), 'CREATE')"):
                raise CouldNotStart(f"数据库 {name} 的账号没有权限，什么都没有改动。请换成它的所有者再试。")
        finally:
            await conn.close()


async def _end_sessions(auth: str) -> None:
    """Sessions that were ended after the backup was made would live again."""
    conn = await asyncpg.connect(auth)
    try:
        await conn.execute("DELETE FROM session")
    finally:
        await conn.close()


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in {"save", "restore"}:
        sys.exit("用法：python -m deploy.backup save 文件夹 | restore 备份")
    try:
        named = Sources(*(os.environ[name] for name in ("AUTH_DATABASE", "RECORDS_DATABASE", "INGEST_BLOBS")))
    except KeyError as missing:
        sys.exit(f"没有设置 {missing.args[0]}。需要 AUTH_DATABASE、RECORDS_DATABASE 和 INGEST_BLOBS。")
    try:
        if sys.argv[1] == "save":
            print(f"备份已存到 {save(named, Path(sys.argv[2]))}")
        else:
            restore(named, Path(sys.argv[2]))
            print("已恢复。")
    except CouldNotStart as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
