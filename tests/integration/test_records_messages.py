"""消息提醒: to one officer or a whole department, unread for each until read; and the reminders of what time does."""

import json
from collections.abc import AsyncGenerator
from datetime import date, timedelta

import pytest

from services.records.messages import repository as messages
from services.records.publicity.reminders.service import RemindersService
from shared.clock import today
from shared.contracts.base import Message
from shared.contracts.identity import Role
from shared.contracts.ingest import UserMessaged
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import World, open_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


async def tell(world: World, fact: str, *, department: str = "d1", user_id: str | None = None) -> int | None:
    async with world.db.transaction() as conn:
        return await messages.add(
            conn, kind="import_finished", department_code=department, user_id=user_id, title=fact, body="…",
            link="/uploads/1", fact=fact,
        )  # fmt: skip


async def test_each_officer_reads_for_himself(world: World) -> None:
    reporter, manager = world.caller("d1"), world.caller("d1", Role.MANAGER)
    await tell(world, "给大家")
    mine = await tell(world, "给填报员", user_id="u-d1-reporter")
    await tell(world, "给别的部门", department="d2")
    listed = await reporter.get("/messages")
    assert ([item["title"] for item in listed["items"]], listed["total"], listed["unread"]) == (
        ["给填报员", "给大家"],
        2,
        2,
    )
    assert [item["title"] for item in (await manager.get("/messages"))["items"]] == ["给大家"]
    read = await reporter.post(f"/messages/{mine}/read")
    assert read["read_at"] is not None
    assert (await reporter.post(f"/messages/{mine}/read"))["read_at"] == read["read_at"]
    unread = await reporter.get("/messages?unread=true")
    assert ([item["title"] for item in unread["items"]], unread["total"], unread["unread"]) == (["给大家"], 1, 1)
    assert await reporter.post("/messages/read") == {"read": 1, "unread": 0}
    assert (await reporter.get("/messages"))["unread"] == 0
    assert (await manager.get("/messages"))["unread"] == 1
    assert (await manager.call("POST", f"/messages/{mine}/read")).status == 404
    assert (await world.caller("d2").call("POST", f"/messages/{mine}/read")).status == 404


async def test_the_same_fact_makes_one_message(world: World) -> None:
    assert await tell(world, "一次") is not None
    assert await tell(world, "一次") is None
    assert (await world.caller("d1").get("/messages"))["total"] == 1


async def reminded(world: World) -> list[UserMessaged]:
    told: list[Message] = []

    async def announce(message: Message) -> None:
        told.append(message)

    await RemindersService(world.db, announce).sweep()
    return [event for event in told if isinstance(event, UserMessaged)]


async def rejected_rows(world: World, dates: list[str], *, uploaded_at: date) -> None:
    """An upload with rows that wait for correction, decided on `dates`."""
    rows = await world.fetch(
        """INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id,
                               user_name, file_name, file_size, sha256, mode, on_duplicate, dry_run, uploaded_at,
                               state, total, rejected)
           VALUES (gen_random_uuid(), 't_licences', 1, 'd1', 'd1', 'u-d1-reporter', '张三', '许可.xls', 1, 'x',
                   'partial', 'update', false, $1, 'rejected', $2, $2)
           RETURNING upload_id""",
        uploaded_at, len(dates),
    )  # fmt: skip
    for number, day in enumerate(dates, 3):
        await world.fetch(
            "INSERT INTO ledger (upload_id, row, outcome, values) VALUES ($1, $2, 'rejected', $3)",
            rows[0]["upload_id"], number, json.dumps({"JDRQ": day}),
        )  # fmt: skip


