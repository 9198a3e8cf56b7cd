"""The figures of a run: as a table for people, as JSON for comparing runs."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.bench.files import FOLDER


class Figure(NamedTuple):
    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def reached(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    def line(self) -> str:
        mark = {True: "yes", False: "**no**", None: ""}[self.reached]
        return f"| {self.what} | {_short(self.value)} {self.unit} | {self.target} | {mark} | {self.note} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.3g}–{max(values):.3g}, {len(values)} runs"


def shares(spent: Mapping[str, float]) -> str:
    """CPU seconds by process, the largest first."""
    largest = sorted(spent.items(), key=lambda item: -item[1])
    return "CPU s: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in largest if seconds >= 0.01)


def machine() -> str:
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "?")
    return (
        f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def _cpuinfo() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def markdown(figures: Sequence[Figure]) -> str:
    head = "| figure | measured | target | reached | |\n| --- | --- | --- | --- | --- |"
    return "\n".join([f"{machine()}", "", head, *(figure.line() for figure in figures)])


def keep(name: str, figures: Sequence[Figure]) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    told = [figure._asdict() | {"reached": figure.reached} for figure in figures]
    path.write_text(json.dumps({"machine": machine(), "figures": told}, ensure_ascii=False, indent=1))
    path.with_suffix(".md").write_text(markdown(figures) + "\n")
    return path
