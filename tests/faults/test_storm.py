"""A short storm; `make storm` is the long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.storm.scene import unshare
from tests.fixtures.room import ROOT

pytestmark = pytest.mark.integration


def storm(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.storm", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_in_a_short_storm_nothing_is_lost_and_nothing_doubled(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody may mount anything it goes without the disk that fills up, and says so on the terminal."""
    disk = bool(unshare())
    if not disk:
        with capsys.disabled():
            print("\nnobody may mount a file system here: the short storm goes --without-disk")
    done = storm("--minutes", "0.2", "--seed", "7", *([] if disk else ["--without-disk"]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("blobs full" in done.stdout) == disk
    assert ("did NOT fill up" in done.stdout) != disk


def test_a_storm_that_cannot_fill_a_disk_does_not_begin_unasked(tmp_path: Path) -> None:
    done = storm("--minutes", "0.2", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "--without-disk" in done.stderr
    assert done.stdout == ""
