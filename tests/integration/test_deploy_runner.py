"""make up, down, scale; and a crash of each process and of everything, in a var/ of the test's own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local import plan, processes
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ, answers
from deploy.local.room import MARK, Room
from deploy.local.runner import READY_SECONDS, clean, is_ready, only_one
from deploy.local.supervision import Supervisor
from tests.fixtures.room import ROOT, room

pytestmark = pytest.mark.integration

STRAY = ("DATABASE_URL", "AMQP_URL", "AUTH_", "RECORDS_", "INGEST_", "GATEWAY_", "TEST_")


class Runner:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(STRAY)}
        return {**inherited, "VAR": str(self.folder)}

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return self._run("deploy.local", *words, **settings)

    def demonstrate(self) -> subprocess.CompletedProcess[str]:
        return self._run("deploy.demo", "--once")

    def _run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            env={**self.environment, **settings},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, "USERNAME": "somebody-at-the-desk"}  # desktops set it
        words = ("make", f"PY={sys.executable}", *words)
        return subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    def up(self, **settings: str) -> None:
        done = self.run("up", **settings)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def room(self) -> Room:
        return Room.open(self.folder)

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.room)

    def pids(self) -> dict[str, int]:
        """Of what runs, once nothing is in its first second any more (supervisord's STARTING)."""
        assert processes.wait_until(lambda: "STARTING" not in self.supervisor.command("status"), 10.0)
        lines = [line.split() for line in self.supervisor.command("status").splitlines()]
        return {words[0]: int(words[3].rstrip(",")) for words in lines if words[1] == "RUNNING"}


@pytest.fixture(scope="module")
def runner() -> Generator[Runner]:
    made = Runner(room() / "up")
    made.up(PORT=str(processes.free_ports(1)[0]), WORKERS="1")
    yield made
    made.run("down")


@contextmanager
def listening(port: int) -> Generator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


ALL = {"auth", "records", "persister", "ingest", "worker-1", "gateway", "postgres", "rabbitmq"}


def test_up_returns_when_everything_is_ready(runner: Runner) -> None:
    assert set(runner.pids()) == ALL
    assert is_ready(f"{runner.room.url}/readyz")
    assert "未就绪" not in runner.run("status").stdout


def test_the_admin_password_and_all_secrets_are_for_the_owner_only(runner: Runner) -> None:
    files = [runner.folder / "admin-password", *(runner.folder / "secrets").iterdir()]
    files += (runner.folder / "run" / "programs").iterdir()
    assert len(files) > 8
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert len(runner.room.admin_password) >= 16


def test_a_second_up_restarts_nothing(runner: Runner) -> None:
    before = runner.pids()
    runner.up()
    assert runner.pids() == before


def test_workers_come_and_go_while_the_rest_runs_on(runner: Runner) -> None:
    before = runner.pids()
    runner.up(WORKERS="3")
    scaled = runner.pids()
    assert set(scaled) - set(before) == {"worker-2", "worker-3"}
    assert scaled.items() >= before.items()
    runner.up(WORKERS="1")
    assert runner.pids() == before


def test_another_port_restarts_the_gateway_alone(runner: Runner) -> None:
    before = runner.pids()
    port = str(processes.free_ports(1)[0])
    runner.up(PORT=port)
    after = runner.pids()
    assert {name for name in before if before[name] != after[name]} == {"gateway"}
    assert is_ready(f"http://127.0.0.1:{port}/readyz")


def test_a_process_that_dies_is_started_again_within_seconds(runner: Runner) -> None:
    before = runner.pids()
    processes.send(before.values(), signal.SIGKILL)
    assert processes.wait_until(
        lambda: set(runner.pids()) == ALL and not set(runner.pids().values()) & set(before.values()), 30.0
    )
    assert processes.wait_until(lambda: "未就绪" not in runner.run("status").stdout, 60.0)


def test_a_killed_supervisor_leaves_nothing_that_stops_the_next_start(runner: Runner) -> None:
    orphans = runner.pids()
    pid = runner.supervisor.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: runner.supervisor.pid() is None, 5.0)
    assert processes.is_alive(orphans["gateway"])
    runner.up()
    assert set(runner.pids()) == ALL
    assert not any(processes.is_alive(pid) for pid in orphans.values())


def test_a_crash_of_everything_leaves_nothing_that_stops_the_next_start(runner: Runner) -> None:
    pid = runner.supervisor.pid()
    assert pid is not None
    processes.send([pid, *runner.pids().values()], signal.SIGKILL)
    runner.up()
    assert set(runner.pids()) == ALL


