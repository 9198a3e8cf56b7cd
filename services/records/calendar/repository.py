"""The state's holiday calendar: which days are worked, and where the seven working days end."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.records.calendar.errors import DayNotFound
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.calendar")


class SeedDay(NamedTuple):
    day: date
    is_workday: bool
    provisional: bool
    note: str


async def seed_days(conn: Conn, days: Sequence[SeedDay]) -> None:
    await conn.execute(
        SQL["seed_days"],
        [one.day for one in days],
        [one.is_workday for one in days],
        [one.provisional for one in days],
        [one.note for one in days],
    )


async def renumber(conn: Conn) -> None:
    """Bring workday_no and due_on in line after days were added or changed."""
    await conn.execute(SQL["renumber"])


async def lock_calendar(conn: Conn) -> None:
    await conn.execute(SQL["lock_calendar"])


async def list_days(conn: Conn, year: int) -> list[Row]:
    return await conn.fetch(SQL["list_days"], year)


async def change_day(conn: Conn, day: date, *, is_workday: bool, note: str) -> Row:
    """Raises DayNotFound."""
    if await conn.fetchval(SQL["change_day"], day, is_workday, note) is None:
        raise DayNotFound("日历里没有这一天，请检查日期。")
    await renumber(conn)
    rows = await conn.fetch(SQL["get_day"], day)
    return rows[0]


async def settle_year(conn: Conn, year: int) -> None:
    await conn.execute(SQL["settle_year"], year)
