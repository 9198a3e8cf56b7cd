"""`make up` and its companions: everything of one var/ started, scaled, watched over and stopped."""

import asyncio
import fcntl
import os
import secrets
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import aio_pika

from deploy import backup, dumps
from deploy.local import databases, plan, processes
from deploy.local.postgres import binaries
from deploy.local.processes import CouldNotStart
from deploy.local.room import MARK, Room, number
from deploy.local.supervision import Program, Supervisor
from shared.messaging.topology import QUEUES

LOCK = "lock"
READY_SECONDS = 120.0
DEATHS = 4  # signs of them in a process that starts: more, and it will not come up
SETTINGS_PREFIXES = ("AUTH_", "RECORDS_", "INGEST_", "GATEWAY_")


@contextmanager
def only_one(folder: Path) -> Generator[None]:
    """Two runners on one var/ take turns."""
    while (handle := _locked(folder)) is None:
        pass
    with handle:
        yield


def _locked(folder: Path) -> IO[str] | None:
    """None when clean() took the folder away, and the lock with it, while this runner waited for its turn."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack, suppress(FileNotFoundError):
        handle = stack.enter_context((folder / LOCK).open("w"))
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(handle.fileno()), (folder / LOCK).stat()):
            stack.pop_all()
            return handle
    return None


def up(folder: Path) -> Room:
    """Start what does not run, apply a changed PORT or WORKERS, return when every process is ready.

    Raises:
        CouldNotStart: says which process, why, and how its log ends.
    """
    with only_one(folder):
        room, supervisor = _with_servers(folder)
        wanted = _plan(room)
        _prepare_databases(room, wanted)
        supervisor.write([*_servers(room), *_programs(wanted)])
        supervisor.update()
        wait_ready(room, supervisor, wanted)
        broker = room.rabbitmq
        if broker is not None and not (broker.folder / "settled").exists():
            broker.settle()
        return room


def _with_servers(folder: Path) -> tuple[Room, Supervisor]:
    """PostgreSQL and RabbitMQ run, and whatever ran before."""
    room = Room.open(folder)
    supervisor = Supervisor(room)
    running = supervisor.pid() is not None
    if not running:
        clear_leftovers(room)
        room = room.with_free_ports(_gateway_port(room))
    room = _asked_for(room, running=running)
    supervisor = Supervisor(room)
    if supervisor.pid() is None:
        supervisor.write(_servers(room))
        supervisor.start()
    _wait_for_servers(room)
    return room, supervisor


def require_running(folder: Path) -> None:
    """Raises CouldNotStart unless the servers of `folder` can be asked; makes no folder."""
    if not (folder / "choices.json").exists():
        raise CouldNotStart(f"{folder} 里没有平台。路径对吗？用 make up 启动一个。")
    room = Room.open(folder)
    ours = room.postgres is not None or room.rabbitmq is not None
    if ours and Supervisor(room).pid() is None:
        raise CouldNotStart("平台没有运行。先用 make up 启动，再试。")


def backups(folder: Path) -> str:
    """Where there are any, in words."""
    found = sorted(path for path in (folder / "backups").glob("*") if path.is_dir())
    if not found:
        return f"{folder / 'backups'} 里还没有备份（make backup 存一份）；存在别处的：make restore FROM=那个文件夹"
    return "\n".join(["已有的备份：", *(f"    make restore FROM={path}" for path in found)])


def save(folder: Path, to: Path) -> Path:
    """A backup of the running platform, in `to`. Raises CouldNotStart."""
    return backup.save(_sources(Room.open(folder)), to)


def restore(folder: Path, saved: Path) -> Room:
    """Everything as it was when `saved` was made, and started again.

    Raises:
        CouldNotStart: without a whole backup nothing is stopped.
    """
    backup.require_whole(saved)
    with only_one(folder):
        room, supervisor = _with_servers(folder)
        supervisor.write(_servers(room))
        supervisor.update()  # stops the processes, leaves the servers
        asyncio.run(databases.create(room))
        backup.restore(_sources(room), saved)
        _wait_for_servers(room)  # one of them may have been started anew meanwhile
        asyncio.run(_forget_messages(room.amqp_url))
    return up(folder)


def reset_admin(folder: Path) -> Room:
    """A new password for `admin`, in admin-password. Raises CouldNotStart."""
    room = Room.open(folder)
    password = secrets.token_hex(10)
    [auth] = [process for process in _plan(room) if process.name == "auth"]
    databases.reset_admin(auth.environment, password)
    processes.write_private(room.folder / "admin-password", password)
    return room


def end_sessions(folder: Path, whose: str) -> None:
    """`whose`: a user name, or --all. Raises CouldNotStart."""
    [auth] = [process for process in _plan(Room.open(folder)) if process.name == "auth"]
    databases.end_sessions(auth.environment, whose)


def psql(folder: Path, service: str) -> None:
    """Become PostgreSQL's own client in the service's database."""
    dsn = databases.database_of(Room.open(folder), service)
    os.execve(binaries() / "psql", ["psql", "--no-psqlrc"], {**os.environ, **dumps.address_of(dsn)})  # noqa: S606


def _sources(room: Room) -> backup.Sources:
    auth, records = (databases.database_of(room, service) for service in databases.SERVICES)
    return backup.Sources(auth, records, os.environ.get("INGEST_BLOBS") or (room.folder / "blobs").as_uri())


async def _forget_messages(amqp: str) -> None:
    """They are about a time that has not been yet. The processes declare their queues again."""
    async with await aio_pika.connect(amqp) as connection, connection.channel() as channel:
        for queue in QUEUES:
            await channel.queue_delete(queue)


def down(folder: Path) -> None:
    with only_one(folder):
        _stop(folder)


def _stop(folder: Path) -> Room:
    room = Room.open(folder)
    Supervisor(room).stop()
    clear_leftovers(room)
    return room


def clean(folder: Path) -> None:
    """Stop everything and remove the folder: all data, all passwords."""
    if not folder.exists():
        return
    with only_one(folder):
        server = _stop(folder).postgres
        if server is not None and server.data.parent != server.folder:
            shutil.rmtree(server.data.parent, ignore_errors=True)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        # The lock at the very end: from here on another runner may make the folder anew.
        (folder / LOCK).unlink()
        with suppress(OSError):
            folder.rmdir()


def clear_leftovers(room: Room) -> None:
    """End what a killed supervisord left running for this room, and no one else's; free its ports and sockets."""
    processes.end(processes.started_with(MARK, str(room.folder)), within=10.0)
    for server in (room.postgres, room.rabbitmq):
        if server is not None:
            server.end_leftovers()
    for name in ("supervisord.pid", "supervisor.sock"):
        (room.folder / "run" / name).unlink(missing_ok=True)


