"""Rejected rows mended in place, many at once, or set aside; what the state of an upload allows."""

from collections.abc import AsyncGenerator

import pytest

from services.records.datasets import repository as datasets
from services.records.uploads.errors import (
    RowNotFound,
    RowNotWaiting,
    UploadBusy,
    UploadNotFound,
    ValuesInvalid,
    WrongState,
)
from shared.clock import today
from shared.contracts.ingest import UploadChanged
from shared.contracts.mending import ComparisonFilter, ReplaceValue
from shared.contracts.uploads import Outcome, RowFilter
from shared.datasets.definition import FieldDefinition
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import ADMIN, DATASET, Records, open_records, person, row

pytestmark = pytest.mark.integration


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


async def test_a_mended_row_is_stored_and_the_counts_follow(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name=""), row(3, name="")])
    mending = records.services.mending
    first = await mending.mend(person(), upload.id, 4, {"NAME": "补上的公司"})
    assert (first.outcome, first.problems, first.values["NAME"]) == ("corrected", [], "补上的公司")
    assert first.record_id is not None
    now = await records.get(upload.id)
    assert (now.state, now.counts.inserted, now.counts.rejected, now.counts.corrected) == ("partly_stored", 2, 1, 1)
    await mending.mend(person(), upload.id, 5, {"NAME": "又一家公司"})
    now = await records.get(upload.id)
    assert (now.state, now.counts.inserted, now.counts.rejected, now.counts.corrected) == ("stored", 3, 0, 2)
    assert now.counts.total == 3
    assert (await records.living())["文号2"] == "补上的公司"
    assert await records.tally_is_exact()


async def test_a_row_that_is_still_wrong_keeps_waiting_with_its_new_problems(records: Records) -> None:
    upload = await records.upload([row(1, name="")])
    again = await records.services.mending.mend(person(), upload.id, 3, {"NAME": "公司", "DAY": "明天"})
    assert again.outcome == "rejected"
    assert [(one.code, one.cell) for one in again.problems] == [("not_a_date", "E3")]
    assert (await records.get(upload.id)).counts.corrected == 0


async def test_a_mended_row_may_update_a_record(records: Records) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1, name="")])
    mended = await records.services.mending.mend(person(), upload.id, 3, {"NAME": "改名公司"})
    assert mended.outcome == "corrected"
    counts = (await records.get(upload.id)).counts
    assert (counts.updated, counts.rejected, counts.total) == (1, 0, 1)
    assert await records.living() == {"文号1": "改名公司"}


async def test_who_mends_is_who_made_the_record(records: Records) -> None:
    upload = await records.upload([row(1, name="")])
    await records.services.mending.mend(ADMIN, upload.id, 3, {"NAME": "公司"})
    assert [one[0] for one in await records.fetch("SELECT created_by FROM record")] == [ADMIN.user_id]
    actions = [one[0] for one in await records.fetch("SELECT action FROM audit ORDER BY audit_id")]
    assert actions == ["upload.registered", "row.mended"]


async def test_a_key_that_stands_in_another_row_of_the_file_is_refused(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")])
    again = await records.services.mending.mend(person(), upload.id, 4, {"NO": "文号1", "NAME": "公司"})
    assert (again.outcome, [one.code for one in again.problems]) == ("rejected", ["duplicate_in_file"])
    assert (await records.living()) == {"文号1": "长治某公司"}


async def test_on_duplicate_reject_holds_for_mended_rows_too(records: Records) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1, name=""), row(2)], on_duplicate="reject")
    again = await records.services.mending.mend(person(), upload.id, 3, {"NAME": "公司"})
    assert (again.outcome, again.problems[-1].code) == ("rejected", "duplicate_existing")
    counts = (await records.get(upload.id)).counts
    assert (counts.rejected, counts.corrected, counts.inserted) == (1, 0, 1)


