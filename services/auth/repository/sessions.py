"""Sessions, identities and the count of failed attempts."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.auth.repository import SQL, changed
from shared.db.database import Conn, Row, affected


class Closed(NamedTuple):
    """For each limit of the lockout, the failure that opens the door by leaving the window; None while it is open."""

    pair: datetime | None
    name: datetime | None
    address: datetime | None


async def session_identity(conn: Conn, secret_hash: bytes, created_after: datetime, seen_after: datetime) -> Row | None:
    return await conn.fetchrow(SQL["session_identity"], secret_hash, created_after, seen_after)


async def token_identity(conn: Conn, secret_hash: bytes, now: datetime) -> Row | None:
    return await conn.fetchrow(SQL["token_identity"], secret_hash, now)


async def touch_session(conn: Conn, session_id: UUID, now: datetime) -> None:
    await conn.execute(SQL["touch_session"], session_id, now)


async def touch_token(conn: Conn, token_id: UUID, now: datetime) -> None:
    await conn.execute(SQL["touch_token"], token_id, now)


async def insert_session(conn: Conn, secret_hash: bytes, user_id: UUID, now: datetime) -> None:
    await conn.execute(SQL["insert_session"], secret_hash, user_id, now)


async def session_lives(conn: Conn, session_id: UUID) -> bool:
    lives: bool = await conn.fetchval(SQL["session_lives"], session_id)
    return lives


async def delete_session(conn: Conn, session_id: UUID, user_id: UUID) -> bool:
    return changed(await conn.execute(SQL["delete_session"], session_id, user_id))


async def end_sessions(conn: Conn, user_id: UUID | None, *, keep: UUID | None = None) -> int:
    """How many there were; None: of all users."""
    return affected(await conn.execute(SQL["end_sessions"], user_id, keep))


async def delete_department_sessions(conn: Conn, code: str) -> None:
    await conn.execute(SQL["delete_department_sessions"], code)


async def delete_ended_sessions(conn: Conn, user_id: UUID, created_until: datetime, seen_until: datetime) -> None:
    await conn.execute(SQL["delete_ended_sessions"], user_id, created_until, seen_until)


async def clear_sessions(conn: Conn, created_until: datetime, seen_until: datetime, most: int) -> int:
    return affected(await conn.execute(SQL["clear_sessions"], created_until, seen_until, most))


async def closed_by_failures(
    conn: Conn, username_hash: bytes, address: str, since: datetime, limits: tuple[int, int, int]
) -> Closed:
    row = await conn.fetchrow(SQL["count_failures"], username_hash, address, since, *limits)
    return Closed(row["pair"], row["name"], row["address"]) if row else Closed(None, None, None)


async def insert_failure(conn: Conn, username_hash: bytes, address: str, now: datetime) -> None:
    await conn.execute(SQL["insert_failure"], username_hash, address, now)


async def forgive_failures(conn: Conn, username_hash: bytes, address: str) -> None:
    await conn.execute(SQL["forgive_failures"], username_hash, address)


async def delete_failures_of_name(conn: Conn, username_hash: bytes) -> None:
    await conn.execute(SQL["delete_failures_of_name"], username_hash)


async def delete_old_failures(conn: Conn, until: datetime) -> None:
    await conn.execute(SQL["delete_old_failures"], until)


async def credentials_of_username(conn: Conn, username: str) -> Row | None:
    return await conn.fetchrow(SQL["credentials_of_username"], username)


async def signed_in(conn: Conn, user_id: UUID, now: datetime, verified: str) -> bool:
    """False when the password `verified` has been replaced meanwhile, or the account closed."""
    return changed(await conn.execute(SQL["signed_in"], user_id, now, verified))