def _asked_for(room: Room, *, running: bool) -> Room:
    port = _gateway_port(room)
    workers = number("WORKERS", 1, plan.MAX_WORKERS) or room.choices.workers
    if not (running and port == room.choices.gateway_port) and not _is_for_the_gateway(room, port):
        whose = "留给了本平台的别的进程" if room.keeps(port) else "已被别的程序占用"
        others = [*range(port + 10, 65_536, 10), *range(port - 10, 1_023, -10)]
        other = next((f"，例如在命令后加 PORT={other}" for other in others if _is_for_the_gateway(room, other)), "")
        raise CouldNotStart(f"端口 {port} {whose}。请换一个{other}")
    return room.remember(gateway_port=port, workers=workers)


def _gateway_port(room: Room) -> int:
    return number("PORT", 1, 65_535) or room.choices.gateway_port


def _is_for_the_gateway(room: Room, port: int) -> bool:
    return processes.is_free(port) and not room.keeps(port)


def _servers(room: Room) -> list[Program]:
    found = []
    postgres, rabbitmq = room.postgres, room.rabbitmq
    if postgres is not None:
        words = [sys.executable, "-m", "deploy.local.postgres", str(postgres.folder), str(postgres.port)]
        found.append(Program("postgres", words, {}, priority=1, stop_signal="INT"))
    if rabbitmq is not None:
        words = [sys.executable, "-m", "deploy.local.rabbitmq", str(rabbitmq.folder), str(rabbitmq.port)]
        found.append(Program("rabbitmq", words, {}, priority=2))
    return found


