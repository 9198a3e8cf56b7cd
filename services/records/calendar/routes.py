"""The HTTP surface of the calendar."""

from services.records.calendar import handlers
from shared.contracts.calendar import CalendarDay, CalendarPage, CalendarQuery, ChangedDay
from shared.http.operations import ADMIN, Group, Operation

PATH = "/api/v1/calendar"

OPERATIONS = [
    Operation("GET", PATH, handlers.get_calendar, "工作日历", Group.CALENDAR, query=CalendarQuery, answer=CalendarPage),
    Operation(
        "PUT",
        PATH + r"/{day:\d{4}-\d{2}-\d{2}}",
        handlers.change_day,
        "修改工作日历的一天",
        Group.CALENDAR,
        roles=ADMIN,
        body=ChangedDay,
        answer=CalendarDay,
        path_types={"day": {"type": "string", "format": "date"}},
    ),
    Operation(
        "POST",
        PATH + r"/{year:(?:19|20)\d\d}/settlement",
        handlers.settle_year,
        "确认一年的放假安排已经录完",
        Group.CALENDAR,
        roles=ADMIN,
        answer=CalendarPage,
        path_types={"year": {"type": "integer", "minimum": 1990, "maximum": 2099}},
    ),
]
