"""A database into a file and back by PostgreSQL's own programs, for deploy.backup.

They must be at least as new as the server. Of what they say is told what holds nothing of a row.
"""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import unquote, urlsplit

from deploy.local.postgres import binaries
from deploy.local.processes import CouldNotStart

# A name behind the word for what it names; or else a quotation or bytes, and all that comes after.
NAMES = "relation|table|constraint|column|index|role|database|schema|sequence|function|extension|user|server at|file"
QUOTED = re.compile(rf'(\b(?:{NAMES}) "[^"]*")|(?:["“«]|\b0x).*')
HARMLESS = "server version"
# From the end of its pipe to the end of psql.
ENDS_SECONDS = 10.0

Commit = Callable[[], None]


def save(dsn: str, dump: Path) -> None:
    """Raises CouldNotStart: pg_dump refused; its own words are quoted."""
    words = ["--format=custom", "--compress=1", f"--file={dump}"]
    with TemporaryFile() as said:
        done = subprocess.run([_program("pg_dump"), *words], env=_environment(dsn), check=False, stderr=said)
        if done.returncode != 0:
            raise _refused("pg_dump", said, done.returncode)


@contextmanager
def put_back(dsn: str, dump: Path, also: str = "") -> Generator[Commit]:
    """The database as it was dumped and `also` done to it, in a transaction that what this gives commits.

    Left without that, the database is as it was before.

    Raises:
        CouldNotStart: pg_restore or psql refused; their own words are quoted.
    """
    writing = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"]
    reading = [_program("pg_restore"), "--clean", "--if-exists", "--no-owner", "--file=-", str(dump)]
    with (
        TemporaryFile() as said,
        subprocess.Popen(
            writing,
            env=_environment(dsn),
            bufsize=0,  # nothing is left to be written to a psql that has ended
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as psql,
    ):

        def do(sql: str) -> None:
            """Raises CouldNotStart unless it was done, and all before it."""
            assert psql.stdin is not None
            assert psql.stdout is not None
            with suppress(BrokenPipeError):  # it has ended, and has said why
                psql.stdin.write(f"{sql}\n\\echo done\n".encode())
            if psql.stdout.readline() != b"done\n":
                raise _refused("psql", said, psql.wait())

        do("BEGIN;")
        with TemporaryFile() as told:
            read = subprocess.run(reading, check=False, stdout=psql.stdin, stderr=told)
            if read.returncode == -signal.SIGPIPE:  # psql ended and took the pipe away: its words count
                with suppress(subprocess.TimeoutExpired):
                    raise _refused("psql", said, psql.wait(ENDS_SECONDS))
            if read.returncode != 0:
                psql.kill()  # it holds half a restore, perhaps in the middle of a row, and would wait for the rest
                raise _refused("pg_restore", told, read.returncode)
        do(f"SET CONSTRAINTS ALL IMMEDIATE;\n{also}")
        yield lambda: do("COMMIT;")


def commit_all(open_ones: Mapping[str, Commit]) -> None:
    """One after the other, with nothing left to do but this: by the name of the database.

    Raises:
        CouldNotStart: one could not be; says whether another had been before.
    """
    done: list[str] = []
    for name, commit in open_ones.items():
        try:
            commit()
        except CouldNotStart as problem:
            state = f"{'、'.join(done)} 已恢复而 {name} 没有，两个库不是同一时间的" if done else "什么都没有改动"
            raise CouldNotStart(f"{problem}\n{state}。请把同一份备份再恢复一次。") from None
        done.append(name)


def address_of(dsn: str) -> dict[str, str]:
    """For the environment of PostgreSQL's clients: it holds a password, and everybody on the machine sees arguments."""
    parts = urlsplit(dsn)
    return {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }


def speakable(program: str, said: str) -> str:
    """Of what `program` said, what holds no value of a row: its own lines, up to a quotation that is not a name.

    What PostgreSQL adds (DETAIL, CONTEXT, the command and the line of a COPY) stands in lines that do not begin with
    the program's name; a message itself quotes the value that could not be read.
    """
    lines = [line for line in said.splitlines() if line.startswith(f"{program}:")]
    return "\n".join(
        QUOTED.sub(lambda found: found[1] or "…", line)
        for line in lines
        if ": detail: " not in line or HARMLESS in line
    )


def _program(name: str) -> str:
    return str(binaries() / name)


def _environment(dsn: str) -> dict[str, str]:
    return {**os.environ, **address_of(dsn), "LC_ALL": "C"}


def _refused(program: str, said: IO[bytes], returncode: int) -> CouldNotStart:
    said.seek(0)
    how = f"被 {signal.Signals(-returncode).name} 信号终止（SIGKILL 多半是内存不够）" if returncode < 0 else "未成功"
    return CouldNotStart(f"{program} {how}：\n{speakable(program, said.read().decode(errors='replace'))[-2000:]}")
