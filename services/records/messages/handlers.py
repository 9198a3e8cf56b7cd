"""Messages over HTTP."""

from aiohttp import web

from services.records.keys import MESSAGES
from shared.contracts.messages import MessageQuery
from shared.http.requests import read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def list_messages(request: web.Request) -> web.Response:
    return reply(await request.app[MESSAGES].page(caller(request), read_query(request, MessageQuery)))


async def read_message(request: web.Request) -> web.Response:
    message_id = int(request.match_info["message_id"])
    return reply(await request.app[MESSAGES].read(caller(request), message_id))


async def read_messages(request: web.Request) -> web.Response:
    return reply(await request.app[MESSAGES].read_all(caller(request)))
