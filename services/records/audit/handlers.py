"""The audit over HTTP."""

from aiohttp import web

from services.records.keys import AUDIT
from shared.contracts.audit import AuditFilter
from shared.http.requests import read_query
from shared.http.responses import reply


async def list_audit(request: web.Request) -> web.Response:
    wanted = read_query(request, AuditFilter)
    return reply(await request.app[AUDIT].page(request.headers["Authorization"], wanted))
