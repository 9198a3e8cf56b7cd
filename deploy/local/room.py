"""The folder the local runner keeps everything in (var/), and the choices it remembers there."""

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dotenv import load_dotenv

from deploy.local import plan, processes, rabbitmq
from deploy.local.postgres import Postgres
from deploy.local.processes import CouldNotStart
from deploy.local.rabbitmq import RabbitMQ

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8080
DEFAULT_WORKERS = 2
# Every process started for a room carries this name with the room's path in its environment: how leftovers are found.
MARK = "CREDIT_VAR"
PORTS_NEEDED = {"first_port": plan.PORTS_NEEDED, "postgres_port": 1, "rabbitmq_port": rabbitmq.PORTS_NEEDED}


@dataclass(frozen=True)
class Choices:
    """Ports are chosen once; 0 is not chosen yet."""

    gateway_port: int = DEFAULT_PORT
    workers: int = DEFAULT_WORKERS
    first_port: int = 0
    postgres_port: int = 0
    rabbitmq_port: int = 0


@dataclass(frozen=True)
class Room:
    folder: Path
    choices: Choices = field(default_factory=Choices)
    logged: Mapping[str, int] = field(default_factory=dict)  # how long each log was when the room was opened

    @classmethod
    def open(cls, folder: Path) -> "Room":
        folder = folder.resolve()
        for name in ("log", "run/programs", "secrets", "blobs"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            choices = Choices(**json.loads((folder / "choices.json").read_text()))
        except FileNotFoundError:
            choices = Choices()
        logs = (folder / "log").glob("*.log")
        return cls(folder, choices, {file.stem: file.stat().st_size for file in logs})

    def remember(self, **changes: int) -> "Room":
        changed = replace(self, choices=replace(self.choices, **changes))
        processes.write_private(self.folder / "choices.json", json.dumps(asdict(changed.choices), indent=2) + "\n")
        return changed

    def with_free_ports(self, gateway_port: int) -> "Room":
        """Keep the remembered ports as long as nobody else took them. Only for a room in which nothing runs.

        The gateway's, which a person chooses, is never among them.
        """
        taken, changes = {gateway_port}, {}
        for name, count in PORTS_NEEDED.items():
            first = _block(getattr(self.choices, name), count, taken)
            changes[name] = first
            taken.update(range(first, first + count))
        return self.remember(**changes)

    def keeps(self, port: int) -> bool:
        """Whether it is one of the ports of the processes behind the gateway."""
        firsts = {getattr(self.choices, name): count for name, count in PORTS_NEEDED.items()}
        return any(first <= port < first + count for first, count in firsts.items())

    def secret(self, name: str) -> str:
        return processes.secret(self.folder / "secrets" / name)

    @property
    def admin_password(self) -> str:
        return processes.secret(self.folder / "admin-password", length=10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.choices.gateway_port}"

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def last_words(self, name: str) -> str:
        """The end of what was logged since the room was opened: an older start is not to be blamed for this one."""
        return processes.tail(self.log(name), since=self.logged.get(name, 0)) or "（还没有写日志）"

    @property
    def postgres(self) -> Postgres | None:
        """The private server; None when the person's own is used (DATABASE_URL)."""
        if os.environ.get("DATABASE_URL"):
            return None
        return Postgres(self.folder / "postgres", self.choices.postgres_port)

    @property
    def rabbitmq(self) -> RabbitMQ | None:
        if os.environ.get("AMQP_URL"):
            return None
        return RabbitMQ(self.folder / "rabbitmq", self.choices.rabbitmq_port)

    @property
    def database_url(self) -> str:
        return os.environ.get("DATABASE_URL") or Postgres(self.folder / "postgres", self.choices.postgres_port).url()

    @property
    def amqp_url(self) -> str:
        return os.environ.get("AMQP_URL") or RabbitMQ(self.folder / "rabbitmq", self.choices.rabbitmq_port).url()


def _block(first: int, count: int, taken: Collection[int]) -> int:
    if first and all(port not in taken and processes.is_free(port) for port in range(first, first + count)):
        return first
    return processes.free_ports(count, taken)[0]


def var_folder() -> Path:
    """VAR, or var/ beside the code.

    Raises:
        CouldNotStart: RabbitMQ's scripts and supervisord cannot live in such a path.
    """
    folder = Path(os.environ.get("VAR") or ROOT / "var").absolute()
    if not re.fullmatch(r"[A-Za-z0-9/._+@=~-]+", str(folder)):
        raise CouldNotStart(
            f"数据文件夹 {folder} 的路径里有空格、汉字或其他符号，RabbitMQ 在那里启动不了。"
            "请用 VAR 换一个只含字母和数字的，例如：make up VAR=/srv/credit"
        )
    return folder


def read_settings(file: Path = ROOT / ".env") -> None:
    """.env beside the code, the file docker compose reads too; what the environment says goes first.

    The Makefile passes on PORT and WORKERS empty where nobody gave them.
    """
    for name in ("PORT", "WORKERS"):
        if os.environ.get(name) == "":
            del os.environ[name]
    load_dotenv(file)


def number(name: str, lowest: int, highest: int) -> int | None:
    """The whole number in the environment variable `name`; None when it is not set.

    Raises:
        CouldNotStart: it is no such number.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise CouldNotStart(f"{name}={text} 不对：应是 {lowest} 到 {highest} 之间的整数。")
    return int(text)
