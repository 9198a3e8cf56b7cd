"""A private RabbitMQ node in one folder, with its own epmd, away from any node Debian runs.

`python -m deploy.local.rabbitmq FOLDER PORT` runs it in the foreground: a program for a supervisor. It takes the
PORTS_NEEDED ports from PORT on. The user is `credit`; its password lies in the folder, mode 600.
"""

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.definitions import USER, definitions
from deploy.local import processes
from deploy.local.processes import CouldNotStart

START_SECONDS = 90.0
# From the first port on: AMQP, epmd, the node's distribution port, three for rabbitmqctl.
PORTS_NEEDED = 6
# RabbitMQ writes the names of new quorum queues to disk (names.dets) half a second after it has confirmed them.
SETTLE_SECONDS = 1.5
# A message held during an outage is the consumer's for so long; rabbitmq/rabbitmq.conf says why.
HOLD_SECONDS = 3 * 24 * 3600
_HELLO = b"AMQP\x00\x00\x09\x01"


@functools.cache
def binaries() -> Path:
    """Where the plain scripts are. Not /usr/sbin: that wrapper changes to the user rabbitmq and refuses all others.

    Raises:
        CouldNotStart: RabbitMQ is not installed.
    """
    places = [Path("/usr/lib/rabbitmq/bin"), *Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin")]
    for place in places:
        if (place / "rabbitmq-server").exists():
            return place
    raise CouldNotStart("本机没有 RabbitMQ。请安装：sudo apt-get install rabbitmq-server，然后再试。")


class RabbitMQ:
    def __init__(self, folder: Path, port: int, *, memory: str = "768MiB", vhosts: Sequence[str] = ("/",)) -> None:
        """`vhosts` are made at every start, so they outlive a wipe."""
        self.folder, self.port, self.memory, self.vhosts = folder.resolve(), port, memory, vhosts
        self.data = self.folder / "mnesia"
        self.log = self.folder / "log" / "out"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return processes.secret(self.folder / "password")

    def url(self, vhost: str = "/") -> str:
        return f"amqp://{USER}:{self.password}@127.0.0.1:{self.port}/{vhost.removeprefix('/')}"

    def environment(self) -> dict[str, str]:
        epmd, dist, ctl = self.port + 1, self.port + 2, self.port + 3
        return {
            **os.environ,
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node instead of waiting beside it
            "RABBITMQ_CONF_ENV_FILE": os.devnull,  # not Debian's /etc/rabbitmq/rabbitmq-env.conf
            "RABBITMQ_NODENAME": "credit@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(ctl),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(self.port + PORTS_NEEDED - 1),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2",
        }

    def prepare(self) -> None:
        """Write the configuration and clear what a killed node left."""
        self.end_leftovers()
        for folder in (self.folder / "home", self.folder / "log", self.data):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        cookie = self.folder / "home" / ".erlang.cookie"
        processes.secret(cookie)
        cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text("[].\n")
        told = self.folder / "definitions.json"
        processes.write_private(told, json.dumps(definitions(self.password, self.vhosts)))
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "load_definitions": str(told),
            "vm_memory_high_watermark.absolute": self.memory,
            "disk_free_limit.absolute": "200MB",
            "log.file.level": "warning",
            "consumer_timeout": str(HOLD_SECONDS * 1000),
        }
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        processes.write_private(self.folder / "rabbitmq.conf", "".join(lines))

    def command(self) -> list[str]:
        return [str(binaries() / "rabbitmq-server")]

    def start(self, *, within: float = START_SECONDS) -> None:
        """Returns when it speaks AMQP.

        Raises:
            CouldNotStart: with the end of its log.
        """
        self.prepare()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self.wait_ready(within=within)

    def wait_ready(self, *, within: float = START_SECONDS) -> None:
        deadline = time.monotonic() + within
        while not answers(self.port):
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise CouldNotStart(f"RabbitMQ 未能在端口 {self.port} 启动。日志末尾：\n{processes.tail(self.log)}")
            time.sleep(0.1)

    def settle(self) -> None:
        """Remember that the queues declared so far are safely on disk."""
        time.sleep(SETTLE_SECONDS)
        (self.folder / "settled").touch()

    def forget_unsettled(self) -> None:
        """Begin empty if the node died before its first queues were safe: such queues never find a leader again.

        Nothing is lost by it: uploads that wait are published again from the database.
        """
        if not (self.folder / "settled").exists():
            self.end_leftovers(signal.SIGKILL)
            shutil.rmtree(self.data, ignore_errors=True)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As if the machine had gone: SIGKILL."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Lose every queue, message and user; the next start begins empty."""
        self.kill()
        (self.folder / "settled").unlink(missing_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)

    def _end(self, first: signal.Signals) -> None:
        if self._process is not None:
            processes.end([self._process.pid], first=first, within=20.0)
            self._process.wait()
            self._process = None
        self.end_leftovers(first)

    def end_leftovers(self, first: signal.Signals = signal.SIGTERM) -> None:
        """End the node and what it started (epmd, port programs): all carry the folder in their environment."""
        processes.end(processes.started_with("RABBITMQ_MNESIA_BASE", str(self.data)), first=first, within=15.0)


def answers(port: int) -> bool:
    """Whether an AMQP 0-9-1 server on 127.0.0.1 opens the conversation (Connection.Start)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as conn:
            conn.sendall(_HELLO)
            return conn.recv(4)[:1] == b"\x01"
    except OSError:
        return False


def main() -> None:
    server = RabbitMQ(Path(sys.argv[1]), int(sys.argv[2]))
    try:
        server.forget_unsettled()
        server.prepare()
        command = server.command()
    except CouldNotStart as problem:
        sys.exit(str(problem))
    os.chdir(server.folder)
    os.execve(command[0], command, server.environment())  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
