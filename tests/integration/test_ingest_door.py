"""The door over real HTTP, with a real broker and blob store: what is taken in, what is refused, what is left."""

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from deploy.local.processes import wait_until
from services.ingest.app import create_app
from services.ingest.settings import Settings
from services.ingest.storage import ORPHAN_AFTER, Storage
from shared.contracts.identity import DepartmentRef, Role
from shared.contracts.ingest import RegisteredUpload, UploadAccepted
from shared.contracts.problem import Problem
from shared.contracts.uploads import (
    Counts,
    DatasetRef,
    FileRef,
    Progress,
    RegisterUpload,
    Upload,
    UploadState,
    UserRef,
)
from shared.http.problems import respond
from shared.messaging.topology import shard_of, worker_queue
from tests import odd_workbooks as odd
from tests.integration.records_http import Auth
from tests.workbooks import good_rows, make_workbook, plain_dataset

DATASET = plain_dataset("xzxk_fr")
WORKBOOK = make_workbook("xzxk_fr", odd.rows())
MAX_BYTES = 300_000


@dataclass
class Records:
    """What the ingest API hears from records, and what it has told it."""

    registered: list[RegisterUpload] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    refuse: tuple[int, str] | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/internal/uploads", self.register)
        app.router.add_get("/api/v1/uploads/{id}", self.upload)
        app.router.add_get("/api/v1/datasets/{code}", self.dataset)
        return app

    async def register(self, request: web.Request) -> web.Response:
        self.identities.append(request.headers["Authorization"])
        if self.refuse is not None:
            return self.refusal()
        wanted = RegisterUpload.model_validate_json(await request.read())
        self.registered.append(wanted)
        answer = RegisteredUpload(upload=upload_of(wanted), definition=DATASET)
        return web.Response(status=201, text=answer.model_dump_json(), content_type="application/json")

    async def upload(self, request: web.Request) -> web.Response:
        known = {str(one.id): one for one in self.registered}
        if request.match_info["id"] not in known:
            self.refuse = (404, "upload-not-found")
            return self.refusal()
        body = upload_of(known[request.match_info["id"]]).model_dump_json()
        return web.Response(text=body, content_type="application/json")

    async def dataset(self, _request: web.Request) -> web.Response:
        return web.Response(text=DATASET.model_dump_json(), content_type="application/json")

    def refusal(self) -> web.Response:
        assert self.refuse is not None
        status, slug = self.refuse
        return respond(
            Problem(
                type=f"/problems/{slug}", title="不行", status=status, detail="不行，请换一个。", instance="/internal"
            )
        )


def upload_of(wanted: RegisterUpload) -> Upload:
    return Upload(
        id=wanted.id,
        dataset=DatasetRef(code=DATASET.code, name=DATASET.name, version=1),
        file=FileRef(name=wanted.file_name, size=wanted.file_size, sha256=wanted.sha256),
        department=DepartmentRef(code="d1", name="单位d1"),
        uploaded_by=UserRef(id="u", name="填报员"),
        uploaded_at=datetime.now(UTC),
        mode=wanted.mode,
        on_duplicate=wanted.on_duplicate,
        dry_run=wanted.dry_run,
        state=UploadState.RECEIVED,
        progress=Progress(),
        counts=Counts(),
    )


