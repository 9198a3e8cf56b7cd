"""Writes supervisord's configuration under var/run and talks to it by its own command, supervisorctl.

Each process is a program in a file of its own: `update` touches exactly those whose file came, went or changed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from deploy.local import processes
from deploy.local.processes import CouldNotStart
from deploy.local.room import MARK, ROOT, Room

STOP_SECONDS = 30
# What supervisord and its children inherit. Nothing else: a stray setting of the person's shell changes no process.
INHERITED = ("PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE")
INHERITED_PREFIXES = ("AWS_", "LC_")


class Program(NamedTuple):
    name: str
    words: list[str]
    environment: Mapping[str, str]
    priority: int
    stop_signal: str = "TERM"


class Supervisor:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.run = room.folder / "run"
        self.configuration = self.run / "supervisord.conf"
        self._pid_file = self.run / "supervisord.pid"

    @property
    def socket(self) -> Path:
        """The path of a Unix socket is short by law: a deep var/ gets one in /tmp."""
        near = self.run / "supervisor.sock"
        if len(bytes(near)) < 90:
            return near
        return Path("/tmp") / f"credit-{os.getuid()}-{sha256(bytes(near)).hexdigest()[:16]}.sock"  # noqa: S108

    def pid(self) -> int | None:
        """The supervisord of this room, if it runs."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        ours = processes.environment(pid).get(MARK) == str(self.room.folder)
        return pid if ours and processes.is_alive(pid) else None

    def write(self, programs: Iterable[Program]) -> None:
        """Programs not named are gone after the next update."""
        wanted = {f"{program.name}.conf": self._section(program) for program in programs}
        folder = self.run / "programs"
        for file in folder.glob("*.conf"):
            if file.name not in wanted:
                file.unlink()
        for name, text in wanted.items():
            processes.write_private(folder / name, text)
        processes.write_private(self.configuration, self._main())

    def _main(self) -> str:
        user = "user=root\n" if os.getuid() == 0 else ""
        return (
            f"[supervisord]\n{user}"
            f"pidfile={_escaped(self._pid_file)}\nlogfile={_escaped(self.room.log('supervisord'))}\n"
            f"logfile_maxbytes=10MB\nlogfile_backups=2\nchildlogdir={_escaped(self.room.folder / 'log')}\n"
            f"directory={_escaped(ROOT)}\numask=077\nminfds=1024\n\n"
            f"[unix_http_server]\nfile={_escaped(self.socket)}\nchmod=0600\n\n"
            f"[supervisorctl]\nserverurl=unix://{_escaped(self.socket)}\n\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n"
            f"[include]\nfiles={_escaped(self.run / 'programs')}/*.conf\n"
        )

    def _section(self, program: Program) -> str:
        variables = {**program.environment, MARK: str(self.room.folder)}
        lines = {
            "command": " ".join(_quoted(word) for word in program.words),
            "environment": ",".join(f"{name}={_quoted(value)}" for name, value in sorted(variables.items())),
            "directory": _escaped(ROOT),
            "priority": str(program.priority),
            "autostart": "true",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "1000000",
            "stopsignal": program.stop_signal,
            "stopwaitsecs": str(STOP_SECONDS),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _escaped(self.room.log(program.name)),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
        return f"[program:{program.name}]\n" + "".join(f"{name}={value}\n" for name, value in lines.items())

    def start(self) -> None:
        """Raises CouldNotStart when supervisord does not take commands within ten seconds."""
        self.socket.unlink(missing_ok=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in INHERITED or name.startswith(INHERITED_PREFIXES)
        }
        environment = {"LANG": "C.UTF-8", **kept, MARK: str(self.room.folder), "PYTHONUNBUFFERED": "1"}
        words = [_tool("supervisord"), "-c", str(self.configuration)]
        subprocess.run(words, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, check=True)
        if not processes.wait_until(lambda: self.pid() is not None and self.socket.exists(), 10.0):
            raise CouldNotStart(f"supervisord 未能启动。日志末尾：\n{self.room.last_words('supervisord')}")

    def update(self) -> None:
        """Start what was added, stop what was removed, restart what changed; the rest is left alone."""
        said = self.command("update")
        if "ERROR" in said or "refused" in said:
            raise CouldNotStart(f"supervisord 没有接受新的配置：\n{said}")

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [_tool("supervisorctl"), "-c", str(self.configuration), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def states(self) -> dict[str, str]:
        """Program → RUNNING, STARTING, BACKOFF, STOPPED …"""
        return {name: words[0] for name, words in self.status().items()}

    def status(self) -> dict[str, list[str]]:
        """Program → its state and what supervisorctl says about it: RUNNING pid 123, uptime …"""
        lines = [line.split() for line in self.command("status").splitlines()]
        return {words[0]: words[1:] for words in lines if len(words) > 1}

    def stop(self) -> None:
        """Stop all programs, the last started first, then supervisord; returns when it is gone."""
        pid = self.pid()
        if pid is None:
            return
        self.command("shutdown")
        if not processes.wait_until(lambda: not processes.is_alive(pid), 4.0 * STOP_SECONDS):
            processes.end([pid], within=1.0)


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


def _quoted(value: str) -> str:
    if '"' in value or "\n" in value or "\\" in value:
        raise CouldNotStart("设置或路径里不能有双引号、反斜杠或换行。")
    return f'"{_escaped(value)}"'


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise CouldNotStart(f"没有找到 {name}。请先运行 make install。")
    return found