@pytest.mark.parametrize(
    ("way", "good", "severity", "words"),
    [
        ("update", True, "warning", "更新那条记录"),
        ("skip", True, "warning", "保留了原有记录"),
        ("reject", False, "error", "请删去这一行"),
    ],
)
async def test_trying_a_row_says_what_becomes_of_the_record_that_is_there(
    records: Records, way: str, good: bool, severity: str, words: str
) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1, name="")], on_duplicate=way)
    mending = records.services.mending
    tried = await mending.check(person(), upload.id, 3, {"NAME": "公司"})
    problem = tried.problems[-1]
    assert (tried.good, problem.code, problem.severity, problem.cell) == (good, "duplicate_existing", severity, "A3")
    assert words in problem.message
    assert (await records.get(upload.id)).counts.rejected == 1, "nothing was changed"
    assert ((await mending.mend(person(), upload.id, 3, {"NAME": "公司"})).outcome == "corrected") is good


async def test_trying_a_row_knows_the_other_rows_of_the_file(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")], dry_run=True)
    tried = await records.services.mending.check(person(), upload.id, 4, {"NO": "文号1", "NAME": "公司"})
    assert (tried.good, [one.code for one in tried.problems]) == (False, ["duplicate_in_file"])
    alone = await records.services.mending.check(person(), upload.id, 4, {"NAME": "公司"})
    assert (alone.good, alone.problems, alone.values["NAME"]) == (True, [], "公司")


async def test_a_row_is_mended_by_the_version_it_was_checked_by(records: Records) -> None:
    """A later version wants a field more, and another department reports it: the row of today is not theirs."""
    upload = await records.upload([row(1, name="")])
    more = FieldDefinition(code="MORE", label="新加的", required=True)
    later = DATASET.model_copy(update={"version": 2, "fields": [*DATASET.fields, more], "departments": ["other"]})
    async with records.db.transaction() as conn:
        await datasets.add_version(conn, later, "测试")
    uploads, mending = records.services.uploads, records.services.mending
    definition = await uploads.dataset(person(), upload.id)
    assert (definition.version, [field.code for field in definition.fields]) == (
        1,
        [field.code for field in DATASET.fields],
    )
    with pytest.raises(UploadNotFound):
        await uploads.dataset(person("d2"), upload.id)
    assert (await mending.check(person(), upload.id, 3, {"NAME": "公司"})).good
    with pytest.raises(ValuesInvalid):
        await mending.check(person(), upload.id, 3, {"MORE": "x"})
    assert (await mending.mend(person(), upload.id, 3, {"NAME": "公司"})).outcome == "corrected"


async def test_an_atomic_upload_is_stored_once_its_last_row_is_mended(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name=""), row(3, name="")], mode="atomic")
    mending = records.services.mending
    waiting = await mending.mend(person(), upload.id, 4, {"NAME": "公司二"})
    assert (waiting.outcome, waiting.record_id) == ("pending", None)
    now = await records.get(upload.id)
    assert (now.state, now.counts.rejected, now.counts.corrected, now.counts.inserted) == ("rejected", 1, 0, 0)
    assert await records.living() == {}
    await mending.mend(person(), upload.id, 5, {"NAME": "公司三"})
    now = await records.get(upload.id)
    assert (now.state, now.counts.inserted, now.counts.corrected) == ("stored", 3, 2)
    assert len(await records.living()) == 3


