"""Processes of the platform are killed while files are on their way."""

import asyncio
from collections.abc import Awaitable, Callable

import psutil
import pytest

from tests.faults.town import Town, make_file, until

pytestmark = pytest.mark.integration

APPLYING = """
SELECT 1 FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%INSERT INTO record (%' AND pid <> pg_backend_pid()
"""
WORKERS = ("worker-1", "worker-2")


async def test_a_file_is_stored_whole_when_its_worker_is_killed_in_the_middle(town: Town) -> None:
    (upload_id,) = await town.report(make_file(30_000, seed=1))
    await town.until_half_way(upload_id)
    children = [child for name in WORKERS for child in psutil.Process(town.platform.pid(name)).children(recursive=True)]
    await asyncio.to_thread(town.platform.kill, *WORKERS)
    assert await town.state(upload_id) == "checking"
    assert children, "the workbook was not being read in a child process"
    await until(_none_alive(children), within=5)
    await asyncio.to_thread(town.platform.start, *WORKERS)
    await town.reckon()


async def test_the_other_worker_takes_over_at_once(town: Town) -> None:
    files = [make_file(10_000, seed=10 + number) for number in range(3)]
    first, *_ = await town.report(*files)
    await town.until_half_way(first)
    await asyncio.to_thread(town.platform.kill, "worker-1")
    await town.reckon()


async def test_a_server_of_children_that_is_stuck_is_replaced(town: Town) -> None:
    """The worker's and the door's: a process that waits for it would be alive, ready, and idle for ever."""
    await town.report(make_file(100, seed=17))
    assert (await town.api.call("GET", "/records/export.xls?dataset=xzxk_fr")).status == 200
    stuck = [server for name in (*WORKERS, "ingest") for server in _forkservers(town, name)]
    assert len(stuck) == len(WORKERS) + 1
    try:
        for server in stuck:
            server.suspend()
        refused, _ = await asyncio.gather(
            town.api.call("GET", "/records/export.xls?dataset=xzxk_fr"),
            town.report(*(make_file(100, seed=18 + number) for number in range(3))),
        )
        assert refused.status == 503, refused
        await town.reckon()
    finally:
        for server in stuck:
            if server.is_running():
                server.resume()
    assert (await town.api.call("GET", "/records/export.xls?dataset=xzxk_fr")).status == 200


async def test_nothing_is_half_applied_when_the_persister_is_killed_while_applying(town: Town) -> None:
    (upload_id,) = await town.report(make_file(30_000, seed=2))

    async def applying() -> bool:
        return bool(await town.sql(APPLYING))

    await until(applying, within=30, every=0.005)
    await asyncio.to_thread(town.platform.kill, "persister")
    (stored,) = await town.sql("SELECT count(*) FROM record WHERE source_upload_id = $1", upload_id)
    assert stored[0] == 0
    assert await town.state(upload_id) == "storing"
    await asyncio.to_thread(town.platform.start, "persister")
    await town.reckon()


async def test_the_persister_is_killed_again_and_again_and_every_row_is_there_once(town: Town) -> None:
    reporting = [make_file(10_000, seed=20 + number) for number in range(3)]
    first, *_ = await town.report(*reporting)
    await town.until_half_way(first)
    for _ in range(3):
        await asyncio.to_thread(town.platform.kill, "persister")
        await asyncio.to_thread(town.platform.start, "persister")
    await town.reckon()


@pytest.mark.parametrize("name", ["records", "auth", "ingest", "gateway"])
async def test_what_was_accepted_is_stored_though_an_api_process_is_killed(town: Town, name: str) -> None:
    seed = 30 + ["records", "auth", "ingest", "gateway"].index(name)
    (upload_id,) = await town.report(make_file(10_000, seed=seed))
    await town.until_half_way(upload_id)
    await asyncio.to_thread(town.platform.kill, name)
    await asyncio.to_thread(town.platform.start, name)
    await town.reckon()


def _none_alive(children: list[psutil.Process]) -> Callable[[], Awaitable[bool]]:
    async def none_alive() -> bool:
        return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)

    return none_alive


def _forkservers(town: Town, name: str) -> list[psutil.Process]:
    children = psutil.Process(town.platform.pid(name)).children()
    return [child for child in children if "forkserver" in " ".join(child.cmdline())]
