"""Signing in, and everything that ends a session."""

import asyncio
import json
from datetime import timedelta
from hashlib import sha256

import asyncpg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from services.auth.keys import SERVICE
from shared.contracts.identity import Identity
from tests.fixtures.auth import ADMIN_PASSWORD, HOME, USER_PASSWORD, AuthWorld, MakeAuth

pytestmark = pytest.mark.integration

MINUTE = timedelta(minutes=1)


async def test_signing_in_answers_with_the_user_and_keeps_only_a_hash_of_the_secret(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    assert admin.user["username"] == "admin"
    assert admin.user["role"] == "admin"
    assert admin.user["department"] == {"code": "xyb", "name": "市信用办"}
    assert admin.user["must_change_password"] is False
    assert admin.user["last_sign_in_at"] is not None
    conn = await asyncpg.connect(auth.dsn)
    kept = await conn.fetchval("SELECT secret_hash FROM session")
    hashed = await conn.fetchval("SELECT password_hash FROM account")
    await conn.close()
    assert kept == sha256(admin.credential["session"].encode()).digest()
    assert hashed.startswith("$argon2id$")


async def test_a_user_name_is_the_same_in_capitals_and_with_blanks_around_it(auth: AuthWorld) -> None:
    assert (await auth.try_sign_in(" Admin ", ADMIN_PASSWORD)).status == 200


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "wrong-password-1"), ("nobody", ADMIN_PASSWORD), ("", "")]
)
async def test_whatever_is_wrong_is_refused_in_the_same_words(auth: AuthWorld, username: str, password: str) -> None:
    answer = await auth.try_sign_in(username, password)
    assert answer.status == 401
    problem = await answer.json()
    assert problem["type"] == "/problems/wrong-credentials"
    other = await (await auth.try_sign_in("admin", "wrong-password-2")).json()
    assert {**problem, "request_id": ""} == {**other, "request_id": ""}


async def test_signing_out_ends_this_session_and_no_other(auth: AuthWorld) -> None:
    here, there = await auth.sign_in(), await auth.sign_in()
    assert (await here.call("DELETE", "/internal/session")).status == 204
    assert not await here.alive()
    assert await there.alive()