async def test_an_ignored_row_stays_among_the_rejected(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")])
    ignored = await records.services.mending.ignore(person(), upload.id, 4, "重复填报")
    assert ignored.outcome == "ignored"
    now = await records.get(upload.id)
    assert (now.state, now.counts.rejected, now.counts.ignored) == ("partly_stored", 1, 1)
    mended = await records.services.mending.mend(person(), upload.id, 4, {"NAME": "还是要报"})
    assert mended.outcome == "corrected"
    assert (await records.get(upload.id)).counts.ignored == 0


async def test_one_wrong_value_is_replaced_in_every_row_that_holds_it(records: Records) -> None:
    bad = [row(n, DAY="去年") for n in range(1, 6)]
    upload = await records.upload([*bad, row(6, name="", DAY="去年"), row(7, DAY="前年"), row(8)])
    done = await records.services.mending.replace(
        person(), upload.id, ReplaceValue(field="DAY", from_="去年", to="2025-11-20")
    )
    assert (done.rows, done.corrected) == (6, 5)
    assert (done.upload.counts.inserted, done.upload.counts.rejected, done.upload.counts.corrected) == (6, 2, 5)
    assert len(await records.living()) == 6
    assert await records.tally_is_exact()


async def test_replacing_leaves_what_was_applied_before_alone(records: Records) -> None:
    await records.upload([row(1), row(2)])
    upload = await records.upload([row(3, DAY="x"), row(1, name="改名公司"), row(4), row(2, DAY="x")])
    revisions = len(await records.fetch("SELECT FROM revision"))
    await records.services.mending.replace(person(), upload.id, ReplaceValue(field="DAY", from_="x", to="2025-01-02"))
    counts = (await records.get(upload.id)).counts
    assert (counts.inserted, counts.updated, counts.rejected) == (2, 2, 0)
    assert len(await records.fetch("SELECT FROM revision")) == revisions + 1
    assert len(await records.living()) == 4


async def test_mending_a_dry_run_changes_its_forecast(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")], dry_run=True)
    await records.services.mending.mend(person(), upload.id, 4, {"NAME": "公司"})
    now = await records.get(upload.id)
    assert (now.state, now.counts.inserted, now.counts.rejected) == ("awaiting_confirmation", 2, 0)
    assert (await records.services.mending.confirm(person(), upload.id)).state == "stored"
    assert len(await records.living()) == 2


async def test_a_dry_run_shows_before_and_after_and_what_the_public_sees(records: Records) -> None:
    await records.upload([row(1), row(2)])
    upload = await records.upload([row(1), row(2, name="改名公司"), row(3)], dry_run=True)
    ledger = records.services.ledger
    page = await ledger.compare(person(), upload.id, ComparisonFilter())
    assert [(one.row, one.forecast, one.changed) for one in page.items] == [
        (3, "unchanged", []),
        (4, "updated", ["NAME"]),
        (5, "inserted", ["NO", "NAME", "DAY"]),
    ]
    assert page.items[1].before is not None
    assert (page.items[1].before["NAME"], page.items[1].after["NAME"]) == ("长治某公司", "改名公司")
    assert page.items[1].public == {"NAME": "改名公司", "DAY": "2026-11-20"}
    only = await ledger.compare(person(), upload.id, ComparisonFilter(forecast="updated"))
    assert (only.total, [one.row for one in only.items]) == (1, [4])
    await records.services.mending.confirm(person(), upload.id)
    with pytest.raises(WrongState):
        await ledger.compare(person(), upload.id, ComparisonFilter())


async def test_what_the_state_does_not_allow_is_refused(records: Records) -> None:
    mending = records.services.mending
    running = await records.register()
    with pytest.raises(UploadBusy):
        await mending.mend(person(), running.id, 3, {"NAME": "x"})
    with pytest.raises(UploadBusy):
        await records.services.undoing.undo(person(), running.id)
    with pytest.raises(UploadBusy):
        await records.services.undoing.delete(person(), running.id)
    stored = await records.upload([row(1), row(2, name="")])
    with pytest.raises(WrongState):
        await mending.confirm(person(), stored.id)
    with pytest.raises(RowNotFound):
        await mending.mend(person(), stored.id, 99, {"NAME": "x"})
    with pytest.raises(RowNotWaiting):
        await mending.mend(person(), stored.id, 3, {"NAME": "x"})
    with pytest.raises(RowNotWaiting):
        await mending.ignore(person(), stored.id, 3, "")
    with pytest.raises(ValuesInvalid):
        await mending.mend(person(), stored.id, 4, {"NO_SUCH": "x"})
    waiting = await records.upload([row(5)], dry_run=True)
    with pytest.raises(WrongState):
        await records.services.undoing.delete(person(), waiting.id)
    await records.services.undoing.undo(person(), stored.id)
    with pytest.raises(WrongState):
        await mending.mend(person(), stored.id, 4, {"NAME": "x"})
    with pytest.raises(WrongState):
        await records.services.undoing.undo(person(), stored.id)


async def test_rows_are_paged_and_filtered_with_their_deadlines(records: Records) -> None:
    upload = await records.upload([row(n, name="" if n % 5 == 0 else "公司") for n in range(1, 31)])
    ledger = records.services.ledger
    second = await ledger.page(person(), upload.id, RowFilter(page=2, size=10))
    assert (second.total, [one.row for one in second.items]) == (30, list(range(13, 23)))
    inserted = await ledger.page(person(), upload.id, RowFilter(outcome=Outcome.INSERTED, size=200))
    assert inserted.total == len(inserted.items) == 24
    assert len({one.record_id for one in inserted.items}) == 24
    rejected = await ledger.page(person(), upload.id, RowFilter(outcome=Outcome.REJECTED))
    assert rejected.total == 6
    assert all(one.deadline is not None and one.deadline.days >= 0 for one in inserted.items)
    late = await records.upload([row(99, DAY="2020-01-02")])
    deadline = (await ledger.page(person(), late.id, RowFilter())).items[0].deadline
    assert deadline is not None
    assert (deadline.on_time, deadline.due_on.isoformat()) == (False, "2020-01-13")
    assert deadline.days < -1000


async def test_a_mended_row_closes_the_row_it_was_to_correct(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")])
    new = await records.register()
    await records.send(new, [row(2, name="")], origins={3: (old.id, 4)})
    assert (await records.get(old.id)).counts.rejected == 1
    records.announced.clear()
    await records.services.mending.mend(person(), new.id, 3, {"NAME": "补上的公司"})
    now = await records.get(old.id)
    assert (now.state, now.counts.rejected, now.counts.corrected, now.counts.inserted) == ("stored", 0, 1, 2)
    assert {one.upload.id for one in records.announced if isinstance(one, UploadChanged)} == {old.id, new.id}
    page = await records.services.ledger.page(person(), old.id, RowFilter(outcome=Outcome.CORRECTED))
    [stored] = await records.fetch("SELECT record_id::text FROM record WHERE document = '文号2'")
    assert [one.record_id for one in page.items] == [stored["record_id"]]


async def test_a_refused_upload_that_is_stored_at_last_closes_its_earlier_rows(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")])
    new = await records.register(mode="atomic")
    await records.send(new, [row(2), row(3, name="")], origins={3: (old.id, 4)})
    assert (await records.get(old.id)).counts.rejected == 1, "nothing of a refused upload corrects anything"
    await records.services.mending.mend(person(), new.id, 4, {"NAME": "补上的公司"})
    assert (await records.get(old.id)).state == "stored"


async def test_deadlines_count_to_the_day_a_row_was_mended(records: Records) -> None:
    upload = await records.register()
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET uploaded_at = '2018-01-31 23:30+08'")
    await records.send(upload, [row(1, DAY="2018-01-30"), row(2, name="", DAY="2018-01-30")])
    await records.services.mending.mend(person(), upload.id, 4, {"NAME": "补上的公司"})
    [counted] = await records.fetch("SELECT on_time, late FROM upload")
    assert tuple(counted) == (1, 1)
    days = await records.fetch("SELECT created_at::date::text AS day FROM record ORDER BY source_row")
    assert [one["day"] for one in days] == ["2018-01-31", today().isoformat()]
    page = await records.services.ledger.page(person(), upload.id, RowFilter())
    assert [one.deadline and one.deadline.on_time for one in page.items] == [True, False]


async def test_a_dry_run_is_reported_when_it_is_confirmed(records: Records) -> None:
    upload = await records.register(dry_run=True)
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET uploaded_at = '2018-01-31 12:00+08'")
    await records.send(upload, [row(1, DAY="2018-01-30")])
    await records.services.mending.confirm(person(), upload.id)
    [counted] = await records.fetch("SELECT on_time, late FROM upload")
    assert tuple(counted) == (0, 1)


async def test_decision_dates_no_calendar_holds_are_shown_and_mended(records: Records) -> None:
    upload = await records.upload([row(1), row(2, DAY="9999-12-31", NAME=""), row(3, DAY="0001-01-01", NAME="")])
    page = await records.services.ledger.page(person(), upload.id, RowFilter())
    assert [one.deadline is None for one in page.items] == [False, True, True]
    mended = await records.services.mending.mend(person(), upload.id, 5, {"NAME": "公司"})
    assert (mended.outcome, [one.field for one in mended.problems]) == ("rejected", ["DAY"])


async def test_a_refused_upload_off_the_list_is_not_stored_unseen(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")], mode="atomic")
    await records.services.undoing.delete(person(), old.id)
    new = await records.register()
    await records.send(new, [row(2)], origins={3: (old.id, 4)})
    assert list(await records.living()) == ["文号2"]
