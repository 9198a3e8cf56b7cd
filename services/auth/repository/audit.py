"""Who did what."""

from datetime import datetime
from uuid import UUID

from services.auth.repository import SQL, pattern
from shared.contracts.accounts import AuditEntries, AuditEntry, AuditQuery
from shared.db.database import Conn


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


async def list_audit(conn: Conn, query: AuditQuery) -> AuditEntries:
    actor = pattern(query.actor)
    rows = await conn.fetch(
        SQL["list_audit"], query.before, query.since, actor, query.action, query.department, query.limit
    )
    total: int = await conn.fetchval(SQL["count_audit"], query.since, actor, query.action, query.department)
    items = [
        _entry(row["at"], row["actor"], row["action"], row["object"], row["department_code"], row["address"])
        for row in rows
    ]
    return AuditEntries(items=items, total=total)


def _entry(at: datetime, actor: str, action: str, object_: str, department: str, address: str) -> AuditEntry:
    return AuditEntry(at=at, actor=actor, action=action, object=object_, department=department, address=address)
