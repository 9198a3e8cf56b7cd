"""Runs one process: uvloop, logs, signals, and the health page of those that serve no other HTTP."""

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import uvloop
from aiohttp import web, web_response

from shared.errors import Stopped, Unavailable
from shared.telemetry import logs, tracing
from shared.telemetry.health import Check, add_health

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 20.0


def serve(  # noqa: PLR0913  # each by its name
    app: web.Application, *, name: str, host: str, port: int, log_level: str = "INFO", unread_seconds: float = 180.0
) -> None:
    """Run an HTTP process until SIGTERM; requests in hand are finished first.

    `unread_seconds`: who takes nothing of an answer for so long is cut off, and what waits for him forgotten.
    """
    logs.configure(name, log_level)
    tracing.configure(name)
    _allow_connections()
    # What the parser refuses never reaches the application: its answer would name the library and its version.
    web_response.SERVER_SOFTWARE = "credit"  # type: ignore[attr-defined]  # the library has no setting for it
    web.run_app(
        app,
        sock=_bound(host, port, unread_seconds),
        backlog=1024,
        access_log=None,
        print=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
        loop=uvloop.new_event_loop(),
    )


def _bound(host: str, port: int, unread_seconds: float) -> socket.socket:
    """Its connections inherit the options. The kernel sees what is not read; neither the library nor the loop does."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unread_seconds * 1000))
    bound.bind(address)
    return bound


def _allow_connections() -> None:
    """As many as the system lets us have: the usual soft limit of 1024 files is used up by a thousand idle browsers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run(main: Callable[[asyncio.Event], Awaitable[None]], *, name: str, log_level: str = "INFO") -> None:
    """Run a message process: `main(stop)` returns once `stop` is set by SIGTERM or SIGINT.

    What the machine or a server denies it ends it with a line in the log; a traceback would say no more.
    """
    logs.configure(name, log_level)
    tracing.configure(name)

    async def with_signals() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        with suppress(Stopped):
            await main(stop)

    try:
        uvloop.run(with_signals())
    except (OSError, Unavailable) as error:
        log.error("%s ends, to be started again: %s: %s", name, type(error).__name__, error)  # noqa: TRY400  # as said
        raise SystemExit(1) from None


async def every(
    seconds: float, work: Callable[[], Awaitable[None]], stop: asyncio.Event, *, at_once: bool = False
) -> None:
    """Do `work` again and again until `stop`; what goes wrong once is tried again next time.

    `at_once`: the first time before any waiting, where a process may not live as long as `seconds`.
    """
    wait = 0.0 if at_once else seconds
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=wait)
            return
        wait = seconds
        try:
            await work()
        except Unavailable as error:
            log.warning("%s put off: %s", getattr(work, "__name__", "work"), type(error).__name__)
        except Exception:
            log.exception("%s failed and will be tried again", getattr(work, "__name__", "work"))


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
