"""Traces over HTTP and AMQP (OpenTelemetry), sent where OTEL_EXPORTER_OTLP_ENDPOINT says; else nothing is recorded.

A span names the process, the method and route template or the type of the message, the status and our request id:
never an address, a query, a file name or a value.
"""

import os
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from types import SimpleNamespace

import aiohttp
import structlog
from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode

SWITCH = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACER = trace.get_tracer("credit")


def configure(process: str) -> None:
    """Call once, before the loop runs. The library's own variables (OTEL_…) say where to and how much."""
    if not os.environ.get(SWITCH):
        return
    # Only here: the exporter takes 100 ms and 10 MB to load, which nobody should pay who does not trace.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"credit-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def handling(name: str, carrier: Mapping[str, object] | None, kind: SpanKind) -> Generator[Span]:
    """A span around the handling of a request or message, below the one that `carrier`, its headers, name."""
    texts = {key: value for key, value in (carrier or {}).items() if isinstance(value, str)}
    token = context.attach(propagate.extract(texts))
    try:
        # The library would note what an exception says, and that may be a value of a row.
        with _TRACER.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            if span.is_recording():
                request_id = structlog.contextvars.get_contextvars().get("request_id", "")
                span.set_attribute("credit.request_id", str(request_id))
            try:
                yield span
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise
    finally:
        context.detach(token)


def carried(headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
    """`headers`, and among them the span we are in, for whoever comes next."""
    headers = {} if headers is None else headers
    propagate.inject(headers)
    return headers


def http_tracing() -> list[aiohttp.TraceConfig]:
    """For a ClientSession: its requests carry the span they are made in. Nothing where nobody traces."""
    if not os.environ.get(SWITCH):
        return []

    async def carry(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, asked: aiohttp.TraceRequestStartParams
    ) -> None:
        propagate.inject(asked.headers)

    config = aiohttp.TraceConfig()
    config.on_request_start.append(carry)
    return [config]
