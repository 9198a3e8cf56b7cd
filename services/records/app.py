"""The HTTP process of records."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from services.records import keys
from services.records.audit.service import AuditService
from services.records.audit.upstreams import AuthAudit
from services.records.migrations import FOLDER
from services.records.resources import open_services
from services.records.routes import OPERATIONS
from services.records.settings import Settings
from shared.db.migrations import ready_check
from shared.http.auth_client import create_verifier, open_http
from shared.http.operations import operation_of
from shared.http.service_app import VERIFIER, caller, create_service_app
from shared.telemetry.health import Check

# Writes of one department wait for its keys, each with one of the pool's connections: a department that sends many
# while its own large upload is applied must leave some to the others.
WRITES_AT_ONCE = 2


def writes_in_turn() -> Middleware:
    turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @web.middleware
    async def in_turn(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = operation_of(request)
        if operation is None or operation.method == "GET" or operation.reads or operation.internal:
            return await handler(request)
        await request.read()  # kept for the handler: a body that trickles must not hold a turn
        async with turns.setdefault(caller(request).department.code, asyncio.Semaphore(WRITES_AT_ONCE)):
            return await handler(request)

    return in_turn


def create_app(settings: Settings) -> web.Application:
    opened: list[Check] = []

    async def database() -> None:
        await opened[0]()

    @asynccontextmanager
    async def resources(app: web.Application) -> AsyncGenerator[None]:
        async with open_http() as http, open_services(settings) as services:
            app[VERIFIER] = create_verifier("records", http, settings.auth_url)
            app[keys.DATASETS] = services.datasets
            app[keys.UPLOADS] = services.uploads
            app[keys.LEDGER] = services.ledger
            app[keys.MENDING] = services.mending
            app[keys.UNDOING] = services.undoing
            app[keys.ENTRIES] = services.entries
            app[keys.CHANGES] = services.changes
            app[keys.SUBJECTS] = services.subjects
            app[keys.PUBLICITY] = services.publicity
            app[keys.STATISTICS] = services.statistics
            app[keys.MESSAGES] = services.messages
            app[keys.CALENDAR] = services.calendar
            app[keys.AUDIT] = AuditService(services.db, AuthAudit(http, settings.auth_url))
            opened.append(ready_check(services.db, FOLDER))
            yield
            opened.clear()

    # The broker is no condition for answering: here it only carries live events.
    app = create_service_app(OPERATIONS, {"database": database}, middlewares=[writes_in_turn()])
    app.cleanup_ctx.append(resources)
    return app
