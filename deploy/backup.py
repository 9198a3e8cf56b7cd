"""Backup and restore of an installation: both databases and the blob store, so that they agree.

`python -m deploy.backup save FOLDER` and `python -m deploy.backup restore BACKUP` work on what AUTH_DATABASE,
RECORDS_DATABASE and INGEST_BLOBS name; `make backup` and `make restore` on the platform of this machine. pg_dump and
pg_restore must be at least as new as the server. What waits in RabbitMQ is not kept: the sweep publishes it again.
"""

import asyncio
import json
import os
import shutil
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg

from deploy import blobs, dumps
from deploy.local.processes import CouldNotStart

MANIFEST = "manifest.json"
LAST_BACKUP = "credit_last_backup_timestamp_seconds"
# In this order: whoever has reported something has an account in the later dump.
DATABASES = ("records", "auth")
# Sessions that were ended after the backup was made would live again.
ALSO = {"records": "", "auth": "DELETE FROM public.session;"}


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
        dumps.save(getattr(sources, name), part / f"{name}.dump")
    copied = blobs.copy(sources.blobs, part / "blobs", before and before / "blobs", _blobs_of(before))
    told = {
        "at": at.isoformat(timespec="seconds"),
        "blobs": len(copied),
        "blobs_sha256": copied,
        "sha256": {name: blobs.sha256(part / f"{name}.dump") for name in DATABASES},
    }
    (part / MANIFEST).write_text(json.dumps(told, indent=2) + "\n")
    part.rename(final)
    _tell(folder, at)
    return final


def _tell(folder: Path, at: datetime) -> None:
    """For Prometheus, through node_exporter, which may be another user: there is nothing in it but a time."""
    fresh = folder / f".{LAST_BACKUP}"
    fresh.write_text(f"# TYPE {LAST_BACKUP} gauge\n{LAST_BACKUP} {int(at.timestamp())}\n")
    fresh.chmod(0o644)
    fresh.replace(folder / "credit-backup.prom")


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
        CouldNotStart: no whole backup, or a database that cannot be written: nothing has been touched. Or one of them
            could not be put back: then both are as they were.
    """
    require_whole(backup)
    asyncio.run(_require_open(targets))
    # More files than the databases know of harm nobody; fewer would.
    blobs.put(targets.blobs, backup / "blobs", _blobs_of(backup))
    with ExitStack() as stack:
        try:
            whole = {
                name: stack.enter_context(dumps.put_back(getattr(targets, name), backup / f"{name}.dump", ALSO[name]))
                for name in DATABASES
            }
        except CouldNotStart as problem:
            raise CouldNotStart(f"{problem}\n两个库都没有改动。") from None
        dumps.commit_all(whole)
    blobs.clear(targets.blobs, backup / "blobs")


async def _require_open(targets: Sources) -> None:
    """Both are there and ours: better said before an hour's work than after."""
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
