"""删除数据 gives back exactly what was there before, whoever came in between."""

import random
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest

from services.records.uploads.errors import UploadNotFound
from shared.contracts.statistics import StatisticsQuery
from shared.contracts.uploads import RowFilter, Upload, UploadFilter
from shared.datasets.definition import DatasetDraft
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_room import ADMIN, DATASET, Records, open_records, person, row

pytestmark = pytest.mark.integration


@pytest.fixture
async def records(make_database: MakeDatabase) -> AsyncGenerator[Records]:
    async with open_records(await make_database("records")) as opened:
        yield opened


async def edit_by_hand(records: Records, document: str, name: str) -> None:
    """What records' own form does: a revision of its own, and no upload the values are from."""
    async with records.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO revision (record_id, revision, action, by, by_name, before, after, "
            "before_changed_by_upload_id, before_dataset_version)"
            " SELECT record_id, revision + 1, 'updated', 'u', 'n', values,"
            " values || jsonb_build_object('NAME', $2::text), changed_by_upload_id, dataset_version"
            " FROM record WHERE document = $1 AND state <> 'deleted'",
            document,
            name,
        )
        await conn.execute(
            "UPDATE record SET revision = revision + 1, name = $2, changed_by_upload_id = NULL,"
            " values = values || jsonb_build_object('NAME', $2::text) WHERE document = $1 AND state <> 'deleted'",
            document,
            name,
        )


async def test_added_records_go_and_changed_ones_get_their_values_back(records: Records) -> None:
    await records.upload([row(1, REGION="140400", UNTIL="2027-01-31"), row(2)])
    before = await records.snapshot()
    upload = await records.upload([row(1, name="改名公司", DAY="2025-01-02"), row(2), row(3), row(4)])
    preview = await records.services.undoing.preview(person(), upload.id)
    assert (preview.removed, preview.restored, preview.kept) == (2, 1, [])
    assert await records.services.undoing.undo(person(), upload.id) == preview
    assert await records.snapshot() == before
    assert await records.tally_is_exact()
    now = await records.get(upload.id)
    assert now.data_deleted_at is not None
    assert now.deleted_at is None
    actions = await records.fetch("SELECT action, count(*) FROM revision GROUP BY 1 ORDER BY 1")
    assert [tuple(one) for one in actions] == [("undone", 3), ("updated", 1)]


async def test_records_edited_later_are_kept_and_named(records: Records) -> None:
    upload = await records.upload([row(1), row(2), row(3)])
    await edit_by_hand(records, "文号2", "手工改过的公司")
    result = await records.services.undoing.undo(person(), upload.id)
    assert (result.removed, result.restored, [one.row for one in result.kept]) == (2, 0, [4])
    assert await records.living() == {"文号2": "手工改过的公司"}


async def test_a_chain_of_updates_can_be_undone_from_its_end(records: Records) -> None:
    states = [await records.snapshot()]
    uploads = []
    for name in ("第一家", "第二家", "第三家"):
        uploads.append(await records.upload([row(1, name=name)]))
        states.append(await records.snapshot())
    for upload, before in zip(reversed(uploads), reversed(states[:-1]), strict=True):
        result = await records.services.undoing.undo(person(), upload.id)
        assert result.kept == []
        assert await records.snapshot() == before
    assert await records.living() == {}


async def test_an_earlier_upload_undone_first_is_kept_until_the_later_one_goes_too(records: Records) -> None:
    first = await records.upload([row(1, name="第一家")])
    second = await records.upload([row(1, name="第二家")])
    third = await records.upload([row(1, name="第三家")])
    assert [one.row for one in (await records.services.undoing.undo(person(), first.id)).kept] == [3]
    assert [one.row for one in (await records.services.undoing.undo(person(), second.id)).kept] == [3]
    assert await records.living() == {"文号1": "第三家"}
    result = await records.services.undoing.undo(person(), third.id)
    assert (result.removed, result.restored) == (1, 0), "nothing that is left had made it"
    assert await records.living() == {}
    assert await records.tally_is_exact()


