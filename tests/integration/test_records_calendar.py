"""The seven working days by the state's calendar, make-up days included; and the calendar's keeping."""

from collections.abc import AsyncGenerator

import pytest

from services.records.calendar.seed import seed
from shared.contracts.identity import Role
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import World, enter, licence, open_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


DUE = [
    ("2018-01-15", "2018-01-24"),  # Monday: a plain week and a half
    ("2018-01-19", "2018-01-30"),  # Friday
    ("2018-01-20", "2018-01-30"),  # Saturday counts like the Friday before
    ("2018-02-08", "2018-02-23"),  # across the Spring Festival: Sunday 11th is worked, 15th to 21st are off
    ("2018-02-09", "2018-02-24"),  # Saturday 24th is worked
    ("2018-02-15", "2018-03-01"),  # decided on New Year's Eve
    ("2018-09-28", "2018-10-12"),  # National Day; Saturday 29th and Sunday 30th are worked
    ("2020-01-23", "2020-02-11"),  # the festival that was prolonged
    ("2026-09-28", "2026-10-13"),
    ("1989-12-29", "1990-01-09"),  # before the calendar: eleven days
]


async def test_the_seventh_working_day_follows_the_notices(world: World) -> None:
    for decided_on, due_on in DUE:
        [row] = await world.fetch("SELECT due_on($1::text::date)::text AS day", decided_on)
        assert row["day"] == due_on, decided_on


async def test_working_days_are_counted_in_both_directions(world: World) -> None:
    for first, second, days in [
        ("2018-02-09", "2018-02-26", 8),
        ("2018-02-26", "2018-02-09", -8),
        ("2018-02-15", "2018-02-21", 0),
        ("2018-02-10", "2018-02-11", 1),
    ]:
        [row] = await world.fetch("SELECT working_days_between($1::text::date, $2::text::date) AS days", first, second)
        assert row["days"] == days, (first, second)


async def test_a_record_says_whether_it_came_in_time(world: World) -> None:
    officer = world.caller("d1")
    record = await enter(officer, "t_licences", licence(1))
    for stored_on, on_time, days in [
        ("2018-01-15 09:00+08", True, 7),
        ("2018-01-24 23:59+08", True, 0),
        ("2018-01-24 16:00+00", False, -1),  # the 25th in China
        ("2018-01-27 10:00+08", False, -2),
    ]:
        await world.fetch("UPDATE record SET created_at = $1::text::timestamptz", stored_on)
        deadline = (await officer.get(f"/records/{record['id']}"))["deadline"]
        assert deadline == {"due_on": "2018-01-24", "on_time": on_time, "days": days, "provisional": False}, stored_on


async def test_stored_on_a_day_off_after_the_last_day_is_late(world: World) -> None:
    officer = world.caller("d1")
    record = await enter(officer, "t_licences", licence(1, JDRQ="2018-01-10"))  # due on Friday 19th
    await world.fetch("UPDATE record SET created_at = '2018-01-20 10:00+08'")
    deadline = (await officer.get(f"/records/{record['id']}"))["deadline"]
    assert (deadline["due_on"], deadline["on_time"], deadline["days"]) == ("2018-01-19", False, -1)


async def test_a_year_without_a_notice_is_provisional(world: World) -> None:
    known = await world.caller("d1").get("/calendar?year=2018")
    assert (known["total"], known["provisional"]) == (365, False)
    [day] = [one for one in known["items"] if one["day"] == "2018-02-11"]
    assert (day["is_workday"], day["note"]) == (True, "春节调休上班")
    unknown = await world.caller("d1").get("/calendar?year=2029")
    assert unknown["provisional"] is True
    assert (await world.caller("d1").call("GET", "/calendar?year=1200")).status == 422


async def test_a_day_the_admin_changes_moves_every_deadline_behind_it(world: World) -> None:
    assert (
        await world.caller("d1", Role.MANAGER).call("PUT", "/calendar/2029-01-05", {"is_workday": False})
    ).status == 403
    before = await world.fetch(
        "SELECT day, due_on, workday_no FROM calendar_day WHERE day >= '2028-12-20' ORDER BY day"
    )
    changed = await world.admin.call("PUT", "/calendar/2029-01-05", {"is_workday": False, "note": "放假"})
    assert changed.status == 200
    assert (changed.json["is_workday"], changed.json["provisional"], changed.json["note"]) == (False, False, "放假")
    [row] = await world.fetch("SELECT due_on(date '2029-01-02')::text AS day")
    assert row["day"] == "2029-01-12"
    async with world.db.transaction() as conn:
        await seed(conn)
    assert (await world.fetch("SELECT is_workday FROM calendar_day WHERE day = '2029-01-05'"))[0]["is_workday"] is False
    await world.admin.call("PUT", "/calendar/2029-01-05", {"is_workday": True})
    after = await world.fetch("SELECT day, due_on, workday_no FROM calendar_day WHERE day >= '2028-12-20' ORDER BY day")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]
    assert (await world.admin.call("PUT", "/calendar/2029-02-30", {"is_workday": True})).status == 404


async def test_the_admin_settles_a_year_once_its_notice_is_entered(world: World) -> None:
    assert (await world.caller("d1", Role.MANAGER).call("POST", "/calendar/2029/settlement")).status == 403
    settled = await world.admin.call("POST", "/calendar/2029/settlement")
    assert (settled.status, settled.json["provisional"], settled.json["total"]) == (200, False, 365)
    assert (await world.caller("d1").get("/calendar?year=2029"))["provisional"] is False
    assert (await world.caller("d1").get("/calendar?year=2028"))["provisional"] is True
    async with world.db.transaction() as conn:
        await seed(conn)
    assert (await world.caller("d1").get("/calendar?year=2029"))["provisional"] is False, "a newer seed leaves it"
    assert (await world.admin.call("POST", "/calendar/2098/settlement")).status == 404
    actions = await world.fetch("SELECT object FROM audit WHERE action = 'calendar.settled'")
    assert [row["object"] for row in actions] == ["日历 2029 年"]


async def test_seeding_again_changes_nothing(world: World) -> None:
    before = await world.fetch("SELECT md5(string_agg(c::text, ',' ORDER BY day)) AS all FROM calendar_day c")
    async with world.db.transaction() as conn:
        await seed(conn)
    assert await world.fetch("SELECT md5(string_agg(c::text, ',' ORDER BY day)) AS all FROM calendar_day c") == before
