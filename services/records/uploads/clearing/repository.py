"""What is old enough to go."""

from uuid import UUID

from shared.db.database import Conn
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.clearing")


async def next_upload(conn: Conn, days: int) -> UUID | None:
    """One whose rows became records longer ago; locked until the transaction ends."""
    found: UUID | None = await conn.fetchval(SQL["next_upload"], days)
    return found


async def clear_rows(conn: Conn, upload_id: UUID) -> int:
    """How many rows went."""
    status: str = await conn.execute(SQL["clear_rows"], upload_id)
    await conn.execute(SQL["mark_cleared"], upload_id)
    return int(status.rpartition(" ")[2])


async def clear_messages(conn: Conn, days: int, most: int) -> int:
    status: str = await conn.execute(SQL["clear_messages"], days, most)
    return int(status.rpartition(" ")[2])
