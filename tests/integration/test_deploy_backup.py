"""A backup made while departments report, and the platform put back to it: databases and files agree."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import aiohttp
import pytest

from deploy import backup
from deploy.local import runner as local
from deploy.local.processes import CouldNotStart
from tests.e2e.api import FINAL, Api, Json
from tests.faults.town import DATASET, make_file
from tests.fixtures.room import room
from tests.integration.test_deploy_runner import Runner
from tests.offices import make_reporter

pytestmark = pytest.mark.integration


@pytest.fixture
def runner() -> Generator[Runner]:
    made = Runner(room() / "backup")
    yield made
    made.run("clean")


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def run(runner: Runner, verb: str, *words: str) -> str:
    done = await asyncio.to_thread(runner._run, "deploy.local", verb, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def uploads(api: Api) -> list[Json]:
    return list((await api.get("/uploads?size=200&deleted=true"))["items"])


async def test_back_to_a_backup_made_while_departments_reported(  # noqa: PLR0915  # one story
    runner: Runner, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await run(runner, "up")
    admin = Api(http, runner.room.url)
    await admin.sign_in("admin", runner.room.admin_password)
    _, api = await make_reporter(admin)
    first = await api.upload(DATASET, make_file(200, 1).content)

    sent: list[str] = []

    async def report() -> None:
        while True:
            answer = await api.send(DATASET, make_file(200, 2 + len(sent)).content)
            assert answer.status == 202, answer
            sent.append(answer.json["id"])

    reporting = asyncio.create_task(report())
    while len(sent) < 2:
        await asyncio.sleep(0.01)
    before = len(sent)
    said = await run(runner, "backup", str(tmp_path))
    assert len(sent) > before, "nothing came while the backup was made"
    reporting.cancel()
    await asyncio.gather(reporting, return_exceptions=True)
    (saved,) = tmp_path.iterdir()
    assert str(saved) in said
    assert {path.stat().st_mode & 0o077 for path in saved.rglob("*") if path.is_file() and path.parent != saved} == {0}

    late = await api.upload(DATASET, make_file(50, 900).content)
    assert (await api.call("DELETE", f"/uploads/{first['id']}/data")).status == 200
    cookie = admin.cookie

    await run(runner, "restore", str(saved))

    stale = admin.other()
    stale.cookie = cookie
    assert (await stale.call("GET", "/session")).status == 401, "sessions of then do not live again"
    await admin.sign_in("admin", runner.room.admin_password)
    assert (await api.call("GET", f"/uploads/{late['id']}")).status == 404
    # What was on its way when the backup was made comes to its end.
    async with asyncio.timeout(60):
        while any(one["state"] not in FINAL for one in await uploads(api)):
            await asyncio.sleep(0.2)
    kept = {one["id"]: one for one in await uploads(api)}
    assert first["id"] in kept
    assert kept[first["id"]]["data_deleted_at"] is None
    assert before <= len(kept) <= len(sent) + 1
    stored = runner.folder / "blobs" / "uploads"
    assert {path.name for path in stored.iterdir()} >= set(kept)
    for upload in kept.values():
        assert (upload["counts"]["inserted"], upload["counts"]["rejected"]) == (196, 4), upload
        file = await api.call("GET", f"/uploads/{upload['id']}/file")
        assert file.status == 200
        assert hashlib.sha256(file.body).hexdigest() == upload["file"]["sha256"]
    listed = await api.get(f"/records?dataset={DATASET}&size=10")
    assert listed["total"] == 196 * len(kept)
    again = await api.upload(DATASET, make_file(50, 901).content)
    assert again["counts"]["inserted"] == 49

    # The next backup links what the first has, and a dump that was changed is not put back.
    said = await run(runner, "backup", str(tmp_path))
    second = next(path for path in tmp_path.iterdir() if path != saved)
    assert (second / "blobs" / "uploads" / first["id"]).samefile(saved / "blobs" / "uploads" / first["id"])
    (second / "records.dump").write_bytes(b"not what it was")
    with pytest.raises(CouldNotStart, match=r"records\.dump"):
        backup.restore(backup.Sources("postgresql://nowhere/x", "postgresql://nowhere/y", "file:///nowhere"), second)


def test_without_a_whole_backup_nothing_is_stopped_or_made(tmp_path: Path) -> None:
    folder, saved = tmp_path / "var", tmp_path / "saved"
    with pytest.raises(CouldNotStart, match=r"manifest\.json"):
        local.restore(folder, saved)
    saved.mkdir()
    (saved / "manifest.json").write_text('{"sha256": {"auth": "x", "records": "x"}}')
    with pytest.raises(CouldNotStart, match=r"\.dump"):
        local.restore(folder, saved)
    (saved / "manifest.json").write_text("half of it")
    with pytest.raises(CouldNotStart, match="读不出来"):
        local.restore(folder, saved)
    assert not folder.exists()