async def test_what_an_undone_upload_gave_back_is_its_own_again(records: Records) -> None:
    first = await records.upload([row(1, name="第一家")])
    second = await records.upload([row(1, name="第二家")])
    await records.services.undoing.undo(person(), second.id)
    result = await records.services.undoing.undo(person(), first.id)
    assert (result.removed, result.kept) == (1, [])


async def test_a_hand_edit_below_is_what_comes_back(records: Records) -> None:
    await records.upload([row(1)])
    await edit_by_hand(records, "文号1", "手工改过的公司")
    before = await records.snapshot()
    upload = await records.upload([row(1, name="上报的公司")])
    assert (await records.services.undoing.undo(person(), upload.id)).restored == 1
    assert await records.snapshot() == before


async def test_the_same_file_after_an_undo_is_new_again(records: Records) -> None:
    first = await records.upload([row(1)])
    again = await records.upload([row(1)])
    assert again.same_file_as == first.id
    await records.services.undoing.undo(person(), again.id)
    await records.services.undoing.undo(person(), first.id)
    last = await records.upload([row(1)])
    assert (last.same_file_as, last.counts.inserted) == (None, 1)


async def test_mended_rows_are_undone_with_their_upload(records: Records) -> None:
    await records.upload([row(9)])
    before = await records.snapshot()
    upload = await records.upload([row(1), row(2, name=""), row(9, name="")])
    for number, name in ((4, "补上的公司"), (5, "改名公司")):
        await records.services.mending.mend(person(), upload.id, number, {"NAME": name})
    result = await records.services.undoing.undo(person(), upload.id)
    assert (result.removed, result.restored, result.kept) == (2, 1, [])
    assert await records.snapshot() == before


