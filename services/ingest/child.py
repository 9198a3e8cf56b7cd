"""Runs one workbook in a process with limits on memory, CPU and time; its frames come back as they are made.

The processes are forked from a small server that has the imports done (multiprocessing's forkserver): 10 ms instead of
300 ms each, and no thread of ours is ever forked.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from typing import Final, Literal, TypeVar

from services.ingest.workbook import frames
from services.ingest.workbook.failures import Refused
from services.ingest.workbook.inside import OUT_OF_MEMORY, Limits, main

T = TypeVar("T")
log = logging.getLogger(__name__)

Work = Literal["check", "rejected", "export"]

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_JOIN_SECONDS: Final = 5.0
_LEAVE_SECONDS: Final = 0.2  # to end by itself, once all is said
_LOOK_SECONDS: Final = 0.002
_STUCK_SECONDS: Final = 15.0  # to start one: a thousand times what it takes
_ONE_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="children")
_burials: Final[set[asyncio.Future[None]]] = set()  # under way; the loop itself holds tasks but weakly
_TOO_LONG: Final = -signal.SIGXCPU
# Ends that are the file's doing. Any other is not: somebody killed the process, it could not be started, or the server
# it was forked from is gone; the broker's delivery limit ends a file that is tried again in vain.
_TOO_HEAVY: Final = frozenset({OUT_OF_MEMORY, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT})


class Interrupted(Exception):
    """The child ended without a word and without fault of the file; the work may be repeated."""


class ChildBroken(Exception):
    """The child met a programming error of ours."""


async def warm_up() -> None:
    """Start the server that children are forked from; the first upload need not wait for its imports."""
    _CONTEXT.set_forkserver_preload(["services.ingest.workbook.preload"])
    await asyncio.to_thread(multiprocessing.forkserver.ensure_running)


class Child:
    """One running job. Read `frame` until FINISHED or REFUSED."""

    def __init__(
        self, reader: asyncio.StreamReader, feeding: asyncio.Task[None], process: ForkServerProcess, seconds: float
    ) -> None:
        self._reader = reader
        self._feeding = feeding
        self._process = process
        self._seconds = seconds

    async def frame(self) -> tuple[bytes, bytes]:
        """The next frame from the child.

        Raises:
            Refused: it took too long or died over the file.
            Interrupted: it was ended from outside.
            ChildBroken: a fault of ours.
        """
        try:
            async with asyncio.timeout(self._seconds):
                kind, length = frames.HEADER.unpack(await self._reader.readexactly(frames.HEADER.size))
                if length > frames.LONGEST:
                    raise ChildBroken(f"a frame of {length} bytes")
                body = await self._reader.readexactly(length)
        except TimeoutError:
            raise Refused("took_too_long") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._end() from None
        if kind == frames.BROKEN:
            raise ChildBroken(body.decode())
        return kind, body

    async def _end(self) -> Exception:
        """Why the child ended without a last word."""
        error = self._feeding.exception() if self._feeding.done() and not self._feeding.cancelled() else None
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            return error  # the content could not be fetched
        code = await _exit_of(self._process, _JOIN_SECONDS)
        log.warning("the child process ended with %s", code)
        if code == _TOO_LONG:
            return Refused("took_too_long")
        return Refused("too_heavy") if code in _TOO_HEAVY else Interrupted(f"exit code {code}")


@asynccontextmanager
async def run(
    work: Work, job: bytes, content: AsyncIterable[bytes], limits: Limits, *, seconds: float
) -> AsyncGenerator[Child]:
    """Start the child, feed it `job` and then `content`; it is gone when the block is left.

    Args:
        seconds: the child may take this long for its next frame. Time the caller takes does not count.
    """
    process, link = await _begun(work, limits)
    try:
        reader, writer = await asyncio.open_unix_connection(sock=link)
        feeding = asyncio.create_task(_feed(writer, job, content))
        try:
            yield Child(reader, feeding, process, seconds)
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await feeding
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    finally:
        link.close()
        await asyncio.shield(asyncio.ensure_future(_bury(process)))


async def _begun(work: Work, limits: Limits) -> tuple[ForkServerProcess, socket.socket]:
    """A process and the way to it. Who leaves while it starts, as one does who closes a download, leaves nothing."""
    beginning = _ONE_THREAD.submit(_begin, work, limits)
    loop = asyncio.get_running_loop()

    def begun_for_nobody(_beginning: object) -> None:
        if beginning.exception() is None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends, and its children with it
                loop.call_soon_threadsafe(_unwanted, *beginning.result())

    try:
        return await asyncio.wrap_future(beginning)
    except asyncio.CancelledError:
        if not beginning.cancel():
            beginning.add_done_callback(begun_for_nobody)
        raise


def _begin(work: Work, limits: Limits) -> tuple[ForkServerProcess, socket.socket]:
    """Nobody but this thread closes a descriptor that start() hands on: its number would be another's at once.

    Raises Interrupted: there is no process.
    """
    mine, theirs = _CONTEXT.Pipe(duplex=True)
    begun = threading.Event()
    threading.Thread(target=_watch, args=(begun,), name="watch", daemon=True).start()
    try:
        with mine, theirs:
            process = _CONTEXT.Process(target=main, args=(theirs, work, limits), daemon=True)
            process.start()
            link = socket.socket(fileno=os.dup(mine.fileno()))
    except (OSError, EOFError) as error:
        raise Interrupted(f"not started: {type(error).__name__}") from error
    finally:
        begun.set()
    link.setblocking(False)
    return process, link


def _watch(begun: threading.Event) -> None:
    """start() waits for the server's word without end, and all else waits for start(): one that is stuck is killed.

    Then start() fails, and the next one starts a server anew.
    """
    if not begun.wait(_STUCK_SECONDS):
        log.error("the server of the child processes does not answer: it is killed, and the next child starts another")
        server: int | None = vars(vars(multiprocessing.forkserver)["_forkserver"])["_forkserver_pid"]
        if server is not None:
            os.kill(server, signal.SIGKILL)


def _unwanted(process: ForkServerProcess, link: socket.socket) -> None:
    link.close()
    burial = asyncio.ensure_future(_bury(process))
    _burials.add(burial)
    burial.add_done_callback(_burials.discard)


async def _feed(writer: asyncio.StreamWriter, job: bytes, content: AsyncIterable[bytes]) -> None:
    """Any failure of `content` ends the child, which then says nothing more: Child.frame reports the failure."""
    try:
        writer.write(frames.pack(frames.JOB, job))
        async for piece in content:
            writer.write(frames.pack(frames.CONTENT, piece))
            await writer.drain()
        writer.write(frames.pack(frames.END))
        await writer.drain()
    except BaseException:
        writer.transport.abort()
        raise


async def _bury(process: ForkServerProcess) -> None:
    if await _exit_of(process, _LEAVE_SECONDS) is None:
        await _in_turn(process.kill)
        await _exit_of(process, _JOIN_SECONDS)
    await _in_turn(process.close)


async def _exit_of(process: ForkServerProcess, seconds: float) -> int | None:
    """The exit code once it has ended; None when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    while (  # noqa: ASYNC110  # nobody tells us when it ends
        code := await _in_turn(_exit_code, process)
    ) is None and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
    return code


def _exit_code(process: ForkServerProcess) -> int | None:
    return process.exitcode


async def _in_turn(work: Callable[..., T], *given: object) -> T:
    """`work` in the one thread that touches processes.

    multiprocessing is not safe in several: start() looks at every process there is, by the number of a descriptor that
    another thread may just have closed and a third got anew. It then takes the word meant for that third, whose start()
    waits for ever, and with it a place of the worker.
    """
    return await asyncio.get_running_loop().run_in_executor(_ONE_THREAD, work, *given)
