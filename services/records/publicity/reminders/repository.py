"""What the reminders are about: publicity that ended, rows that must be mended soon."""

from uuid import UUID

from services.records.datasets.repository import parse_definition
from shared.datasets.roles import roles_of
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.publicity.reminders")


async def ended(conn: Conn) -> list[Row]:
    return await conn.fetch(SQL["ended"])


async def lately_waiting_rows(conn: Conn) -> list[Row]:
    """What departments are reminded of; of what is older they were."""
    return await waiting_rows(conn, None, lately=True)


async def waiting_rows(conn: Conn, department: str | None, *, lately: bool = False) -> list[Row]:
    """Per upload: rows due within three working days, those that are late, and those late only since they were sent."""
    uploads: list[UUID] = []
    fields: list[str] = []
    for row in await conn.fetch(SQL["waiting_uploads"], department, lately):
        field = roles_of(parse_definition(row["definition"])).decided_on
        if field is not None:
            uploads += row["uploads"]
            fields += [field] * len(row["uploads"])
    return await conn.fetch(SQL["waiting_rows"], uploads, fields) if uploads else []
