"""What `make check` relies on finds what it should: a guard that cannot fail guards nothing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.room import ROOT

# Put together here, else the scan would find them in this file.
PLANTED = {
    "a private key": ("services/a.py", "-----BEGIN " + "PRIVATE KEY-----"),
    "an RSA key": ("deploy/a.pem", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    "an access key": ("shared/a.yaml", "AKIA" + "ABCDEFGHIJKLMNOP"),
    "a signing key of ours": ("tests/a.json", '{"kty": "OKP", "d": "' + "a" * 43 + '"}'),
    "an API token of ours": ("README.md", "credit_" + "a" * 43),
    "a database's password": ("deploy/a.yml", "url: postgresql://records:" + "hunter2hunter2@db/records"),
    "a broker's password": ("Makefile", "amqp://records:" + "hunter2hunter2@mq/"),
    "a registry in a lock": ("requirements.lock", "--index-url https://" + "registry.example/simple"),
    "a host in npm's lock": ("package-lock.json", '"resolved": "https:' + '//registry.example/a.tgz"'),
    "work left open": ("services/a.py", "# TO" + "DO: check the signature"),
    "a password file": ("var/admin-password", "x"),
    "an environment": (".env", "X=1"),
}


def scan(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([folder / "deploy" / "scan.sh"], capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "scan.sh", tmp_path / "deploy")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_a_clean_tree_passes_the_scan(repository: Path) -> None:
    done = scan(repository)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("what", PLANTED)
def test_what_must_not_be_committed_fails_the_scan(repository: Path, what: str) -> None:
    name, text = PLANTED[what]
    path = repository / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")
    subprocess.run(["git", "add", "--force", "."], cwd=repository, check=True)
    done = scan(repository)
    assert done.returncode == 1
    assert name in done.stderr


DANGEROUS = ["subprocess.run(line, shell=True)", "hashlib.md5(line)", "yaml.load(line)", "eval(line)"]


@pytest.mark.parametrize("line", [*DANGEROUS, "hashlib.sha256(line)"])
def test_bandit_fails_on_dangerous_code_with_our_settings(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(f"import hashlib\nimport subprocess\nimport yaml\n\ndef a(line):\n    {line}\n")
    words = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Issue:" in done.stdout) == ((1, True) if line in DANGEROUS else (0, False)), done


def test_check_runs_them_all() -> None:
    """`make check` in CI: each of its parts is a command whose failure is the target's."""
    wanted = "lint types imports security web-check scan"
    assert f"check: install-dev {wanted} ##" in (ROOT / "Makefile").read_text()
    assert "\nmake check\n" in (ROOT / ".ci" / "run").read_text()


def test_every_proof_that_the_threats_name_is_there() -> None:
    named = re.findall(r"\b((?:security|integration|e2e)/)?(test_\w+)", (ROOT / "deploy" / "THREATS.md").read_text())
    assert len(named) > 20
    for folder, name in named:
        assert list((ROOT / "tests").glob(f"{folder or '*/'}{name}*.py")), name
