"""A private PostgreSQL in one folder, run by Debian's own binaries as whoever we are, root included.

`python -m deploy.local.postgres FOLDER PORT` runs it in the foreground: a program for a supervisor. The tests and the
benchmarks use the class. The superuser is `credit`; its password lies beside the data, mode 600.
"""

import contextlib
import functools
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from deploy.local import processes
from deploy.local.processes import CouldNotStart

SUPERUSER = "credit"
START_SECONDS = 60.0
MAX_CONNECTIONS = 400
# The path of a Unix socket may not be longer than this (sun_path).
SOCKET_PATH_BYTES = 100


@functools.cache
def binaries() -> Path:
    """The newest PostgreSQL Debian has installed.

    Raises:
        CouldNotStart: there is none.
    """
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        raise CouldNotStart("本机没有 PostgreSQL。请安装：sudo apt-get install postgresql，然后再试。")
    return max(found, key=lambda path: float(path.parent.name))


@functools.cache
def _namespaces() -> bool:
    """Whether root may pose as an ordinary user in a user namespace: PostgreSQL refuses to run as root."""
    try:
        posing = ["unshare", "-U", "--map-user=1000", "--map-group=1000", "true"]
        done = subprocess.run(posing, check=False, capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


class Postgres:
    def __init__(self, folder: Path, port: int, *, durable: bool = True) -> None:
        """`durable=False` skips fsync: for tests, where a lost machine loses nothing."""
        self.folder, self.port, self.durable = folder.resolve(), port, durable
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return processes.secret(self.folder / "password")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @functools.cached_property
    def data(self) -> Path:
        """The data directory: inside the folder, or where `postgres` may reach it if root cannot pose as another."""
        if os.getuid() != 0 or _namespaces():
            return self.folder / "data"
        return Path("/var/lib") / f"credit-postgres-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}" / "data"

    def _as_user(self, *words: str | Path) -> list[str]:
        command = [str(word) for word in words]
        if os.getuid() != 0:
            return command
        if _namespaces():
            return ["unshare", "-U", "--map-user=1000", "--map-group=1000", *command]
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]

    def prepare(self) -> None:
        """Make the data directory on first use and clear what a killed server left.

        Raises:
            CouldNotStart: initdb refused; its own words are quoted.
        """
        self.end_leftovers()
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        asks = self.data.parent / "initdb-password"
        processes.write_private(asks, self.password)
        if self.data.parent != self.folder:
            owner = pwd.getpwnam("postgres")
            for path in (self.data.parent, self.data, asks):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        words = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={asks}", "-E", "UTF8", "--locale=C.UTF-8"]
        words += ["--data-checksums"] if self.durable else ["--no-sync"]
        initdb = self._as_user(binaries() / "initdb", "-D", self.data, *words)
        done = subprocess.run(initdb, check=False, capture_output=True, text=True, cwd="/")
        asks.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise CouldNotStart(f"PostgreSQL 数据目录建立失败（{self.data}）：\n{done.stderr.strip()}")

    def command(self) -> list[str]:
        """The server in the foreground. SIGINT is its fast shutdown, SIGTERM waits for the clients."""
        sockets = self.data if len(bytes(self.data)) < SOCKET_PATH_BYTES else ""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": sockets,
            "max_connections": MAX_CONNECTIONS,
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "timezone": "Asia/Shanghai",
            "log_min_error_statement": "panic",  # a statement that fails may hold a person's data
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return self._as_user(binaries() / "postgres", "-D", self.data, *words)

    def start(self, *, within: float = START_SECONDS) -> None:
        """Returns when it answers.

        Raises:
            CouldNotStart: with the end of its log.
        """
        self.prepare()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        self.wait_ready(within=within)

    def wait_ready(self, *, within: float = START_SECONDS) -> None:
        ask: Sequence[str | Path] = (binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
        deadline = time.monotonic() + within
        while subprocess.run(ask, check=False).returncode != 0:
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise CouldNotStart(f"PostgreSQL 未能在端口 {self.port} 启动。日志末尾：\n{processes.tail(self.log)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the data is left clean."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As if the machine had gone: SIGKILL to every process of the server."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def _end(self, first: signal.Signals) -> None:
        if self._process is not None:
            processes.end([self._process.pid], first=first)
            self._process.wait()
            self._process = None
        self.end_leftovers(first)

    def end_leftovers(self, first: signal.Signals = signal.SIGINT) -> None:
        """End servers running on this data directory (each has it as working directory) and forget their pid file."""
        left = [pid for pid in processes.pids() if processes.working_folder(pid) == self.data]
        processes.end(left, first=first)
        # Without this a pid file whose number now belongs to a stranger would stop the start.
        with contextlib.suppress(OSError):
            (self.data / "postmaster.pid").unlink()


async def execute(url: str, *statements: str) -> None:
    """Run statements one by one on a connection of their own (CREATE DATABASE allows no transaction)."""
    conn = await asyncpg.connect(url, timeout=15)
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


def main() -> None:
    server = Postgres(Path(sys.argv[1]), int(sys.argv[2]))
    try:
        server.prepare()
    except CouldNotStart as problem:
        sys.exit(str(problem))
    command = server.command()
    os.chdir("/")
    os.execvp(command[0], command)  # noqa: S606  # no shell is meant: the supervisor's child is the server itself


if __name__ == "__main__":
    main()