def test_ports_taken_by_strangers_are_replaced_and_a_taken_gateway_port_is_named(runner: Runner) -> None:
    assert runner.run("down").returncode == 0
    before = runner.room.choices
    with listening(before.postgres_port), listening(before.gateway_port):
        refused = runner.run("up")
        assert refused.returncode != 0
        assert f"端口 {before.gateway_port} 已被别的程序占用" in refused.stderr
        runner.up(PORT=str(before.rabbitmq_port + 1))  # where nothing runs, a person may have any port but a taken one
        assert runner.room.choices.postgres_port != before.postgres_port
        assert runner.room.choices.first_port == before.first_port


def test_a_port_kept_for_another_process_is_refused(runner: Runner) -> None:
    before = runner.room.choices
    for a_worker_to_come in (before.first_port + plan.WORKERS + 20, before.rabbitmq_port + 5):
        refused = runner.run("up", PORT=str(a_worker_to_come))
        assert refused.returncode != 0
        assert f"端口 {a_worker_to_come} 留给了本平台的别的进程" in refused.stderr
    assert runner.room.choices == before


def test_for_a_taken_port_at_the_upper_end_one_below_is_offered(runner: Runner) -> None:
    with listening(65_530):
        refused = runner.run("up", PORT="65530")
    assert "端口 65530 已被别的程序占用。请换一个，例如在命令后加 PORT=65520\n" in refused.stderr


def test_the_demonstration_shows_what_was_stored_and_what_was_not_and_why(runner: Runner) -> None:
    assert set(runner.pids()) == ALL
    for _ in ("first", "again on what is there"):
        done = runner.demonstrate()
        assert done.returncode == 0, done.stdout + done.stderr
        for said in (
            "全部入库",
            "部分入库",
            "市质监局-行政许可（法人）.xls",
            "怎样改",
            "zjj_reporter",
            runner.room.url,
        ):
            assert said in done.stdout
        assert "其实是文本" in done.stdout
    assert set(runner.pids()) == ALL, "what ran before runs on"


def test_the_demonstration_stays_up_until_interrupted_and_stops_what_it_started(runner: Runner) -> None:
    assert runner.run("down").returncode == 0
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"],
        env=runner.environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        assert any("按 Ctrl-C 结束" in line for line in demo.stdout)
        assert is_ready(f"{runner.room.url}/readyz")
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
    assert processes.started_with(MARK, str(runner.folder)) == []


def test_a_process_that_dies_at_its_start_is_not_waited_for(runner: Runner, tmp_path: Path) -> None:
    broken = tmp_path / "site.yaml"
    broken.write_text("platform: [")
    began = time.monotonic()
    done = runner.run("up", GATEWAY_SITE=str(broken))
    assert time.monotonic() - began < READY_SECONDS / 2
    assert done.returncode != 0
    assert "gateway" in done.stderr
    assert str(broken) in done.stderr
    runner.up()


def test_a_restore_of_nothing_names_the_backups_there_are(runner: Runner) -> None:
    assert "还没有备份" in runner.run("restore").stderr
    assert runner.run("backup").returncode == 0
    [saved] = (path for path in (runner.folder / "backups").iterdir() if path.is_dir())
    assert f"make restore FROM={saved}" in runner.run("restore").stderr


def test_the_demonstration_says_why_it_cannot_use_a_platform_in_use(runner: Runner) -> None:
    password = runner.folder / "admin-password"
    kept = password.read_text()
    password.write_text("changed-in-the-portal")
    done = runner.demonstrate()
    password.write_text(kept)
    assert done.returncode == 1
    assert "已有人在用" in done.stdout.replace("\n", "")
    assert "make demo VAR=" in done.stdout.replace("\n", "")


def test_sessions_end_and_a_lost_password_is_replaced_from_the_server(runner: Runner) -> None:
    runner.up()  # after the demonstration, which signs in with the password
    for words in (["USERNAME=nobody"], [], ["USERNAME=admin", "ALL=yes"]):
        assert runner.make("end-sessions", *words).returncode != 0, words
    for word, whose in (("ALL=yes", "所有人"), ("USERNAME=admin", "admin")):
        done = runner.make("end-sessions", word)
        assert (done.returncode, whose in done.stdout) == (0, True), done.stdout + done.stderr
    before = runner.room.admin_password
    assert runner.make("reset-admin").returncode == 0
    assert runner.room.admin_password != before


