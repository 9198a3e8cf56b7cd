"""Whatever officers and workers do at the same time, the figures hold, and undoing everything leaves nothing."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import UUID

import pytest

from services.records.entries.service import EXPORTS_AT_ONCE
from services.records.uploads import repository as uploads
from shared.contracts.mending import ReplaceValue
from shared.contracts.records import NewRecord, RecordQuery
from shared.errors import Conflict, NotFound
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import Records, open_records, person, row

pytestmark = pytest.mark.integration

UPLOADS = 60
AT_ONCE = 8


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


class Officers:
    """Two departments that upload overlapping rows and then do this and that to any of their uploads."""

    def __init__(self, records: Records, seed: int) -> None:
        self.records = records
        self.chance = random.Random(seed)
        self.uploads: list[tuple[UUID, str]] = []
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def work(self, number: int) -> None:
        async with self._turn:
            department = f"d{number % 2}"
            await self.upload(department)
            for _ in range(4):
                with suppress(Conflict, NotFound):  # the state does not allow it, or that row is not there
                    await self.do_something()

    async def upload(self, department: str) -> None:
        chance = self.chance
        rows = [
            row(n, name="" if chance.random() < 0.2 else f"公司{chance.randrange(5)}")
            for n in chance.sample(range(40), 15)
        ]
        upload = await self.records.register(
            person(department),
            dry_run=chance.random() < 0.2,
            mode=chance.choice(["partial", "partial", "atomic"]),
            on_duplicate=chance.choice(["update", "update", "skip", "reject"]),
        )
        mine = [one for one, owner in self.uploads if owner == department]
        origins = {n: (chance.choice(mine), 3 + chance.randrange(10)) for n in (3, 4)} if mine else None
        await self.records.send(upload, rows, origins=origins)
        self.uploads.append((upload.id, department))

    async def do_something(self) -> None:
        upload_id, department = self.chance.choice(self.uploads)
        identity, line, luck = person(department), 3 + self.chance.randrange(12), self.chance.random()
        mending = self.records.services.mending
        if luck < 0.4:
            await mending.mend(identity, upload_id, line, {"NAME": "补上的公司"})
        elif luck < 0.5:
            await mending.ignore(identity, upload_id, line, "")
        elif luck < 0.6:
            await mending.replace(identity, upload_id, ReplaceValue(field="NAME", from_="", to="批量补上"))
        elif luck < 0.75:
            await mending.confirm(identity, upload_id)
        elif luck < 0.8:
            await mending.cancel(identity, upload_id)
        else:
            await self.records.services.undoing.undo(identity, upload_id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_hold_and_everything_can_be_undone(records: Records, seed: int) -> None:
    officers = Officers(records, seed)
    await asyncio.gather(*(officers.work(number) for number in range(UPLOADS)))

    assert await records.tally_is_exact()
    wrong_totals = await records.fetch(
        "SELECT upload_id FROM upload WHERE applied_at IS NOT NULL"
        " AND total <> inserted + updated + unchanged + rejected"
    )
    assert wrong_totals == []
    wrong_rejected = await records.fetch(
        "SELECT u.upload_id FROM upload u JOIN ledger l USING (upload_id) WHERE u.applied_at IS NOT NULL"
        " GROUP BY u.upload_id HAVING count(*) FILTER (WHERE l.outcome IN ('rejected', 'ignored')) <> u.rejected"
    )
    assert wrong_rejected == []
    lost = await records.fetch(
        "SELECT l.upload_id, l.row FROM upload u JOIN ledger l USING (upload_id)"
        " WHERE u.applied_at IS NOT NULL AND l.outcome = 'accepted' AND NOT EXISTS"
        " (SELECT FROM record r WHERE r.source_upload_id = l.upload_id AND r.source_row = l.row)"
    )
    assert lost == [], "a row that counts as stored has no record"

    for upload_id, department in officers.uploads:
        with suppress(Conflict):  # nothing of it is stored, or it is undone already
            await records.services.undoing.undo(person(department), upload_id)
    assert await records.living() == {}
    assert await records.tally_is_exact()


async def test_an_entry_by_hand_holds_up_no_upload_of_another_dataset(records: Records) -> None:
    """It waits for the keys of its own dataset, which a large file holds while it is applied."""
    reporter = person("d1")
    await records.register(reporter)
    async with records.db.transaction() as applying:
        await uploads.lock_keys(applying, "licences", "d1")
        wanted = NewRecord(dataset="licences", values=row(1))
        entering = asyncio.create_task(records.services.changes.create(reporter, wanted))
        while not await records.fetch("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            await records.register(reporter, dataset="penalties")
        assert not entering.done()
    assert (await entering).revision == 1


async def test_exports_leave_connections_to_everybody_else(records: Records) -> None:
    """Each holds one until its last row is taken; of one department there is one at a time."""
    entries, wanted = records.services.entries, RecordQuery(dataset="licences")
    for number in range(EXPORTS_AT_ONCE + 1):
        await records.upload([row(1)], person(f"d{number}"))
    opened = [await entries.export(person(f"d{number}"), wanted, {}) for number in range(EXPORTS_AT_ONCE + 1)]
    (_, again) = await entries.export(person("d0"), wanted, {})
    async with asyncio.timeout(10):
        for _, under_way in opened[:-1]:
            await anext(under_way)
    waiting = [asyncio.ensure_future(anext(each)) for each in (opened[-1][1], again)]
    done, _ = await asyncio.wait(waiting, timeout=0.3)
    assert not done
    for _, under_way in opened[:-1]:
        await under_way.aclose()
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)
    for under_way in (opened[-1][1], again):
        await under_way.aclose()
