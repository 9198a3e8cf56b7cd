"""Retention: what goes after its time, and that nothing which stays is told differently afterwards."""

from collections.abc import AsyncGenerator

import pytest

from services.records.uploads.clearing import repository
from services.records.uploads.clearing.service import ClearingService, Days
from services.records.uploads.errors import WrongState
from shared.contracts.identity import Identity
from shared.contracts.statistics import LinkedFigures, StatisticsQuery
from shared.contracts.uploads import RowFilter, Upload, UploadFilter
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import ADMIN, Records, open_records, person, row

pytestmark = pytest.mark.integration


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


async def age(records: Records, days: int) -> None:
    """Everything so far happened so many days ago."""
    async with records.db.transaction() as conn:
        await conn.execute(
            """UPDATE upload SET applied_at = applied_at - make_interval(days => $1),
                                 uploaded_at = uploaded_at - make_interval(days => $1)""",
            days,
        )
        await conn.execute("UPDATE message SET created_at = created_at - make_interval(days => $1)", days)
        await conn.execute("UPDATE audit SET at = at - make_interval(days => $1)", days)


async def figures(records: Records) -> LinkedFigures:
    return (await records.services.statistics.figures(ADMIN, StatisticsQuery(group_by="month"))).totals


async def test_good_rows_of_old_uploads_go_and_nothing_else_changes(records: Records) -> None:
    reporter = person()
    first = await records.upload([row(1), row(2), row(3, DAY="2026-11-31")], reporter)
    correction = await records.register(reporter)
    await records.send(correction, [row(3)], origins={3: (first.id, 5)})
    again = await records.upload([row(1, "长治另一公司"), row(2)], reporter)
    waiting = await records.upload([row(9, DAY="2026-11-31")], reporter)
    before, living = await figures(records), await records.snapshot()

    clearing = ClearingService(records.db, Days(rows=730, messages=365))
    await age(records, 729)
    recent = await records.upload([row(20)], reporter)
    await clearing.sweep()
    assert (await records.get(first.id)).rows_cleared_at is None
    assert len(await records.fetch("SELECT FROM message")) == 1, "the recent upload's; those of two years ago went"

    await age(records, 2)
    await clearing.sweep()
    kept = await records.fetch("SELECT upload_id, row, outcome FROM ledger ORDER BY upload_id, row")
    assert {(one["upload_id"], one["row"], one["outcome"]) for one in kept} == {
        (first.id, 5, "closed"),
        (correction.id, 3, "accepted"),
        (again.id, 3, "updated"),
        (again.id, 4, "unchanged"),
        (waiting.id, 3, "rejected"),
        (recent.id, 3, "accepted"),
    }
    assert (await records.get(first.id)).rows_cleared_at is not None
    assert (await records.get(first.id)).counts.inserted == 3, "two, and the one that was corrected"
    assert (await records.get(recent.id)).rows_cleared_at is None
    listed = await records.services.ledger.page(reporter, waiting.id, RowFilter())
    assert [one.row for one in listed.items] == [3]
    assert [one for one in await records.snapshot() if one in living] == living

    # Undoing needs none of them.
    await records.services.undoing.undo(reporter, recent.id)
    assert await figures(records) == before
    for upload, touched in ((again, 1), (correction, 1), (first, 2)):
        undone = await records.services.undoing.undo(reporter, upload.id)
        assert undone.removed + undone.restored == touched, upload
    assert await records.living() == {}


