"""`create-admin`: the first department and the first admin, once."""

import asyncio
import logging

from services.auth import policy
from services.auth.passwords import Passwords
from services.auth.repository import departments as department_repository
from services.auth.repository import users as repository
from services.auth.settings import AdminSettings, DatabaseSettings
from shared.contracts.accounts import Department, UserDraft
from shared.contracts.identity import Role
from shared.db.database import Database

log = logging.getLogger(__name__)


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
        passwords = Passwords(memory_kib=settings.argon2_memory_kib, passes=settings.argon2_passes, threads=1)
        try:
            hashed = await passwords.hash(password)
        finally:
            passwords.close()
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


def _password(admin: AdminSettings) -> str:
    if admin.password_file is not None:
        return admin.password_file.read_text("utf-8").strip()
    if admin.password is not None:
        return admin.password.get_secret_value()
    raise NoAdminPassword
