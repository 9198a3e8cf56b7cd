"""The calendar over HTTP."""

from datetime import date

from aiohttp import web

from services.records.calendar.errors import DayNotFound
from services.records.keys import CALENDAR
from shared.contracts.calendar import CalendarQuery, ChangedDay
from shared.http.requests import read_body, read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def get_calendar(request: web.Request) -> web.Response:
    return reply(await request.app[CALENDAR].year(read_query(request, CalendarQuery)))


async def change_day(request: web.Request) -> web.Response:
    wanted = await read_body(request, ChangedDay)
    try:
        day = date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise DayNotFound("没有这个日期，请检查。") from None
    return reply(await request.app[CALENDAR].change(caller(request), day, wanted))


async def settle_year(request: web.Request) -> web.Response:
    return reply(await request.app[CALENDAR].settle(caller(request), int(request.match_info["year"])))
