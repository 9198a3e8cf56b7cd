"""Opens what auth works with, and closes it again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from services.auth.passwords import Passwords
from services.auth.service import AuthService
from services.auth.service.audit import Audit
from services.auth.service.clock import Clock
from services.auth.service.departments import Departments
from services.auth.service.devices import Devices
from services.auth.service.gatekeeper import Gatekeeper
from services.auth.service.identities import Identities
from services.auth.service.lockout import Lockout
from services.auth.service.passwords import OwnPassword
from services.auth.service.retention import Retention
from services.auth.service.sessions import SessionLife, Sessions
from services.auth.service.signing import SigningKeys
from services.auth.service.tokens import Tokens
from services.auth.service.users import Users
from services.auth.settings import Settings
from shared.db.database import Database
from shared.db.migrations import ready_check
from shared.process import every

MIGRATIONS = Path(__file__).parent / "migrations"
SWEEP_SECONDS = 3600.0


@asynccontextmanager
async def open_service(settings: Settings, now: Clock) -> AsyncGenerator[AuthService]:
    passwords = Passwords(
        memory_kib=settings.argon2_memory_kib,
        passes=settings.argon2_passes,
        threads=settings.password_threads,
    )
    try:
        async with Database.open(settings.database.get_secret_value()) as db:
            service = _assemble(settings, db, passwords, now)
            async with _sweeping(service.retention):
                yield service
    finally:
        passwords.close()


@asynccontextmanager
async def _sweeping(retention: Retention) -> AsyncGenerator[None]:
    task = asyncio.create_task(every(SWEEP_SECONDS, retention.sweep, asyncio.Event(), at_once=True))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _assemble(settings: Settings, db: Database, passwords: Passwords, now: Clock) -> AuthService:
    keys = SigningKeys(db, now)
    limits = (settings.failures_of_pair, settings.failures_of_name, settings.failures_of_address)
    gateway_key = settings.gateway_key.get_secret_value()
    lockout = Lockout(db, Devices(gateway_key, now), now, window=settings.failure_window, limits=limits)
    life = SessionLife(idle=settings.session_idle, absolute=settings.session_absolute)
    return AuthService(
        gatekeeper=Gatekeeper(gateway_key),
        sessions=Sessions(db, passwords, lockout, now, life),
        identities=Identities(db, keys, now, idle=life.idle, absolute=life.absolute),
        own_password=OwnPassword(db, passwords, lockout, now),
        tokens=Tokens(db, now),
        users=Users(db, passwords, now),
        departments=Departments(db, now, region=settings.region),
        audit=Audit(db),
        keys=keys,
        retention=Retention(db, now, life, audit_days=settings.keep_audit_days),
        ready=ready_check(db, MIGRATIONS),
    )
