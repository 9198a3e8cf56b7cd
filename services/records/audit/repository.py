"""Who did what: written in the transaction that does it, never changed afterwards; gone when it is old."""

from shared.contracts.accounts import AuditEntry, AuditQuery
from shared.contracts.identity import Identity
from shared.db.database import Conn, Row, affected
from shared.db.planning import Total, total_of
from shared.db.queries import load_queries

SQL = load_queries("services.records.audit")


async def add(conn: Conn, identity: Identity, action: str, object_: str, reason: str = "") -> None:
    """`action`: a stable word such as `record.revoked`; `object_`: kind and id, never a person's data."""
    await conn.execute(
        SQL["add_audit"],
        identity.user_name,
        identity.user_id,
        identity.department.code,
        action,
        object_,
        reason,
        identity.address,
    )


async def clear(conn: Conn, days: int, most: int) -> int:
    """How many lines went, the oldest first."""
    return affected(await conn.execute(SQL["clear_audit"], days, most))


async def list_audit(conn: Conn, wanted: AuditQuery) -> tuple[list[AuditEntry], Total]:
    """The newest `limit` that the filters match, and how many they match in all."""
    filters = (wanted.since, wanted.before, wanted.actor.strip() or None, wanted.action, wanted.department)
    rows = await conn.fetch(SQL["list_audit"], *filters, wanted.limit)
    return [_entry(row) for row in rows], await total_of(conn, SQL["count_audit"], SQL["estimate_audit"], *filters)


def _entry(row: Row) -> AuditEntry:
    reason = f"（{row['reason']}）" if row["reason"] else ""
    return AuditEntry(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        object=row["object"] + reason,
        department=row["department_code"],
        address=row["address"],
    )
