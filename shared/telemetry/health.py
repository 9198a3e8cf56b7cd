"""/healthz, /readyz and /metrics: the three things every process answers."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]  # raises when the dependency cannot be reached


class NotReady(Exception):
    """Raised by a check that can say why, in words that anybody may read."""


def add_health(app: web.Application, checks: Mapping[str, Check]) -> None:
    """Serve the three on `app`; `checks` names this process's own dependencies."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    said: dict[str, str] = {}

    async def readyz(_request: web.Request) -> web.Response:
        failed, why = [], {}
        for name, check in checks.items():
            try:
                async with asyncio.timeout(3):
                    await check()
            except NotReady as reason:
                failed.append(name)
                why[name] = str(reason)
            except Exception:  # whatever it is, the dependency is not usable
                failed.append(name)
        for name in why.keys() - said.keys():  # once, not every few seconds
            log.warning("not ready: %s: %s", name, why[name])
        said.clear()
        said.update(why)
        if failed:
            answer = {"status": "not ready", "failed": failed, **({"why": why} if why else {})}
            return web.Response(
                text=json.dumps(answer, ensure_ascii=False), status=503, content_type="application/json"
            )
        return web.json_response({"status": "ready", "checked": list(checks)})

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
