"""The public view over HTTP: no identity, nothing that is not published."""

from aiohttp import web

from services.records.keys import PUBLICITY
from shared.contracts.public import PublicDatasetQuery, PublicDepartmentQuery, PublicQuery
from shared.http.requests import read_query
from shared.http.responses import reply


async def list_public_datasets(request: web.Request) -> web.Response:
    return reply(await request.app[PUBLICITY].datasets(read_query(request, PublicDatasetQuery)))


async def list_public_departments(request: web.Request) -> web.Response:
    return reply(await request.app[PUBLICITY].departments(read_query(request, PublicDepartmentQuery)))


async def list_public_records(request: web.Request) -> web.Response:
    return reply(await request.app[PUBLICITY].page(read_query(request, PublicQuery)))


async def get_public_record(request: web.Request) -> web.Response:
    return reply(await request.app[PUBLICITY].get(int(request.match_info["record_id"])))


async def get_public_statistics(request: web.Request) -> web.Response:
    return reply(await request.app[PUBLICITY].statistics())
