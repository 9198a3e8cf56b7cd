"""便捷查询 over HTTP."""

from aiohttp import web

from services.records.keys import SUBJECTS
from shared.contracts.subjects import SubjectQuery, SubjectSearch
from shared.http.requests import read_body, read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def list_subjects(request: web.Request) -> web.Response:
    wanted = read_query(request, SubjectQuery)
    return reply(await request.app[SUBJECTS].search(caller(request), wanted.q, wanted.page, wanted.size))


async def search_subjects(request: web.Request) -> web.Response:
    wanted = await read_body(request, SubjectSearch)
    return reply(await request.app[SUBJECTS].search(caller(request), wanted.q, wanted.page, wanted.size))


async def get_subject(request: web.Request) -> web.Response:
    return reply(await request.app[SUBJECTS].get(caller(request), int(request.match_info["record_id"])))
