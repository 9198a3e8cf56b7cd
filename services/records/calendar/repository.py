"""The state's holiday calendar: which days are worked, and where the seven working days end."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from shared.db.database import Conn
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
