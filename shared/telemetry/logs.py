"""Structured logs: one JSON line an event on stdout, with request_id and upload_id where they are bound.

Never a body, a row value, a query string or a name of a person: what identifies people stays in the database.
"""

import logging
import re
import sys
from typing import Any

import structlog

_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_MESSAGE_CHARACTERS = 300


# PostgreSQL quotes the value it cannot read; names of constraints and columns, all lower case, may stay.
_QUOTED = re.compile(r'"(?![a-z_]+")[^"]*"')
# asyncpg says which argument does not fit, and the argument.
_ARGUMENT = re.compile(r"(query argument \$\d+: ).*")


def configure(process: str, level: str = "INFO") -> None:
    """Route structlog and the standard library's logging to JSON on stdout."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.ExceptionRenderer(_without_values),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _name(process),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aio_pika", "aiormq", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _without_values(exc_info: structlog.typing.ExcInfo) -> list[dict[str, Any]]:
    """The traceback without what its frames held, and of each message the first line.

    Local variables are rows and credentials; the further lines of a message quote data (DETAIL of PostgreSQL).
    """
    return [_plain(trace) for trace in _TRACEBACK(exc_info)]


def _plain(trace: dict[str, Any]) -> dict[str, Any]:
    message = _ARGUMENT.sub(r"\1…", trace["exc_value"].partition("\n")[0])
    trace["exc_value"] = _QUOTED.sub('"…"', message)[:_MESSAGE_CHARACTERS]
    trace["exc_notes"] = []
    trace["exceptions"] = [[_plain(inner) for inner in group] for group in trace["exceptions"]]
    return trace


def _name(process: str) -> structlog.typing.Processor:
    def add(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    return add
