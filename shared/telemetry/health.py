"""/healthz, /readyz and /metrics: the three things every process answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], Awaitable[None]]  # raises when the dependency cannot be reached


def add_health(app: web.Application, checks: Mapping[str, Check]) -> None:
    """Serve the three on `app`; `checks` names this process's own dependencies."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        failed = []
        for name, check in checks.items():
            try:
                async with asyncio.timeout(3):
                    await check()
            except Exception:  # whatever it is, the dependency is not usable
                failed.append(name)
        if failed:
            return web.json_response({"status": "not ready", "failed": failed}, status=503)
        return web.json_response({"status": "ready", "checked": list(checks)})

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
