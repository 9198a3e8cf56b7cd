"""操作日志: records' own and auth's in one list, for the admin only."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.identity import Role
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import Json, World, enter, licence, open_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as made:
        yield made


def sign_in(minutes_ago: int) -> Json:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "at": at.isoformat(), "actor": "张三", "action": "session.opened", "object": "登录", "department": "d1",
        "address": "192.0.2.1",
    }  # fmt: skip


async def test_both_sources_are_merged_by_time(world: World) -> None:
    record = await enter(world.caller("d1"), "t_licences", licence(1))
    await world.fetch("UPDATE audit SET at = now() - interval '5 minutes'")
    await world.caller("d1").post(f"/records/{record['id']}/revocation", {"reason": "公示期已满"})
    world.auth.audit = [sign_in(1), sign_in(9)]
    page = await world.admin.get("/audit?size=3")
    assert [item["action"] for item in page["items"]] == ["record.revoked", "session.opened", "record.created"]
    assert (page["total"], page["size"]) == (4, 3)
    first = page["items"][0]
    assert set(first) == {"at", "actor", "action", "object", "department", "address"}
    assert first["object"] == f"记录 {record['id']}（公示期已满）"
    assert (first["actor"], first["department"], first["address"]) == ("d1的reporter", "d1", "192.0.2.1")
    rest = await world.admin.get("/audit?size=3&page=2")
    assert [item["action"] for item in rest["items"]] == ["session.opened"]


async def test_filters_go_to_both_sources(world: World) -> None:
    await enter(world.caller("d1"), "t_licences", licence(1))
    await enter(world.caller("d2"), "t_licences", licence(1))
    page = await world.admin.get("/audit?department=d2&action=record.created&actor=d2的&from=2020-01-01&to=2099-01-01")
    assert [item["department"] for item in page["items"]] == ["d2"]
    [asked] = world.auth.asked
    assert (asked["department"], asked["action"], asked["actor"], asked["limit"]) == (
        "d2",
        "record.created",
        "d2的",
        "10",
    )
    assert asked["since"].startswith("2020-01-01T00:00:00+08:00")
    assert (await world.admin.get("/audit?action=record"))["total"] == 2
    assert (await world.admin.get("/audit?action=rec"))["items"] == []
    assert (await world.admin.get("/audit?actor=%25"))["items"] == []
    assert (await world.admin.get("/audit?to=2018-01-01"))["items"] == []


async def test_only_the_admin_reads_it(world: World) -> None:
    for role in (Role.MANAGER, Role.REPORTER, Role.VIEWER):
        assert (await world.caller("d1", role).call("GET", "/audit")).status == 403
    assert (await world.anyone.call("GET", "/audit")).status == 401
    assert (await world.admin.call("GET", "/audit?page=1000&size=200")).status == 422
