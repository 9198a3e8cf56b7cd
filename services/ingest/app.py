"""The HTTP process of ingest."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from services.ingest.errors import Passed
from services.ingest.keys import SERVICE
from services.ingest.resources import Resources, open_resources
from services.ingest.routes import OPERATIONS
from services.ingest.settings import Settings
from shared.http.auth_client import create_verifier, open_http
from shared.http.problems import respond
from shared.http.service_app import VERIFIER, create_service_app


@web.middleware
async def passed_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal by records is the caller's answer, under the address the caller used."""
    try:
        return await handler(request)
    except Passed as passed:
        response = respond(passed.problem.model_copy(update={"instance": request.path}))
        if passed.retry_after is not None:
            response.headers["Retry-After"] = passed.retry_after
        return response


def create_app(settings: Settings) -> web.Application:
    opened: list[Resources] = []

    async def blobs() -> None:
        await opened[0].storage.ping()

    @asynccontextmanager
    async def resources(app: web.Application) -> AsyncGenerator[None]:
        async with open_http() as http, open_resources(settings, http) as made:
            app[VERIFIER] = create_verifier("ingest", http, settings.auth_url)
            app[SERVICE] = made.service
            opened.append(made)
            yield
            opened.clear()

    # The broker is no condition for answering: the sweep of records publishes what it could not take.
    app = create_service_app(OPERATIONS, {"blobs": blobs}, middlewares=[passed_middleware])
    app.cleanup_ctx.append(resources)
    return app
