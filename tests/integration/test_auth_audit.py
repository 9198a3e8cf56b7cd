"""The trail that auth keeps, and what must never be in it, in an answer or in a log."""

import json
import logging
from datetime import timedelta
from urllib.parse import quote

import asyncpg
import pytest
from openapi_spec_validator import validate
from pydantic import SecretStr

from services.auth.service.audit import Audit
from services.auth.service.first_admin import NoAdminPassword, create_admin
from services.auth.settings import AdminSettings, DatabaseSettings
from shared.contracts.accounts import AuditQuery
from shared.db.database import Database
from shared.db.queries import load_queries
from tests.fixtures.auth import ADMIN_PASSWORD, HOME, USER_PASSWORD, AuthWorld
from tests.fixtures.postgres import MakeDatabase, reads_of

pytestmark = pytest.mark.integration


async def test_sign_ins_and_administration_leave_a_trail_newest_first(auth: AuthWorld) -> None:
    await auth.try_sign_in("admin", "wrong-password-1", address="198.51.100.7")
    await auth.try_sign_in("no-such-name", "wrong-password-1")
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin, "szjj"))
    token = await officer.post("/api/v1/tokens", {"name": "接口", "expires_in_days": 1})
    await officer.call("DELETE", f"/api/v1/tokens/{token['id']}")
    await officer.call("DELETE", "/internal/session")
    user = f"/api/v1/users/{officer.user['id']}"
    await admin.call("POST", f"{user}/password-reset", {"password": "An0ther-one!"})
    await admin.patch(user, {"active": False})
    await admin.patch("/api/v1/departments/szjj", {"active": False})
    trail = await admin.get("/internal/audit")
    actions = [entry["action"] for entry in reversed(trail["items"])]
    assert actions == [
        "session.refused",
        "session.refused",
        "session.created",
        "department.created",
        "user.created",
        "session.created",
        "password.changed",
        "token.created",
        "token.revoked",
        "session.ended",
        "user.password_reset",
        "user.changed",
        "department.changed",
    ]
    assert trail["total"] == len(actions)
    known, unknown = trail["items"][-1], trail["items"][-2]
    assert (known["object"], known["address"], known["department"]) == ("用户 admin", "198.51.100.7", "xyb")
    assert "no-such-name" not in json.dumps(unknown)  # people type their password into the wrong field
    assert trail["items"][1]["object"].endswith("：停用")


async def test_the_trail_is_filtered_and_read_on_from_a_time(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    for number in range(3):
        auth.clock.advance(timedelta(seconds=1))
        await auth.department(admin, f"d{number}")
    page = await admin.get("/internal/audit?limit=2&action=department.created")
    assert [entry["object"][3:5] for entry in page["items"]] == ["d2", "d1"]
    assert page["total"] == 3
    before = quote(page["items"][-1]["at"])
    rest = await admin.get(f"/internal/audit?limit=2&action=department.created&before={before}")
    assert [entry["object"][3:5] for entry in rest["items"]] == ["d0"]
    assert rest["total"] == 1
    kind = await admin.get("/internal/audit?action=department")
    assert {entry["action"] for entry in kind["items"]} == {"department.created"}
    assert (await admin.get("/internal/audit?action=depart"))["items"] == []
    assert (await admin.get("/internal/audit?actor=管理员&department=xyb"))["total"] == 4
    assert (await admin.get("/internal/audit?actor=nobody"))["total"] == 0


async def test_a_long_trail_is_neither_walked_nor_counted_to_its_end(make_database: MakeDatabase) -> None:
    dsn = await make_database("auth")
    conn = await asyncpg.connect(dsn)
    await conn.execute(
        "INSERT INTO audit (at, actor, department_code, action, object, address)"
        " SELECT timestamptz '2026-11-20' - n * interval '5 minutes', '王' || n % 2011, 'd' || n % 20,"
        " CASE WHEN n % 500 = 0 THEN 'department.changed' ELSE 'session.created' END, '', '192.0.2.1'"
        " FROM generate_series(1, 30000) AS n"
    )
    await conn.execute("VACUUM ANALYZE audit")
    await conn.close()
    before = await reads_of(dsn, ["audit"])
    async with Database.open(dsn) as db:
        audit = Audit(db)
        whole = await audit.entries(AuditQuery())
        assert (len(whole.items), whole.total_exact) == (100, False)
        assert 10_000 < whole.total < 40_000
        for few, number in (
            (AuditQuery(department="d7"), 1500),
            (AuditQuery(action="department"), 60),
            (AuditQuery(actor="王1609"), 15),
            (AuditQuery(actor="李"), 0),
            (AuditQuery(since=whole.items[-1].at), 100),
        ):
            found = await audit.entries(few)
            assert (found.total, found.total_exact) == (number, True), few
    assert await reads_of(dsn, ["audit"]) == before


async def test_no_secret_reaches_a_log_a_list_or_the_database(
    auth: AuthWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    token = await officer.post("/api/v1/tokens", {"name": "接口", "expires_in_days": 1})
    identity = (await (await officer.identity()).json())["identity"]
    paths = ("/api/v1/users?size=200", "/api/v1/tokens", "/api/v1/departments", "/internal/audit", "/internal/session")
    answers = [json.dumps(await admin.get(path)) for path in paths]
    bad = await auth.internal("/internal/sessions", {"username": "admin", "password": ADMIN_PASSWORD, "x": HOME})
    answers.append(await bad.text())
    conn = await asyncpg.connect(auth.dsn)
    tables = ("account", "session", "api_token", "sign_in_failure", "audit", "department")
    stored = [str(await conn.fetch(f"SELECT * FROM {table}")) for table in tables]
    await conn.close()
    found = "\n".join([caplog.text, *answers, *stored])
    assert "POST /internal/identity 200" in found  # the log was looked at
    for secret in (ADMIN_PASSWORD, USER_PASSWORD, admin.credential["session"], token["token"], identity):
        assert secret not in found
    assert "argon2id" not in caplog.text + "".join(answers)


async def test_the_first_admin_is_made_once_and_never_overwritten(make_database: MakeDatabase) -> None:
    dsn = await make_database("auth")
    settings = DatabaseSettings(database=SecretStr(dsn), argon2_memory_kib=64, argon2_passes=1)
    with pytest.raises(NoAdminPassword):
        await create_admin(settings, AdminSettings(password=None, password_file=None))
    await create_admin(settings, AdminSettings(password=SecretStr(ADMIN_PASSWORD)))
    conn = await asyncpg.connect(dsn)
    before = await conn.fetch("SELECT * FROM account")
    await create_admin(settings, AdminSettings(password=SecretStr("An0ther-one!")))
    assert await conn.fetch("SELECT * FROM account") == before
    await conn.close()
    assert (before[0]["username"], before[0]["department_code"], before[0]["must_change_password"]) == (
        "admin",
        "xyb",
        False,
    )


async def test_every_query_prepares(make_database: MakeDatabase) -> None:
    conn = await asyncpg.connect(await make_database("auth"))
    for name, sql in load_queries("services.auth").items():
        await conn.prepare(sql, name=name)
    await conn.close()


async def test_the_document_is_valid_and_hides_what_is_internal(auth: AuthWorld) -> None:
    document = await (await auth.client.get("/openapi.json")).json()
    validate(document)
    assert set(document["paths"]) == {
        "/api/v1/session/password",
        "/api/v1/tokens",
        "/api/v1/tokens/{token_id}",
        "/api/v1/departments",
        "/api/v1/departments/{code}",
        "/api/v1/users",
        "/api/v1/users/{user_id}",
        "/api/v1/users/{user_id}/password-reset",
    }