async def test_rows_that_wait_near_their_deadline_are_told_once(world: World) -> None:
    [row] = await world.fetch(
        """SELECT max(day) AS day FROM calendar_day
           WHERE due_on = (SELECT min(day) FROM calendar_day WHERE is_workday AND day >= current_date)"""
    )
    [fresh] = await world.fetch("SELECT max(day) AS day FROM calendar_day WHERE day <= current_date AND is_workday")
    odd = ["2018-02-30", "not a date", "0000-01-01", "9999-12-31"]
    dates = [row["day"].isoformat(), fresh["day"].isoformat(), *odd, "2018-01-15"]
    await rejected_rows(world, dates, uploaded_at=today())
    told = await reminded(world)
    assert [(event.kind, event.user_id) for event in told] == [("deadline_near", "u-d1-reporter")]
    assert told[0].title.startswith("1 行")
    assert await reminded(world) == []
    home = await world.caller("d1").get("/home")
    # Two were late when they were sent: nobody is reminded of them, but they wait as well.
    assert home["deadlines_near"] == 3
    assert [(one["near"], one["late"]) for one in home["deadlines"]] == [(1, 2)]


async def test_rows_that_became_late_while_they_waited_are_told(world: World) -> None:
    await rejected_rows(world, [(today() - timedelta(days=21)).isoformat()], uploaded_at=today() - timedelta(days=20))
    [event] = await reminded(world)
    assert "已超过" in event.title


@pytest.mark.parametrize(
    ("since", "now", "settled"),
    [
        ("progressed_at = now()", None, False),
        ("corrected = 1, rejected = 1", "现在还有 1 行待改正。", False),
        ("corrected = 2, rejected = 0, state = 'stored'", "已全部改正。", True),
        ("ignored = 2", "已全部改正或忽略。", True),
        ("data_deleted_at = now()", "这次上报的数据已经撤回，不用再改正。", True),
        ("deleted_at = now()", "这条上传记录已经删除，不用再改正。", True),
        ("emptied_at = now(), ignored = rejected", "明细已超过保存期，不能再改正。", True),
    ],
)
async def test_a_message_says_what_became_of_its_rows(world: World, since: str, now: str | None, settled: bool) -> None:
    late = (today() - timedelta(days=21)).isoformat()
    await rejected_rows(world, [late, late], uploaded_at=today() - timedelta(days=20))
    await reminded(world)
    await world.fetch(f"UPDATE upload SET {since}")  # the test's own words
    [message] = (await world.caller("d1").get("/messages"))["items"]
    assert (message["now"], message["settled"]) == (now, settled)
    read = await world.caller("d1").post(f"/messages/{message['id']}/read")
    assert (read["now"], read["settled"]) == (now, settled)


@pytest.mark.parametrize(
    ("since", "now"),
    [
        ("state = 'awaiting_confirmation'", None),
        ("state = 'storing'", None),
        ("state = 'cancelled'", "试运行已取消，没有入库。"),
        ("state = 'stored'", "已确认，全部入库。"),
        ("state = 'stored', emptied_at = now()", "已确认，全部入库。"),
        ("state = 'stored', data_deleted_at = now()", "这次上报的数据已经撤回。"),
        ("state = 'stored', deleted_at = now()", "这条上传记录已经删除。"),
        ("state = 'cancelled', deleted_at = now()", "这条上传记录已经删除。"),
    ],
)
async def test_a_dry_run_that_was_decided_asks_no_more(world: World, since: str, now: str | None) -> None:
    await rejected_rows(world, [], uploaded_at=today())
    [upload] = await world.fetch(f"UPDATE upload SET {since} RETURNING upload_id")  # the test's own words
    async with world.db.transaction() as conn:
        await messages.add(
            conn, kind="import_finished", department_code="d1", user_id=None, title="待确认", body="…",
            link=f"/uploads/{upload['upload_id']}", fact=f"upload:{upload['upload_id']}:awaiting_confirmation",
        )  # fmt: skip
    [message] = (await world.caller("d1").get("/messages"))["items"]
    assert (message["now"], message["settled"]) == (now, now is not None)


async def test_what_has_waited_for_long_still_stands_on_the_home_page(world: World) -> None:
    sent = today() - timedelta(days=200)
    await rejected_rows(world, [(sent - timedelta(days=1)).isoformat()], uploaded_at=sent)
    assert await reminded(world) == []  # they were, in their first month
    home = await world.caller("d1").get("/home")
    assert (home["rows_waiting"], home["deadlines_near"]) == (1, 1)
