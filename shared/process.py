"""Runs one process: uvloop, logs, signals, and the health page of those that serve no other HTTP."""

import asyncio
import resource
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import uvloop
from aiohttp import web, web_response

from shared.telemetry import logs
from shared.telemetry.health import Check, add_health

SHUTDOWN_SECONDS = 20.0


def serve(app: web.Application, *, name: str, host: str, port: int, log_level: str = "INFO") -> None:
    """Run an HTTP process until SIGTERM; requests in hand are finished first."""
    logs.configure(name, log_level)
    _allow_connections()
    # What the parser refuses never reaches the application: its answer would name the library and its version.
    web_response.SERVER_SOFTWARE = "credit"  # type: ignore[attr-defined]  # the library has no setting for it
    web.run_app(
        app,
        host=host,
        port=port,
        access_log=None,
        print=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
        loop=uvloop.new_event_loop(),
    )


def _allow_connections() -> None:
    """As many as the system lets us have: the usual soft limit of 1024 files is used up by a thousand idle browsers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run(main: Callable[[asyncio.Event], Awaitable[None]], *, name: str, log_level: str = "INFO") -> None:
    """Run a message process: `main(stop)` returns once `stop` is set by SIGTERM or SIGINT."""
    logs.configure(name, log_level)

    async def with_signals() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    uvloop.run(with_signals())


@asynccontextmanager
async def health_server(checks: Mapping[str, Check], *, host: str, port: int) -> AsyncGenerator[None]:
    """Serve /healthz, /readyz and /metrics beside a message process."""
    app = web.Application()
    add_health(app, checks)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    try:
        yield
    finally:
        await runner.cleanup()
