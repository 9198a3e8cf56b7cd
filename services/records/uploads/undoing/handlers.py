"""Undoing an upload over HTTP."""

from uuid import UUID

from aiohttp import web

from services.records.keys import UNDOING
from shared.http.responses import no_content, reply
from shared.http.service_app import caller


async def preview_undo(request: web.Request) -> web.Response:
    return reply(await request.app[UNDOING].preview(caller(request), _upload_id(request)))


async def delete_upload_data(request: web.Request) -> web.Response:
    return reply(await request.app[UNDOING].undo(caller(request), _upload_id(request)))


async def delete_upload(request: web.Request) -> web.Response:
    await request.app[UNDOING].delete(caller(request), _upload_id(request))
    return no_content()


def _upload_id(request: web.Request) -> UUID:
    return UUID(request.match_info["upload_id"])
