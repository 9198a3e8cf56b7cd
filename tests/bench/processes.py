"""What the kernel says about a process: its peak of memory, its CPU time, its children."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil


def peak_mb(pid: int) -> float:
    """The most memory (RSS) it ever held, in MB of 2**20 bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def forget_peak(pid: int) -> None:
    """Begin anew to note the peak (proc(5), clear_refs 5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its descendants, those that have ended and were waited for included."""
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return 0.0
    return sum(map(_own_and_waited_for, family))


def _own_and_waited_for(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / 100


class ChildrenWatch:
    """While it is open, notes the highest peak any descendant of `pids` shows; each is looked at every 10 ms."""

    def __init__(self, pids: list[int]) -> None:
        self._parents = [psutil.Process(pid) for pid in pids]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mb = 0.0

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            for parent in self._parents:
                try:
                    children = parent.children(recursive=True)
                except psutil.Error:
                    continue
                for child in children:
                    self.peak_mb = max(self.peak_mb, peak_mb(child.pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
