"""Signing in and out."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from services.auth.errors import NotASession, TooManyAttempts, WrongCredentials
from services.auth.passwords import Passwords, Verdict
from services.auth.repository import audit as audit_repository
from services.auth.repository import sessions as repository
from services.auth.repository import users as user_repository
from services.auth.service.audit import record
from services.auth.service.clock import Clock
from services.auth.service.identities import TOKEN_MARK
from services.auth.service.lockout import Lockout, name_hash
from services.auth.tokens import digest, new_session_secret
from shared.contracts.accounts import AuditEntry, SignedIn, SignIn, User
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database, Row
from shared.telemetry.metrics import SIGN_INS

WRONG = "用户名或密码不正确，或者账号已停用；忘记密码请联系部门管理员或市信用办重置。"
UNKNOWN_USER = "（没有这个用户名）"


class SessionLife(NamedTuple):
    idle: timedelta
    absolute: timedelta


class Sessions:
    def __init__(self, db: Database, passwords: Passwords, lockout: Lockout, now: Clock, life: SessionLife) -> None:
        self._db = db
        self._passwords = passwords
        self._lockout = lockout
        self._now = now
        self._life = life

    async def sign_in(self, attempt: SignIn) -> SignedIn:
        """A new session.

        Raises:
            WrongCredentials: unknown name, wrong password, or a closed account; all three look and take alike.
            TooManyAttempts: the door is closed for this name or this address.
        """
        username = attempt.username.strip()
        source = self._lockout.source(username, attempt.address, attempt.device)
        try:
            async with self._lockout.attempt(username, source):
                async with self._db.reading() as conn:
                    account = await repository.credentials_of_username(conn, username)
                # To PostgreSQL "İ" is an "i". Whose attempts are not counted together is not the same person.
                if account is not None and name_hash(account["username"]) != name_hash(username):
                    account = None
                verdict = await self._passwords.verify(account["password_hash"] if account else None, attempt.password)
                if account is None or not verdict.right or not account["may_sign_in"]:
                    await self._refuse(account, username, source, attempt.address)
                    raise WrongCredentials(WRONG)
        except TooManyAttempts:
            SIGN_INS.labels("locked_out").inc()
            raise
        SIGN_INS.labels("signed_in").inc()
        return await self._begin(account, verdict, attempt, source)

    async def whoami(self, caller: Identity) -> User:
        async with self._db.reading() as conn:
            return await user_repository.get_user(conn, UUID(caller.user_id))

    async def sign_out(self, caller: Identity) -> None:
        """End the session the caller came with.

        Raises:
            NotASession: the caller came with an API token.
        """
        if caller.session_id.startswith(TOKEN_MARK):
            raise NotASession("API 令牌没有会话可退出；不再使用时请在令牌列表里停用它。")
        async with self._db.transaction() as conn:
            if await repository.delete_session(conn, UUID(caller.session_id), UUID(caller.user_id)):
                await record(conn, caller, self._now(), "session.ended", "会话")

    async def _begin(self, account: Row, verdict: Verdict, attempt: SignIn, source: str) -> SignedIn:
        secret = new_session_secret()
        now = self._now()
        user_id: UUID = account["user_id"]
        rehashed = await self._passwords.hash(attempt.password) if verdict.outdated else None
        async with self._db.transaction() as conn:
            if not await repository.signed_in(conn, user_id, now, account["password_hash"]):
                raise WrongCredentials(WRONG)
            await repository.delete_ended_sessions(conn, user_id, now - self._life.absolute, now - self._life.idle)
            await repository.insert_session(conn, digest(secret), user_id, now)
            await self._lockout.succeeded(conn, account["username"], source)
            if rehashed is not None:
                await user_repository.rehash_password(conn, user_id, account["password_hash"], rehashed)
            await self._audit(conn, account, "session.created", account["username"], attempt.address)
            user = await user_repository.get_user(conn, user_id)
        return SignedIn(
            session=secret,
            session_expires_in=int(self._life.absolute.total_seconds()),
            idle_seconds=int(min(self._life).total_seconds()),
            device=self._lockout.remember(account["username"]),
            user=user,
        )

    async def _refuse(self, account: Row | None, username: str, source: str, address: str) -> None:
        SIGN_INS.labels("wrong").inc()
        named = account["username"] if account else UNKNOWN_USER
        async with self._db.transaction() as conn:
            await self._lockout.failed(conn, username, source)
            await self._audit(conn, account, "session.refused", named, address)

    async def _audit(self, conn: Conn, account: Row | None, action: str, object_: str, address: str) -> None:
        entry = AuditEntry(
            at=self._now(),
            actor=account["display_name"] if account else "",
            action=action,
            object=f"用户 {object_}",
            department=account["department_code"] if account else "",
            address=address,
        )
        await audit_repository.insert_audit(conn, entry, account["user_id"] if account else None)
