"""Workbooks damaged at every joint, through the worker's limited child: rows, or a refusal that says what to do.

`make fuzz` goes on for hours; here it is a minute, of files that are the same each day and of files of the day. A fault
is named by its seed: `make fuzz ARGS="--seed SEED"` begins with that file. What was found so far was no file's doing
alone and is a test elsewhere: two children begun and ended at once, a child whose parent is gone (both
tests/integration/test_ingest_odd_files.py), a file made too large by damage (test_ingest_door.py), one of one byte.
"""

import asyncio
import random
import time
from itertools import chain
from struct import calcsize

import pytest

from services.ingest.workbook.failures import TEXTS
from shared.clock import today
from tests import odd_workbooks as odd
from tests.fixtures.platform import open_fragile
from tests.integration.test_ingest_odd_files import read
from tests.security.box_damages import BOX_DAMAGES, BoxDamage
from tests.security.fuzz import LIMITS, children, run, whole
from tests.security.mutations import mutated, originals, records_in, with_records_damaged
from tests.security.record_damages import AIMS, LEADING, Damage, Records, aimed, led_elsewhere, split, told

FIXED = range(1_000_000, 1_000_200)
OF_THE_DAY = range(today().toordinal() * 1_000_000, (today().toordinal() + 1) * 1_000_000)
SECONDS = 25  # of files of the day, through the child and through the platform each
TWICE = 10
ROUNDS = 300


async def test_no_damage_breaks_the_reader_or_is_left_unexplained() -> None:
    outcomes, faults = await run(FIXED)
    assert faults == {}
    assert outcomes.total() == len(FIXED)
    # Damage of every depth: some is survived, some is told.
    assert outcomes["rows"] > len(FIXED) / 10
    assert len(set(outcomes) & set(TEXTS)) >= 3
    outcomes, faults = await run(OF_THE_DAY, time.monotonic() + SECONDS)
    assert faults == {}
    assert outcomes.total() > 0
    async with asyncio.timeout(10):
        while children():
            await asyncio.sleep(0.05)


async def test_the_same_file_is_told_the_same() -> None:
    for seed in OF_THE_DAY[-TWICE:]:
        first, second = [await read(mutated(seed), limits=LIMITS) for _ in range(2)]
        assert (first.refused, first.message, first.notices) == (second.refused, second.message, second.notices), seed
        assert [(row.row, row.values, row.problems) for row in first.rows] == [
            (row.row, row.values, row.problems) for row in second.rows
        ], seed


def test_damaged_files_go_through_the_platform_and_harm_nothing() -> None:
    with open_fragile(workers=1) as made:
        seeds = chain(FIXED[: whole.EARLY], OF_THE_DAY)
        outcomes, faults = asyncio.run(whole.run(made, seeds, time.monotonic() + SECONDS))
        assert faults == {}
        assert outcomes.total() >= whole.EARLY
        assert whole.traces(made) == []


@pytest.mark.parametrize("damage", sorted(set(BOX_DAMAGES), key=BOX_DAMAGES.index), ids=lambda damage: damage.__name__)
def test_each_part_of_the_box_is_damaged(damage: BoxDamage) -> None:
    whole_one, seen = odd.mini_boxed(odd.biff5_stream()), set[bytes]()
    for seed in range(ROUNDS):
        box = bytearray(whole_one)
        damage(random.Random(seed), box)
        seen.add(bytes(box))
    assert len(seen - {whole_one}) > 10
    assert {len(box) for box in seen} == {len(whole_one)}


def test_each_number_of_a_record_that_leads_the_reader_is_damaged() -> None:
    hit = set[tuple[int, int]]()
    for records in map(records_in, originals()):
        for seed in range(ROUNDS):
            damaged = list(records)
            aimed(random.Random(seed), damaged)
            for (kind, body), (_, now) in zip(records, damaged, strict=True):
                if body != now:
                    hit |= {
                        (kind, at)
                        for at, form in AIMS[kind]
                        if body[at:][: calcsize(form)] != now[at:][: calcsize(form)]
                    }
    assert hit == {(kind, at) for kind, numbers in AIMS.items() for at, _ in numbers}


@pytest.mark.parametrize(
    ("damage", "name"), [(led_elsewhere, "BOUNDSHEET"), (split, "CONTINUE"), (told, "FORMULA"), (told, "STRING")]
)
def test_sheets_strings_and_results_are_damaged(damage: Damage, name: str) -> None:
    def those(records: Records) -> list[bytes]:
        return [body for kind, body in records if kind == LEADING[name]]

    whole_one = originals()[1]
    damaged = [with_records_damaged(random.Random(seed), whole_one, damage) for seed in range(ROUNDS // 10)]
    assert sum(those(records_in(one)) != those(records_in(whole_one)) for one in damaged) > len(damaged) / 2
