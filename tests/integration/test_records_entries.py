"""Records by hand: entered, found, changed, revoked, restored, deleted; each department its own."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from services.records.entries import repository
from services.records.uploads import repository as uploads
from shared.clock import today
from shared.contracts.base import PageQuery
from shared.contracts.identity import Role
from shared.contracts.records import ChangedRecord, NewRecord, RecordQuery
from tests.e2e.api import id_card, uscc
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import LICENCES, Caller, Json, World, enter, licence, open_world
from tests.integration.records_room import open_records, person, row

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


async def test_an_entry_is_normalised_and_read_back(world: World) -> None:
    officer = world.caller("d1")
    answer = await officer.call(
        "POST", "/records", {"dataset": "t_licences", "values": licence(1, JDRQ="2018/1/15", JZQ="长期", SHXYM=uscc(1))}
    )
    assert answer.status == 201
    record = answer.json
    assert answer.headers["Location"] == f"/api/v1/records/{record['id']}"
    assert record["values"]["JDRQ"] == "2018-01-15"
    assert record["values"]["JZQ"] == "2099-12-31"
    assert (record["state"], record["published_until"], record["revision"]) == ("published", None, 1)
    assert record["source"] is None
    assert record["dataset"] == {"code": "t_licences", "name": "许可-法人", "version": 1}
    assert record["department"] == {"code": "d1", "name": "单位d1"}
    assert record["created_by"] == {"id": "u-d1-reporter", "name": "d1的reporter"}
    read = await officer.get(f"/records/{record['id']}")
    assert read == {name: value for name, value in record.items() if name != "warnings"}


async def test_every_problem_of_an_entry_is_named_at_once(world: World) -> None:
    values = {"WSH": "1", "LB": "乱填", "JDRQ": "2099-01-01", "SHXYM": uscc(1)[:-1] + "*"}
    answer = await world.caller("d1").call("POST", "/records", {"dataset": "t_licences", "values": values})
    assert answer.status == 422
    found = {(error["field"], error["code"]) for error in answer.json["errors"]}
    assert {("MC", "required"), ("LB", "not_in_list"), ("JDRQ", "in_future")} <= found
    assert any(field == "SHXYM" for field, _ in found)
    assert await world.fetch("SELECT FROM record") == []


async def test_a_field_the_dataset_does_not_have_is_refused(world: World) -> None:
    answer = await world.caller("d1").call("POST", "/records", {"dataset": "t_licences", "values": licence(1, XX="1")})
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "unknown_field")


async def test_the_refusal_of_a_person_does_not_repeat_the_number(world: World) -> None:
    number = id_card(7)[:-1] + "A"
    values = {"WSH": "1", "MC": "王小明", "SFZ": number, "JDRQ": "2018-01-15"}
    answer = await world.caller("d1").call("POST", "/records", {"dataset": "t_persons", "values": values})
    assert answer.status == 422
    assert number[:17] not in answer.text


async def test_the_same_key_twice_is_a_conflict_within_the_department_only(world: World) -> None:
    first = await enter(world.caller("d1"), "t_licences", licence(1))
    again = await world.caller("d1").call(
        "POST", "/records", {"dataset": "t_licences", "values": licence(1, WSH="长许[2018] 1号")}
    )
    assert (again.status, again.json["type"], again.json["record_id"]) == (
        409, "/problems/duplicate_existing", first["id"],
    )  # fmt: skip
    await enter(world.caller("d2"), "t_licences", licence(1))


async def test_checking_stores_nothing_and_shows_what_the_public_would_see(world: World) -> None:
    officer = world.caller("d1")
    wanted = {"dataset": "t_licences", "values": licence(1, FR="张三丰", BZ="内部")}
    checked = await officer.post("/records/check", wanted)
    assert checked["good"] is True
    assert checked["public"]["FR"] == "张*"
    assert "BZ" not in checked["public"]
    assert checked["deadline"]["due_on"] == "2018-01-24"
    assert checked["deadline"]["on_time"] is False
    assert checked["deadline"]["days"] < 0
    assert await world.fetch("SELECT FROM record") == []
    record = await enter(officer, "t_licences", licence(1))
    again = await officer.post("/records/check", wanted)
    assert [problem["code"] for problem in again["problems"]] == ["duplicate_existing"]
    assert (await officer.post("/records/check", {**wanted, "record_id": record["id"]}))["problems"] == []


async def test_changing_a_record_is_checked_within_its_department(world: World) -> None:
    first, second = [await enter(world.caller("d1"), "t_licences", licence(number)) for number in (1, 2)]
    wanted = {"dataset": "t_licences", "values": licence(1), "record_id": first["id"]}
    assert (await world.admin.post("/records/check", wanted))["problems"] == []
    taken = await world.admin.post("/records/check", {**wanted, "record_id": second["id"]})
    assert [problem["code"] for problem in taken["problems"]] == ["duplicate_existing"]
    assert (await world.caller("d2").call("POST", "/records/check", wanted)).status == 404


async def test_a_department_sees_and_changes_only_its_own(world: World) -> None:
    record = await enter(world.caller("d1"), "t_licences", licence(1))
    where = f"/records/{record['id']}"
    rival = world.caller("d2", Role.MANAGER)
    for method, path, body in [
        ("GET", where, None),
        ("GET", f"{where}/history", None),
        ("PUT", where, {"revision": 1, "values": licence(1)}),
        ("DELETE", where, {"reason": "试"}),
        ("POST", f"{where}/revocation", {"reason": "试"}),
        ("DELETE", f"{where}/revocation", {"reason": "试"}),
    ]:
        assert (await rival.call(method, path, body)).status == 404, (method, path)
    assert (await rival.get("/records?department=d1"))["total"] == 0
    assert (await rival.get("/records?q=煤业"))["total"] == 0
    many = await rival.post("/records/revocations", {"ids": [record["id"]], "reason": "试"})
    assert (many["revoked"], many["skipped"][0]["message"]) == ([], "没有找到这条记录")
    assert (await world.admin.get(where))["state"] == "published"
    assert (await world.admin.get("/records?department=d1"))["total"] == 1


async def test_a_viewer_reads_and_changes_nothing(world: World) -> None:
    record = await enter(world.caller("d1"), "t_licences", licence(1))
    viewer = world.caller("d1", Role.VIEWER)
    assert (await viewer.get(f"/records/{record['id']}"))["id"] == record["id"]
    for method, path, body in [
        ("POST", "/records", {"dataset": "t_licences", "values": licence(2)}),
        ("PUT", f"/records/{record['id']}", {"revision": 1, "values": licence(1)}),
        ("DELETE", f"/records/{record['id']}", None),
        ("POST", f"/records/{record['id']}/revocation", {"reason": "试"}),
    ]:
        assert (await viewer.call(method, path, body)).status == 403, (method, path)


async def test_a_dataset_of_another_department_may_not_be_reported(world: World) -> None:
    answer = await world.caller("d2").call("POST", "/records", {"dataset": "t_secret", "values": licence(1)})
    assert answer.status == 403
    assert (await world.caller("d2").call("POST", "/records", {"dataset": "nothing", "values": {}})).status == 404


async def test_of_two_who_change_one_record_the_second_is_told_by_whom_and_when(world: World) -> None:
    one, other = world.caller("d1"), world.caller("d1", Role.MANAGER)
    record = await enter(one, "t_licences", licence(1))
    where = f"/records/{record['id']}"
    answers = await asyncio.gather(
        one.call("PUT", where, {"revision": 1, "values": licence(1, FR="甲")}),
        other.call("PUT", where, {"revision": 1, "values": licence(1, FR="乙")}),
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    [lost] = [answer.json for answer in answers if answer.status == 409]
    [won] = [answer.json for answer in answers if answer.status == 200]
    assert won["revision"] == 2
    assert won["updated_by"]["name"] in lost["detail"]
    assert "第 2 版" in lost["detail"]
    assert (await one.call("PUT", where, {"values": licence(1)})).status == 422


async def test_a_change_may_not_take_the_key_of_another_record(world: World) -> None:
    officer = world.caller("d1")
    await enter(officer, "t_licences", licence(1))
    second = await enter(officer, "t_licences", licence(2))
    answer = await officer.call("PUT", f"/records/{second['id']}", {"revision": 1, "values": licence(1)})
    assert (answer.status, answer.json["type"]) == (409, "/problems/duplicate_existing")


async def test_revoking_restoring_and_deleting_keep_the_whole_history(world: World) -> None:
    officer = world.caller("d1")
    record = await enter(officer, "t_licences", licence(1, FR="甲"))
    where = f"/records/{record['id']}"
    assert (await officer.call("POST", f"{where}/revocation", {"reason": "  "})).status == 422
    revoked = await officer.post(f"{where}/revocation", {"reason": "公示期已满"})
    assert (revoked["state"], revoked["revocation"]["reason"], revoked["revocation"]["by"]) == (
        "revoked", "公示期已满", "d1的reporter",
    )  # fmt: skip
    assert (await officer.call("POST", f"{where}/revocation", {"reason": "再来"})).status == 409
    restored = await officer.call("DELETE", f"{where}/revocation", {"reason": "撤错了"})
    assert (restored.status, restored.json["state"], restored.json["revocation"]) == (200, "published", None)
    assert (await officer.call("DELETE", f"{where}/revocation", {"reason": "撤错了"})).status == 409
    changed = await officer.call("PUT", where, {"revision": 3, "values": licence(1, FR="乙")})
    assert changed.json["revision"] == 4
    assert (await officer.call("DELETE", where, {"reason": "录错"})).status == 204
    assert (await officer.call("DELETE", where)).status == 409
    assert (await officer.call("PUT", where, {"revision": 5, "values": licence(1)})).status == 409
    history = await officer.get(f"{where}/history?size=50")
    assert [(item["revision"], item["action"], item["reason"]) for item in history["items"]] == [
        (5, "deleted", "录错"), (4, "updated", ""), (3, "restored", "撤错了"), (2, "revoked", "公示期已满"),
        (1, "created", ""),
    ]  # fmt: skip
    values = [((item["before"] or {}).get("FR"), (item["after"] or {}).get("FR")) for item in history["items"]]
    assert values == [("乙", None), ("甲", "乙"), ("甲", "甲"), ("甲", "甲"), (None, "甲")]
    assert (await officer.get(where))["state"] == "deleted"
    assert (await officer.get("/records"))["total"] == 0
    assert [item["id"] for item in (await officer.get("/records?state=deleted"))["items"]] == [record["id"]]
    await enter(officer, "t_licences", licence(1))
    done = [row["action"] for row in await world.fetch("SELECT action FROM audit ORDER BY audit_id")]
    assert done == [
        "record.created", "record.revoked", "record.restored", "record.changed", "record.deleted", "record.created",
    ]  # fmt: skip


async def test_many_are_revoked_at_once_and_the_others_are_named(world: World) -> None:
    officer = world.caller("d1")
    ids = [(await enter(officer, "t_licences", licence(number)))["id"] for number in range(3)]
    await officer.post(f"/records/{ids[0]}/revocation", {"reason": "早"})
    done = await officer.post("/records/revocations", {"ids": [*ids, "999999999"], "reason": "批量"})
    assert done["revoked"] == ids[1:]
    assert {item["id"]: item["message"] for item in done["skipped"]} == {
        ids[0]: "已经撤销", "999999999": "没有找到这条记录",
    }  # fmt: skip
    assert (await officer.get("/records?state=revoked"))["total"] == 3


async def test_lists_filter_by_everything_newest_first(world: World) -> None:
    officer = world.caller("d1")
    made: list[Json] = [
        await enter(officer, "t_licences", licence(1, "长治市鑫达建材有限公司", DFBM="140402", SHXYM=uscc(1))),
        await enter(officer, "t_licences", licence(2, "襄垣县鑫达商贸有限公司", JDRQ="2018-03-01", LB="特许")),
        await enter(officer, "t_penalties", {"WSH": "3", "MC": "鑫达超市", "JDRQ": "2016-01-01"}),
    ]
    ids = [record["id"] for record in made]

    async def listed(query: str) -> list[str]:
        page = await officer.get(f"/records?{query}")
        assert page["total"] == len(page["items"])
        return [item["id"] for item in page["items"]]

    assert await listed("") == ids[::-1]
    assert await listed("dataset=t_licences") == ids[1::-1]
    assert await listed("region=140402") == ids[:1]
    assert await listed("from=2018-01-15&to=2018-02-28") == ids[:1]
    assert await listed("state=expired") == ids[2:]
    assert await listed("state=published") == ids[1::-1]
    assert await listed("f.LB=特许&dataset=t_licences") == ids[1:2]
    assert await listed("entry=hand") == ids[::-1]
    assert await listed("entry=upload") == []
    assert await listed("q=鑫达") == ids[::-1]
    assert await listed("q=鑫") == ids[::-1]
    assert await listed("q=垣县鑫达商") == ids[1:2]
    assert await listed("q=达鑫") == []
    assert await listed("q=%25") == []
    assert await listed(f"q={uscc(1).lower()}") == ids[:1]
    second = await officer.get("/records?page=2&size=2")
    assert ([item["id"] for item in second["items"]], second["total"], second["page"]) == (ids[:1], 3, 2)
    assert (await officer.call("GET", "/records?size=201")).status == 422
    assert (await officer.call("GET", "/records?colour=red")).status == 422
    searched = await officer.post("/records/search", {"q": "鑫达", "fields": {"LB": "普通"}})
    assert [item["id"] for item in searched["items"]] == ids[:1]


async def test_a_search_finds_the_rare_among_the_many_and_the_many_at_once(world: World) -> None:
    """More records than a search first looks at: short, long and whole-code searches all the same."""
    await world.fetch(
        """WITH added AS (
             INSERT INTO record (dataset_code, dataset_version, department_code, key, name, identifiers, values,
                                 created_by, created_by_name, updated_by, updated_by_name)
             SELECT 't_licences', 1, 'd1', md5(i::text)::uuid,
                    CASE i WHEN 5 THEN '壶关县龘龘旅游公司' ELSE '长治市第' || i || '煤业有限公司' END,
                    ARRAY['C' || i], '{}', 'u', '张三', 'u', '张三'
             FROM generate_series(1, 6000) i RETURNING 1)
           INSERT INTO record_tally SELECT 't_licences', 'd1', count(*) FROM added"""
    )
    officer = world.caller("d1")
    for q, found in (("龘", 1), ("龘龘", 1), ("县龘龘旅", 1), ("关壶", 0), ("县龘龘游", 0)):
        assert (await officer.get(f"/records?q={q}"))["total"] == found, q
    many = await officer.get("/records?q=煤业&size=5")
    assert (len(many["items"]), many["total_exact"]) == (5, False)
    assert 5000 < many["total"] <= 6000
    await world.fetch("UPDATE record SET document = '长许准字〔2024〕' || right(identifiers[1], -1) || '号'")
    for q, found in (("〔2024〕31号", 1), ("准字〔2024〕31号", 1), ("〔2024〕6001号", 0)):
        assert (await officer.get(f"/records?q={q}"))["total"] == found, q
    assert len((await officer.get("/records?q=许准字&size=5"))["items"]) == 5
    whole = await officer.get("/records?q=第17煤业")
    assert whole["total"] == 1
    unfiltered = await officer.get("/records?page=600&size=10")
    assert (unfiltered["total"], unfiltered["total_exact"], len(unfiltered["items"])) == (6000, True, 10)


async def test_an_officer_finds_a_document_number_by_any_part(world: World) -> None:
    officer, rival = world.caller("d1"), world.caller("d2")
    made = await enter(officer, "t_licences", licence(1, WSH="长许准字〔2018〕第0731号", LB="特许", SHXYM=uscc(1)))
    await enter(officer, "t_licences", licence(2, WSH="A2018_0732"))
    await enter(rival, "t_licences", licence(3, WSH="泽许准字〔2018〕第0731号"))

    async def found(who: Caller, query: str) -> list[str]:
        page = await who.get(f"/records?{query}")
        assert page["total"] == len(page["items"])
        return [item["values"]["WSH"] for item in page["items"]]

    for q in ("许准字", "〔2018〕第0731号", "长许准字〔2018〕第0731号", "0731"):
        assert await found(officer, f"q={q}") == [made["values"]["WSH"]], q
    assert await found(officer, "q=A2018_0732") == ["A2018_0732"]
    assert await found(officer, "q=18_0") == ["A2018_0732"]  # _ stands for itself
    assert await found(officer, "q=字〔") == []  # one or two characters are sought in names only
    assert await found(officer, "q=第0731号&f.LB=普通&dataset=t_licences") == []
    assert len(await found(world.admin, "q=第0731号")) == 2
    searched = await officer.post("/records/search", {"q": "第0731号", "fields": {"LB": "特许"}})
    assert [item["id"] for item in searched["items"]] == [made["id"]]
    for q, lines in (("第0731号", 2), ("201807", 1), (uscc(1), 2)):
        answer = await officer.call("GET", f"/internal/records/export?dataset=t_licences&q={q}")
        assert len(answer.text.splitlines()) == lines, q
    await officer.call("DELETE", f"/records/{made['id']}")
    assert await found(officer, "q=第0731号") == []
    assert await found(officer, "q=第0731号&state=deleted") == [made["values"]["WSH"]]


async def test_a_penalty_whose_period_is_over_is_expired(world: World) -> None:
    officer = world.caller("d1")
    yesterday = today() - timedelta(days=1)
    over = await enter(officer, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15"})
    assert (over["state"], over["published_until"]) == ("expired", "2019-01-15")
    serious = await enter(officer, "t_penalties", {"WSH": "2", "MC": "甲公司", "JDRQ": "2018-01-15", "SXYZCD": "3"})
    assert serious["published_until"] == "2021-01-15"
    own = await enter(
        officer, "t_penalties", {"WSH": "3", "MC": "甲公司", "JDRQ": "2018-01-15", "JZQ": yesterday.isoformat()}
    )
    assert (own["state"], own["published_until"]) == ("expired", yesterday.isoformat())


async def test_pages_over_all_departments_are_the_newest_wherever_they_stand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [(await enter(world.caller(f"d{number % 3}"), "t_licences", licence(number)))["id"] for number in range(12)][
        ::-1
    ]
    for looked_at in (0, 4, 3_000):  # none, some, and all of a page among the newest
        monkeypatch.setattr(repository, "LOOKED_AT", looked_at)
        for page in range(1, 5):
            listed = await world.admin.get(f"/records?dataset=t_licences&page={page}&size=4")
            assert [one["id"] for one in listed["items"]] == ids[4 * (page - 1) : 4 * page], (looked_at, page)
            assert listed["total"] == 12


async def test_the_export_streams_the_definition_and_then_the_records(world: World) -> None:
    officer = world.caller("d1")
    ids = [(await enter(officer, "t_licences", licence(number)))["id"] for number in range(3)]
    await enter(world.caller("d2"), "t_licences", licence(9))
    answer = await officer.call("GET", "/internal/records/export?dataset=t_licences&q=煤业")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0]["definition"]["code"] == LICENCES.code
    assert [line["id"] for line in lines[1:]] == ids[::-1]
    assert (await officer.call("GET", "/internal/records/export")).status == 422


async def test_deleted_records_are_found_by_their_code_and_exported(world: World) -> None:
    officer = world.caller("d1")
    gone = await enter(officer, "t_licences", licence(1, SHXYM=uscc(1)))
    await enter(officer, "t_licences", licence(2, SHXYM=uscc(2)))
    await officer.call("DELETE", f"/records/{gone['id']}")
    for q in (uscc(1), "第1煤业", "长许〔2018〕1号"):
        listed = await officer.get(f"/records?dataset=t_licences&state=deleted&q={q}")
        assert [one["id"] for one in listed["items"]] == [gone["id"]], q
    assert (await officer.get(f"/records?state=deleted&q={uscc(2)}"))["total"] == 0
    answer = await officer.call("GET", "/internal/records/export?dataset=t_licences&state=deleted")
    assert [json.loads(line)["id"] for line in answer.text.splitlines()[1:]] == [gone["id"]]


async def test_the_tally_follows_every_change(world: World) -> None:
    officer = world.caller("d1")
    first = await enter(officer, "t_licences", licence(1))
    await enter(officer, "t_licences", licence(2))
    await officer.post(f"/records/{first['id']}/revocation", {"reason": "试"})
    await officer.call("DELETE", f"/records/{first['id']}")
    [row] = await world.fetch("SELECT records FROM record_tally WHERE department_code = 'd1'")
    assert row["records"] == 1


NONSENSE = ("dataset=%00", "q=a&q=b", "from=2018-02-30", "state=lost", "page=0", "size=0", "page=1000001", "entry=none")


async def test_a_filter_that_makes_no_sense_is_refused_in_words(world: World) -> None:
    for query in NONSENSE:
        answer = await world.caller("d1").call("GET", f"/records?{query}")
        assert answer.status == 422, query
        assert any("一" <= character <= "鿿" for character in answer.json["detail"]), query
    for query in ("q=%00", "f.LB=%00", "f.=x", "q=%FF", "from=0001-01-01&to=9999-12-31", "page=1000000&size=200"):
        assert (await world.caller("d1").call("GET", f"/records?{query}")).status in {200, 422}, query
    assert (await world.admin.call("GET", "/audit?to=9999-12-31")).status == 422


async def test_what_an_officer_did_by_hand_outlives_the_undoing_of_the_upload(make_database: MakeDatabase) -> None:
    async with open_records(await make_database("records")) as records:
        officer, changes = person(), records.services.changes
        upload = await records.upload([row(number) for number in range(4)])
        page = await records.services.entries.page(officer, RecordQuery(), {})
        untouched, revoked, restored, edited = (int(record.id) for record in page.items)
        await changes.revoke(officer, revoked, "公示期已满")
        await changes.revoke(officer, restored, "错了")
        await changes.restore(officer, restored, "撤错了")
        await changes.change(officer, edited, ChangedRecord(revision=1, values=row(0, name="手改")))
        undone = await records.services.undoing.undo(officer, upload.id)
        assert (undone.removed, undone.restored) == (1, 0)
        assert {kept.record_id for kept in undone.kept} == {str(revoked), str(restored), str(edited)}
        left = await records.services.entries.page(officer, RecordQuery(), {})
        assert [(int(record.id), record.state) for record in left.items] == [
            (revoked, "revoked"), (restored, "published"), (edited, "published"),
        ]  # fmt: skip
        gone = await records.services.entries.history(officer, untouched, PageQuery())
        assert [item.action for item in gone.items] == ["undone", "created"]
        assert await records.tally_is_exact()


async def test_an_upload_and_an_entry_by_hand_of_one_key_make_one_record(make_database: MakeDatabase) -> None:
    async with open_records(await make_database("records")) as records:
        officer = person()
        upload = await records.register()
        entry = NewRecord(dataset="licences", values=row(1, name="手工录入"))
        await asyncio.gather(
            records.send(upload, [row(number) for number in range(50)]),
            records.services.changes.create(officer, entry),
            return_exceptions=True,
        )
        assert (await records.get(upload.id)).state == "stored"
        living = await records.fetch(
            "SELECT count(*) AS all, count(DISTINCT key) AS keys FROM record WHERE state <> 'deleted'"
        )
        assert (living[0]["all"], living[0]["keys"]) == (50, 50)
        assert await records.tally_is_exact()


async def test_writes_that_wait_for_a_departments_keys_leave_the_others_alone(world: World) -> None:
    """More of them than the pool has connections, as when a program sends while its large upload is applied."""
    busy, other = world.caller("d1"), world.caller("d2")
    async with world.db.transaction() as conn:
        await uploads.lock_keys(conn, "t_licences", "d1")
        waiting = [asyncio.create_task(enter(busy, "t_licences", licence(number))) for number in range(12)]
        async with asyncio.timeout(5):
            assert (await enter(other, "t_licences", licence(1)))["id"]
            assert (await busy.get("/records"))["total"] == 0
            assert (await busy.post("/records/search", {"dataset": "t_licences"}))["total"] == 0
        assert not any(task.done() for task in waiting)
    assert len(await asyncio.gather(*waiting)) == 12
