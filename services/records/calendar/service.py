"""The calendar as it is read by everybody and kept by the admin."""

from datetime import date

from services.records.audit import repository as audit
from services.records.calendar import repository
from services.records.calendar.errors import DayNotFound
from shared.clock import today
from shared.contracts.calendar import CalendarDay, CalendarPage, CalendarQuery, ChangedDay
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database


class CalendarService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def year(self, wanted: CalendarQuery) -> CalendarPage:
        year = wanted.year or today().year
        async with self._db.reading() as conn:
            return await _year(conn, year)

    async def settle(self, identity: Identity, year: int) -> CalendarPage:
        """The state's notice for the year has been entered: none of its days is provisional. Raises DayNotFound."""
        async with self._db.transaction() as conn:
            await repository.lock_calendar(conn)
            await repository.settle_year(conn, year)
            page = await _year(conn, year)
            if not page.items:
                raise DayNotFound(f"日历里没有 {year} 年，请检查年份。")
            await audit.add(conn, identity, "calendar.settled", f"日历 {year} 年")
        return page

    async def change(self, identity: Identity, day: date, wanted: ChangedDay) -> CalendarDay:
        """Every deadline that spans the day moves with it. Raises DayNotFound."""
        async with self._db.transaction() as conn:
            await repository.lock_calendar(conn)
            row = await repository.change_day(conn, day, is_workday=wanted.is_workday, note=wanted.note)
            what = "工作日" if wanted.is_workday else "休息日"
            await audit.add(conn, identity, "calendar.changed", f"日历 {day} {what}", wanted.note)
        return CalendarDay.model_validate(dict(row))


async def _year(conn: Conn, year: int) -> CalendarPage:
    rows = await repository.list_days(conn, year)
    days = [CalendarDay.model_validate(dict(row)) for row in rows]
    return CalendarPage(
        items=days,
        page=1,
        size=max(len(days), 1),
        total=len(days),
        year=year,
        provisional=any(day.provisional for day in days),
    )
