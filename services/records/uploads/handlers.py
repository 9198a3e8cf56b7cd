"""Uploads over HTTP."""

from uuid import UUID

from aiohttp import web

from services.records.keys import UPLOADS
from shared.contracts.uploads import RegisterUpload, UploadFilter
from shared.http.requests import read_body, read_query
from shared.http.responses import reply
from shared.http.service_app import caller


def upload_id(request: web.Request) -> UUID:
    return UUID(request.match_info["upload_id"])


async def register_upload(request: web.Request) -> web.Response:
    wanted = await read_body(request, RegisterUpload)
    return reply(await request.app[UPLOADS].register(caller(request), wanted), status=201)


async def list_uploads(request: web.Request) -> web.Response:
    wanted = read_query(request, UploadFilter)
    return reply(await request.app[UPLOADS].page(caller(request), wanted))


async def get_upload_dataset(request: web.Request) -> web.Response:
    return reply(await request.app[UPLOADS].dataset(caller(request), upload_id(request)))


async def get_upload(request: web.Request) -> web.Response:
    return reply(await request.app[UPLOADS].get(caller(request), upload_id(request)))
