"""What the local runner knows about processes and ports: free ports, leftovers of an earlier run, waiting."""

import os
import random
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")
PORTS = range(20_000, 32_000)


class CouldNotStart(Exception):
    """A server or process did not come up; the text says which, why and what to do, for the person at the terminal."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int, besides: Collection[int] = ()) -> list[int]:
    """`count` neighbouring ports nobody listens on, none of them in `besides`.

    Raises:
        CouldNotStart: none found in fifty tries.
    """
    ports = _ports()
    for _ in range(50):
        first = random.randrange(ports.start, ports.stop - count)  # noqa: S311  # not a secret
        block = list(range(first, first + count))
        if all(port not in besides and is_free(port) for port in block):
            return block
    raise CouldNotStart(
        f"本机找不到 {count} 个连续的空闲端口（{ports.start} 至 {ports.stop}）。请先停掉占用端口的程序再试。"
    )


def _ports() -> range:
    """PORTS, or as many below where outgoing connections begin, so that none of them sits on a remembered port.

    Where they begin so low that nothing is left, PORTS all the same.
    """
    try:
        lowest = int((PROC / "sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return PORTS
    below = range(lowest - len(PORTS), lowest)
    return below if 1024 < below.start < PORTS.start else PORTS


def is_alive(pid: int) -> bool:
    """False also for a process that has ended but was not yet waited for."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def pids() -> Iterator[int]:
    yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def environment(pid: int) -> dict[str, str]:
    """The environment `pid` was started with; empty when it is gone or another user's."""
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0") if b"=" in item)
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, _, value in pairs}


def working_folder(pid: int) -> Path | None:
    try:
        return (PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def started_with(name: str, value: str) -> list[int]:
    """Processes whose environment says name=value, other than this one and its ancestors."""
    spared = {os.getpid(), *ancestors()}
    return [pid for pid in pids() if pid not in spared and environment(pid).get(name) == value]


def ancestors() -> Iterator[int]:
    pid = os.getppid()
    while pid > 1:
        yield pid
        try:
            pid = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            return


def send(numbers: Iterable[int], what: signal.Signals) -> None:
    for pid in numbers:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            continue


def end(numbers: Iterable[int], *, first: signal.Signals = signal.SIGTERM, within: float = 10.0) -> None:
    """Ask politely, wait up to `within` seconds, then SIGKILL; returns when all are gone."""
    left = list(numbers)
    send(left, first)
    if not wait_until(lambda: not any(map(is_alive, left)), within):
        send(filter(is_alive, left), signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, left)), 5.0)


def wait_until(done: Callable[[], bool], within: float, every: float = 0.05) -> bool:
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def secret(file: Path, length: int = 24) -> str:
    """The random password kept in `file` (mode 600), made on first use. Letters and digits: safe in a URL."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return write_private(file, secrets.token_hex(length))


def write_private(file: Path, text: str) -> str:
    """Write `text` so that it is never readable by others and never half written, nor empty after a crash."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(handle)
    fresh.replace(file)
    return text


def tail(file: Path, lines: int = 15, *, since: int = 0) -> str:
    """The last lines of what was written behind byte `since`; of all when the file was begun anew meanwhile."""
    try:
        written = file.read_bytes()
    except OSError:
        return ""
    fresh = written[since:] if since <= len(written) else written
    return "\n".join(fresh.decode(errors="replace").splitlines()[-lines:])
