"""From the worker's words to records: every row once, all at once, as mode and on_duplicate say."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest

from shared.contracts.ingest import UploadChanged, UploadChecked, UploadFailed, UserMessaged
from shared.contracts.uploads import FailureCode, Outcome, RowFilter, Severity, UploadState
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import (
    ADMIN,
    ORG_CODE,
    PENALTIES,
    Records,
    checked,
    open_beside,
    open_records,
    person,
    row,
)

pytestmark = pytest.mark.integration


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


async def test_good_rows_become_records_and_bad_ones_wait(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name=""), row(3, REGION="140400", ORG="")])
    assert upload.state == "partly_stored"
    assert (upload.counts.total, upload.counts.inserted, upload.counts.rejected) == (3, 2, 1)
    assert (upload.progress.rows_total, upload.progress.rows_done) == (3, 3)
    assert upload.finished_at is not None
    assert await records.living() == {"文号1": "长治某公司", "文号3": "长治某公司"}
    assert await records.tally_is_exact()


async def test_columns_of_a_record_are_read_from_its_values(records: Records) -> None:
    await records.upload([row(1, ORG=ORG_CODE, REGION="140400", UNTIL="2027-01-31"), row(2, UNTIL="2099-12-31")])
    found = await records.fetch(
        "SELECT name, identifiers, region, document, decided_on::text, published_until::text, changed_by_upload_id,"
        " source_upload_id, source_row, revision FROM record ORDER BY source_row"
    )
    first, last = found
    assert (first["name"], first["document"], first["decided_on"]) == ("长治某公司", "文号1", "2026-11-20")
    assert (first["identifiers"], first["region"], first["published_until"]) == ([ORG_CODE], "140400", "2027-01-31")
    assert (last["identifiers"], last["published_until"]) == ([], None), "长期 is no end"
    assert (last["source_row"], last["revision"]) == (4, 1)
    assert last["changed_by_upload_id"] == last["source_upload_id"]


async def test_batches_may_come_in_any_order_and_after_the_end(records: Records) -> None:
    upload = await records.register()
    batches = [checked(upload.id, [row(n)], batch=n, first=3 + n) for n in range(6)]
    await records.storing.store(batches[4])
    await records.storing.end(UploadChecked(upload_id=upload.id, batches=6, rows=6, rejected=0, warned=0))
    for batch in (batches[5], batches[0], batches[3], batches[1]):
        await records.storing.store(batch)
    assert await records.living() == {}, "nothing may be seen before everything is in"
    assert (await records.get(upload.id)).state == "storing"
    await records.storing.store(batches[2])
    assert len(await records.living()) == 6
    assert (await records.get(upload.id)).state == "stored"


async def test_a_batch_that_comes_again_changes_nothing(records: Records) -> None:
    upload = await records.register()
    batch = checked(upload.id, [row(1), row(2)])
    for _ in range(3):
        await records.storing.store(batch)
    end = UploadChecked(upload_id=upload.id, batches=1, rows=2, rejected=0, warned=0)
    await records.storing.end(end)
    await records.storing.store(batch)
    await records.storing.end(end)
    now = await records.get(upload.id)
    assert (now.counts.total, now.counts.inserted) == (2, 2)
    assert len(await records.living()) == 2


async def test_two_persisters_at_once_store_each_row_once(records: Records) -> None:
    async with open_beside(records) as second:
        upload = await records.register()
        batches = [
            checked(upload.id, [row(f"{n}-{k}") for k in range(20)], batch=n, first=3 + 20 * n) for n in range(8)
        ]
        end = UploadChecked(upload_id=upload.id, batches=8, rows=160, rejected=0, warned=0)
        await asyncio.gather(
            *(storing.store(batch) for batch in batches for storing in (records.storing, second.storing)),
            records.storing.end(end),
            second.storing.end(end),
        )
    now = await records.get(upload.id)
    assert (now.state, now.counts.inserted) == ("stored", 160)
    assert len(await records.living()) == 160
    assert await records.tally_is_exact()


async def test_two_uploads_of_the_same_keys_at_once_make_one_record_a_key(records: Records) -> None:
    first, second = await records.register(), await records.register()
    rows = [row(n) for n in range(200)]
    await asyncio.gather(
        records.send(first, rows),
        records.send(second, [{**one, "NAME": "另一家公司"} for one in rows]),
    )
    assert len(await records.living()) == 200
    counts = [(await records.get(one.id)).counts for one in (first, second)]
    assert sorted((one.inserted, one.updated) for one in counts) == [(0, 200), (200, 0)]
    assert await records.tally_is_exact()


async def test_the_same_row_again_is_unchanged_and_another_value_is_a_revision(records: Records) -> None:
    await records.upload([row(1), row(2)])
    upload = await records.upload([row(1), row(2, name="改名公司"), row(3)])
    assert (upload.counts.inserted, upload.counts.updated, upload.counts.unchanged) == (1, 1, 1)
    history = await records.fetch("SELECT action, before ->> 'NAME' AS b, after ->> 'NAME' AS a, row FROM revision")
    assert [tuple(one) for one in history] == [("updated", "长治某公司", "改名公司", 4)]


async def test_on_duplicate_skip_leaves_the_record_and_warns(records: Records) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1, name="改名公司"), row(2)], on_duplicate="skip")
    assert (upload.state, upload.counts.unchanged, upload.counts.inserted, upload.counts.warned) == ("stored", 1, 1, 1)
    assert (await records.living())["文号1"] == "长治某公司"
    page = await records.services.ledger.page(person(), upload.id, RowFilter(severity=Severity.WARNING))
    assert [(one.row, one.outcome, one.problems[0].code, one.problems[0].cell) for one in page.items] == [
        (3, "unchanged", "duplicate_existing", "A3")
    ]


async def test_on_duplicate_reject_rejects_with_an_error(records: Records) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1), row(2)], on_duplicate="reject")
    assert (upload.state, upload.counts.rejected, upload.counts.inserted) == ("partly_stored", 1, 1)
    page = await records.services.ledger.page(person(), upload.id, RowFilter(outcome=Outcome.REJECTED))
    assert [(one.row, one.problems[0].code, one.problems[0].severity) for one in page.items] == [
        (3, "duplicate_existing", "error")
    ]


async def test_an_atomic_upload_with_a_bad_row_stores_nothing(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")], mode="atomic")
    assert (upload.state, upload.counts.inserted, upload.counts.rejected) == ("rejected", 0, 1)
    assert await records.living() == {}
    page = await records.services.ledger.page(person(), upload.id, RowFilter())
    assert [one.outcome for one in page.items] == ["pending", "rejected"]


async def test_an_atomic_upload_is_refused_whole_by_on_duplicate_reject(records: Records) -> None:
    await records.upload([row(1)])
    upload = await records.upload([row(1), row(2)], mode="atomic", on_duplicate="reject")
    assert (upload.state, upload.counts.inserted, upload.counts.rejected) == ("rejected", 0, 1)
    assert list(await records.living()) == ["文号1"]


async def test_every_row_bad_is_rejected(records: Records) -> None:
    assert (await records.upload([row(1, name=""), row(2, name="")])).state == "rejected"


async def test_a_dry_run_waits_and_is_confirmed(records: Records) -> None:
    await records.upload([row(1), row(2)])
    upload = await records.upload([row(1), row(2, name="改名公司"), row(3), row(4, name="")], dry_run=True)
    assert upload.state == "awaiting_confirmation"
    assert upload.finished_at is None
    assert upload.counts.model_dump(include={"inserted", "updated", "unchanged", "rejected"}) == {
        "inserted": 1,
        "updated": 1,
        "unchanged": 1,
        "rejected": 1,
    }
    assert len(await records.living()) == 2
    done = await records.services.mending.confirm(person(), upload.id)
    assert done.state == "partly_stored"
    assert (done.counts.inserted, done.counts.updated, done.counts.unchanged, done.counts.rejected) == (1, 1, 1, 1)
    assert (await records.living())["文号2"] == "改名公司"


async def test_a_cancelled_dry_run_stores_nothing(records: Records) -> None:
    upload = await records.upload([row(1)], dry_run=True)
    done = await records.services.mending.cancel(person(), upload.id)
    assert (done.state, done.counts.inserted) == ("cancelled", 0)
    assert await records.living() == {}


async def test_a_file_that_cannot_be_read_leaves_nothing(records: Records) -> None:
    upload = await records.register()
    await records.storing.store(checked(upload.id, [row(1)]))
    failed = UploadFailed(upload_id=upload.id, code="took_too_long", reason="太久了。")
    await records.storing.failed(failed)
    await records.storing.failed(failed)
    now = await records.get(upload.id)
    assert (now.state, now.failure and now.failure.code, now.counts.total) == ("failed", "took_too_long", 0)
    assert await records.fetch("SELECT FROM ledger") == []
    await records.storing.store(checked(upload.id, [row(1)]))
    assert await records.fetch("SELECT FROM ledger") == [], "a late batch of a failed upload is ignored"


async def test_a_file_nothing_came_of_is_no_file_sent_before(records: Records) -> None:
    failed = await records.register()
    await records.storing.fail(failed.id, FailureCode.TOOK_TOO_LONG, "太久")
    assert (await records.register()).same_file_as is None
    stored = await records.upload([row(1)])
    assert (await records.register()).same_file_as == stored.id


async def test_messages_about_nobody_are_ignored(records: Records) -> None:
    stranger = UUID(int=7)
    await records.storing.store(checked(stranger, [row(1)]))
    await records.storing.end(UploadChecked(upload_id=stranger, batches=1, rows=1, rejected=0, warned=0))
    assert await records.fetch("SELECT FROM ledger") == []


async def test_departments_keep_their_records_apart(records: Records) -> None:
    await records.upload([row(1)])
    other = await records.upload([row(1)], person("d2"))
    assert other.counts.inserted == 1
    assert other.same_file_as is None


async def test_penalties_end_by_the_rule_of_their_day(records: Records) -> None:
    upload = await records.register(dataset="penalties")
    rows = [row(1, DAY="2018-01-31"), row(2, DAY="2024-02-29"), row(3, DAY="2024-02-29", UNTIL="2025-01-01")]
    await records.send(upload, rows, dataset=PENALTIES)
    found = await records.fetch("SELECT published_until::text FROM record ORDER BY source_row")
    single = await records.fetch(
        "SELECT publicity_end('penalty', day, NULL, '')::text FROM unnest('{2018-01-31,2024-02-29}'::date[]) AS t (day)"
    )
    assert [one[0] for one in found] == [*(one[0] for one in single), "2025-01-01"]


async def test_rows_on_time_and_late_are_counted_from_the_day_of_the_upload(records: Records) -> None:
    upload = await records.register()
    async with records.db.transaction() as conn:
        await conn.execute("UPDATE upload SET uploaded_at = '2018-01-31 12:00+08'")
    days = ["2018-01-31", "2018-01-22", "2018-01-19", "2017-12-01"]
    await records.send(upload, [row(n, DAY=day) for n, day in enumerate(days)])
    counted = (await records.fetch("SELECT on_time, late FROM upload"))[0]
    due = await records.fetch("SELECT due_on(d) >= '2018-01-31' AS ok FROM unnest($1::text[]::date[]) d", days)
    on_time = sum(one["ok"] for one in due)
    assert 0 < on_time < len(days)
    assert (counted["on_time"], counted["late"]) == (on_time, len(days) - on_time)


async def test_what_happened_is_announced_and_told_once(records: Records) -> None:
    upload = await records.upload([row(1), row(2, name="")])
    states = [one.upload.state for one in records.announced if isinstance(one, UploadChanged)]
    assert states[-1] == UploadState.PARTLY_STORED
    told = [one.kind for one in records.announced if isinstance(one, UserMessaged)]
    assert told == ["import_finished", "rows_waiting"]
    await records.storing.apply(upload.id)
    assert len(await records.fetch("SELECT FROM message")) == 2


async def test_a_workbook_of_failed_rows_closes_the_old_problems(records: Records) -> None:
    old = await records.upload([row(1), row(2, name=""), row(3, name="")])
    new = await records.register()
    await records.send(new, [row(2), row(3, name="")], origins={3: (old.id, 4), 4: (old.id, 5)})
    now = await records.get(old.id)
    assert (now.state, now.counts.rejected, now.counts.corrected, now.counts.inserted) == ("partly_stored", 1, 1, 2)
    assert now.counts.total == now.counts.inserted + now.counts.updated + now.counts.unchanged + now.counts.rejected
    page = await records.services.ledger.page(ADMIN, old.id, RowFilter())
    assert [one.outcome for one in page.items] == ["inserted", "corrected", "rejected"]
    assert page.items[1].record_id is not None
    last = await records.register()
    await records.send(last, [row(3)], origins={3: (old.id, 5)})
    assert (await records.get(old.id)).state == "stored"


async def test_another_departments_rows_are_not_closed(records: Records) -> None:
    old = await records.upload([row(1, name="")])
    foreign = await records.register(person("d2"))
    await records.send(foreign, [row(1)], origins={3: (old.id, 3)})
    assert (await records.get(old.id)).counts.rejected == 1


async def test_an_atomic_upload_is_applied_when_its_last_bad_row_comes_back_good(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")], mode="atomic")
    new = await records.register()
    await records.send(new, [row(2)], origins={3: (old.id, 4)})
    now = await records.get(old.id)
    assert (now.state, now.counts.rejected, now.counts.inserted) == ("stored", 0, 2)
    assert set(await records.living()) == {"文号1", "文号2"}
    assert await records.tally_is_exact()
