"""The gateway's HTTP process: the only one a browser talks to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from services.gateway import handlers
from services.gateway.document import MergedDocument
from services.gateway.entrance import add_security_headers, entrance_middleware, number_middleware
from services.gateway.keys import DOCUMENT, LIMITS, LIVE, SETTINGS, SITE, UPSTREAMS
from services.gateway.limits import Limits
from services.gateway.live import Live
from services.gateway.operations import OPERATIONS
from services.gateway.pages import PAGES
from services.gateway.proxy import forward
from services.gateway.settings import Settings
from services.gateway.site import read_site
from services.gateway.upstreams import open_upstreams
from shared.contracts.identity import SERVICES, Service
from shared.errors import Unavailable
from shared.http.operations import build_document
from shared.http.problems import problem_middleware
from shared.telemetry.health import Check, add_health


class BrokerAway(Unavailable):
    slug = "broker-down"
    title = "消息队列暂时连不上"


def create_app(settings: Settings) -> web.Application:
    app = web.Application(
        middlewares=[number_middleware, problem_middleware, entrance_middleware],
        client_max_size=64 * 1024,  # bodies the gateway reads itself; proxied ones are only counted
        # A small read buffer pauses a sender early: twenty uploads of 20 MB peak at 71 MB, else at 80.
        # A compressed body is passed on as it is: its length and encoding are said in its headers.
        # A head must be whole so long after the connection or the answer before it; the library waits for an hour.
        handler_args={
            "max_field_size": 16_384,
            "read_bufsize": 16_384,
            "auto_decompress": False,
            "keepalive_timeout": settings.idle_seconds,
        },
    )
    app[SETTINGS] = settings
    app[SITE] = read_site(settings.site)
    app[LIMITS] = Limits(settings)
    app[LIVE] = Live(settings.live_streams)
    app.on_response_prepare.append(add_security_headers)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(_upstreams)
    app.cleanup_ctx.append(_live)
    _add_health(app)
    app.router.add_get("/api/openapi.json", handlers.get_document)
    for operation in OPERATIONS:
        app.router.add_route(operation.method, operation.path, operation.handler)
    app.router.add_route("*", "/api/{tail:v1/.*}", forward)
    app.router.add_routes(PAGES)
    return app


@asynccontextmanager
async def _upstreams(app: web.Application) -> AsyncGenerator[None]:
    async with open_upstreams(app[SETTINGS]) as upstreams:
        app[UPSTREAMS] = upstreams
        app[DOCUMENT] = MergedDocument(upstreams, build_document(OPERATIONS))
        yield


@asynccontextmanager
async def _live(app: web.Application) -> AsyncGenerator[None]:
    task = asyncio.create_task(app[LIVE].run(app[SETTINGS].amqp))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _end_streams(app: web.Application) -> None:
    """Else every open stream would hold the process up until its patience ends; browsers come back by themselves."""
    app[LIVE].close()


def _add_health(app: web.Application) -> None:
    async def broker() -> None:
        if not app[LIVE].connected:
            raise BrokerAway

    def answers(upstream: Service) -> Check:
        async def check() -> None:
            await app[UPSTREAMS].ping(upstream)

        return check

    add_health(app, {**{upstream: answers(upstream) for upstream in SERVICES}, "broker": broker})
