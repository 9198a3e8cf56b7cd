"""Reading what the public may see."""

import json
from collections.abc import Sequence

from services.records.datasets.repository import parse_definition
from services.records.entries.policy import Sought
from services.records.entries.repository import LOOKED_AT, MANY, MOST_COUNTED, MOST_COUNTED_SLOWLY, Ids
from services.records.publicity.layouts import Listed, Searched
from shared.datasets.definition import Dataset
from shared.datasets.privacy import MASKED_NUMBERS
from shared.db.database import Conn, Row
from shared.db.planning import estimated
from shared.db.queries import load_queries

SQL = load_queries("services.records.publicity")


async def current_datasets(conn: Conn) -> list[Dataset]:
    return [parse_definition(row["definition"]) for row in await conn.fetch(SQL["current_datasets"])]


async def list_ids(conn: Conn, listed: Listed, offset: int, size: int, large: int | None) -> Ids:
    """A page of what is on show, newest first. `large`: the total, where it is known to be beyond counting."""
    few = await _few_ids(conn, listed, offset, size) if large is None else None
    if few is not None:
        return few
    rows = await conn.fetch(SQL["list_public"], *listed.parameters, offset + size, offset, size)
    ids = [row["record_id"] for row in rows]
    if len(ids) < size and (ids or offset == 0):
        return Ids(ids, offset + len(ids))
    if large is not None:
        return Ids(ids, large, exact=False)
    counted: int = await conn.fetchval(SQL["count_public"], *listed.parameters, MOST_COUNTED + 1)
    if counted <= MOST_COUNTED:
        return Ids(ids, counted)
    estimate = await estimated(conn, SQL["estimate_public"], *listed.parameters)
    return Ids(ids, max(estimate, counted, offset + len(ids)), exact=False)


async def _few_ids(conn: Conn, listed: Listed, offset: int, size: int) -> Ids | None:
    """By decision dates over all departments, where these are few."""
    if listed.narrowed.department is not None or not (listed.narrowed.first or listed.narrowed.last):
        return None
    few = await conn.fetchrow(SQL["list_few"], *listed.parameters, MOST_COUNTED_SLOWLY + 1, offset, size)
    return Ids(few["ids"], few["total"]) if few is not None and few["total"] <= MOST_COUNTED_SLOWLY else None


async def search_ids(conn: Conn, among: Searched, sought: Sought, offset: int, size: int) -> Ids:
    if sought.code is not None:
        row = await conn.fetchrow(
            SQL["search_codes"], *among.narrowed, json.dumps(among.codes), sought.code, offset, size
        )
        if row is not None and row["total"]:
            return Ids(row["ids"], row["total"])
    pattern, document = sought.patterns
    fields = json.dumps({} if document is None else among.documents)
    wanted = (
        *among.narrowed,
        among.by_part,
        among.by_whole,
        pattern,
        sought.text,
        document,
        fields,
        MASKED_NUMBERS,
        among.persons,
    )
    newest = await conn.fetchrow(SQL["search_newest"], *wanted, LOOKED_AT)
    seen, ids = (newest["seen"], newest["ids"]) if newest is not None else (0, [])
    if seen < LOOKED_AT:
        return Ids(ids[offset : offset + size], len(ids))
    if len(ids) >= offset + size:
        all_of_them = await estimated(
            conn, SQL["estimate_public"], *among.narrowed, sorted({*among.by_part, *among.by_whole, *among.documents})
        )
        return Ids(ids[offset : offset + size], max(len(ids), all_of_them * len(ids) // seen), exact=False)
    estimate = await estimated(conn, SQL["estimate_names"], *wanted)
    if estimate > MANY:
        rows = await conn.fetch(SQL["walk_names"], *wanted, offset, size)
        return Ids([row["record_id"] for row in rows], max(estimate, offset + len(rows)), exact=False)
    row = await conn.fetchrow(SQL["search_names"], *wanted, sought.chars, offset, size)
    return Ids(row["ids"], row["total"]) if row is not None else Ids([], 0)


async def get_public(conn: Conn, ids: Sequence[int]) -> list[Row]:
    """The records in this order; those not on show are left out."""
    return await conn.fetch(SQL["get_public"], ids) if ids else []


async def public_figures(conn: Conn, codes: Sequence[str]) -> list[Row]:
    return await conn.fetch(SQL["public_figures"], codes)


async def list_departments(conn: Conn, codes: Sequence[str]) -> list[Row]:
    return await conn.fetch(SQL["list_departments"], codes)
