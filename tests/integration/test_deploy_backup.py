"""A backup made while departments report, and the platform put back to it: databases and files agree."""

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncGenerator, Generator
from datetime import datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy import backup, dumps
from deploy.local import runner as local
from deploy.local.processes import CouldNotStart
from tests.e2e.api import FINAL, Api, Json
from tests.faults.town import DATASET, make_file
from tests.fixtures.postgres import Databases
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


def backups(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


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
    [saved] = backups(tmp_path)
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
    second = next(path for path in backups(tmp_path) if path != saved)
    assert (second / "blobs" / "uploads" / first["id"]).samefile(saved / "blobs" / "uploads" / first["id"])
    (second / "records.dump").write_bytes(b"not what it was")
    with pytest.raises(CouldNotStart, match=r"records\.dump"):
        backup.restore(backup.Sources("postgresql://nowhere/x", "postgresql://nowhere/y", "file:///nowhere"), second)


FILE = "uploads/11111111-1111-4111-8111-111111111111"


@pytest.fixture
async def sources(databases: Databases, tmp_path: Path) -> AsyncGenerator[backup.Sources]:
    """Two databases that can be told apart, and a folder with one old file."""
    named = {}
    for name in backup.DATABASES:
        named[name] = await databases.bare()
        await execute(
            named[name], "CREATE TABLE session (at int); CREATE TABLE kept (at int); INSERT INTO kept VALUES (1)"
        )
    file = tmp_path / "store" / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"an officer's file")
    os.utime(file, (1_600_000_000, 1_600_000_000))
    yield backup.Sources(named["auth"], named["records"], (tmp_path / "store").as_uri())
    for dsn in named.values():
        await databases.drop(dsn)


async def execute(dsn: str, sql: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(sql)
        return await conn.fetchval("SELECT max(at) FROM kept")
    finally:
        await conn.close()


async def test_a_file_comes_back_as_private_and_as_old_as_it_was(sources: backup.Sources, tmp_path: Path) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    store = tmp_path / "store"
    shutil.rmtree(store)
    before = os.umask(0o022)
    try:
        await asyncio.to_thread(backup.restore, sources, saved)
    finally:
        os.umask(before)
    assert (store / FILE).read_bytes() == b"an officer's file"
    assert (store / FILE).stat().st_mode & 0o777 == 0o600
    assert (store / "uploads").stat().st_mode & 0o777 == 0o700
    assert (store / FILE).stat().st_mtime == 1_600_000_000


async def test_prometheus_may_read_when_the_last_backup_was(sources: backup.Sources, tmp_path: Path) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    [file] = (tmp_path / "saved").glob("*.prom")
    assert file.stat().st_mode & 0o777 == 0o644
    [family] = text_string_to_metric_families(file.read_text())
    at = datetime.fromisoformat(json.loads((saved / "manifest.json").read_text())["at"])
    assert [(sample.name, sample.value) for sample in family.samples] == [(backup.LAST_BACKUP, at.timestamp())]


async def test_a_file_that_was_damaged_in_a_backup_is_neither_put_back_nor_taken_over(
    sources: backup.Sources, tmp_path: Path
) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    damaged = saved / "blobs" / FILE
    damaged.write_bytes(b"an officer's fil!")
    await execute(sources.records, "UPDATE kept SET at = 2")
    with pytest.raises(CouldNotStart, match=FILE):
        await asyncio.to_thread(backup.restore, sources, saved)
    assert await execute(sources.records, "SELECT 1") == 2
    older = saved.rename(saved.with_name("20200101T000000Z"))
    after = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    backup.require_whole(after)
    assert (after / "blobs" / FILE).read_bytes() == b"an officer's file"
    (older / "blobs" / FILE).unlink()
    with pytest.raises(CouldNotStart, match=FILE):
        backup.require_whole(older)


async def test_without_one_database_the_other_is_not_put_back(sources: backup.Sources, tmp_path: Path) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    await execute(sources.records, "UPDATE kept SET at = 2")
    with pytest.raises(CouldNotStart, match="auth"):
        await asyncio.to_thread(backup.restore, sources._replace(auth=f"{sources.auth}_gone"), saved)
    assert await execute(sources.records, "SELECT 1") == 2


async def test_what_cannot_be_put_back_halfway_through_the_second_leaves_both_as_they_were(
    sources: backup.Sources, tmp_path: Path
) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    await execute(sources.records, "UPDATE kept SET at = 2")
    await execute(sources.auth, "UPDATE kept SET at = 3; CREATE VIEW watched AS SELECT at FROM kept")
    with pytest.raises(CouldNotStart, match=r"because other objects depend on it\n两个库都没有改动"):
        await asyncio.to_thread(backup.restore, sources, saved)
    assert await execute(sources.records, "SELECT 1") == 2
    assert await execute(sources.auth, "SELECT 1") == 3
    await execute(sources.auth, "DROP VIEW watched; INSERT INTO session VALUES (1)")
    await asyncio.to_thread(backup.restore, sources, saved)
    assert [await execute(dsn, "SELECT 1") for dsn in (sources.auth, sources.records)] == [1, 1]


async def test_what_is_not_committed_has_not_been(sources: backup.Sources, tmp_path: Path) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    await execute(sources.records, "UPDATE kept SET at = 2")
    with dumps.put_back(sources.records, saved / "records.dump"):
        pass
    assert await execute(sources.records, "SELECT 1") == 2
    (saved / "records.dump").write_bytes((saved / "records.dump").read_bytes()[:-200])
    with pytest.raises(CouldNotStart, match="pg_restore"), dumps.put_back(sources.records, saved / "records.dump"):
        pass
    assert await execute(sources.records, "SELECT 1") == 2


async def test_a_server_that_is_lost_before_the_commit_is_told_however_often_it_is_asked(
    sources: backup.Sources, tmp_path: Path
) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    await execute(sources.records, "UPDATE kept SET at = 2")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    others += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with dumps.put_back(sources.records, saved / "records.dump") as commit:
        conn = await asyncpg.connect(sources.records)
        await conn.execute(others)
        await conn.close()
        for _ in range(2):
            with pytest.raises(CouldNotStart, match="psql"):
                commit()
    assert await execute(sources.records, "SELECT 1") == 2


def test_a_server_lost_between_the_two_is_told_plainly() -> None:
    """All that is left to go wrong: the moment between one COMMIT and the other."""

    def lost() -> None:
        raise CouldNotStart("psql 未成功")

    with pytest.raises(CouldNotStart, match=r"records 已恢复而 auth 没有.*再恢复一次"):
        dumps.commit_all({"records": lambda: None, "auth": lost})
    with pytest.raises(CouldNotStart, match="什么都没有改动"):
        dumps.commit_all({"records": lost, "auth": lambda: None})


async def test_a_live_file_that_was_damaged_is_mended_though_its_size_is_the_same(
    sources: backup.Sources, tmp_path: Path
) -> None:
    saved = await asyncio.to_thread(backup.save, sources, tmp_path / "saved")
    live = tmp_path / "store" / FILE
    live.write_bytes(b"an officer's fil!")
    (live.parent / "of-a-later-upload").write_bytes(b"unknown to the databases")
    await asyncio.to_thread(backup.restore, sources, saved)
    assert live.read_bytes() == b"an officer's file"
    assert [path.name for path in live.parent.iterdir()] == [live.name]


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
