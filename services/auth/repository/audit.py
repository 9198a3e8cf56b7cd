"""Who did what."""

from datetime import datetime
from uuid import UUID

from services.auth.repository import SQL
from shared.contracts.accounts import AuditEntries, AuditEntry, AuditQuery
from shared.db.database import Conn, Row, affected
from shared.db.planning import total_of


async def insert_audit(conn: Conn, entry: AuditEntry, user_id: UUID | None) -> None:
    await conn.execute(
        SQL["insert_audit"],
        entry.at,
        user_id,
        entry.actor,
        entry.department,
        entry.action,
        entry.object,
        entry.address,
    )


async def clear_audit(conn: Conn, before: datetime, most: int) -> int:
    """The oldest first."""
    return affected(await conn.execute(SQL["clear_audit"], before, most))


async def list_audit(conn: Conn, query: AuditQuery) -> AuditEntries:
    filters = (query.since, query.before, query.actor.strip() or None, query.action, query.department)
    rows = await conn.fetch(SQL["list_audit"], *filters, query.limit)
    total = await total_of(conn, SQL["count_audit"], SQL["estimate_audit"], *filters)
    return AuditEntries(items=[_entry(row) for row in rows], total=total.rows, total_exact=total.exact)


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        object=row["object"],
        department=row["department_code"],
        address=row["address"],
    )
