"""What is old enough to go. `most`: rows a call; fewer went when there are no more."""

from uuid import UUID

from shared.db.database import Conn, Row, affected
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.clearing")


async def next_upload(conn: Conn, days: int) -> UUID | None:
    """One whose rows became records longer ago; locked until the transaction ends."""
    found: UUID | None = await conn.fetchval(SQL["next_upload"], days)
    return found


async def clear_rows(conn: Conn, upload_id: UUID, most: int) -> int:
    return affected(await conn.execute(SQL["clear_rows"], upload_id, most))


async def mark_cleared(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["mark_cleared"], upload_id)


async def next_to_empty(conn: Conn, days: int) -> Row | None:
    """One that was sent longer ago, whatever became of it; locked until the transaction ends."""
    return await conn.fetchrow(SQL["next_to_empty"], days)


async def drop_rows(conn: Conn, upload_id: UUID, most: int) -> int:
    return affected(await conn.execute(SQL["drop_rows"], upload_id, most))


async def empty_rows(conn: Conn, upload_id: UUID, most: int) -> int:
    return affected(await conn.execute(SQL["empty_rows"], upload_id, most))


async def mark_emptied(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["mark_emptied"], upload_id)


async def clear_messages(conn: Conn, days: int, most: int) -> int:
    return affected(await conn.execute(SQL["clear_messages"], days, most))
