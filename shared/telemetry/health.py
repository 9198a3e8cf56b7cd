"""/healthz, /readyz and /metrics: the three things every process answers."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.telemetry.metrics import READY

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]  # raises when the dependency cannot be reached


class NotReady(Exception):
    """Raised by a check that can say why, in words that anybody may read."""


def add_health(app: web.Application, checks: Mapping[str, Check]) -> None:
    """Serve the three on `app`; `checks` names this process's own dependencies."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    said: dict[str, str] = {}

    async def ask() -> tuple[list[str], dict[str, str]]:
        """What cannot be used, and why as far as a check can say; all at once: three seconds at most."""
        answers = dict(zip(checks, await asyncio.gather(*map(_ask, checks.values())), strict=True))
        for name, answer in answers.items():
            READY.labels(name).set(answer is None)
        why = {name: str(answer) for name, answer in answers.items() if isinstance(answer, NotReady)}
        for name in why.keys() - said.keys():  # once, not every few seconds
            log.warning("not ready: %s: %s", name, why[name])
        said.clear()
        said.update(why)
        return [name for name, answer in answers.items() if answer is not None], why

    async def readyz(_request: web.Request) -> web.Response:
        failed, why = await ask()
        if failed:
            answer = {"status": "not ready", "failed": failed, **({"why": why} if why else {})}
            return web.Response(
                text=json.dumps(answer, ensure_ascii=False), status=503, content_type="application/json"
            )
        return web.json_response({"status": "ready", "checked": list(checks)})

    async def metrics(_request: web.Request) -> web.Response:
        await ask()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])


async def _ask(check: Check) -> Exception | None:
    try:
        async with asyncio.timeout(3):
            await check()
    except Exception as reason:  # whatever it is, the dependency is not usable
        return reason
    return None
