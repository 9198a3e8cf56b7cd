"""The limited child process: takes one job, sends its frames, ends. Nothing it does can hurt its parent."""

import ctypes
import gc
import logging
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

import msgspec

from services.ingest.workbook import frames
from services.ingest.workbook.check import Batch, Finished, Started, check_workbook
from services.ingest.workbook.export import export_workbook
from services.ingest.workbook.failures import Refused
from services.ingest.workbook.memory import is_at_limit, ran_out
from services.ingest.workbook.rejected import rejected_workbook
from shared.contracts.ingest import UploadAccepted

OUT_OF_MEMORY: Final = 70  # the exit code when there is not even memory for a last word
_PR_SET_PDEATHSIG: Final = 1
_PIECE: Final = 256 * 1024
_BUFFER: Final = 64 * 1024
_TEMPORARY: Final = 64 * 1024 * 1024  # msoffcrypto decrypts by way of a temporary file
_libc = ctypes.CDLL(None)  # looked up before the memory is limited


class Limits(NamedTuple):
    memory_bytes: int  # address space
    cpu_seconds: int
    nice: int = 0
    max_rows: int = 65_534


class _Pipe:
    """Both directions of the connection to the parent."""

    def __init__(self, connection: Connection) -> None:
        descriptor = connection.fileno()
        self._in = open(descriptor, "rb", buffering=_BUFFER, closefd=False)  # noqa: SIM115
        self._out = descriptor

    def receive(self) -> tuple[bytes, bytes]:
        kind, length = frames.HEADER.unpack(self._in.read(frames.HEADER.size))
        return kind, self._in.read(length)

    def content(self) -> Iterator[bytes]:
        while (frame := self.receive())[0] == frames.CONTENT:
            yield frame[1]

    def send(self, kind: bytes, body: bytes = b"") -> None:
        left = memoryview(frames.pack(kind, body))
        while left:
            left = left[os.write(self._out, left) :]


def main(connection: Connection, work: str, limits: Limits) -> None:
    """The target of the process. `work`: check, rejected or export."""
    try:
        _limit(limits)
        pipe = _Pipe(connection)
        try:
            _WORK[work](pipe, limits)
        except (BrokenPipeError, ConnectionResetError):
            pass  # nobody is waiting any more
        except Exception as error:
            gc.collect()
            with suppress(BrokenPipeError, ConnectionResetError):  # nor for this: a traceback would quote the file
                pipe.send(*_last_word(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _last_word(error: Exception) -> tuple[bytes, bytes]:
    if ran_out(error) or (not _is_sure(error) and is_at_limit()):
        error = Refused("too_heavy")
    if isinstance(error, Refused):
        return frames.REFUSED, msgspec.json.encode([error.kind, error.message])
    return frames.BROKEN, _where(error).encode()


def _is_sure(error: Exception) -> bool:
    """A finding of ours; "corrupt" only says that xlrd raised something."""
    return isinstance(error, Refused) and error.kind != "corrupt"


def _where(error: Exception) -> str:
    """Type and place of a programming error, without its message, which may quote the file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__} at {place}"


def _limit(limits: Limits) -> None:
    """Memory, CPU, no large files, no core; dead when the parent is; garbage collection off, the process is short."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the parent finishes what is in hand, and ends us if it must
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_TEMPORARY, _TEMPORARY))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    os.nice(limits.nice)
    logging.disable()
    gc.disable()


def _check(pipe: _Pipe, limits: Limits) -> None:
    accepted = UploadAccepted.model_validate_json(pipe.receive()[1])
    data = b"".join(pipe.content())
    for step in check_workbook(data, accepted, max_rows=limits.max_rows):
        match step:
            case Started():
                pipe.send(frames.STARTED, msgspec.json.encode(step))
            case Batch():
                pipe.send(frames.BATCH, step.number.to_bytes(4, "big") + step.rows.to_bytes(4, "big") + step.body)
            case Finished():
                pipe.send(frames.FINISHED, msgspec.json.encode(step))


def _rejected(pipe: _Pipe, _limits: Limits) -> None:
    pipe.receive()
    _send_workbook(pipe, rejected_workbook(_lines(pipe.content())))


def _export(pipe: _Pipe, _limits: Limits) -> None:
    pipe.receive()
    _send_workbook(pipe, export_workbook(_lines(pipe.content())))


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of NDJSON that arrives cut anywhere."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest


def _send_workbook(pipe: _Pipe, content: bytes) -> None:
    for start in range(0, len(content), _PIECE):
        pipe.send(frames.XLS, content[start : start + _PIECE])
    pipe.send(frames.FINISHED)


_WORK: dict[str, Callable[[_Pipe, Limits], None]] = {"check": _check, "rejected": _rejected, "export": _export}