def _plan(room: Room) -> list[plan.Process]:
    servers = plan.Servers(
        auth_database=databases.database_of(room, "auth"),
        records_database=databases.database_of(room, "records"),
        amqp=room.amqp_url,
        blobs=(room.folder / "blobs").as_uri(),
        gateway_key=room.secret("gateway-key"),
        gateway_port=room.choices.gateway_port,
        first_port=room.choices.first_port,
    )
    extra = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS_PREFIXES)}
    return plan.processes(servers, room.choices.workers, extra)


def _programs(wanted: Iterable[plan.Process]) -> list[Program]:
    """All of one rank: a rank that depended on how many workers there are would restart what comes after them."""
    return [Program(process.name, process.words, process.environment, priority=10) for process in wanted]


def _wait_for_servers(room: Room) -> None:
    for server, name in ((room.postgres, "postgres"), (room.rabbitmq, "rabbitmq")):
        if server is None:
            continue
        try:
            server.wait_ready()
        except CouldNotStart as problem:
            raise CouldNotStart(f"{problem}\n{room.last_words(name)}") from problem


def _prepare_databases(room: Room, wanted: list[plan.Process]) -> None:
    asyncio.run(databases.create(room))
    settings = {process.name: process.environment for process in wanted}
    for service in databases.SERVICES:
        databases.migrate(service, settings[service])
    databases.create_admin(settings["auth"], room.admin_password)


def wait_ready(room: Room, supervisor: Supervisor, wanted: list[plan.Process]) -> None:
    """Raises CouldNotStart: one dies again and again, or is not ready in time."""
    began = looked = time.monotonic()
    waiting = list(wanted)
    deaths: dict[str, set[object]] = {process.name: set() for process in wanted}
    while waiting := [process for process in waiting if not is_ready(process.ready_url)]:
        now = time.monotonic()
        if now > began + READY_SECONDS:
            raise CouldNotStart(f"{READY_SECONDS:.0f} 秒内未就绪：\n" + _last_words(room, supervisor, waiting))
        if now > looked + 1.0:
            looked = now
            said = supervisor.status()
            for process in waiting:
                state, *words = said.get(process.name, ["?"])
                # Dead within its first second, or alive with another pid than when looked at before.
                deaths[process.name].add(now if state == "BACKOFF" else words[1] if state == "RUNNING" else state)
            dying = [process for process in waiting if len(deaths[process.name]) > DEATHS]
            if dying:
                raise CouldNotStart("启动后总是马上退出：\n" + _last_words(room, supervisor, dying))
        time.sleep(0.1)


def _last_words(room: Room, supervisor: Supervisor, of: Iterable[plan.Process]) -> str:
    states = supervisor.states()
    return "\n\n".join(
        f"{process.name}（{states.get(process.name, '未知')}，{process.ready_url}）的日志末尾：\n"
        f"{room.last_words(process.name)}"
        for process in of
    )


def status(folder: Path) -> tuple[str, bool]:
    """A line a process, and whether all is well."""
    room = Room.open(folder)
    supervisor = Supervisor(room)
    if supervisor.pid() is None:
        return "没有运行。用 make up 启动。", False
    states = supervisor.states()
    wanted = {process.name: process for process in _plan(room)}
    ready = {name: is_ready(process.ready_url) for name, process in wanted.items()}
    lines = []
    for name, state in states.items():
        how = f"{'就绪　' if ready[name] else '未就绪'}  127.0.0.1:{wanted[name].port}" if name in wanted else ""
        lines.append(f"{name:<12}{state:<10}{how}".rstrip())
    return "\n".join([*lines, f"地址：{room.url}"]), all(ready.values())


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
