"""What auth lets go by itself: sessions nobody ended, and old lines of the audit."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer

from services.auth.app import create_app
from services.auth.keys import SERVICE
from services.auth.service.retention import Retention
from services.auth.service.sessions import SessionLife
from shared.db.database import Database
from tests.fixtures.auth import USER_PASSWORD, AuthWorld, auth_settings

pytestmark = pytest.mark.integration

LIFE = SessionLife(idle=timedelta(minutes=30), absolute=timedelta(hours=12))


@asynccontextmanager
async def opened(auth: AuthWorld) -> AsyncGenerator[Database]:
    async with Database.open(auth.dsn, max_size=2) as db:
        yield db


async def number_of(db: Database, table: str) -> int:
    async with db.reading() as conn:
        return int(await conn.fetchval(f"SELECT count(*) FROM {table}"))


async def test_sessions_that_ended_by_themselves_go_and_the_living_stay(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    for _ in range(4):
        await auth.sign_in()
    auth.clock.advance(timedelta(minutes=29))
    assert await officer.alive()
    async with opened(auth) as db:
        retention = Retention(db, auth.clock, LIFE, audit_days=0, most=2)
        await retention.sweep()
        assert await number_of(db, "session") == 6
        auth.clock.advance(timedelta(minutes=2))
        await retention.sweep()
        assert await number_of(db, "session") == 1
        assert await officer.alive()
        # Seen all the time, and past the twelve hours all the same.
        for _ in range(24):
            auth.clock.advance(timedelta(minutes=29))
            await officer.identity()
        fresh = await auth.sign_in(officer.user["username"], USER_PASSWORD)
        other = await auth.sign_in()
        auth.clock.advance(timedelta(minutes=1))
        await retention.sweep()
        assert await number_of(db, "session") == 2
        assert await fresh.alive()
        assert await other.alive()


async def test_what_is_to_go_goes_when_the_process_starts(auth: AuthWorld) -> None:
    await auth.sign_in()
    auth.clock.advance(timedelta(minutes=31))
    async with opened(auth) as db, TestServer(create_app(auth_settings(auth.dsn), now=auth.clock)):
        async with asyncio.timeout(10.0):
            while await number_of(db, "session"):
                await asyncio.sleep(0.02)


async def test_what_somebody_is_at_work_on_holds_no_sweep_up(auth: AuthWorld) -> None:
    for _ in range(3):
        await auth.sign_in()
    auth.clock.advance(timedelta(minutes=31))
    async with opened(auth) as db:
        retention = auth.client.app[SERVICE].retention
        async with db.transaction() as conn:
            await conn.execute("SELECT FROM session LIMIT 1 FOR UPDATE")
            await retention.sweep()
            assert await number_of(db, "session") == 1
        await retention.sweep()
        assert await number_of(db, "session") == 0


async def test_audit_lines_go_after_their_time(auth: AuthWorld) -> None:
    for _ in range(5):
        await auth.sign_in()
    async with opened(auth) as db:
        retention = Retention(db, auth.clock, LIFE, audit_days=1095, most=2)
        auth.clock.advance(timedelta(days=1094))
        await auth.sign_in()
        await retention.sweep()
        assert await number_of(db, "audit") == 6
        auth.clock.advance(timedelta(days=2))
        await Retention(db, auth.clock, LIFE, audit_days=0).sweep()
        assert await number_of(db, "audit") == 6, "0 keeps them for ever"
        await retention.sweep()
        assert await number_of(db, "audit") == 1
