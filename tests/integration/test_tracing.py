"""One upload is one trace, from the gateway through broker and worker to the persister; off unless asked for."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.e2e.api import Api, id_card, licence, workbook
from tests.fixtures.platform import open_platform
from tests.fixtures.postgres import Databases
from tests.offices import make_reporter

pytestmark = pytest.mark.integration

NAME, CARD, PHONE = "欧阳鹊桥", id_card(7), "13834567890"

FAILING = """
import asyncio, sys
from types import SimpleNamespace
from opentelemetry import trace
from shared.messaging.consumer import Consumer
from shared.telemetry import tracing

async def handle(type_, body):
    raise ValueError(f"invalid input for query argument $1: {sys.argv[1:]}")

async def answer(requeue=True):
    pass

async def main():
    message = SimpleNamespace(type="it.failed", body=b"", message_id="1", headers={}, ack=answer, reject=answer)
    await Consumer([], handle, retry_pause=0).settle(message)

tracing.configure("failing")
asyncio.run(main())
trace.get_tracer_provider().shutdown()
"""


class Collector:
    """What an OpenTelemetry collector receives: by trace, (process, span)."""

    def __init__(self) -> None:
        self.traces: dict[bytes, set[tuple[str, str]]] = defaultdict(set)
        self.told: list[bytes] = []

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.told.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            process = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.traces[span.trace_id].add((process, span.name))
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Collector]:
    """Processes started while it is there send their spans to it, at once and uncompressed."""
    made = Collector()
    app = web.Application(client_max_size=16 << 20)
    app.router.add_post("/v1/traces", made.take)
    async with TestServer(app) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", str(server.make_url("")).rstrip("/"))
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield made


UPLOADED = {
    ("credit-gateway", "POST"),
    ("credit-ingest", "POST /api/v1/uploads"),
    ("credit-records", "POST /internal/uploads"),
    ("credit-ingest-worker", "ingest.upload.accepted"),
    ("credit-records-persister", "ingest.rows.checked"),
    ("credit-records-persister", "ingest.upload.checked"),
}


async def test_an_upload_is_one_trace_without_anybody_in_it(
    collector: Collector, databases: Databases, broker: str
) -> None:
    platform = await asyncio.to_thread(open_platform, databases, broker, workers=1)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            admin = Api(http, platform.url)
            await admin.sign_in("admin", platform.admin_password)
            _, api = await make_reporter(admin)
            persons = await api.get("/datasets/xzxk_zrr")
            rows = [licence(1, XK_XDR=NAME, XK_XDR_SFZ=CARD, XK_FR="", XK_XDR_SHXYM="")]
            upload = await api.upload("xzxk_zrr", workbook(persons, rows), name=f"{NAME}.xls")
            assert upload["counts"]["inserted"] == 1, upload
            await api.get(f"/public/records?q={NAME}")
        async with asyncio.timeout(30):
            while not any(whole(spans) for spans in collector.traces.values()):
                await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(platform.close)
    told = b"".join(collector.told)
    assert NAME.encode() not in told
    assert CARD.encode() not in told
    assert upload["id"].encode() not in told


async def test_what_failed_is_named_without_what_it_says(collector: Collector) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FAILING, NAME, CARD, PHONE, stderr=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    assert list(collector.traces.values()) == [{("credit-failing", "it.failed")}]
    told = b"".join(collector.told)
    assert b"ValueError" in told
    assert [mark for mark in (NAME, CARD, PHONE) if mark.encode() in told] == []


def whole(spans: set[tuple[str, str]]) -> bool:
    return all(
        any(process == wanted and name.startswith(start) for process, name in spans) for wanted, start in UPLOADED
    )


async def test_nothing_of_it_is_loaded_where_nobody_traces() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from shared import process; from shared.telemetry import tracing; tracing.configure('x');"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])",
        env={},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "[]"
