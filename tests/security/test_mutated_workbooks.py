"""Workbooks damaged at every joint, through the worker's limited child: rows, or a refusal that says what to do.

`make fuzz` goes on for hours; seeds that once broke something stay here.
"""

import asyncio

from services.ingest.workbook.failures import TEXTS
from tests.fixtures.platform import open_fragile
from tests.integration.test_ingest_odd_files import read
from tests.security.fuzz import LIMITS, children, run, whole
from tests.security.mutations import mutated

FILES = 400
TWICE = 25
THROUGH = 200
ONCE_BROKE: list[int] = []  # of `make fuzz`: none so far


async def test_no_damage_breaks_the_reader_or_is_left_unexplained() -> None:
    outcomes, faults = await run([*ONCE_BROKE, *range(1_000_000, 1_000_000 + FILES)])
    assert faults == {}
    assert outcomes.total() == len(ONCE_BROKE) + FILES
    # Damage of every depth: some is survived, some is told.
    assert outcomes["rows"] > FILES / 10
    assert len(set(outcomes) & set(TEXTS)) >= 3
    async with asyncio.timeout(10):
        while children():
            await asyncio.sleep(0.05)


async def test_the_same_file_is_told_the_same() -> None:
    for seed in range(2_000_000, 2_000_000 + TWICE):
        first, second = [await read(mutated(seed), limits=LIMITS) for _ in range(2)]
        assert (first.refused, first.message, first.notices) == (second.refused, second.message, second.notices), seed
        assert [(row.row, row.values, row.problems) for row in first.rows] == [
            (row.row, row.values, row.problems) for row in second.rows
        ], seed


def test_damaged_files_go_through_the_platform_and_harm_nothing() -> None:
    with open_fragile(workers=1) as made:
        outcomes, faults = asyncio.run(whole.run(made, range(3_000_000, 3_000_000 + THROUGH)))
        assert faults == {}
        assert outcomes.total() == THROUGH
        assert whole.traces(made) == []
