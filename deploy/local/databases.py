"""Makes the two databases with a role each, brings them up to date and sees to the first administrator."""

import os
import subprocess
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.local.processes import CouldNotStart
from deploy.local.room import ROOT, Room

SERVICES = ("auth", "records")


def database_of(room: Room, service: str) -> str:
    """The service's own address: AUTH_DATABASE or RECORDS_DATABASE, else its role and database on the server."""
    given = os.environ.get(f"{service.upper()}_DATABASE")
    if given:
        return given
    server = urlsplit(room.database_url)
    place = (server.netloc.rpartition("@")[2], f"/credit_{service}")
    password = room.secret(f"{service}-database")
    return urlunsplit(server._replace(netloc=f"credit_{service}:{password}@{place[0]}", path=place[1]))


async def create(room: Room) -> None:
    """Make what is missing; the password of a role is set anew each time, so a lost var/ can be mended.

    Raises:
        CouldNotStart: the server given in DATABASE_URL refuses.
    """
    wanted = [service for service in SERVICES if not os.environ.get(f"{service.upper()}_DATABASE")]
    if not wanted:
        return
    try:
        conn = await asyncpg.connect(room.database_url, timeout=15)
    except (OSError, asyncpg.PostgresError) as error:
        raise CouldNotStart(f"连不上 PostgreSQL：{type(error).__name__}。请检查 DATABASE_URL。") from error
    try:
        for service in wanted:
            await _create(conn, f"credit_{service}", room.secret(f"{service}-database"))
    except asyncpg.InsufficientPrivilegeError as error:
        raise CouldNotStart(
            "DATABASE_URL 的用户无权建立角色和数据库。请换用有 CREATEROLE、CREATEDB 权限的用户，"
            "或自己建好后用 AUTH_DATABASE、RECORDS_DATABASE 给出两个库的地址。"
        ) from error
    finally:
        await conn.close()


async def _create(conn: "asyncpg.Connection[asyncpg.Record]", name: str, password: str) -> None:
    if not password.isalnum():
        raise CouldNotStart(f"var/secrets 下 {name} 的密码应只含字母和数字。")
    # Names are ours and the password is letters and digits: DDL takes no parameters.
    verb = "ALTER" if await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name) else "CREATE"
    await conn.execute(f"{verb} ROLE {name} LOGIN PASSWORD '{password}'")
    if not await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        if not await conn.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await conn.execute(f"GRANT {name} TO CURRENT_USER")
        await conn.execute(
            f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0 "
            "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        )
    await conn.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


def migrate(service: str, settings: Mapping[str, str]) -> None:
    run(service, "migrate", settings)


def create_admin(settings: Mapping[str, str], password: str) -> None:
    """The first administrator, `admin`; nothing changes when there is one."""
    run("auth", "create-admin", {**settings, "AUTH_ADMIN_PASSWORD": password})


def reset_admin(settings: Mapping[str, str], password: str) -> None:
    run("auth", "reset-admin", {**settings, "AUTH_ADMIN_PASSWORD": password})


def end_sessions(settings: Mapping[str, str], whose: str) -> None:
    """`whose`: a user name, or --all."""
    run("auth", "end-sessions", settings, whose)


def run(service: str, role: str, settings: Mapping[str, str], *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}", role, *words],
        env={**os.environ, **settings},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise CouldNotStart(f"services.{service} {role} 未成功（退出码 {done.returncode}）：\n{said}")
