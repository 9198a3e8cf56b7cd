"""Turns a session or an API token into a signed identity: on the path of every request, so one query and a cache."""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from services.auth.errors import SessionEnded
from services.auth.repository import sessions as repository
from services.auth.service.clock import Clock
from services.auth.service.signing import SigningKeys
from services.auth.tokens import IDENTITY_SECONDS, TOKEN_PREFIX, digest
from shared.contracts.accounts import Credential, SignedIdentity
from shared.contracts.identity import DepartmentRef, Identity, Role, Service
from shared.db.database import Database, Row

# last_seen_at and last_used_at move at most this often: a write a request would cost more than the request.
TOUCH_EVERY = timedelta(minutes=1)
# A signature is used again for the first half of its life, so that whoever gets it has half a minute at least.
REUSE_SECONDS = IDENTITY_SECONDS // 2
REMEMBERED = 10_000

TOKEN_MARK = "token:"  # noqa: S105  # tells the two kinds of session_id in an identity apart


class Known(NamedTuple):
    """All that an identity says of the caller."""

    session_id: str
    address: str
    user_id: str
    display_name: str
    role: str
    must_change_password: bool
    code: str
    name: str
    region: str


class Identities:
    def __init__(self, db: Database, keys: SigningKeys, now: Clock, *, idle: timedelta, absolute: timedelta) -> None:
        self._db = db
        self._keys = keys
        self._now = now
        self._idle = idle
        self._absolute = absolute
        # What it says and for whom: when one of these changes, so does the signature.
        # → when it was signed (monotonic seconds), and the signature
        self._signed: dict[tuple[Known, tuple[Service, ...]], tuple[float, str]] = {}

    async def identify(self, credential: Credential, services: tuple[Service, ...]) -> SignedIdentity:
        """The caller, to be shown to `services`.

        Raises:
            SessionEnded: signed out, revoked, idle, too old, or of a user or department that is closed.
        """
        if credential.session is not None:
            known, left = await self._of_session(credential.session, credential.address, used=credential.used)
        else:
            known, left = await self._of_token(credential.token or "", credential.address)
        session_expires_in = max(1, int(left.total_seconds()))
        if credential.seconds > IDENTITY_SECONDS:
            jwt = await self._keys.sign(_identity(known), services, credential.seconds)
            return SignedIdentity(identity=jwt, expires_in=credential.seconds, session_expires_in=session_expires_in)
        signed_at, jwt = await self._sign(known, services)
        good_for = IDENTITY_SECONDS - int(time.monotonic() - signed_at)
        return SignedIdentity(identity=jwt, expires_in=good_for, session_expires_in=session_expires_in)

    async def _of_session(self, secret: str, address: str, *, used: bool) -> tuple[Known, timedelta]:
        now = self._now()
        async with self._db.reading() as conn:
            row = await repository.session_identity(conn, digest(secret), now - self._absolute, now - self._idle)
            if row is None:
                raise SessionEnded("登录已失效（可能是长时间没有操作，或账号已被停用），请重新登录。")
            seen: datetime = row["last_seen_at"]
            if used and _is_due(seen, now):
                await repository.touch_session(conn, row["credential_id"], seen := now)
        left = min(seen + self._idle, row["created_at"] + self._absolute) - now
        return _known(row, str(row["credential_id"]), address), left

    async def _of_token(self, secret: str, address: str) -> tuple[Known, timedelta]:
        now = self._now()
        ended = SessionEnded("API 令牌无效、已过期或已停用，请换一个令牌。")
        if not secret.startswith(TOKEN_PREFIX):
            raise ended
        async with self._db.reading() as conn:
            row = await repository.token_identity(conn, digest(secret), now)
            if row is None:
                raise ended
            if _is_due(row["last_used_at"], now):
                await repository.touch_token(conn, row["credential_id"], now)
        return _known(row, f"{TOKEN_MARK}{row['credential_id']}", address), row["expires_at"] - now

    async def _sign(self, known: Known, services: tuple[Service, ...]) -> tuple[float, str]:
        signed = self._signed.get((known, services))
        if signed is not None and time.monotonic() - signed[0] < REUSE_SECONDS:
            return signed
        signed_at = time.monotonic()
        signed = (signed_at, await self._keys.sign(_identity(known), services))
        if len(self._signed) >= REMEMBERED:
            self._signed.clear()
        self._signed[known, services] = signed
        return signed


def _is_due(touched_at: datetime | None, now: datetime) -> bool:
    return touched_at is None or now - touched_at >= TOUCH_EVERY


def _known(row: Row, session_id: str, address: str) -> Known:
    return Known(
        session_id=session_id,
        address=address,
        user_id=str(row["user_id"]),
        display_name=row["display_name"],
        role=row["role"],
        must_change_password=row["must_change_password"],
        code=row["code"],
        name=row["name"],
        region=row["region"],
    )


def _identity(known: Known) -> Identity:
    return Identity(
        user_id=known.user_id,
        user_name=known.display_name,
        role=Role(known.role),
        department=DepartmentRef(code=known.code, name=known.name),
        region=known.region,
        session_id=known.session_id,
        address=known.address,
        must_change_password=known.must_change_password,
    )
