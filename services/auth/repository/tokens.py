"""API tokens and signing keys."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.auth.repository import SQL
from shared.contracts.accounts import Token
from shared.contracts.base import PageQuery
from shared.db.database import Conn, affected


class FreshToken(NamedTuple):
    secret_hash: bytes
    user_id: UUID
    name: str
    created_at: datetime
    expires_at: datetime
    parent_id: UUID | None


async def insert_token(conn: Conn, token: FreshToken) -> UUID:
    token_id: UUID = await conn.fetchval(SQL["insert_token"], *token)
    return token_id


async def token_expiry(conn: Conn, token_id: UUID) -> datetime | None:
    """None when it has been revoked."""
    expires_at: datetime | None = await conn.fetchval(SQL["token_expiry"], token_id)
    return expires_at


async def list_tokens(conn: Conn, user_id: UUID, query: PageQuery) -> tuple[list[Token], int]:
    """One page and the total; revoked ones are gone from both."""
    rows = await conn.fetch(SQL["list_tokens"], user_id, query.size, query.offset)
    total = await conn.fetchval(SQL["count_tokens"], user_id)
    return [
        Token(
            id=str(row["token_id"]),
            name=row["name"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            last_used_at=row["last_used_at"],
        )
        for row in rows
    ], total


async def revoke_token(conn: Conn, token_id: UUID, user_id: UUID, now: datetime) -> str | None:
    """The name of the token, or None when the user has no such living token."""
    rows = await conn.fetch(SQL["revoke_token"], token_id, user_id, now)
    return next((row["name"] for row in rows if row["token_id"] == token_id), None)


async def end_tokens(conn: Conn, user_id: UUID | None, now: datetime) -> int:
    """How many were good or expired, not revoked; None: of all users."""
    return affected(await conn.execute(SQL["end_tokens"], user_id, now))


async def revoke_department_tokens(conn: Conn, code: str, now: datetime) -> None:
    await conn.execute(SQL["revoke_department_tokens"], code, now)


async def lock_signing_keys(conn: Conn) -> None:
    await conn.execute(SQL["lock_signing_keys"])


async def signing_keys(conn: Conn, retired_after: datetime) -> list[str]:
    """Private JWKs that still verify; the first is the one that signs."""
    return [row["private_key"] for row in await conn.fetch(SQL["signing_keys"], retired_after)]


async def insert_signing_key(conn: Conn, key_id: str, private_key: str) -> None:
    await conn.execute(SQL["insert_signing_key"], key_id, private_key)


async def retire_signing_keys(conn: Conn, now: datetime, *, but: str) -> None:
    await conn.execute(SQL["retire_signing_keys"], now, but)
