"""The command-line client against the running platform: what it prints and how it ends."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
import xlrd

from shared.datasets.catalog import shipped_datasets
from tests.e2e.api import Api
from tests.fixtures.platform import Platform
from tests.fixtures.room import ROOT
from tests.workbooks import good_rows, make_workbook, spoiled

pytestmark = pytest.mark.integration

XZXK_FR = next(dataset for dataset in shipped_datasets() if dataset.code == "xzxk_fr")
PASSWORD = "Changzhi#2018ok"


@pytest.fixture
async def token(platform: Platform) -> str:
    """An API token of a fresh department's reporter."""
    code = f"cli{uuid4().hex[:8]}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        admin = Api(http, platform.url)
        await admin.sign_in("admin", platform.admin_password)
        department = {"name": code, "short_name": code, "region": "140400", "credit_code": None, "active": True}
        await admin.post("/departments", {"code": code, **department})
        user = {"username": code, "display_name": code, "department": code, "role": "reporter"}
        await admin.post("/users", {**user, "password": "First#2018pass"})
        officer = admin.other()
        await officer.sign_in(code, "First#2018pass")
        await officer.call("PUT", "/session/password", {"current": "First#2018pass", "new": PASSWORD})
        await officer.sign_in(code, PASSWORD)
        made = await officer.post("/tokens", {"name": "命令行", "expires_in_days": 1})
        return str(made["token"])


class Client:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def __call__(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        verb, *rest = map(str, words)
        return subprocess.run(
            [sys.executable, "-m", "deploy.client", verb, "--url", self.url, *rest],
            env={**os.environ, "CREDIT_TOKEN": self.token},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def client(platform: Platform, token: str) -> Client:
    return Client(platform.url, token)


def write(file: Path, seed: int, rows: int, *, every: int = 0) -> Path:
    good = good_rows("xzxk_fr", rows, seed)
    file.write_bytes(make_workbook(XZXK_FR, spoiled(good, every) if every else good))
    return file


def test_many_good_files_at_once_end_with_0(client: Client, tmp_path: Path) -> None:
    files = [write(tmp_path / f"许可{seed}.xls", seed, 60) for seed in range(1, 6)]
    done = client("upload", "--dataset", "xzxk_fr", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("全部入库") >= 5


def test_rejected_rows_end_with_1_and_come_back_as_a_workbook_that_can_be_sent_again(
    client: Client, tmp_path: Path
) -> None:
    file = write(tmp_path / "许可.xls", 11, 40, every=10)
    done = client("upload", "--dataset", "xzxk_fr", "--rejected-dir", tmp_path / "退回", file)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "退回 4 行" in done.stdout
    (rejected,) = (tmp_path / "退回").iterdir()
    assert xlrd.open_workbook(str(rejected)).sheet_by_index(0).nrows == 2 + 4
    again = client("upload", "--dataset", "xzxk_fr", rejected)
    assert again.returncode == 1, again.stdout + again.stderr


def test_a_file_that_is_no_workbook_ends_with_2_and_the_others_are_stored(client: Client, tmp_path: Path) -> None:
    text = tmp_path / "其实是文本.xls"
    text.write_text("行政许可决定书文号,项目名称\n1,2\n")
    done = client("upload", "--dataset", "xzxk_fr", write(tmp_path / "好.xls", 21, 10), text)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "全部入库" in done.stdout
    assert "其实是文本.xls" in done.stdout


def test_a_missing_file_ends_with_2_and_nothing_is_sent(client: Client, tmp_path: Path) -> None:
    done = client("upload", "--dataset", "xzxk_fr", tmp_path / "没有.xls")
    assert (done.returncode, "没有这样的文件" in done.stdout) == (2, True)


def test_a_dry_run_stores_when_confirmed(client: Client, tmp_path: Path) -> None:
    file = write(tmp_path / "试.xls", 31, 10)
    trial = client("upload", "--dataset", "xzxk_fr", "--dry-run", file)
    assert (trial.returncode, "待确认" in trial.stdout) == (0, True), trial.stdout
    done = client("upload", "--dataset", "xzxk_fr", "--dry-run", "--confirm", file)
    assert (done.returncode, "全部入库" in done.stdout) == (0, True), done.stdout


def test_a_wrong_token_ends_with_3(platform: Platform, tmp_path: Path) -> None:
    done = Client(platform.url, "credit_wrong")("upload", "--dataset", "xzxk_fr", write(tmp_path / "a.xls", 41, 2))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_no_token_ends_with_3_and_says_where_to_get_one(platform: Platform) -> None:
    done = Client(platform.url, "")("status", "1")
    assert (done.returncode, "--token-file" in done.stdout) == (3, True)


def test_a_platform_that_is_not_there_ends_with_3() -> None:
    done = Client("http://127.0.0.1:1", "credit_x")("template", "xzxk_fr")
    assert (done.returncode, "连不上" in done.stdout) == (3, True)


def test_an_address_without_its_scheme_is_wrong_use() -> None:
    done = Client("127.0.0.1:8080", "credit_x")("template", "xzxk_fr")
    assert (done.returncode, "http://" in done.stderr, "Traceback" in done.stderr) == (64, True, False)


def test_what_cannot_be_saved_ends_with_2_and_says_which_file(client: Client, tmp_path: Path) -> None:
    (tmp_path / "模板").touch()  # a file where a folder should be
    done = client("template", "xzxk_fr", "--out", tmp_path / "模板" / "许可.xls")
    assert (done.returncode, "模板" in done.stdout, "Traceback" in done.stderr) == (2, True, False)


def test_the_template_is_saved_as_a_workbook(client: Client, tmp_path: Path) -> None:
    done = client("template", "xzxk_fr", "--out", tmp_path / "模板.xls")
    assert done.returncode == 0, done.stdout + done.stderr
    assert xlrd.open_workbook(str(tmp_path / "模板.xls")).nsheets == 2


def test_a_token_is_read_from_a_file(platform: Platform, token: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token + "\n")
    out = tmp_path / "模板.xls"
    done = Client(platform.url, "")("template", "xzxk_fr", "--token-file", file, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
