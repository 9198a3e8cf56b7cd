"""Figures, counted from uploads and the few records that came or went by hand."""

from datetime import date

from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.statistics")

# Grouped by, from, to, department, dataset.
Filters = tuple[str, date | None, date | None, str | None, str | None]


async def figures(conn: Conn, filters: Filters) -> list[Row]:
    return await conn.fetch(SQL["figures"], *filters)


async def home(conn: Conn, department: str | None) -> Row:
    """Always one row."""
    rows = await conn.fetch(SQL["home"], department)
    return rows[0]
