"""Datasets as data: who sees which, new ones and new versions without code, the ones that ship."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from services.records.datasets import repository, seed
from shared.contracts.identity import Role
from shared.datasets.definition import Dataset
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import LICENCES, Json, World, enter, licence, open_world

pytestmark = pytest.mark.integration

SHIPPED = {
    *("xzxk_fr", "xzxk_zrr", "xzcf_fr", "xzcf_zrr"),
    *("xzxk_fr_2018", "xzxk_zrr_2018", "xzcf_fr_2018", "xzcf_zrr_2018"),
    *("red_list_fr", "red_list_zrr", "black_list_fr", "black_list_zrr", "filing_fr", "annual_check_fr"),
    *("tax_fr", "tax_arrears_fr", "tax_arrears_zrr", "judgment_debtor_fr", "judgment_debtor_zrr"),
    *("brand_product", "quality_award"),
}


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as opened:
        yield opened


def draft(**changes: Any) -> Json:
    body: Json = {
        "code": "t_new",
        "name": "新数据集",
        "category": "red_list",
        "subject": "legal_person",
        "standard": "试行",
        "departments": ["d1"],
        "key": ["NO"],
        "fields": [
            {"code": "NO", "label": "文号", "required": True, "visibility": "public", "in_list": True},
            {"code": "NAME", "label": "机构全称", "required": True, "visibility": "public", "max_length": 64},
            {"code": "DAY", "label": "认定日期", "type": "date"},
        ],
        "rules": [{"kind": "not_in_future", "field": "DAY"}],
    }
    return {**body, **changes}


async def test_the_shipped_datasets_are_there(world: World) -> None:
    page = await world.caller("d1").get("/datasets?size=200")
    codes = {one["code"] for one in page["items"]}
    assert codes >= SHIPPED
    licences = await world.caller("d1").get("/datasets/xzxk_fr")
    assert [field["code"] for field in licences["fields"]][:2] == ["XK_WSH", "XK_XMMC"]
    assert (licences["version"], licences["category"], licences["subject"]) == (1, "licence", "legal_person")


async def test_the_list_is_filtered_and_paged(world: World) -> None:
    caller = world.caller("d1")
    penalties = await caller.get("/datasets?category=penalty&subject=natural_person&size=200")
    assert {one["code"] for one in penalties["items"]} == {"xzcf_zrr", "xzcf_zrr_2018"}
    first, second = await caller.get("/datasets?size=5"), await caller.get("/datasets?size=5&page=2")
    assert first["total"] == second["total"] > 20
    assert not {one["code"] for one in first["items"]} & {one["code"] for one in second["items"]}
    beyond = await caller.get("/datasets?size=5&page=99")
    assert (beyond["items"], beyond["total"]) == ([], first["total"])
    assert (await caller.call("GET", "/datasets?category=nonsense")).status == 422


async def test_a_department_sees_what_it_may_report_or_has_records_of(world: World) -> None:
    await world.admin.post("/datasets", draft(), status=201)
    assert (await world.caller("d1").get("/datasets/t_new"))["departments"] == ["d1"]
    assert (await world.caller("d2").call("GET", "/datasets/t_new")).status == 404
    assert "t_new" not in {one["code"] for one in (await world.caller("d2").get("/datasets?size=200"))["items"]}
    await enter(world.caller("d1"), "t_new", {"NO": "1", "NAME": "公司", "DAY": "2018-01-31"})
    moved = await world.admin.call("PUT", "/datasets/t_new", draft(departments=["d2"]))
    assert moved.status == 200
    assert (await world.caller("d2").call("GET", "/datasets/t_new")).status == 200
    assert (await world.caller("d1").call("GET", "/datasets/t_new")).status == 200, "its records are there"
    assert (await world.caller("d3").call("GET", "/datasets/t_new/versions")).status == 404
    assert (await world.admin.get("/datasets/t_new"))["version"] == 2


async def test_only_the_admin_makes_datasets(world: World) -> None:
    for role in (Role.VIEWER, Role.REPORTER, Role.MANAGER):
        assert (await world.caller("d1", role).call("POST", "/datasets", draft())).status == 403
        assert (await world.caller("d1", role).call("PUT", "/datasets/t_licences", draft())).status == 403
    made = await world.admin.call("POST", "/datasets", draft())
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/datasets/t_new")
    assert made.json["version"] == 1
    again = await world.admin.call("POST", "/datasets", draft())
    assert (again.status, again.json["type"]) == (409, "/problems/dataset-exists")
    assert (await world.admin.call("PUT", "/datasets/no_such", draft(code="no_such"))).status == 404


async def test_a_definition_that_does_not_hold_together_is_refused(world: World) -> None:
    codes = [{"code": f"I{n}", "label": f"码{n}", "identifier": "uscc"} for n in range(13)]
    wrong: list[Json] = [
        draft(key=["NO_SUCH"]),
        draft(key=[]),
        draft(fields=[]),
        draft(fields=[*draft()["fields"], {"code": "NO", "label": "又一个"}]),
        draft(fields=[*draft()["fields"], {"code": "X", "label": "文号"}]),
        draft(fields=[*draft()["fields"], {"code": "X", "label": "选项", "type": "choice"}]),
        draft(code="1x"),
        draft(category="nonsense"),
        draft(version=7),
        draft(rules=[{"kind": "nonsense"}]),
        draft(rules=[{"kind": "not_in_future", "field": "NO_SUCH"}]),
        draft(roles={"decided_on": "NO"}),
        draft(fields=[*draft()["fields"], *codes]),
    ]
    for body in wrong:
        answer = await world.admin.call("POST", "/datasets", body)
        assert answer.status == 422, body
        assert answer.json["errors"], body
    differs = await world.admin.call("PUT", "/datasets/t_licences", draft())
    assert (differs.status, differs.json["errors"][0]["field"]) == (422, "code")


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("$", {"roles": {"region": "R"}}),
        ("fields.3", {"fields": [*draft()["fields"], {"code": "R", "label": "码", "identifier": "uscc"}]}),
    ],
)
async def test_what_no_index_can_hold_is_refused_before_it_is_stored(world: World, place: str, changes: Json) -> None:
    body = draft(fields=[*draft()["fields"], {"code": "R", "label": "区划"}])
    body = {**body, **changes}
    body["fields"][-1] = {**body["fields"][-1], "type": "long_text", "max_length": 2000}
    answer = await world.admin.call("POST", "/datasets", body)
    [error] = answer.json["errors"]
    assert (answer.status, error["field"] or "$") == (422, place)
    assert "字段 R" in error["message"]
    assert "不能超过 256；请改小" in error["message"]


async def test_the_longest_region_fits_its_index(world: World) -> None:
    fields = [*draft()["fields"], {"code": "R", "label": "区划", "type": "long_text", "max_length": 256}]
    await world.admin.post("/datasets", draft(fields=fields, roles={"region": "R"}), status=201)
    longest = "".join(chr(0x20000 + number * 97) for number in range(256))
    await enter(world.caller("d1"), "t_new", {"NO": "1", "NAME": "公司", "DAY": "2018-01-31", "R": longest})


async def test_a_new_version_says_what_changed_and_leaves_old_records_theirs(world: World) -> None:
    caller = world.caller("d1")
    record = await enter(caller, "t_licences", licence(1))
    body = LICENCES.model_dump(mode="json", exclude={"version"})
    body["name"] = "许可-法人（修订）"
    body["fields"][1]["max_length"] = 100
    body["fields"].append({"code": "NEW", "label": "新字段"})
    changed = await world.admin.call("PUT", "/datasets/t_licences", body)
    assert (changed.status, changed.json["version"]) == (200, 2)
    assert changed.json["changes"] == [
        "名称由“许可-法人”改为“许可-法人（修订）”",
        "新增字段“新字段”（NEW）",
        "字段“行政相对人名称”（MC）的最大长度有变化",
    ]
    versions = (await caller.get("/datasets/t_licences/versions"))["items"]
    assert [(one["version"], one["current"]) for one in versions] == [(2, True), (1, False)]
    assert versions[0]["changes"] == changed.json["changes"]
    assert versions[1]["changes"] == []
    assert (await caller.get(f"/records/{record['id']}"))["dataset"]["version"] == 1
    assert (await enter(caller, "t_licences", licence(2)))["dataset"] == {
        "code": "t_licences",
        "name": "许可-法人（修订）",
        "version": 2,
    }
    actions = await world.fetch("SELECT object FROM audit WHERE action = 'dataset.changed'")
    assert [row["object"] for row in actions] == ["dataset t_licences v2"]


async def test_a_version_somebody_else_saved_meanwhile_is_not_overwritten(world: World) -> None:
    await world.admin.post("/datasets", draft(), status=201)
    first = await world.admin.call("PUT", "/datasets/t_new?based_on=1", draft(name="甲改的"))
    assert (first.status, first.json["version"]) == (200, 2)
    second = await world.admin.call("PUT", "/datasets/t_new?based_on=1", draft(name="乙改的"))
    assert (second.status, second.json["type"]) == (409, "/problems/dataset-changed")
    assert "第 2 版" in second.json["detail"]
    assert (await world.admin.get("/datasets/t_new"))["name"] == "甲改的"
    assert (await world.admin.call("PUT", "/datasets/t_new?based_on=2", draft(name="乙改的"))).status == 200
    assert (await world.admin.call("PUT", "/datasets/t_new", draft(name="不问版本"))).json["version"] == 4


async def test_a_definition_is_tried_without_being_kept(world: World) -> None:
    fields = [*draft()["fields"], {"code": "FR", "label": "法定代表人", "visibility": "masked"}]
    values = {"NO": "1", "NAME": "长治市公司", "DAY": "2018/1/31", "FR": "张三丰"}
    body = {"definition": draft(fields=fields), "values": values}
    tried = await world.admin.post("/datasets/trial", body)
    assert (tried["version"], tried["changes"], tried["good"]) == (1, [], True)
    assert tried["roles"] | {"region": None} == {
        "name": "NAME", "decided_on": "DAY", "valid_until": None, "region": None, "document": "NO",
    }  # fmt: skip
    assert tried["public"] == {"NO": "1", "NAME": "长治市公司", "FR": "张*"}
    assert (await world.admin.call("GET", "/datasets/t_new")).status == 404, "nothing is kept"
    body["values"] = {"NO": "1", "DAY": "2099-01-01"}
    wrong = await world.admin.post("/datasets/trial", body)
    assert (wrong["good"], [one["code"] for one in wrong["problems"]]) == (False, ["required", "in_future"])
    await world.admin.post("/datasets", draft(), status=201)
    again = await world.admin.post("/datasets/trial", body)
    assert (again["version"], again["changes"]) == (2, ["新增字段“法定代表人”（FR）"])
    refused = await world.admin.call("POST", "/datasets/trial", {"definition": draft(roles={"decided_on": "NO"})})
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "roles.decided_on")
    assert (await world.caller("d1", Role.MANAGER).call("POST", "/datasets/trial", body)).status == 403


async def test_seeding_again_adds_nothing_and_leaves_an_admins_version(world: World) -> None:
    count = "SELECT count(*) AS n, max(version) AS v FROM dataset WHERE created_by = '系统预置'"
    before = tuple((await world.fetch(count))[0])
    shipped = Dataset.model_validate(await world.admin.get("/datasets/xzxk_fr"))
    body = {**shipped.model_dump(mode="json", exclude={"version"}), "name": "本市的许可"}
    assert (await world.admin.call("PUT", "/datasets/xzxk_fr", body)).status == 200
    async with world.db.transaction() as conn:
        await seed.seed(conn)
        await seed.seed(conn)
    assert tuple((await world.fetch(count))[0]) == before
    assert (await world.admin.get("/datasets/xzxk_fr"))["name"] == "本市的许可"


async def test_a_shipped_file_that_changed_becomes_the_next_version(world: World) -> None:
    async with world.db.transaction() as conn:
        old = await repository.get_dataset(conn, "xzxk_fr")
        await conn.execute("DELETE FROM dataset WHERE code = 'xzxk_fr'")
        await repository.add_version(conn, old.model_copy(update={"name": "上一版"}), seed.SHIPPED)
        await seed.seed(conn)
    now = await world.admin.get("/datasets/xzxk_fr")
    assert (now["version"], now["name"]) == (2, old.name)


async def test_the_key_of_a_dataset_with_records_stays(world: World) -> None:
    assert (await world.admin.call("POST", "/datasets", draft())).status == 201
    renamed = draft(key=["NO", "NAME"])
    assert (await world.admin.call("PUT", "/datasets/t_new", renamed)).status == 200, "nothing is in it yet"
    made = await enter(world.caller("d1"), "t_new", {"NO": "1号", "NAME": "长治某公司"})
    refused = await world.admin.call("PUT", "/datasets/t_new", draft(key=["NAME"]))
    assert (refused.status, refused.json["errors"][0]["code"]) == (422, "key_in_use")
    assert (await world.admin.call("PUT", "/datasets/t_new", {**renamed, "name": "改名"})).status == 200
    deleted = await world.caller("d1").call("DELETE", f"/records/{made['id']}", {"reason": "有误"})
    assert deleted.status == 204
    assert (await world.admin.call("PUT", "/datasets/t_new", draft(key=["NAME"]))).status == 200
