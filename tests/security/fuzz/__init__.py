"""`make fuzz`: mutated workbooks through the worker's limited child, or the whole platform, for as long as you like.

make fuzz ARGS="--minutes 60 --seed 1"
make fuzz ARGS="--minutes 60 --seed 1 --platform"

What breaks it is kept under var/fuzz.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import psutil

from services.ingest import child
from services.ingest.workbook.failures import TEXTS
from services.ingest.workbook.inside import Limits
from tests.fixtures.platform import open_fragile
from tests.fixtures.room import ROOT
from tests.integration.test_ingest_odd_files import Read, read
from tests.security.fuzz import whole
from tests.security.mutations import mutated

# Tighter than in service, so that what is heavy shows soon.
LIMITS = Limits(memory_bytes=640 << 20, cpu_seconds=10)
SECONDS = 20.0
AT_ONCE = 2


async def judged(seed: int) -> tuple[str, str]:
    """What became of the file of this seed, and what was wrong about it; "" for nothing."""
    begun = time.monotonic()
    try:
        found = await read(mutated(seed), limits=LIMITS, seconds=SECONDS)
    except (child.ChildBroken, child.Interrupted) as error:
        return type(error).__name__, f"{type(error).__name__}: {error}"
    took = time.monotonic() - begun
    outcome = found.refused or "rows"
    if took > SECONDS + 10:
        return outcome, f"took {took:.0f} s"
    return outcome, fault_of(found)


def fault_of(found: Read) -> str:
    if found.refused is None:
        return "" if found.counts is not None else "neither rows nor a refusal"
    if found.refused not in TEXTS:
        return f"a refusal nobody knows: {found.refused}"
    return whole.fault_of_words(found.message)


def children() -> list[psutil.Process]:
    """Processes that opened a workbook and live on."""
    servers = [one for one in psutil.Process().children() if "forkserver" in " ".join(one.cmdline())]
    return [one for server in servers for one in server.children()]


async def run(seeds: Iterable[int], until: float = float("inf")) -> tuple[Counter[str], dict[int, str]]:
    """Outcomes, and by seed what was wrong."""
    outcomes, faults, left = Counter[str](), dict[int, str](), iter(seeds)
    await child.warm_up()

    async def work() -> None:
        for seed in left:
            if time.monotonic() > until:
                return
            outcome, fault = await judged(seed)
            outcomes[outcome] += 1
            if outcomes.total() % 1000 == 0:
                print(f"{outcomes.total()} files, {len(faults)} faults", file=sys.stderr, flush=True)
            if fault:
                faults[seed] = fault
                print(f"seed {seed}: {fault}", file=sys.stderr, flush=True)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return outcomes, faults


def through_the_platform(seeds: range, until: float) -> tuple[Counter[str], dict[int, str], list[str]]:
    with open_fragile(workers=1) as made:
        outcomes, faults = asyncio.run(whole.run(made, seeds, until))
        return outcomes, faults, whole.traces(made)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="the first; each file has the next one")
    parser.add_argument("--platform", action="store_true", help="from the door to what an officer is told")
    given = parser.parse_args()
    before = temporary()
    until = time.monotonic() + 60 * given.minutes
    seeds = range(given.seed, given.seed + 10**9)
    if given.platform:
        outcomes, faults, traces = through_the_platform(seeds, until)
    else:
        (outcomes, faults), traces = asyncio.run(run(seeds, until)), []
    kept = ROOT / "var" / "fuzz"
    for seed in faults:
        if seed >= 0:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / f"{seed}.xls").write_bytes(mutated(seed))
    print(f"{outcomes.total()} files, {len(faults)} faults, {len(temporary() - before)} temporary files left")
    print(", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    for trace in traces:
        print(f"bytes of a file in {trace}")
    return 1 if faults or traces else 0


def temporary() -> set[Path]:
    """What msoffcrypto, multiprocessing and we make by way of tempfile."""
    folder = Path(tempfile.gettempdir())
    return {*folder.glob("tmp*"), *folder.glob("pymp-*")}