def test_down_ends_every_process_and_clean_removes_everything(runner: Runner) -> None:
    assert runner.run("down").returncode == 0
    assert processes.started_with(MARK, str(runner.folder)) == []
    assert all(processes.working_folder(pid) != runner.folder / "postgres" / "data" for pid in processes.pids())
    assert runner.run("status").returncode == 1
    assert runner.run("clean").returncode == 0
    assert not runner.folder.exists()


def test_clean_waits_for_who_is_at_work_and_who_waits_for_clean_finds_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "var"

    def up() -> bool:
        """As a second `make up` that asks for its turn beside clean: whether it kept its folder."""
        with only_one(folder):
            return not processes.wait_until(lambda: not (folder / "lock").exists(), 0.5)

    with ThreadPoolExecutor(2) as others:
        with only_one(folder):
            cleaning = others.submit(clean, folder)
            assert not processes.wait_until(cleaning.done, 0.5)
            waiting = others.submit(up)
            assert not processes.wait_until(waiting.done, 0.2)
        cleaning.result(10)
        assert waiting.result(10)


@pytest.mark.parametrize("settings", [{"PORT": "none"}, {"PORT": "70000"}, {"WORKERS": "0"}, {"WORKERS": "-1"}])
def test_a_setting_that_makes_no_sense_is_refused_in_words(settings: dict[str, str], tmp_path: Path) -> None:
    done = Runner(tmp_path / "var").run("up", **settings)
    name, value = next(iter(settings.items()))
    assert done.returncode == 1
    assert f"{name}={value}" in done.stderr
    assert "Traceback" not in done.stderr


def test_servers_that_are_given_are_used_and_left_alone(own_postgres: Postgres, rabbitmq: RabbitMQ) -> None:
    runner = Runner(room() / "up-given")
    given = {"DATABASE_URL": own_postgres.url(), "AMQP_URL": rabbitmq.url()}
    runner.up(PORT=str(processes.free_ports(1)[0]), WORKERS="1", **given)
    try:
        assert set(runner.pids()) == ALL - {"postgres", "rabbitmq"}
        assert not (runner.folder / "postgres").exists()
    finally:
        assert runner.run("clean", **given).returncode == 0
    own_postgres.wait_ready()
    assert answers(rabbitmq.port)


def test_a_server_that_is_given_but_not_there_is_named(tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/postgres", "AMQP_URL": "amqp://u:p@127.0.0.1:1/"}
    runner = Runner(tmp_path / "var")
    done = runner.run("up", PORT=str(processes.free_ports(1)[0]), **nowhere)
    assert runner.run("clean", **nowhere).returncode == 0
    assert (done.returncode, "DATABASE_URL" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


@pytest.mark.parametrize("verb", ["backup", "parked", "psql", "reset-admin", "end-sessions"])
def test_what_needs_the_platform_running_says_so_and_makes_no_folder(verb: str, tmp_path: Path) -> None:
    mistyped = Runner(tmp_path / "no-such-platform")
    words = [verb, *{"psql": ["records"], "end-sessions": ["--all"]}.get(verb, [])]
    done = mistyped.run(*words)
    assert done.returncode != 0
    assert "里没有平台" in done.stderr
    assert "Traceback" not in done.stderr
    assert not mistyped.folder.exists()


def test_no_older_start_is_quoted_for_this_one(tmp_path: Path) -> None:
    log = Room.open(tmp_path / "var").log("gateway")
    log.write_text("what an older start died of\n")
    room = Room.open(tmp_path / "var").remember(workers=1)
    assert room.last_words("gateway") == "（还没有写日志）"
    with log.open("a") as file:
        file.write("what this one dies of\n")
    assert room.last_words("gateway") == "what this one dies of"
    log.write_text("begun anew\n")  # supervisord turns it over at ten megabytes
    assert room.last_words("gateway") == "begun anew"


@pytest.mark.parametrize("target", ["status", "backup", "restore", "parked", "psql", "reset-admin", "end-sessions"])
def test_without_an_installation_it_says_what_to_type(target: str, tmp_path: Path) -> None:
    words = ("make", "--no-print-directory", "-f", ROOT / "Makefile", target)  # the tests run in a make of their own
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, done.stdout) == (True, "没有安装，用 make up 启动。\n"), done.stderr


def test_a_folder_the_servers_cannot_live_in_is_refused_in_words(tmp_path: Path) -> None:
    for verb in ("up", "status"):
        done = Runner(tmp_path / "信用 平台").run(verb)
        assert done.returncode != 0
        assert "路径里有空格、汉字" in done.stderr
    assert not (tmp_path / "信用 平台").exists()
