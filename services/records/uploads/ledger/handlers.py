"""The rows of an upload over HTTP."""

from uuid import UUID

from aiohttp import web

from services.records.keys import LEDGER
from shared.contracts.mending import ComparisonFilter
from shared.contracts.uploads import RowFilter
from shared.http.requests import read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def list_upload_rows(request: web.Request) -> web.Response:
    wanted = read_query(request, RowFilter)
    return reply(await request.app[LEDGER].page(caller(request), _upload_id(request), wanted))


async def compare_upload(request: web.Request) -> web.Response:
    wanted = read_query(request, ComparisonFilter)
    return reply(await request.app[LEDGER].compare(caller(request), _upload_id(request), wanted))


async def stream_rejected_rows(request: web.Request) -> web.StreamResponse:
    lines = request.app[LEDGER].rejected(caller(request), _upload_id(request))
    first = await anext(lines)  # refuses before anything is sent
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    await response.write(first)
    async for part in lines:
        await response.write(part)
    return response


def _upload_id(request: web.Request) -> UUID:
    return UUID(request.match_info["upload_id"])
