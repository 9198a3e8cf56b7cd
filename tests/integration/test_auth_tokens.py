"""API tokens: shown once, hashed at rest, dead at once when they should be."""

from datetime import datetime, timedelta
from hashlib import sha256

import asyncpg
import pytest

from tests.fixtures.auth import ADMIN_PASSWORD, AuthWorld, Caller, Json

pytestmark = pytest.mark.integration

TOKENS = "/api/v1/tokens"


async def make_token(caller: Caller, *, days: int = 30, name: str = "接口") -> tuple[Json, Caller]:
    made = await caller.post(TOKENS, {"name": name, "expires_in_days": days})
    return made, Caller(caller.auth, {"token": made["token"]}, caller.user)


async def test_a_token_is_shown_once_recognisable_and_kept_as_a_hash(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    made, machine = await make_token(admin)
    assert set(made) == {"id", "name", "token", "expires_at"}
    assert made["token"].startswith("credit_")
    assert await machine.get("/internal/session") == admin.user
    [listed] = (await admin.get(TOKENS))["items"]
    assert set(listed) == {"id", "name", "created_at", "expires_at", "last_used_at"}
    assert listed["last_used_at"] is not None
    conn = await asyncpg.connect(auth.dsn)
    assert await conn.fetchval("SELECT secret_hash FROM api_token") == sha256(made["token"].encode()).digest()
    await conn.close()


async def test_a_token_expires_and_does_not_idle(auth: AuthWorld) -> None:
    _, machine = await make_token(await auth.sign_in(), days=2)
    auth.clock.advance(timedelta(days=1, hours=23))
    assert await machine.alive()
    auth.clock.advance(timedelta(hours=1))
    assert not await machine.alive()


async def test_a_revoked_token_is_dead_and_gone_from_the_list(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    made, machine = await make_token(admin)
    assert (await admin.call("DELETE", f"{TOKENS}/{made['id']}")).status == 204
    assert not await machine.alive()
    assert (await admin.get(TOKENS))["total"] == 0
    assert (await admin.call("DELETE", f"{TOKENS}/{made['id']}")).status == 404


async def test_nobody_sees_or_revokes_anothers_token(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    made, machine = await make_token(officer)
    assert (await admin.get(TOKENS))["total"] == 0
    assert (await admin.call("DELETE", f"{TOKENS}/{made['id']}")).status == 404
    assert await machine.alive()


async def test_tokens_die_with_the_user_and_stay_dead(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    _, machine = await make_token(officer)
    for active in (False, True):
        await admin.patch(f"/api/v1/users/{officer.user['id']}", {"active": active})
        assert not await machine.alive()


async def test_tokens_die_with_the_department(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    code = await auth.department(admin)
    _, machine = await make_token(await auth.user(admin, "reporter", code))
    for active in (False, True):
        await admin.patch(f"/api/v1/departments/{code}", {"active": active})
        assert not await machine.alive()


async def test_tokens_die_when_somebody_resets_the_password(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    _, machine = await make_token(officer)
    path = f"/api/v1/users/{officer.user['id']}/password-reset"
    assert (await admin.call("POST", path, {"password": "An0ther-one!"})).status == 204
    assert not await machine.alive()
    assert not await officer.alive()


async def test_tokens_die_when_the_user_changes_the_password(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    _, machine = await make_token(admin)
    change = {"current": ADMIN_PASSWORD, "new": "Passw0rd!2027"}
    assert (await admin.call("PUT", "/api/v1/session/password", change)).status == 204
    assert await admin.alive()
    assert not await machine.alive()


async def test_an_identity_that_outlives_its_session_makes_no_token(auth: AuthWorld) -> None:
    here, there = await auth.sign_in(), await auth.sign_in()
    _, machine = await make_token(there)
    left = [(await (await caller.identity()).json())["identity"] for caller in (there, machine)]
    change = {"current": ADMIN_PASSWORD, "new": "Passw0rd!2027"}
    assert (await here.call("PUT", "/api/v1/session/password", change)).status == 204
    for identity in left:
        headers = {"Authorization": f"Bearer {identity}"}
        answer = await auth.client.post(TOKENS, json={"name": "x", "expires_in_days": 1}, headers=headers)
        assert answer.status == 401


async def test_a_token_cannot_outlive_the_one_it_was_made_with(auth: AuthWorld) -> None:
    parent, machine = await make_token(await auth.sign_in(), days=1)
    child, _ = await make_token(machine, days=365)
    assert datetime.fromisoformat(child["expires_at"]) == datetime.fromisoformat(parent["expires_at"])


async def test_what_a_thief_makes_with_a_token_ends_with_it(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    other, mine = await make_token(admin)
    stolen, thief = await make_token(admin)
    _, child = await make_token(thief)
    _, grandchild = await make_token(child)
    assert (await admin.call("DELETE", f"{TOKENS}/{stolen['id']}")).status == 204
    assert [await one.alive() for one in (thief, child, grandchild, mine)] == [False, False, False, True]
    assert [item["id"] for item in (await admin.get(TOKENS))["items"]] == [other["id"]]


async def test_a_token_has_no_session_to_end(auth: AuthWorld) -> None:
    _, machine = await make_token(await auth.sign_in())
    assert (await machine.call("DELETE", "/internal/session")).status == 403


async def test_a_session_secret_is_no_token_and_the_other_way_round(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    made, _ = await make_token(admin)
    assert not await Caller(auth, {"session": made["token"]}).alive()
    assert not await Caller(auth, {"token": admin.credential["session"]}).alive()


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "x", "expires_in_days": 0}, {"name": "x", "expires_in_days": 9999}]
)
async def test_a_bad_token_request_is_refused(auth: AuthWorld, body: Json) -> None:
    assert (await (await auth.sign_in()).call("POST", TOKENS, body)).status == 422
