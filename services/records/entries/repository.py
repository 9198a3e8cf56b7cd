"""Reading the table record: pages, searches, totals, one record, its revisions."""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

from services.records.entries.errors import RecordNotFound
from services.records.entries.policy import Filters, Sought
from shared.db.database import Conn, Row
from shared.db.planning import estimated
from shared.db.queries import load_queries

SQL = load_queries("services.records.entries")

# Totals are exact up to here; beyond it counting would cost more than the page. Over all departments every department's
# part is counted by itself, and values of fields are in no index: less is counted there.
MOST_COUNTED = 50_000
MOST_COUNTED_SLOWLY = 10_000
# A search, and a list over all departments, first look at this many of the newest: what many have is found there,
# and the rest are few.
LOOKED_AT = 3_000
# More than this by the planner's statistics are too many to collect before the page is cut.
MANY = 40_000


class Ids(NamedTuple):
    ids: list[int]
    total: int
    exact: bool = True


async def list_ids(conn: Conn, filters: Filters, offset: int, size: int, large: int | None = None) -> Ids:
    """A page of record ids, newest first. `large`: the total, where it is known to be beyond counting."""
    if filters.state == "deleted":
        return await _deleted_ids(conn, filters, (None, None, None), offset, size)
    few = await _few_ids(conn, filters, offset, size) if large is None else None
    if few is not None:
        return few
    ids = await _newest_ids(conn, filters, offset, size)
    if not ids:
        rows = await conn.fetch(SQL["list_ids"], *filters, offset + size, offset, size)
        ids = [row["record_id"] for row in rows]
    if len(ids) < size and (ids or offset == 0):
        return Ids(ids, offset + len(ids))
    if large is not None:
        return Ids(ids, large, exact=False)
    return await _counted(conn, filters, ids, offset)


async def _newest_ids(conn: Conn, filters: Filters, offset: int, size: int) -> list[int]:
    """Over all departments: the page, if the newest records hold all of it."""
    if filters.department is not None:
        return []
    after = await conn.fetchval(SQL["newest_id"]) - LOOKED_AT
    rows = await conn.fetch(SQL["list_newest"], *filters, after, offset + size)
    return [row["record_id"] for row in rows[offset:]] if len(rows) == offset + size else []


async def _few_ids(conn: Conn, filters: Filters, offset: int, size: int) -> Ids | None:
    """Over all departments, by dates or the revoked: where these are few they have an index of their own."""
    if filters.department is not None or not (filters.state == "revoked" or filters.first or filters.last):
        return None
    few = await conn.fetchrow(SQL["list_few"], *filters, MOST_COUNTED_SLOWLY + 1, offset, size)
    return Ids(few["ids"], few["total"]) if few is not None and few["total"] <= MOST_COUNTED_SLOWLY else None


async def _counted(conn: Conn, filters: Filters, ids: list[int], offset: int) -> Ids:
    if not filters.narrows:
        return Ids(ids, await conn.fetchval(SQL["count_tally"], filters.dataset, filters.department))
    slowly = filters.department is None or filters.values is not None or filters.on_time is not None
    most = MOST_COUNTED_SLOWLY if slowly else MOST_COUNTED
    counted: int = await conn.fetchval(SQL["count_ids"], *filters, most + 1)
    if counted <= most:
        return Ids(ids, counted)
    return Ids(ids, max(await estimated(conn, SQL["estimate_ids"], *filters), counted, offset + len(ids)), exact=False)


async def search_ids(conn: Conn, filters: Filters, sought: Sought, offset: int, size: int) -> Ids:
    """A page of the ids of records with this name, code or document number, newest first."""
    if filters.state == "deleted":
        return await _deleted_ids(conn, filters, (*sought.patterns, sought.code), offset, size)
    if sought.code is not None:
        row = await conn.fetchrow(SQL["search_codes"], *filters, sought.code, offset, size)
        if row is not None and row["total"]:
            return Ids(row["ids"], row["total"])
    newest = await conn.fetchrow(SQL["search_newest"], *filters, LOOKED_AT, *sought.patterns)
    seen, ids = (newest["seen"], newest["ids"]) if newest is not None else (0, [])
    if seen < LOOKED_AT:
        return Ids(ids[offset : offset + size], len(ids))
    if len(ids) >= offset + size:
        all_of_them = await conn.fetchval(SQL["count_tally"], filters.dataset, filters.department)
        return Ids(ids[offset : offset + size], max(len(ids), all_of_them * len(ids) // seen), exact=False)
    estimate = await estimated(conn, SQL["estimate_names"], *filters, *sought.patterns)
    if estimate > MANY:
        rows = await conn.fetch(SQL["walk_names"], *filters, *sought.patterns, offset, size)
        return Ids([row["record_id"] for row in rows], max(estimate, offset + len(rows)), exact=False)
    row = await conn.fetchrow(SQL["search_names"], *filters, *sought.patterns, sought.chars, offset, size)
    return Ids(row["ids"], row["total"]) if row is not None else Ids([], 0)


async def _deleted_ids(
    conn: Conn, filters: Filters, wanted: tuple[str | None, str | None, str | None], offset: int, size: int
) -> Ids:
    """`wanted`: patterns of the name and the document number, and the code."""
    rows = await conn.fetch(SQL["list_deleted_ids"], *filters, *wanted, MOST_COUNTED + 1)
    ids = [row["record_id"] for row in rows]
    return Ids(ids[offset : offset + size], len(ids), exact=len(ids) <= MOST_COUNTED)


async def get_records(conn: Conn, ids: Sequence[int], department: str | None = None) -> list[Row]:
    """The records in this order; another department's are left out."""
    return await conn.fetch(SQL["get_records"], ids, department) if ids else []


async def get_record(conn: Conn, record_id: int, department: str | None) -> Row:
    """Raises RecordNotFound: not there, or another department's."""
    rows = await get_records(conn, [record_id], department)
    if not rows:
        raise RecordNotFound("没有找到这条记录，请刷新列表再试。")
    return rows[0]


async def export_records(conn: Conn, filters: Filters, sought: Sought | None, most: int) -> AsyncGenerator[Row]:
    """One by one through a cursor; only inside a transaction."""
    code, patterns = None, (None, None) if sought is None else sought.patterns
    if sought is not None and sought.code is not None:
        # As in a search: what looks like a code and is nobody's may be part of a name or document number.
        row = await conn.fetchrow(SQL["search_codes"], *filters, sought.code, 0, 1)
        if row is not None and row["total"]:
            code, patterns = sought.code, (None, None)
    async for row in conn.cursor(SQL["export_records"], *filters, most, *patterns, code, prefetch=500):
        yield row


async def list_revisions(conn: Conn, record_id: int) -> list[Row]:
    """All that happened after the creation, newest first."""
    return await conn.fetch(SQL["list_revisions"], record_id)
