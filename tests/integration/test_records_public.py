"""The public view: published, in its period, public fields only, persons masked."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from services.records.publicity.reminders.service import RemindersService
from shared.clock import today
from shared.contracts.base import Message
from shared.contracts.identity import Role
from shared.contracts.ingest import UserMessaged
from shared.datasets.privacy import MASKED_NUMBERS, is_id_number, without_numbers
from tests.e2e.api import id_card, uscc
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import World, enter, licence, open_world
from tests.unit.test_datasets_privacy import CREDIT_CODE, IDS, NEITHER, PHONES

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


def person(number: int, name: str = "王小明", **changes: str) -> dict[str, str]:
    return {"WSH": f"许{number}", "MC": name, "SFZ": id_card(number), "JDRQ": "2018-01-15", **changes}


async def test_the_public_sees_public_and_masked_fields_only(world: World) -> None:
    made = await enter(world.caller("d1"), "t_licences", licence(1, FR="张三丰", BZ="内部备注", SHXYM=uscc(1)))
    shown = await world.anyone.get(f"/public/records/{made['id']}")
    assert shown["values"] == {
        "WSH": "长许〔2018〕1号", "MC": "长治市第1煤业有限公司", "SHXYM": uscc(1), "LB": "普通", "FR": "张*",
        "JDRQ": "2018-01-15", "DFBM": "140400",
    }  # fmt: skip
    assert set(shown) == {"id", "dataset", "department", "values", "published_at", "published_until"}
    assert shown["dataset"] == {"code": "t_licences", "name": "许可-法人"}
    assert shown["department"] == {"code": "d1", "name": "单位d1"}


async def test_a_person_is_masked_and_not_found_by_number_or_part_of_the_name(world: World) -> None:
    made = await enter(world.caller("d1"), "t_persons", person(7))
    number = id_card(7)
    answer = await world.anyone.call("GET", f"/public/records/{made['id']}")
    assert answer.json["values"]["MC"] == "王*"
    for secret in (number, number[6:14], "小明"):
        assert secret not in answer.text
    assert answer.json["values"]["SFZ"].rstrip("*") in number[:6]
    for q, found in ((number, 0), (number.lower(), 0), (number[:10], 0), ("小明", 0), ("王", 0), ("王小明", 1)):
        assert (await world.anyone.get(f"/public/records?q={q}"))["total"] == found, q


async def test_an_enterprise_is_found_by_part_of_its_name_or_its_code(world: World) -> None:
    made = await enter(world.caller("d1"), "t_licences", licence(1, "长治市鑫达建材有限公司", SHXYM=uscc(1)))
    for q in ("鑫达", "鑫", "市鑫达建材", uscc(1), uscc(1).lower()):
        page = await world.anyone.get(f"/public/records?dataset=t_licences&q={q}")
        assert [item["id"] for item in page["items"]] == [made["id"]], q
    assert (await world.anyone.get("/public/records?dataset=t_penalties&q=鑫达"))["total"] == 0


async def test_a_public_document_number_is_found_by_any_part(world: World) -> None:
    officer = world.caller("d1")
    made = await enter(officer, "t_licences", licence(1, WSH="长许准字〔2018〕第0731号"))
    him = await enter(officer, "t_persons", person(7, WSH="长罚字〔2018〕第0912号"))
    await enter(officer, "t_secret", {"WSH": "密字〔2018〕第0731号", "MC": "甲公司", "JDRQ": "2018-01-15"})

    async def found(q: str) -> list[str]:
        page = await world.anyone.get(f"/public/records?q={q}")
        assert page["total"] == len(page["items"])
        return [item["id"] for item in page["items"]]

    for q in ("许准字", "第0731号", "长许准字〔2018〕第0731号"):
        assert await found(q) == [made["id"]], q
    assert await found("第0912号") == [him["id"]]
    assert await found("密字〔2018〕") == []
    assert await found("字〔") == []
    draft = await world.admin.get("/datasets/t_licences")
    draft.pop("version")
    draft["fields"] = [{**one, "visibility": "masked"} if one["code"] == "WSH" else one for one in draft["fields"]]
    assert (await world.admin.call("PUT", "/datasets/t_licences", draft)).status == 200
    assert await found("第0731号") == []
    assert await found("第1煤业") == [made["id"]]
    # Another field becomes the public number: what was kept as the number is still not to be found.
    draft["fields"].append({"code": "XH", "label": "序号", "visibility": "public"})
    draft["roles"]["document"] = "XH"
    assert (await world.admin.call("PUT", "/datasets/t_licences", draft)).status == 200
    assert await found("第0731号") == []


async def test_nobody_finds_by_what_is_masked_in_a_document_number(world: World) -> None:
    officer, number = world.caller("d1"), id_card(7)
    hidden = [
        person(7, WSH=f"许{number}"), person(7, WSH=f"许字{number[6:14]}王小明号"), person(7, WSH=number.lower()),
        person(8, WSH=f"许 {number[:6]} {number[6:14]} {number[14:]} 号"), person(9, WSH="许 13812345678 号"),
        person(9, WSH="许 138-1234-5678 号"), person(9, WSH="许１３８１２３４５６７８号之二"),
    ]  # fmt: skip
    for values in hidden:
        await enter(officer, "t_persons", values)
    await enter(officer, "t_licences", licence(1, WSH=f"许 {number} 号"))
    parts = (number, number[:10], number[6:14], number[-4:], "小明号", "王小明号", "13812345678", "12345678", "-1234-")
    for q in (*parts, "１２３４", f" {number[6:14]} "):
        assert (await world.anyone.get(f"/public/records?q={q}"))["total"] == 0, q
        assert (await world.admin.get(f"/records?q={q}"))["total"] > 0 or q.startswith(" "), q


TOLD = (
    "长许准字〔2018〕第0731号", "（2018）140402000123号", "空", "许字110101199003071233", "许 11010119900307123X号",
    "110101 19900307 1233", "110101-1990-03-07-1233", "许 110101900307123 号", "13812345678", "+86 138 1234 5678",
    "许１１０１０１１９９００３０７１２３３号", "电话：1234567", "0355-2034567", "110101199013991233", "A13812345678",
)  # fmt: skip
# PostgreSQL knows no check digits and takes rather too much: what is as long as an identity number, and credit codes.
TOO_MUCH = {"110101199013991233", CREDIT_CODE}


async def test_postgresql_knows_the_numbers_that_are_masked(world: World) -> None:
    wide, narrow = "０１２３４５６７８９Ｘｘ－", "0123456789XX-"
    for text in [*TOLD, *IDS, *PHONES, *NEITHER, CREDIT_CODE]:
        [row] = await world.fetch(
            "SELECT translate($1, $2, $3) ~ ALL ($4::text[]) AS hit", text, wide, narrow, MASKED_NUMBERS
        )
        masked = without_numbers(text) != text.translate(str.maketrans(wide, narrow)) or is_id_number(text)
        assert row["hit"] == (masked or text in TOO_MUCH), text


async def test_what_is_public_is_narrowed_by_department_region_and_decision_day(world: World) -> None:
    here, there = world.caller("d1"), world.caller("d2")
    one = await enter(here, "t_licences", licence(1, DFBM="140403"))
    two = await enter(here, "t_licences", licence(2, JDRQ="2018-02-20"))
    three = await enter(
        there, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": today().isoformat(), "DFBM": "140403"}
    )
    found = {
        "": {one["id"], two["id"], three["id"]},
        "department=d1": {one["id"], two["id"]},
        "department=d9": set(),
        "region=140403": {one["id"], three["id"]},
        "region=140403&department=d2": {three["id"]},
        "region=999999": set(),
        "from=2018-02-01&to=2018-02-20": {two["id"]},
        "to=2018-02-19": {one["id"]},
        "from=2018-02-01&department=d1": {two["id"]},
        "from=2018-02-01&q=煤业": {two["id"]},
        "region=140403&q=煤业": {one["id"]},
        f"department=d2&q={uscc(2)}": set(),
        "kind=two_publicity": {one["id"], two["id"], three["id"]},
        "kind=other": set(),
    }
    for query, ids in found.items():
        page = await world.anyone.get(f"/public/records?{query}")
        assert ({item["id"] for item in page["items"]}, page["total"]) == (ids, len(ids)), query
    assert (await world.anyone.get("/public/departments"))["items"] == [
        {"code": "d1", "name": "单位d1"},
        {"code": "d2", "name": "单位d2"},
    ]


async def test_nobody_finds_by_a_region_or_a_day_that_is_not_published(world: World) -> None:
    await enter(world.caller("d1"), "t_licences", licence(1, DFBM="140403"))
    draft = await world.admin.get("/datasets/t_licences")
    draft.pop("version")
    for field in draft["fields"]:
        if field["code"] in {"DFBM", "JDRQ"}:
            field["visibility"] = "hidden"
    assert (await world.admin.call("PUT", "/datasets/t_licences", draft)).status == 200
    for query in ("region=140403", "from=2018-01-01", "to=2030-01-01"):
        assert (await world.anyone.get(f"/public/records?{query}"))["total"] == 0, query


async def test_what_is_revoked_deleted_or_over_is_gone_at_once(world: World) -> None:
    officer = world.caller("d1")
    kept, revoked, deleted = [await enter(officer, "t_licences", licence(number)) for number in range(3)]
    over = await enter(officer, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15"})
    last_day = await enter(
        officer, "t_penalties", {"WSH": "2", "MC": "乙公司", "JDRQ": "2018-01-15", "JZQ": today().isoformat()}
    )
    await officer.post(f"/records/{revoked['id']}/revocation", {"reason": "试"})
    await officer.call("DELETE", f"/records/{deleted['id']}")
    page = await world.anyone.get("/public/records")
    assert ([item["id"] for item in page["items"]], page["total"]) == ([last_day["id"], kept["id"]], 2)
    for gone in (revoked, deleted, over):
        answer = await world.anyone.call("GET", f"/public/records/{gone['id']}")
        assert (answer.status, answer.json["type"]) == (404, "/problems/record-not-found")
    await officer.call("DELETE", f"/records/{revoked['id']}/revocation", {"reason": "错了"})
    assert (await world.anyone.get(f"/public/records/{revoked['id']}"))["id"] == revoked["id"]


async def test_a_dataset_with_nothing_public_is_not_there(world: World) -> None:
    made = await enter(world.caller("d1"), "t_secret", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15"})
    assert (await world.anyone.call("GET", f"/public/records/{made['id']}")).status == 404
    assert (await world.anyone.get("/public/records?dataset=t_secret"))["total"] == 0
    codes = {item["code"] for item in (await world.anyone.get("/public/datasets"))["items"]}
    assert {"t_licences", "t_persons", "t_penalties"} <= codes
    assert "t_secret" not in codes


async def test_a_field_that_is_hidden_later_is_hidden_for_earlier_records_too(world: World) -> None:
    made = await enter(world.caller("d1"), "t_licences", licence(1))
    draft = await world.admin.get("/datasets/t_licences")
    draft.pop("version")
    draft["fields"] = [
        {**field, "visibility": "hidden"} if field["code"] == "WSH" else field for field in draft["fields"]
    ]
    assert (await world.admin.call("PUT", "/datasets/t_licences", draft)).status == 200
    shown = await world.anyone.get(f"/public/records/{made['id']}")
    assert "WSH" not in shown["values"]


async def test_the_public_figures_count_what_is_on_show(world: World) -> None:
    officer = world.caller("d1")
    first = await enter(officer, "t_licences", licence(1))
    await enter(officer, "t_licences", licence(2))
    await enter(officer, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15"})
    await officer.post(f"/records/{first['id']}/revocation", {"reason": "试"})
    figures = await world.anyone.get("/public/statistics")
    by_code = {item["dataset"]["code"]: (item["records"], item["this_month"]) for item in figures["items"]}
    assert by_code["t_licences"] == (1, 1)
    assert by_code["t_penalties"][0] == 0
    assert figures["records"] == 1


PERIODS = [
    # before 〔2019〕527号: a year, serious three years
    ("penalty", "2018-01-15", None, "", "2019-01-15"),
    ("penalty", "2018-01-15", None, "1", "2019-01-15"),
    ("penalty", "2018-01-15", None, "3", "2021-01-15"),
    ("penalty", "2019-06-30", None, "严重", "2022-06-30"),
    # 〔2019〕527号: at most a year, serious three years
    ("penalty", "2019-07-01", None, "2", "2020-07-01"),
    ("penalty", "2023-04-30", None, "", "2024-04-30"),
    ("penalty", "2023-04-30", None, "3", "2026-04-30"),
    # Order 58, from 2023-05-01: at most three years
    ("penalty", "2023-05-01", None, "", "2026-05-01"),
    ("penalty", "2024-02-29", None, "", "2027-02-28"),
    # a period of its own goes first; 长期 is none
    ("penalty", "2023-05-01", "2023-12-31", "3", "2023-12-31"),
    ("penalty", "2018-01-15", "2099-12-31", "", "2019-01-15"),
    ("penalty", None, None, "", None),
    # licences are shown while they are valid
    ("licence", "2018-01-15", "2020-01-14", "", "2020-01-14"),
    ("licence", "2018-01-15", "2099-12-31", "", None),
    ("licence", "2018-01-15", None, "3", None),
    ("red_list", "2018-01-15", "2019-01-15", "", "2019-01-15"),
]


async def test_publicity_ends_by_the_law_of_the_decision_date(world: World) -> None:
    for category, decided_on, valid_until, severity, end in PERIODS:
        [row] = await world.fetch(
            "SELECT publicity_end($1, $2::text::date, $3::text::date, $4)::text AS day",
            category, decided_on, valid_until, severity,
        )  # fmt: skip
        assert row["day"] == end, (category, decided_on, valid_until, severity)


def _days_ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


async def reminded(world: World) -> list[UserMessaged]:
    """What the sweep would announce now."""
    told: list[Message] = []

    async def announce(message: Message) -> None:
        told.append(message)

    await RemindersService(world.db, announce).sweep()
    return [event for event in told if isinstance(event, UserMessaged)]


async def test_ended_publicity_is_told_once(world: World) -> None:
    officer = world.caller("d1", Role.MANAGER)
    await enter(officer, "t_penalties", {"WSH": "1", "MC": "甲公司", "JDRQ": "2018-01-15", "JZQ": _days_ago(1)})
    await enter(officer, "t_penalties", {"WSH": "2", "MC": "乙公司", "JDRQ": "2018-01-15", "JZQ": _days_ago(1)})
    await enter(officer, "t_penalties", {"WSH": "3", "MC": "丙公司", "JDRQ": "2018-01-15", "JZQ": _days_ago(0)})
    told = await reminded(world)
    assert [(event.kind, event.department, event.user_id) for event in told] == [("publicity_ended", "d1", None)]
    assert await reminded(world) == []
    [message] = (await officer.get("/messages"))["items"]
    assert (message["kind"], message["title"]) == ("publicity_ended", "处罚-法人：2 条公示期满")


async def test_an_enterprise_is_not_found_by_a_code_that_is_not_published(world: World) -> None:
    """The tax number of 欠税 stands among the codes of the record, but its field is hidden."""
    fields = (await world.admin.get("/datasets/tax_arrears_fr"))["fields"]
    values = {field["code"]: field["example"] or "" for field in fields}
    made = await enter(world.caller("d1"), "tax_arrears_fr", values)
    assert (made["state"], made["published_until"]) == ("published", None), "the day it was counted to is no end"
    assert (await world.anyone.get("/public/records?dataset=tax_arrears_fr"))["total"] == 1
    for code, found in ((values["NSRSBH"], 0), (values["TYSHXYDM"], 1), (values["GSZCH"], 1)):
        assert (await world.anyone.get(f"/public/records?q={code}"))["total"] == found, code
