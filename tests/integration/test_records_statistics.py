"""Every figure of 数据统计, and what leads to its rows."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from shared.contracts.identity import Role
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import World, enter, licence, open_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


async def uploaded(world: World, department: str, at: str, dataset: str = "t_licences", **counts: object) -> None:
    """An upload as the persister leaves it."""
    columns = {"state": "stored", "total": 0, "data_deleted_at": None, **counts}
    names = ", ".join(columns)
    places = ", ".join(f"${number}" for number in range(4, 4 + len(columns)))
    await world.fetch(
        f"""INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id,
                                user_name, file_name, file_size, sha256, mode, on_duplicate, dry_run, uploaded_at,
                                {names})
            VALUES (gen_random_uuid(), $1, 1, $2, $2, 'u', '张三', '许可.xls', 1, 'x', 'partial', 'update', false,
                    $3::text::timestamptz, {places})""",
        dataset, department, at, *columns.values(),
    )  # fmt: skip


async def test_the_figures_of_uploads_and_entries_by_hand(world: World) -> None:
    await uploaded(
        world, "d1", "2018-01-10 09:00+08", state="partly_stored", total=10, inserted=6, updated=1, unchanged=1,
        rejected=2, first_rejected=4, on_time=5, late=1,
    )  # fmt: skip
    await uploaded(world, "d1", "2018-02-10 09:00+08", total=10, inserted=10, on_time=10)
    for state in ("failed", "cancelled", "awaiting_confirmation", "checking"):
        await uploaded(world, "d1", "2018-01-11 09:00+08", state=state, total=100, inserted=100)
    await uploaded(world, "d1", "2018-01-12 09:00+08", total=50, inserted=50, data_deleted_at=_at("2018-01-13"))
    officer = world.caller("d1", Role.MANAGER)
    ids = [(await enter(officer, "t_penalties", {**_penalty(number)}))["id"] for number in range(4)]
    await world.fetch("UPDATE record SET created_at = '2018-01-20 10:00+08' WHERE record_id = $1", int(ids[0]))
    await world.fetch("UPDATE record SET created_at = '2018-02-20 10:00+08' WHERE record_id <> $1", int(ids[0]))
    await officer.post(f"/records/{ids[1]}/revocation", {"reason": "试"})
    await officer.call("DELETE", f"/records/{ids[3]}")

    by_dataset = await officer.get("/statistics?group_by=dataset&from=2018-01-01&to=2018-12-31")
    licences, penalties = (by_dataset["items"][0], by_dataset["items"][1])
    assert (licences["key"], licences["label"]) == ("t_licences", "许可-法人")
    assert {name: licences[name] for name in ("reported", "stored", "rejected", "late", "on_time", "revoked")} == {
        "reported": 20, "stored": 18, "rejected": 2, "late": 1, "on_time": 15, "revoked": 0,
    }  # fmt: skip
    assert (licences["stored_rate"], licences["qualified_rate"], licences["on_time_rate"]) == (0.9, 0.8, 0.9375)
    assert {name: penalties[name] for name in ("reported", "stored", "on_time", "late")} == {
        "reported": 3, "stored": 3, "on_time": 1, "late": 2,
    }  # fmt: skip
    assert by_dataset["totals"]["reported"] == 23
    by_month = await officer.get("/statistics?group_by=month&to=2018-12-31")
    assert [(item["key"], item["reported"]) for item in by_month["items"]] == [("2018-01", 11), ("2018-02", 12)]
    assert "from=2018-01-01&to=2018-01-31" in by_month["items"][0]["links"]["uploads"]
    one = await officer.get("/statistics?dataset=t_penalties&from=2018-02-01&to=2018-02-28")
    assert [(item["key"], item["label"], item["reported"]) for item in one["items"]] == [("d1", "单位d1", 2)]
    now = await officer.get("/statistics?group_by=dataset")
    assert {item["key"]: item["revoked"] for item in now["items"]} == {"t_licences": 0, "t_penalties": 1}

    await uploaded(world, "d1", "2018-01-14 09:00+08", state="rejected", total=3, rejected=3, ignored=3)
    gone = _at("2018-01-15")
    await uploaded(world, "d1", "2018-01-15 09:00+08", state="rejected", total=4, rejected=4, deleted_at=gone)
    licences = (await officer.get("/statistics?group_by=dataset&from=2018-01-01&to=2018-12-31"))["items"][0]
    assert (licences["rejected"], licences["waiting"]) == (9, 2)
    for name, sums in (("uploads", 27), ("rejected", 17), ("waiting", 10)):
        listed = (await officer.get(licences["links"][name].removeprefix("/api/v1")))["items"]
        assert sum(item["counts"]["total"] for item in listed) == sums, name


def _penalty(number: int) -> dict[str, str]:
    return {"WSH": str(number), "MC": "甲公司", "JDRQ": "2018-01-15"}


def _at(day: str) -> object:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


async def test_nothing_reported_has_no_rates(world: World) -> None:
    empty = await world.caller("d1").get("/statistics")
    assert (empty["items"], empty["total"]) == ([], 0)
    assert (empty["totals"]["reported"], empty["totals"]["stored_rate"], empty["totals"]["on_time_rate"]) == (
        0,
        None,
        None,
    )


async def test_a_row_corrected_by_a_later_upload_is_counted_once(world: World) -> None:
    await uploaded(world, "d1", "2018-01-10 09:00+08", total=2, inserted=2, first_rejected=1)
    await uploaded(world, "d1", "2018-01-11 09:00+08", total=1, inserted=1)
    await world.fetch(
        """INSERT INTO ledger (upload_id, row, outcome, values, closed_by_upload_id)
           SELECT a.upload_id, 3, 'closed', '{}', b.upload_id
           FROM upload a, upload b WHERE a.total = 2 AND b.total = 1"""
    )
    [item] = (await world.caller("d1").get("/statistics"))["items"]
    assert (item["reported"], item["stored"], item["qualified_rate"]) == (2, 2, 0.5)


async def test_a_department_sees_only_its_own_figures(world: World) -> None:
    await uploaded(world, "d1", "2018-01-10 09:00+08", total=1, inserted=1)
    await uploaded(world, "d2", "2018-01-10 09:00+08", total=2, inserted=2)
    mine = await world.caller("d1").get("/statistics?department=d2")
    assert [(item["key"], item["reported"]) for item in mine["items"]] == [("d1", 1)]
    everything = await world.admin.get("/statistics?group_by=department")
    assert [(item["key"], item["reported"]) for item in everything["items"]] == [("d1", 1), ("d2", 2)]
    one = await world.admin.get("/statistics?department=d2&group_by=dataset")
    assert [(item["key"], item["reported"]) for item in one["items"]] == [("t_licences", 2)]
    assert "department=d2" in one["items"][0]["links"]["uploads"]


async def test_a_link_leads_to_the_records_behind_the_figure(world: World) -> None:
    officer = world.caller("d1")
    first = await enter(officer, "t_licences", licence(1))
    await enter(officer, "t_licences", licence(2))
    await officer.post(f"/records/{first['id']}/revocation", {"reason": "试"})
    [item] = (await officer.get("/statistics?group_by=dataset"))["items"]
    for name, figure in (("by_hand", item["reported"]), ("stored", item["stored"]), ("revoked", item["revoked"])):
        listed = await officer.get(item["links"][name].removeprefix("/api/v1"))
        assert listed["total"] == figure, name


async def test_links_of_a_month_hold_the_rows_of_that_month_only(world: World) -> None:
    officer = world.caller("d1")
    decided = ("2018-01-29", "2018-01-15", "2018-02-26")
    ids = [int((await enter(officer, "t_licences", licence(n, JDRQ=day)))["id"]) for n, day in enumerate(decided)]
    for number in ids[:2]:
        await officer.post(f"/records/{number}/revocation", {"reason": "试"})
    days = ("2018-01-31 23:59:59+08", "2018-02-01 00:00+08", "2018-02-28 23:59+08")
    for number, day in zip(ids, days, strict=True):
        await world.fetch("UPDATE record SET created_at = $2::text::timestamptz WHERE record_id = $1", number, day)
    await world.fetch(
        "UPDATE record SET revoked_at = '2018-02-03 08:00+08', published_until = '2018-03-01' WHERE record_id = $1",
        ids[0],
    )
    await world.fetch("UPDATE record SET revoked_at = '2018-03-01 00:00+08' WHERE record_id = $1", ids[1])
    items = (await officer.get("/statistics?group_by=month&to=2018-12-31"))["items"]
    assert [(item["key"], item["by_hand"], item["late"], item["revoked"]) for item in items] == [
        ("2018-01", 1, 0, 0),
        ("2018-02", 2, 1, 1),
        ("2018-03", 0, 0, 1),
    ]
    for item in items:
        for name in ("by_hand", "late", "revoked"):
            listed = await officer.get(item["links"][name].removeprefix("/api/v1"))
            assert listed["total"] == item[name], (item["key"], name)
    ending = await officer.get("/records?by=ending&from=2018-03-01&to=2018-03-01")
    assert [item["id"] for item in ending["items"]] == [str(ids[0])]
    assert (await officer.get("/records?by=ending&from=2018-03-02&to=2018-03-31"))["total"] == 0


async def test_the_home_page_says_what_waits(world: World) -> None:
    await uploaded(world, "d1", "2018-01-10 09:00+08", state="partly_stored", total=9, rejected=5, ignored=2)
    await uploaded(world, "d1", "2018-01-10 09:00+08", state="checking")
    await enter(world.caller("d1"), "t_licences", licence(1))
    home = await world.caller("d1").get("/home")
    assert home == {
        "rows_waiting": 3, "uploads_running": 1, "awaiting_confirmation": 0, "deadlines_near": 0, "deadlines": [],
        "ending_soon": 0, "records": 1, "unread": 0,
    }  # fmt: skip
    assert (await world.caller("d2").get("/home"))["rows_waiting"] == 0
