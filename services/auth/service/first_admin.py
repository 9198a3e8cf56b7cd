"""`create-admin`: the first department and the first admin, once. `reset-admin`: when an admin's password is lost."""

import asyncio
import logging

from services.auth import policy
from services.auth.passwords import Passwords
from services.auth.repository import departments as department_repository
from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as token_repository
from services.auth.repository import users as repository
from services.auth.service.audit import OPERATIONS, record
from services.auth.service.clock import utc_now
from services.auth.service.lockout import name_hash
from services.auth.settings import AdminSettings, DatabaseSettings
from shared.contracts.accounts import Department, UserDraft
from shared.contracts.identity import Role
from shared.db.database import Database

log = logging.getLogger(__name__)


class NoSuchAdmin(Exception):
    """Nobody of the name AUTH_ADMIN_USERNAME is an admin."""


class NoAdminPassword(Exception):
    """Neither AUTH_ADMIN_PASSWORD_FILE nor AUTH_ADMIN_PASSWORD says what the first admin's password is."""


async def create_admin(settings: DatabaseSettings, admin: AdminSettings) -> None:
    """Make the first admin; once there is any admin, do nothing. Several processes may do so at once.

    Raises:
        NoAdminPassword, WeakPassword.
    """
    async with Database.open(settings.database.get_secret_value(), max_size=1) as db:
        async with db.reading() as conn:
            if await repository.any_admin(conn):
                log.info("there is an admin already")
                return
        password = await asyncio.to_thread(_password, admin)
        policy.check_password(password, username=admin.username, field="password")
        hashed = await _hash(settings, password)
        draft = UserDraft(
            username=admin.username,
            display_name=admin.display_name,
            department=admin.department_code,
            role=Role.ADMIN,
            password=password,
        )
        department = Department(
            code=admin.department_code,
            name=admin.department_name,
            short_name=admin.department_name,
            region=settings.region,
            credit_code=None,
            active=True,
        )
        async with db.transaction() as conn:
            await department_repository.insert_department(conn, department)
            made = await repository.insert_user(conn, draft, hashed, must_change=False)
        log.info("the first admin is made" if made else "the user name of the first admin is taken already")


async def reset_admin(settings: DatabaseSettings, admin: AdminSettings) -> None:
    """Give the admin a new password, to be changed at the next sign-in; open the account; end its sessions and tokens.

    Raises:
        NoSuchAdmin, NoAdminPassword, WeakPassword.
    """
    password = await asyncio.to_thread(_password, admin)
    policy.check_password(password, username=admin.username, field="password")
    hashed = await _hash(settings, password)
    async with Database.open(settings.database.get_secret_value(), max_size=1) as db, db.transaction() as conn:
        user_id = await repository.find_admin(conn, admin.username)
        if user_id is None:
            raise NoSuchAdmin(admin.username)
        await repository.reset_password(conn, user_id, hashed)
        await session_repository.end_sessions(conn, user_id)
        now = utc_now()
        await token_repository.end_tokens(conn, user_id, now)
        await session_repository.delete_failures_of_name(conn, name_hash(admin.username))
        await record(conn, OPERATIONS, now, "user.password_reset", f"用户 {admin.username}（账号启用，登录和令牌结束）")
    log.info("the admin has a new password")


async def _hash(settings: DatabaseSettings, password: str) -> str:
    passwords = Passwords(memory_kib=settings.argon2_memory_kib, passes=settings.argon2_passes, threads=1)
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def _password(admin: AdminSettings) -> str:
    if admin.password_file is not None:
        return admin.password_file.read_text("utf-8").strip()
    if admin.password is not None:
        return admin.password.get_secret_value()
    raise NoAdminPassword