async def test_what_an_open_page_asks_by_itself_keeps_no_session_alive(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    credential = {**admin.credential, "address": "192.0.2.7", "used": False}
    for _ in range(2):
        auth.clock.advance(14 * MINUTE)
        assert (await auth.internal("/internal/identity", credential)).status == 200
    auth.clock.advance(3 * MINUTE)
    assert (await auth.internal("/internal/identity", credential)).status == 401


async def test_a_session_ends_after_half_an_hour_of_idling(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    auth.clock.advance(29 * MINUTE)
    assert await admin.alive()
    auth.clock.advance(29 * MINUTE)
    assert await admin.alive()
    auth.clock.advance(31 * MINUTE)
    answer = await admin.identity()
    assert answer.status == 401
    assert (await answer.json())["type"] == "/problems/unauthenticated"


async def test_a_session_in_use_ends_after_twelve_hours(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    for _ in range(12 * 60 // 20 - 1):
        auth.clock.advance(20 * MINUTE)
        assert await admin.alive()
    left = (await (await admin.identity()).json())["session_expires_in"]
    assert left == 20 * 60
    auth.clock.advance(20 * MINUTE)
    assert not await admin.alive()


async def test_last_seen_is_written_at_most_once_a_minute(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    conn = await asyncpg.connect(auth.dsn)
    seen = []
    for _ in range(4):
        auth.clock.advance(timedelta(seconds=30))
        assert await admin.alive()
        seen.append(await conn.fetchval("SELECT last_seen_at FROM session"))
    await conn.close()
    assert len(set(seen)) == 3  # at the sign-in, after 60 s, after 120 s
    assert seen[-1] == auth.clock.now


async def test_disabling_a_user_ends_sessions_and_enabling_does_not_bring_them_back(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    await admin.patch(f"/api/v1/users/{officer.user['id']}", {"active": False})
    assert not await officer.alive()
    assert (await auth.try_sign_in(officer.user["username"], USER_PASSWORD)).status == 401
    await admin.patch(f"/api/v1/users/{officer.user['id']}", {"active": True})
    assert not await officer.alive()
    await auth.sign_in(officer.user["username"], USER_PASSWORD)


async def test_disabling_a_department_ends_the_sessions_of_its_users(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    code = await auth.department(admin)
    officer = await auth.user(admin, "viewer", code)
    await admin.patch(f"/api/v1/departments/{code}", {"active": False})
    assert not await officer.alive()
    assert (await auth.try_sign_in(officer.user["username"], USER_PASSWORD)).status == 401
    await admin.patch(f"/api/v1/departments/{code}", {"active": True})
    assert not await officer.alive()
    assert await admin.alive()


async def test_a_password_reset_ends_every_session_and_asks_for_a_new_password(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    path = f"/api/v1/users/{officer.user['id']}/password-reset"
    assert (await admin.call("POST", path, {"password": "An0ther-one!"})).status == 204
    assert not await officer.alive()
    assert (await auth.try_sign_in(officer.user["username"], USER_PASSWORD)).status == 401
    again = await auth.sign_in(officer.user["username"], "An0ther-one!")
    assert again.user["must_change_password"] is True


async def test_changing_the_password_keeps_this_session_and_ends_the_others(auth: AuthWorld) -> None:
    here, there = await auth.sign_in(), await auth.sign_in()
    change = {"current": ADMIN_PASSWORD, "new": "Passw0rd!2027"}
    assert (await here.call("PUT", "/api/v1/session/password", change)).status == 204
    assert await here.alive()
    assert not await there.alive()
    assert (await auth.try_sign_in("admin", ADMIN_PASSWORD)).status == 401
    await auth.sign_in("admin", "Passw0rd!2027")


async def test_the_first_password_must_be_changed_before_anything_else(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "manager", await auth.department(admin), settled=False)
    for method, path in [("GET", "/api/v1/users"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens")]:
        answer = await officer.call(method, path, {"name": "x", "expires_in_days": 1} if method == "POST" else None)
        assert answer.status == 403, (method, path)
        assert (await answer.json())["type"] == "/problems/password-change-required"
    assert (await officer.get("/internal/session"))["must_change_password"] is True
    change = {"current": USER_PASSWORD, "new": "My-0wn-secret"}
    assert (await officer.call("PUT", "/api/v1/session/password", change)).status == 204
    assert (await officer.get("/internal/session"))["must_change_password"] is False
    assert (await officer.get("/api/v1/users"))["total"] == 1


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("not-the-password-1", "Passw0rd!2027", "current"),
        (ADMIN_PASSWORD, ADMIN_PASSWORD, "new"),
        (ADMIN_PASSWORD, "short1", "new"),
        (ADMIN_PASSWORD, "onlyletters", "new"),
    ],
)
async def test_a_bad_change_of_password_names_the_field(auth: AuthWorld, current: str, new: str, field: str) -> None:
    admin = await auth.sign_in()
    answer = await admin.call("PUT", "/api/v1/session/password", {"current": current, "new": new})
    assert answer.status == 422
    assert [error["field"] for error in (await answer.json())["errors"]] == [field]
    await auth.sign_in()


async def test_the_identity_is_a_short_lived_signature_that_the_published_keys_verify(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    answer = await (await admin.identity(address="192.0.2.77")).json()
    assert 30 <= answer["expires_in"] <= 60
    published = await (await auth.client.get("/internal/keys")).json()
    assert [set(key) for key in published["keys"]] == [
        {"kty", "crv", "x", "kid", "use", "alg"}
    ]  # not d, the private one
    keys = KeySet.import_key_set(published)
    claims = jwt.decode(answer["identity"], keys, algorithms=["Ed25519"]).claims
    identity = Identity.model_validate(claims)
    assert identity.user_id == admin.user["id"]
    assert identity.region == "140400"
    assert identity.address == "192.0.2.77"
    assert claims["exp"] - claims["iat"] == 60


async def test_the_identity_of_an_upload_outlives_its_streaming(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    await admin.identity(address="192.0.2.77")
    answer = await (await admin.identity(address="192.0.2.77", seconds=900)).json()
    assert answer["expires_in"] == 900
    keys = KeySet.import_key_set(await (await auth.client.get("/internal/keys")).json())
    claims = jwt.decode(answer["identity"], keys, algorithms=["Ed25519"]).claims
    assert claims["exp"] - claims["iat"] == 900
    assert (await admin.identity(address="192.0.2.77", seconds=901)).status == 422


async def test_a_signature_is_used_again_until_what_it_says_changes(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "viewer", await auth.department(admin))
    first, second = [(await (await officer.identity()).json())["identity"] for _ in range(2)]
    assert first == second
    assert first != (await (await officer.identity(address="192.0.2.1")).json())["identity"]
    await admin.patch(f"/api/v1/users/{officer.user['id']}", {"role": "reporter"})
    assert first != (await (await officer.identity()).json())["identity"]


@pytest.mark.parametrize("path", ["/internal/identity", "/internal/sessions"])
@pytest.mark.parametrize("key", ["", "wrong-key-of-nobody", "鍵"])
async def test_only_the_gateway_may_hand_in_credentials(auth: AuthWorld, path: str, key: str) -> None:
    admin = await auth.sign_in()
    body = {"username": "admin", "password": ADMIN_PASSWORD} if path.endswith("sessions") else admin.credential
    answer = await auth.internal(path, {**body, "address": HOME}, key=key)
    assert answer.status == 403
    assert (await answer.json())["type"] == "/problems/not-the-gateway"


@pytest.mark.parametrize(
    "credential", [{}, {"session": "a", "token": "b"}, {"session": 5}, {"session": "a", "surprise": 1}]
)
async def test_a_malformed_credential_is_refused(auth: AuthWorld, credential: dict[str, object]) -> None:
    assert (await auth.internal("/internal/identity", {**credential, "address": HOME})).status == 422


async def test_two_processes_that_start_at_once_make_one_key_and_rotation_keeps_the_old_one_good(
    make_auth: MakeAuth,
) -> None:
    auth = await make_auth()
    answers = await asyncio.gather(*(auth.client.get("/internal/keys") for _ in range(8)))
    kids = {key["kid"] for answer in answers for key in (await answer.json())["keys"]}
    assert len(kids) == 1

    admin = await auth.sign_in()
    before = (await (await admin.identity()).json())["identity"]
    await auth.client.app[SERVICE].keys.rotate()
    after = (await (await admin.identity(address="192.0.2.9")).json())["identity"]
    keys = KeySet.import_key_set(await (await auth.client.get("/internal/keys")).json())
    headers = [jwt.decode(one, keys, algorithms=["Ed25519"]).header for one in (before, after)]
    assert headers[0]["kid"] in kids
    assert headers[1]["kid"] not in kids
    auth.clock.advance(timedelta(minutes=21))
    left = (await (await auth.client.get("/internal/keys")).json())["keys"]
    assert [key["kid"] for key in left] == [headers[1]["kid"]]


async def test_readiness_names_the_database(auth: AuthWorld) -> None:
    assert await (await auth.client.get("/readyz")).json() == {"status": "ready", "checked": ["database"]}
    assert (await auth.client.get("/healthz")).status == 200


async def test_readiness_says_in_words_that_the_database_is_older_than_the_program(
    auth: AuthWorld, caplog: pytest.LogCaptureFixture
) -> None:
    conn = await asyncpg.connect(auth.dsn)
    await conn.execute("DELETE FROM schema_migrations WHERE version = '20261123000002'")
    for _ in range(2):
        answer = await auth.client.get("/readyz")
        body = await answer.text()
        assert (answer.status, json.loads(body)["failed"]) == (503, ["database"])
        assert "数据库结构比程序旧，有 1 个迁移没有执行" in body
    assert caplog.text.count("数据库结构比程序旧") == 1
    await conn.execute("INSERT INTO schema_migrations (version) VALUES ('20261123000002')")
    await conn.close()
    assert (await auth.client.get("/readyz")).status == 200
