"""Mending an upload over HTTP."""

from uuid import UUID

from aiohttp import web

from services.records.keys import MENDING
from shared.contracts.mending import IgnoreRow, ReplaceValue
from shared.contracts.uploads import MendRow
from shared.http.requests import read_body
from shared.http.responses import reply
from shared.http.service_app import caller


async def check_row(request: web.Request) -> web.Response:
    body = await read_body(request, MendRow)
    return reply(await request.app[MENDING].check(caller(request), _upload_id(request), _row(request), body.values))


async def mend_row(request: web.Request) -> web.Response:
    body = await read_body(request, MendRow)
    row = await request.app[MENDING].mend(caller(request), _upload_id(request), _row(request), body.values)
    return reply(row)


async def ignore_row(request: web.Request) -> web.Response:
    body = await read_body(request, IgnoreRow, optional=True)
    row = await request.app[MENDING].ignore(caller(request), _upload_id(request), _row(request), body.reason)
    return reply(row)


async def replace_values(request: web.Request) -> web.Response:
    body = await read_body(request, ReplaceValue)
    return reply(await request.app[MENDING].replace(caller(request), _upload_id(request), body))


async def confirm_upload(request: web.Request) -> web.Response:
    return reply(await request.app[MENDING].confirm(caller(request), _upload_id(request)))


async def cancel_upload(request: web.Request) -> web.Response:
    return reply(await request.app[MENDING].cancel(caller(request), _upload_id(request)))


def _upload_id(request: web.Request) -> UUID:
    return UUID(request.match_info["upload_id"])


def _row(request: web.Request) -> int:
    return int(request.match_info["row"])
