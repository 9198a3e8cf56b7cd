"""The command-line client against a platform that falters: no file is reported twice."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.client import api
from deploy.client.api import Api
from deploy.client.uploads import Outcome, Parcel, progress_bars, send_all

CONTENT = b"a workbook"
Send = Callable[[], Awaitable[Outcome]]


class Platform:
    """Takes an upload, or not, and then answers what the test wants, in turn; at last 202."""

    def __init__(self) -> None:
        self.uploads: list[dict[str, Any]] = []
        self.add()  # the same file, sent some other day
        self.sent = 0
        self.script: list[tuple[bool, int]] = []
        self.url = ""

    def add(self) -> None:
        file = {"name": "a.xls", "sha256": sha256(CONTENT).hexdigest()}
        upload = {"id": str(len(self.uploads)), "state": "stored", "progress": {"rows_total": 0}, "file": file}
        self.uploads.insert(0, upload)

    async def take(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.sent += 1
        taken, status = self.script.pop(0) if self.script else (True, 202)
        if taken:
            self.add()
        if status == 0:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(self.uploads[0], status=status or 202, headers={"Retry-After": "0"})

    async def find(self, request: web.Request) -> web.Response:
        assert request.query["dataset"] == "xzxk_fr"
        return web.json_response({"items": self.uploads})

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(next(one for one in self.uploads if one["id"] == request.match_info["id"]))


@pytest.fixture
async def platform() -> AsyncGenerator[Platform]:
    made = Platform()
    app = web.Application()
    app.router.add_post("/api/v1/uploads", made.take)
    app.router.add_get("/api/v1/uploads", made.find)
    app.router.add_get("/api/v1/uploads/{id}", made.get)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


@pytest.fixture
def send(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Send:
    monkeypatch.setattr(api, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(api, "LOOK_PAUSE", 0.1)
    file = tmp_path / "a.xls"
    file.write_bytes(CONTENT)

    async def send_it() -> Outcome:
        async with Api.open(platform.url, "token") as client:
            with progress_bars() as bars:
                (outcome,) = await send_all([Parcel(client, file, {"dataset": "xzxk_fr"})], bars)
        return outcome

    return send_it


@pytest.mark.parametrize("status", [502, 503, 504, 0])
async def test_a_file_that_arrived_though_the_answer_did_not_is_gone_on_with(
    platform: Platform, send: Send, status: int
) -> None:
    platform.script = [(True, status)]
    outcome = await send()
    assert (outcome.upload["id"], outcome.failed, platform.sent) == ("1", False, 1)


@pytest.mark.parametrize("status", [502, 503, 504, 0])
async def test_of_a_file_that_may_not_have_arrived_the_person_hears(
    platform: Platform, send: Send, status: int
) -> None:
    platform.script = [(False, status)]
    outcome = await send()
    assert (outcome.failed, outcome.verdict, platform.sent) == (True, "不清楚", 1)
    assert "我的上报" in outcome.refusal


async def test_a_file_put_off_is_sent_again(platform: Platform, send: Send) -> None:
    platform.script = [(False, 429), (False, 429)]
    outcome = await send()
    assert (outcome.upload["id"], outcome.failed, platform.sent) == ("1", False, 3)
