"""Uploads that stand still."""

from uuid import UUID

from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.sweeping")


async def complete_uploads(conn: Conn, seconds: float) -> list[Row]:
    """Complete, and yet not applied for `seconds` times their attempts."""
    return await conn.fetch(SQL["complete_uploads"], seconds)


async def next_stalled_upload(conn: Conn, seconds: float, long_seconds: float) -> Row | None:
    """Without a sign of life for `seconds` times its attempts; locked until the transaction ends.

    `long_waiting`: not published for `long_seconds`.
    """
    return await conn.fetchrow(SQL["next_stalled_upload"], seconds, long_seconds)


async def publish_in_spite(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["publish_in_spite"], upload_id)


async def oldest_unfinished(conn: Conn) -> float:
    """Seconds since the oldest unfinished upload came; 0 without one."""
    return float(await conn.fetchval(SQL["oldest_unfinished"]))


async def count_attempt(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["count_attempt"], upload_id)


async def put_off(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["put_off"], upload_id)
