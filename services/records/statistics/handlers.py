"""数据统计 over HTTP."""

from aiohttp import web

from services.records.keys import STATISTICS
from shared.contracts.statistics import StatisticsQuery
from shared.http.requests import read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def get_statistics(request: web.Request) -> web.Response:
    return reply(await request.app[STATISTICS].figures(caller(request), read_query(request, StatisticsQuery)))


async def get_home(request: web.Request) -> web.Response:
    return reply(await request.app[STATISTICS].home(caller(request)))
