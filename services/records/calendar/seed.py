"""The days every installation starts with: the State Council's notices (chinesecalendar); elsewhere Mon–Fri."""

from datetime import date, timedelta

import chinese_calendar

from services.records.calendar import repository
from services.records.calendar.repository import SeedDay
from shared.clock import today
from shared.db.database import Conn

FIRST_YEAR = 1990
YEARS_AHEAD = 5  # of the year it is: deadlines of today lie in the calendar for as long as anybody migrates at all
SATURDAY = 5


async def seed(conn: Conn) -> None:
    """Fill or complete the calendar; safe to repeat. A newer notice replaces provisional days, never an admin's."""
    first, last = date(FIRST_YEAR, 1, 1), date(today().year + YEARS_AHEAD, 12, 31)
    days = [_day(first + timedelta(days=number)) for number in range((last - first).days + 1)]
    await repository.seed_days(conn, days)
    await repository.renumber(conn)


def _day(day: date) -> SeedDay:
    try:
        is_workday = bool(chinese_calendar.is_workday(day))
        _, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # no notice for that year in the library
        return SeedDay(day, day.weekday() < SATURDAY, True, "")
    name = chinese_calendar.Holiday(holiday).chinese if holiday else ""
    if is_workday and day.weekday() >= SATURDAY:
        return SeedDay(day, True, False, f"{name}调休上班")
    return SeedDay(day, is_workday, False, "" if is_workday else name)
