"""The HTTP process of auth."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from services.auth.keys import SERVICE
from services.auth.resources import open_service
from services.auth.routes import OPERATIONS
from services.auth.service.clock import Clock, utc_now
from services.auth.settings import Settings
from shared.http.identities import IdentityVerifier
from shared.http.service_app import VERIFIER, create_service_app


def create_app(settings: Settings, *, now: Clock = utc_now) -> web.Application:
    """`now`: what lockout, idling and expiry are measured by; signatures go by the wall clock."""

    async def database() -> None:
        await app[SERVICE].ready()

    @asynccontextmanager
    async def resources(app: web.Application) -> AsyncGenerator[None]:
        async with open_service(settings, now) as service:
            app[SERVICE] = service
            app[VERIFIER] = IdentityVerifier("auth", service.keys.public)
            yield

    app = create_service_app(OPERATIONS, {"database": database})
    app.cleanup_ctx.append(resources)
    return app