async def test_rows_it_had_corrected_wait_again(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")])
    new = await records.register()
    await records.send(new, [row(2)], origins={3: (old.id, 4)})
    assert (await records.get(old.id)).state == "stored"
    await records.services.undoing.undo(person(), new.id)
    now = await records.get(old.id)
    assert (now.state, now.counts.rejected, now.counts.corrected, now.counts.inserted) == ("partly_stored", 1, 0, 1)
    page = await records.services.ledger.page(person(), old.id, RowFilter())
    assert [one.outcome for one in page.items] == ["inserted", "rejected"]


async def test_values_of_an_older_version_are_read_by_it(records: Records) -> None:
    await records.upload([row(1, REGION="140400")])
    before = await records.snapshot()
    draft = {**DATASET.model_dump(exclude={"version"}), "roles": {**DATASET.roles.model_dump(), "region": "NO"}}
    await records.services.datasets.change(ADMIN, "licences", DatasetDraft.model_validate(draft))
    upload = await records.upload([row(1, name="改名公司", REGION="140400")])
    assert (await records.fetch("SELECT region, dataset_version FROM record"))[0]["region"] == "文号1"
    await records.services.undoing.undo(person(), upload.id)
    assert await records.snapshot() == before


async def test_deleting_the_entry_leaves_the_data_and_the_id(records: Records) -> None:
    upload = await records.upload([row(1)])
    await records.services.undoing.delete(person(), upload.id)
    await records.services.undoing.delete(person(), upload.id)
    assert (await records.services.uploads.page(person(), UploadFilter())).total == 0
    shown = await records.services.uploads.page(person(), UploadFilter(deleted=True))
    assert [one.id for one in shown.items] == [upload.id]
    assert (await records.get(upload.id)).deleted_at is not None
    assert len(await records.living()) == 1


async def test_a_revocation_below_a_later_upload_still_keeps_the_record(records: Records) -> None:
    first = await records.upload([row(1, name="第一家")])
    [record] = await records.fetch("SELECT record_id FROM record")
    await records.services.changes.revoke(person(), record["record_id"], "撤销")
    second = await records.upload([row(1, name="第二家")])
    assert (await records.services.undoing.undo(person(), second.id)).restored == 1
    result = await records.services.undoing.undo(person(), first.id)
    assert (result.removed, [one.row for one in result.kept]) == (0, [3])
    assert await records.living() == {"文号1": "第一家"}


async def test_what_one_undo_kept_no_later_undo_takes_away(records: Records) -> None:
    first = await records.upload([row(1, name="第一家")])
    [record] = await records.fetch("SELECT record_id FROM record")
    await records.services.changes.revoke(person(), record["record_id"], "撤销")
    assert len((await records.services.undoing.undo(person(), first.id)).kept) == 1
    second = await records.upload([row(1, name="第二家")])
    result = await records.services.undoing.undo(person(), second.id)
    assert (result.removed, result.restored) == (0, 1)
    assert await records.living() == {"文号1": "第一家"}


async def test_what_a_later_upload_reported_unchanged_stays_until_that_goes_too(records: Records) -> None:
    first = await records.upload([row(1), row(2)])
    again = await records.upload([row(1), row(2), row(3)])
    assert again.counts.unchanged == 2
    kept = await records.services.undoing.undo(person(), first.id)
    assert (kept.removed, [one.row for one in kept.kept]) == (0, [3, 4])
    assert len(await records.living()) == 3
    result = await records.services.undoing.undo(person(), again.id)
    assert (result.removed, result.restored, result.kept) == (3, 0, [])
    assert await records.tally_is_exact()


async def test_undoing_the_repeat_leaves_the_first_alone(records: Records) -> None:
    first = await records.upload([row(1), row(2)])
    again = await records.upload([row(1), row(2)])
    assert (await records.services.undoing.undo(person(), again.id)).model_dump() == {
        "removed": 0,
        "restored": 0,
        "kept": [],
    }
    assert (await records.services.undoing.undo(person(), first.id)).removed == 2


async def test_a_change_reported_again_goes_back_with_the_last_who_reported_it(records: Records) -> None:
    first = await records.upload([row(1, name="第一家")])
    before = await records.snapshot()
    second = await records.upload([row(1, name="第二家")])
    third = await records.upload([row(1, name="第二家")])
    assert [one.row for one in (await records.services.undoing.undo(person(), second.id)).kept] == [3]
    fourth = await records.upload([row(1, name="第四家")])
    assert (await records.services.undoing.undo(person(), fourth.id)).restored == 1
    assert await records.living() == {"文号1": "第二家"}, "the third still reports it"
    assert (await records.services.undoing.undo(person(), third.id)).restored == 1
    assert await records.snapshot() == before
    assert (await records.services.undoing.undo(person(), first.id)).removed == 1


async def test_a_repeat_from_before_a_change_does_not_hold_the_change(records: Records) -> None:
    await records.upload([row(1, name="第一家")])
    await records.upload([row(1, name="第一家")])
    change = await records.upload([row(1, name="第二家")])
    assert (await records.services.undoing.undo(person(), change.id)).restored == 1
    assert await records.living() == {"文号1": "第一家"}


async def test_a_row_corrected_twice_stays_closed_by_the_other(records: Records) -> None:
    old = await records.upload([row(1), row(2, name="")])
    corrections = []
    for name in ("补上的公司", "写对的公司"):
        corrections.append(await records.register())
        await records.send(corrections[-1], [row(2, name=name)], origins={3: (old.id, 4)})
    result = await records.services.undoing.undo(person(), corrections[0].id)
    assert len(result.kept) == 1
    now = await records.get(old.id)
    assert (now.state, now.counts.rejected, now.counts.corrected) == ("stored", 0, 1)
    assert await reported(records) == (2, 2, 1)
    await records.services.undoing.undo(person(), corrections[1].id)
    assert (await records.get(old.id)).counts.rejected == 1


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_undoing_the_record_is_as_the_others_left_it(records: Records, seed: int) -> None:
    """Uploads of one record come and are undone in any order: it holds what the last that still counts has reported."""
    dice = random.Random(seed)
    for case in range(15):
        number, counting = f"{seed}-{case}", dict[UUID, str]()
        for _ in range(dice.randint(4, 10)):
            if counting and dice.random() < 0.4:
                gone = dice.choice(list(counting))
                await records.services.undoing.undo(person(), gone)
                del counting[gone]
            else:
                name = dice.choice(["甲公司", "乙公司"])
                counting[(await records.upload([row(number, name=name)])).id] = name
            last = next(reversed(counting.values()), None)
            assert (await records.living()).get(f"文号{number}") == last
    assert await records.tally_is_exact()


async def chain(records: Records) -> list[Upload]:
    """A row wrong twice: the second upload was to correct the first's, the third has corrected both."""
    first = await records.upload([row(1), row(2, name="")])
    second = await records.register()
    await records.send(second, [row(2, name="")], origins={3: (first.id, 4)})
    third = await records.register()
    await records.send(third, [row(2)], origins={3: (second.id, 3)})
    return [first, second, third]


async def states(records: Records, uploads: list[Upload]) -> list[tuple[str, int, int]]:
    now = [await records.get(one.id) for one in uploads]
    return [(one.state, one.counts.rejected, one.counts.corrected) for one in now]


async def reported(records: Records) -> tuple[int, int, int]:
    totals = (await records.services.statistics.figures(person(), StatisticsQuery())).totals
    assert totals.qualified_rate is not None
    return totals.reported, totals.stored, round((1 - totals.qualified_rate) * totals.reported)


async def test_a_chain_of_corrections_is_closed_and_opened_again_as_one(records: Records) -> None:
    uploads = await chain(records)
    assert await states(records, uploads) == [("stored", 0, 1), ("stored", 0, 1), ("stored", 0, 0)]
    assert await reported(records) == (2, 2, 1), "each row once, however often it was sent"
    await records.services.undoing.undo(person(), uploads[2].id)
    assert (await states(records, uploads))[:2] == [("partly_stored", 1, 0), ("rejected", 1, 0)]
    again = await records.register()
    await records.send(again, [row(2)], origins={3: (uploads[1].id, 3)})
    assert await states(records, uploads[:2]) == [("stored", 0, 1), ("stored", 0, 1)]


async def test_what_a_later_upload_corrected_stays_so_without_the_one_between(records: Records) -> None:
    uploads = await chain(records)
    await records.services.undoing.undo(person(), uploads[1].id)
    assert (await states(records, uploads))[0] == ("stored", 0, 1)
    assert await reported(records) == (2, 2, 1)
    await records.services.undoing.undo(person(), uploads[2].id)
    assert (await states(records, uploads))[0] == ("partly_stored", 1, 0)
    assert await reported(records) == (2, 1, 1)


async def test_a_correction_counts_for_itself_once_the_first_upload_is_gone(records: Records) -> None:
    uploads = await chain(records)
    await records.services.undoing.undo(person(), uploads[0].id)
    assert await reported(records) == (1, 1, 1)
    assert await records.living() == {"文号2": "长治某公司"}


async def test_a_correction_passes_over_an_upload_whose_data_was_deleted(records: Records) -> None:
    first = await records.upload([row(1), row(2, name="")])
    second = await records.register()
    await records.send(second, [row(2, name=""), row(3)], origins={3: (first.id, 4)})
    await records.services.undoing.undo(person(), second.id)
    third = await records.register()
    await records.send(third, [row(2)], origins={3: (second.id, 3)})
    assert (await records.get(first.id)).state == "stored"
    assert await reported(records) == (2, 2, 1)
    await records.services.undoing.undo(person(), third.id)
    assert (await records.get(first.id)).counts.rejected == 1


async def test_another_department_finds_nothing_to_undo(records: Records) -> None:
    upload = await records.upload([row(1)])
    with pytest.raises(UploadNotFound):
        await records.services.undoing.undo(person("d2"), upload.id)
    with pytest.raises(UploadNotFound):
        await records.services.undoing.preview(person("d2"), upload.id)
    assert len(await records.living()) == 1
