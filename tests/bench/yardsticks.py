"""Runs a yardstick as a process of its own, one run at a time, so that its runs alternate with the platform's."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.processes import peak_mb
from tests.fixtures.room import ROOT

Run = dict[str, float]


def serve(once: Callable[[], Run]) -> None:
    """The yardstick's side: one run, and one line of JSON, for every line that comes in."""
    for _ in sys.stdin:
        print(json.dumps(once()), flush=True)


class Yardstick:
    def __init__(self, module: str, path: Path, database: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}", str(path), database],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def once(self) -> Run:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the yardstick ended with {self._process.wait()}")
        run: Run = json.loads(line)
        run["peak_mb"] = peak_mb(self._process.pid)
        return run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)
