"""The rows of an upload, as they are read."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.records.uploads.errors import RowNotFound
from shared.contracts.mending import ComparisonFilter
from shared.contracts.uploads import Deadline, Outcome, RowFilter
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.ledger")

# Outcomes a row without problems has: they are found without the index of the others.
PLAIN = frozenset({None, Outcome.INSERTED, Outcome.PENDING})


class Rejected(NamedTuple):
    row: int
    values: str  # JSON
    problems: str  # JSON


async def list_rows(conn: Conn, upload: Row, wanted: RowFilter) -> tuple[list[Row], int]:
    shown = (upload["upload_id"], upload["applied_at"] is not None, wanted.outcome)
    page = (wanted.size, wanted.offset)
    if wanted.severity is None and wanted.outcome in PLAIN:
        rows = await conn.fetch(SQL["list_rows"], *shown, *page)
        return rows, await conn.fetchval(SQL["count_rows"], *shown)
    rows = await conn.fetch(SQL["list_problem_rows"], *shown, *page, wanted.severity)
    return rows, await conn.fetchval(SQL["count_problem_rows"], *shown, wanted.severity)


async def get_row(conn: Conn, upload: Row, row: int) -> Row:
    """Raises RowNotFound."""
    found = await conn.fetchrow(SQL["get_row"], upload["upload_id"], upload["applied_at"] is not None, row)
    if found is None:
        raise RowNotFound(f"这次上报里没有第 {row} 行。")
    return found


async def deadlines(conn: Conn, days: set[date], reported_on: date) -> dict[date, Deadline]:
    rows = await conn.fetch(SQL["deadlines"], list(days), reported_on) if days else []
    return {
        row["day"]: Deadline(
            due_on=row["due_on"],
            on_time=reported_on <= row["due_on"],
            days=row["days"],
            provisional=row["provisional"],
        )
        for row in rows
    }


async def rejected_rows(conn: Conn, upload_id: UUID, after: int, size: int) -> list[Rejected]:
    return [Rejected(*row) for row in await conn.fetch(SQL["rejected_rows"], upload_id, after, size)]


async def compare_rows(conn: Conn, upload: Row, wanted: ComparisonFilter) -> tuple[list[Row], int]:
    compared = (
        upload["upload_id"],
        upload["dataset_code"],
        upload["department_code"],
        upload["on_duplicate"],
        wanted.forecast,
    )
    rows = await conn.fetch(SQL["compare_rows"], *compared, wanted.size, wanted.offset)
    return rows, await conn.fetchval(SQL["count_compared"], *compared)
