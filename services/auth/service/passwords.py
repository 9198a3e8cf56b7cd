"""Changing one's own password."""

from uuid import UUID

from services.auth import policy
from services.auth.errors import UserNotFound, WeakPassword, WrongPassword
from services.auth.passwords import Passwords
from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as token_repository
from services.auth.repository import users as repository
from services.auth.service.audit import record
from services.auth.service.clock import Clock
from services.auth.service.identities import TOKEN_MARK
from services.auth.service.lockout import Lockout
from shared.contracts.accounts import PasswordChange
from shared.contracts.identity import Identity
from shared.db.database import Database


class OwnPassword:
    def __init__(self, db: Database, passwords: Passwords, lockout: Lockout, now: Clock) -> None:
        self._db = db
        self._passwords = passwords
        self._lockout = lockout
        self._now = now

    async def change(self, caller: Identity, change: PasswordChange) -> None:
        """Set a new password; the user's other sessions and all tokens end, this session goes on.

        Raises:
            WrongPassword: `current` is wrong; counted like a failed sign-in.
            WeakPassword: the new one breaks a rule, or is the old one.
            TooManyAttempts: the current password was guessed at too often.
        """
        user_id = UUID(caller.user_id)
        async with self._db.reading() as conn:
            account = await repository.password_of_user(conn, user_id)
        if account is None:
            raise UserNotFound("账号已停用，请联系部门管理员。")
        username: str = account["username"]
        source = self._lockout.own_source(caller)
        async with self._lockout.attempt(username, source):
            verdict = await self._passwords.verify(account["password_hash"], change.current)
            if not verdict.right:
                async with self._db.transaction() as conn:
                    await self._lockout.failed(conn, username, source)
                    await record(conn, caller, self._now(), "password.refused", f"用户 {username}")
                raise WrongPassword("current", "当前密码不正确，请重新输入。")
        policy.check_password(change.new, username=username, field="new")
        if change.new == change.current:
            raise WeakPassword("new", "新密码与当前密码相同，请换一个。")
        hashed = await self._passwords.hash(change.new)
        keep = None if caller.session_id.startswith(TOKEN_MARK) else UUID(caller.session_id)
        async with self._db.transaction() as conn:
            if not await repository.change_password(conn, user_id, account["password_hash"], hashed):
                raise WrongPassword("current", "当前密码不正确，请重新输入。")
            await session_repository.end_sessions(conn, user_id, keep=keep)
            await token_repository.end_tokens(conn, user_id, self._now())
            await record(conn, caller, self._now(), "password.changed", f"用户 {username}")