async def test_of_old_uploads_only_counts_and_records_stay(records: Records) -> None:
    reporter = person()
    first = await records.upload([row(1), row(2), row(3, DAY="2026-11-31"), row(4, DAY="")], reporter)
    correction = await records.register(reporter)
    await records.send(correction, [row(3)], origins={3: (first.id, 5)})
    again = await records.upload([row(1, "长治另一公司"), row(2)], reporter)
    refused = await records.upload([row(7), row(8), row(9, DAY="")], reporter, mode="atomic")
    half = await records.upload([row(30, DAY=""), row(31, DAY="")], reporter, mode="atomic")
    closing = await records.register(reporter)
    await records.send(closing, [row(30)], origins={3: (half.id, 3)})
    tried = await records.upload([row(6), row(6, DAY="")], reporter, dry_run=True)
    before, living = await figures(records), await records.snapshot()
    clearing = ClearingService(records.db, Days(rows=730, uploads=1095), most=2)
    await age(records, 1096)
    fresh = await records.upload([row(20, DAY="")], reporter)
    await clearing.sweep()

    assert await records.snapshot() == living
    left = await records.fetch(
        "SELECT upload_id, row, outcome, values::text, problems FROM ledger WHERE upload_id <> $1", fresh.id
    )
    assert {(one["values"], one["problems"]) for one in left} == {("{}", None)}
    assert {(one["upload_id"], one["row"], one["outcome"]) for one in left} == {
        (first.id, 5, "closed"),
        (first.id, 6, "ignored"),
        (correction.id, 3, "accepted"),
        (again.id, 3, "updated"),
        (again.id, 4, "unchanged"),
        (half.id, 3, "closed"),
        (closing.id, 3, "accepted"),
    }
    assert [one.id for one in await waiting(records, reporter)] == [fresh.id]
    assert (await records.get(tried.id)).state == "cancelled"
    assert (await records.get(refused.id)).counts.rejected == 1
    for upload in (first, refused):
        assert (await records.get(upload.id)).emptied_at is not None
        with pytest.raises(WrongState, match="保存期"):
            await records.services.mending.mend(reporter, upload.id, 6, {"DAY": "2026-11-20"})

    await records.services.undoing.undo(reporter, fresh.id)
    after = await figures(records)
    assert (before.waiting, after.waiting) == (3, 0)  # what has gone can be mended no more
    assert after.model_copy(update={"waiting": before.waiting}) == before
    for upload, touched in ((again, 1), (correction, 1), (first, 2), (closing, 1)):
        undone = await records.services.undoing.undo(reporter, upload.id)
        assert undone.removed + undone.restored == touched, upload
        assert await waiting(records, reporter) == [], "what cannot be mended does not wait again"
    assert await records.living() == {}


async def test_an_upload_half_cleared_is_not_applied(records: Records) -> None:
    refused = await records.upload([row(7, DAY=""), row(8), row(9)], mode="atomic")
    async with records.db.transaction() as conn:  # and here the process dies
        assert await repository.drop_rows(conn, refused.id, 2) == 2
    [left] = await records.fetch("SELECT row, outcome FROM ledger")
    assert (left["row"], left["outcome"]) == (3, "rejected")


async def waiting(records: Records, reporter: Identity) -> list[Upload]:
    return (await records.services.uploads.page(reporter, UploadFilter(waiting="rows"))).items


async def test_audit_lines_go_after_their_time(records: Records) -> None:
    clearing = ClearingService(records.db, Days(audit=1095), most=2)
    for number in range(5):
        await records.upload([row(number)])
    lines = "SELECT object FROM audit ORDER BY audit_id"
    assert len(await records.fetch(lines)) == 5
    await age(records, 1094)
    young = await records.upload([row(9)])
    await clearing.sweep()
    assert len(await records.fetch(lines)) == 6
    await age(records, 2)
    await clearing.sweep()
    assert [line["object"] for line in await records.fetch(lines)] == [
        f"upload {young.id} dataset {young.dataset.code}"
    ]


async def test_zero_keeps_everything(records: Records) -> None:
    await records.upload([row(1)])
    await age(records, 10_000)
    await ClearingService(records.db, Days()).sweep()
    assert len(await records.fetch("SELECT FROM ledger")) == 1
    assert len(await records.fetch("SELECT FROM message")) == 1
    assert len(await records.fetch("SELECT FROM audit")) == 1
