"""What whoever runs the server does to accounts from there, and that the audit says so."""

import os
import subprocess
import sys

import pytest
from pydantic import SecretStr

from services.auth.service.ending import NoSuchUser, end_sessions
from services.auth.service.first_admin import reset_admin
from services.auth.settings import AdminSettings, DatabaseSettings
from tests.fixtures.auth import ADMIN_PASSWORD, USER_PASSWORD, AuthWorld, Caller
from tests.fixtures.room import ROOT

pytestmark = pytest.mark.integration

NEW_PASSWORD = "An0ther-one!"


def database(auth: AuthWorld) -> DatabaseSettings:
    return DatabaseSettings(database=SecretStr(auth.dsn), argon2_memory_kib=64, argon2_passes=1)


async def with_token(auth: AuthWorld, caller: Caller) -> Caller:
    made = await caller.post("/api/v1/tokens", {"name": "接口", "expires_in_days": 1})
    return Caller(auth, {"token": made["token"]}, caller.user)


async def last_lines(admin: Caller, action: str) -> list[tuple[str, str, str, str]]:
    lines = (await admin.get(f"/internal/audit?action={action}"))["items"]
    return [(line["actor"], line["object"], line["department"], line["address"]) for line in lines]


async def test_a_lost_admin_password_is_replaced_and_the_audit_says_by_whom(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    token = await with_token(auth, admin)
    await reset_admin(database(auth), AdminSettings(password=SecretStr(NEW_PASSWORD)))
    assert not await admin.alive()
    assert not await token.alive()
    assert (await auth.try_sign_in("admin", ADMIN_PASSWORD)).status == 401
    again = await auth.sign_in("admin", NEW_PASSWORD)
    assert again.user["must_change_password"] is True
    change = {"current": NEW_PASSWORD, "new": ADMIN_PASSWORD}
    assert (await again.call("PUT", "/api/v1/session/password", change)).status == 204
    assert await last_lines(again, "user.password_reset") == [
        ("服务器运维", "用户 admin（账号启用，登录和令牌结束）", "", "")
    ]


async def test_sessions_and_tokens_of_one_user_or_of_all_end(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    department = await auth.department(admin)
    one, other = [await auth.user(admin, "reporter", department) for _ in range(2)]
    ones, others = [await with_token(auth, each) for each in (one, other)]
    name = one.user["username"]

    await end_sessions(database(auth), name.upper())
    assert [await each.alive() for each in (one, ones, other, others, admin)] == [False, False, True, True, True]
    with pytest.raises(NoSuchUser):
        await end_sessions(database(auth), "nobody")
    await auth.sign_in(name, USER_PASSWORD)

    await end_sessions(database(auth), None)
    assert [await each.alive() for each in (other, others, admin)] == [False, False, False]
    again = await auth.sign_in()
    assert await last_lines(again, "session.all_ended") == [
        ("服务器运维", "全部用户：3 个登录、1 个令牌", "", ""),
        ("服务器运维", f"用户 {name}：1 个登录、1 个令牌", "", ""),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["end-sessions"], 2, "needs a user name or --all"),
        (["end-sessions", "admin", "--all"], 2, "needs a user name or --all"),
        (["migrate", "--all"], 2, "needs a user name or --all"),
        (["end-sessions", "nobody"], 1, "没有这个用户名：nobody"),
        (["end-sessions", "--all"], 0, "0 sessions and 0 tokens ended"),
    ],
)
def test_the_command(auth: AuthWorld, words: list[str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.auth", *words],
        env={**os.environ, "AUTH_DATABASE": auth.dsn},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