@dataclass
class Door:
    http: TestClient[web.Request, web.Application]
    records: Records
    auth: Auth
    blobs: Path

    def headers(self, role: Role = Role.REPORTER) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.auth.sign('d1', role)}"}

    async def send(
        self, *parts: tuple[str, Any] | tuple[str, Any, str], role: Role = Role.REPORTER
    ) -> tuple[int, Any, Any]:
        """Status, JSON body and headers. A part with a third value is a file of that name."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value, *file_name in parts:
            form.add_field(name, value, filename=file_name[0] if file_name else None)
        async with self.http.post("/api/v1/uploads", data=form, headers=self.headers(role)) as answer:
            return answer.status, await answer.json(content_type=None), answer.headers

    def kept(self) -> list[str]:
        return sorted(str(path.relative_to(self.blobs)) for path in self.blobs.rglob("*") if path.is_file())


@asynccontextmanager
async def open_door(amqp: str, blobs: Path, records: Records) -> AsyncGenerator[Door]:
    auth = Auth()
    async with TestServer(auth.app()) as auth_server, TestServer(records.app()) as records_server:
        settings = Settings(
            amqp=amqp,
            blobs=blobs.as_uri(),
            auth_url=str(auth_server.make_url("")).rstrip("/"),
            records_url=str(records_server.make_url("")).rstrip("/"),
            max_file_bytes=MAX_BYTES,
        )
        async with TestClient(TestServer(create_app(settings))) as http:
            yield Door(http, records, auth, blobs)


@pytest.fixture
async def door(amqp_url: str, tmp_path: Path) -> AsyncGenerator[Door]:
    async with open_door(amqp_url, tmp_path / "blobs", Records()) as opened:
        yield opened


FILE = ("file", WORKBOOK, "许可法人.xls")
DATASET_PART = ("dataset", "xzxk_fr")


@pytest.mark.parametrize("parts", [(DATASET_PART, FILE), (FILE, DATASET_PART)], ids=["file last", "file first"])
async def test_an_accepted_file_is_kept_registered_and_sent_on_its_way(
    broker: str, door: Door, parts: tuple[Any, Any]
) -> None:
    status, upload, headers = await door.send(*parts, ("mode", "atomic"), ("dry_run", "true"))
    assert status == 202, upload
    assert headers["Location"] == f"/api/v1/uploads/{upload['id']}"
    [wanted] = door.records.registered
    assert (wanted.dataset, wanted.mode, wanted.on_duplicate, wanted.dry_run) == ("xzxk_fr", "atomic", "update", True)
    assert (wanted.file_name, wanted.file_size) == ("许可法人.xls", len(WORKBOOK))
    assert wanted.sha256 == hashlib.sha256(WORKBOOK).hexdigest()
    assert door.kept() == [f"uploads/{upload['id']}"]
    kept = door.blobs / "uploads" / upload["id"]
    assert kept.read_bytes() == WORKBOOK
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    async with await aio_pika.connect(broker) as connection:
        queue = await (await connection.channel()).get_queue(worker_queue("small", shard_of("d1")))
        message = await queue.get(timeout=5)
        assert message is not None
        await message.ack()
    accepted = UploadAccepted.model_validate_json(message.body)
    assert (accepted.upload_id, accepted.dataset) == (UUID(upload["id"]), DATASET)
    assert accepted.storage_key == f"uploads/{upload['id']}"


async def test_records_sees_the_callers_own_identity(door: Door) -> None:
    headers = door.headers()
    form = aiohttp.FormData({"dataset": "xzxk_fr"}, default_to_multipart=True)
    form.add_field("file", WORKBOOK, filename="a.xls")
    async with door.http.post("/api/v1/uploads", data=form, headers=headers) as answer:
        assert answer.status == 202
    assert door.records.identities == [headers["Authorization"]]


@pytest.mark.parametrize("name", odd.OTHER_KINDS)
async def test_another_kind_of_file_is_refused_at_the_door_and_not_kept(door: Door, name: str) -> None:
    data, _ = odd.OTHER_KINDS[name]
    status, problem, _ = await door.send(DATASET_PART, ("file", data, "许可法人.xls"))
    assert status == 415
    assert problem["type"] == f"/problems/{'empty_file' if not data else 'not_xls'}"
    assert "请" in problem["detail"]
    assert door.kept() == []
    assert door.records.registered == []


async def test_a_file_that_is_too_large_is_refused_while_it_streams_and_not_kept(door: Door) -> None:
    large = make_workbook("xzxk_fr", good_rows("xzxk_fr", 1500))
    assert len(large) > MAX_BYTES
    status, problem, _ = await door.send(DATASET_PART, ("file", large, "a.xls"))
    assert (status, problem["type"]) == (413, "/problems/too_large")
    assert door.kept() == []

    async def endless() -> AsyncIterator[bytes]:
        yield WORKBOOK
        while True:
            yield bytes(65_536)

    form = aiohttp.MultipartWriter("form-data")
    part = form.append(endless())
    part.set_content_disposition("form-data", name="file", filename="a.xls")
    async with asyncio.timeout(30):
        async with door.http.post("/api/v1/uploads", data=form, headers=door.headers()) as answer:
            assert answer.status == 413
    assert door.kept() == []


WRONG_FORMS: dict[str, tuple[tuple[Any, ...], str]] = {
    "no file": ((DATASET_PART,), "file"),
    "two files": ((DATASET_PART, FILE, FILE), "file"),
    "no dataset": ((FILE,), "dataset"),
    "an unknown field": ((DATASET_PART, FILE, ("colour", "red")), "colour"),
    "a field twice": ((DATASET_PART, DATASET_PART, FILE), "dataset"),
    "a wrong mode": ((DATASET_PART, FILE, ("mode", "some")), "mode"),
    "a wrong truth": ((DATASET_PART, FILE, ("dry_run", "maybe")), "dry_run"),
    "a field without end": ((FILE, ("dataset", "x" * 100_000)), "dataset"),
}


@pytest.mark.parametrize("name", WRONG_FORMS)
async def test_a_wrong_form_is_refused_by_field_and_nothing_is_kept(door: Door, name: str) -> None:
    parts, wrong = WRONG_FORMS[name]
    status, problem, _ = await door.send(*parts)
    assert status == 422
    assert wrong in {error["field"] for error in problem["errors"]}
    assert door.kept() == []
    assert door.records.registered == []


async def test_what_is_no_form_is_refused(door: Door) -> None:
    for body, content_type in ((b"{}", "application/json"), (b"nonsense", "multipart/form-data; boundary=x")):
        headers = {**door.headers(), "Content-Type": content_type}
        async with door.http.post("/api/v1/uploads", data=body, headers=headers) as answer:
            assert answer.status == 422


async def test_a_viewer_and_a_stranger_may_not_upload(door: Door) -> None:
    assert (await door.send(DATASET_PART, FILE, role=Role.VIEWER))[0] == 403
    async with door.http.post("/api/v1/uploads", data={}) as answer:
        assert answer.status == 401
    assert door.kept() == []


@pytest.mark.parametrize("refusal", [(404, "dataset-not-found"), (403, "forbidden")], ids=["404", "403"])
async def test_a_refusal_by_records_reaches_the_caller_and_the_file_goes(door: Door, refusal: tuple[int, str]) -> None:
    door.records.refuse = refusal
    status, problem, _ = await door.send(DATASET_PART, FILE)
    assert (status, problem["type"]) == (refusal[0], f"/problems/{refusal[1]}")
    assert problem["instance"] == "/api/v1/uploads"
    assert door.kept() == []


async def test_a_failure_of_records_keeps_the_file_as_it_may_be_registered(door: Door) -> None:
    door.records.refuse = (503, "database-down")
    status, _, _ = await door.send(DATASET_PART, FILE)
    assert status == 503
    assert [name.split("/")[0] for name in door.kept()] == ["incoming", "uploads"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"C:\Users\张\桌面\许可 法人.xls", "许可 法人.xls"),
        ("../../etc/passwd", "passwd"),
        ("a\u202eslx.xls", "aslx.xls"),
        ("长" * 300 + ".xls", "长" * 251 + ".xls"),
        ("..", ".."),
    ],
    ids=["a path of Windows", "a way up", "a turned name", "a long name", "only dots"],
)
async def test_a_file_name_is_kept_as_a_plain_last_component(door: Door, sent: str, kept: str) -> None:
    status, upload, _ = await door.send(DATASET_PART, ("file", WORKBOOK, sent))
    assert (status, upload["file"]["name"]) == (202, kept)
    async with door.http.get(f"/api/v1/uploads/{upload['id']}/file", headers=door.headers()) as answer:
        assert await answer.read() == WORKBOOK
        assert answer.content_disposition is not None
        assert answer.content_disposition.filename == kept
        assert answer.content_type == "application/vnd.ms-excel"


async def test_a_file_nobody_knows_is_404(door: Door) -> None:
    async with door.http.get(f"/api/v1/uploads/{uuid4()}/file", headers=door.headers()) as answer:
        assert answer.status == 404


async def test_the_door_answers_while_the_broker_is_away(tmp_path: Path) -> None:
    async with open_door("amqp://127.0.0.1:1/", tmp_path, Records()) as door:
        started = time.monotonic()
        status, upload, _ = await door.send(DATASET_PART, FILE)
        assert status == 202
        assert time.monotonic() - started < 10
        assert door.kept() == [f"uploads/{upload['id']}"]
        async with door.http.get("/readyz") as answer:
            assert answer.status == 200


async def test_the_template_of_a_dataset_is_served_under_its_name(door: Door) -> None:
    async with door.http.get("/api/v1/datasets/xzxk_fr/template.xls", headers=door.headers(Role.VIEWER)) as answer:
        assert answer.status == 200
        assert (await answer.read()).startswith(odd.OLE2_MAGIC)
        assert answer.content_disposition is not None
        assert answer.content_disposition.filename == "行政许可-法人模板.xls"


async def test_the_janitor_removes_what_was_never_registered_and_nothing_else(tmp_path: Path) -> None:
    storage = Storage(tmp_path.as_uri())

    async def pieces() -> AsyncIterator[bytes]:
        yield WORKBOOK

    orphan, fresh, registered = (f"uploads/{uuid4()}" for _ in range(3))
    for key in (orphan, fresh, registered):
        await storage.put(key, pieces())
    await storage.registered(registered)
    long_ago = time.time() - ORPHAN_AFTER.total_seconds() - 60
    for path in (tmp_path / orphan.replace("uploads", "incoming"), tmp_path / registered):
        os.utime(path, (long_ago, long_ago))
    half = tmp_path / "uploads" / f"{uuid4()}#1"
    half.write_bytes(b"half")
    os.utime(half, (long_ago, long_ago))
    assert await storage.sweep() == 2
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {registered, fresh, fresh.replace("uploads", "incoming")}


async def test_what_is_to_go_goes_when_the_process_starts(amqp_url: str, tmp_path: Path) -> None:
    Storage(tmp_path.as_uri())
    name = str(uuid4())
    mark = tmp_path / "incoming" / name
    for path in (tmp_path / "uploads" / name, mark):
        path.write_bytes(b"")
    os.utime(mark, (time.time() - ORPHAN_AFTER.total_seconds() - 60,) * 2)
    async with open_door(amqp_url, tmp_path, Records()) as door:
        assert await asyncio.to_thread(wait_until, lambda: door.kept() == [], 10.0)


async def test_a_sweep_that_cannot_be_done_is_named(
    amqp_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Storage(tmp_path.as_uri())
    (tmp_path / "incoming" / "loop").symlink_to("loop")  # the store cannot read its own folder
    async with open_door(amqp_url, tmp_path, Records()):
        assert await asyncio.to_thread(wait_until, lambda: "clear_files put off: StoreDown" in caplog.text, 10.0)
