"""A short storm; `make storm` is the long one."""

import subprocess
import sys

import pytest

from tests.fixtures.room import ROOT

pytestmark = pytest.mark.integration


def test_in_a_short_storm_nothing_is_lost_and_nothing_doubled() -> None:
    words = [sys.executable, "-m", "tests.faults.storm", "--minutes", "0.2", "--seed", "7"]
    done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
