"""便捷查询: one enterprise or person across all datasets and departments."""

from collections.abc import AsyncGenerator

import pytest

from tests.e2e.api import id_card, uscc
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import World, enter, licence, open_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


async def test_an_enterprise_is_one_subject_across_datasets_and_departments(world: World) -> None:
    one, other = world.caller("d1"), world.caller("d2")
    first = await enter(one, "t_licences", licence(1, "长治市鑫达建材有限公司", SHXYM=uscc(1), BZ="甲的备注"))
    renamed = {"WSH": "罚1", "MC": "长治市鑫达建材公司", "JDRQ": "2026-01-15", "SHXYM": uscc(1), "BZ": "乙的备注"}
    second = await enter(other, "t_penalties", renamed)
    await enter(other, "t_licences", licence(2, "长治市鑫达商贸有限公司", SHXYM=uscc(2)))
    for q in (uscc(1), "鑫达建材", uscc(1).lower()):
        [found] = (await one.get(f"/subjects?q={q}"))["items"]
        assert found["id"] == first["id"], q
        assert (found["name"], found["identifiers"]) == ("长治市鑫达建材有限公司", {"uscc": uscc(1)})
        assert [record["id"] for record in found["records"]] == [second["id"], first["id"]]
    [found] = (await one.get(f"/subjects?q={uscc(1)}"))["items"]
    theirs, own = found["records"]
    assert (own["full"], own["values"]["BZ"]) == (True, "甲的备注")
    assert theirs["full"] is False
    assert "BZ" not in theirs["values"]
    assert (await one.get(f"/subjects/{second['id']}")) == found
    assert (await one.get("/subjects?q=鑫达"))["total"] == 2
    everything = await world.admin.get(f"/subjects/{first['id']}")
    assert {record["values"]["BZ"] for record in everything["records"]} == {"甲的备注", "乙的备注"}


async def test_of_other_departments_only_what_is_on_show_is_found(world: World) -> None:
    owner, other = world.caller("d1"), world.caller("d2")
    record = await enter(owner, "t_licences", licence(1, SHXYM=uscc(1)))
    await owner.post(f"/records/{record['id']}/revocation", {"reason": "试"})
    over = await enter(owner, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15", "SHXYM": uscc(1)})
    assert (await other.get(f"/subjects?q={uscc(1)}"))["total"] == 0
    assert (await other.call("GET", f"/subjects/{record['id']}")).status == 404
    [found] = (await owner.get(f"/subjects?q={uscc(1)}"))["items"]
    assert [(one["id"], one["state"]) for one in found["records"]] == [
        (over["id"], "expired"),
        (record["id"], "revoked"),
    ]


async def test_a_person_of_another_department_is_masked(world: World) -> None:
    owner, other = world.caller("d1"), world.caller("d2")
    number = id_card(5)
    await enter(owner, "t_persons", {"WSH": "1", "MC": "王小明", "SFZ": number, "JDRQ": "2018-01-15"})
    [mine] = (await owner.post("/subjects/search", {"q": number}))["items"]
    assert (mine["name"], mine["identifiers"]) == ("王小明", {"id_card": number})
    answer = await other.call("POST", "/subjects/search", {"q": number})
    [found] = answer.json["items"]
    assert found["name"] == "王*"
    assert number not in answer.text
    assert "小明" not in answer.text
    assert (await other.get("/subjects?q=小明"))["total"] == 0
    assert (await other.get("/subjects?q=王小明"))["total"] == 1
    assert (await owner.get("/subjects?q=小明"))["total"] == 1


async def test_records_without_a_code_belong_together_by_name(world: World) -> None:
    officer = world.caller("d1")
    ids = [(await enter(officer, "t_licences", licence(number, "无证经营部")))["id"] for number in (1, 2)]
    await enter(officer, "t_licences", licence(3, "无证经营部分店"))
    page = await officer.get("/subjects?q=无证经营部")
    assert [[record["id"] for record in one["records"]] for one in page["items"]][1] == ids[::-1]
    assert page["total"] == 2
    second = await officer.get("/subjects?q=无证经营部&page=2&size=1")
    assert [one["id"] for one in second["items"]] == [ids[0]]
    assert (await officer.call("GET", "/subjects?q=")).status == 422


async def test_another_departments_record_is_found_by_no_code_that_is_not_shown(world: World) -> None:
    fields = (await world.admin.get("/datasets/tax_arrears_fr"))["fields"]
    values = {field["code"]: field["example"] or "" for field in fields}
    await enter(world.caller("d1"), "tax_arrears_fr", values)
    for caller, found in ((world.caller("d1"), 1), (world.admin, 1), (world.caller("d2"), 0)):
        answer = await caller.post("/subjects/search", {"q": values["NSRSBH"]})
        assert answer["total"] == found
    assert (await world.caller("d2").post("/subjects/search", {"q": values["TYSHXYDM"]}))["total"] == 1
