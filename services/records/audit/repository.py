"""Who did what: written in the transaction that does it, never changed afterwards."""

from shared.contracts.identity import Identity
from shared.db.database import Conn
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
