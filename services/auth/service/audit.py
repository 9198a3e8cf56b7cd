"""Writes who did what, and reads it back for the admin."""

from datetime import datetime
from uuid import UUID

from services.auth.repository import audit as repository
from shared.contracts.accounts import AuditEntries, AuditEntry, AuditQuery
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database
from shared.db.planning import plan_by_values

# Whoever typed a command on the server: no user of ours, and of no department.
OPERATIONS = None
OPERATIONS_NAME = "服务器运维"


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def entries(self, query: AuditQuery) -> AuditEntries:
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            return await repository.list_audit(conn, query)


async def record(conn: Conn, caller: Identity | None, at: datetime, action: str, object_: str) -> None:
    """Within the transaction of what was done: both are kept, or neither. `caller`: None is OPERATIONS."""
    entry = AuditEntry(
        at=at,
        actor=caller.user_name if caller else OPERATIONS_NAME,
        action=action,
        object=object_,
        department=caller.department.code if caller else "",
        address=caller.address if caller else "",
    )
    await repository.insert_audit(conn, entry, UUID(caller.user_id) if caller else None)
