"""Finding the records of one enterprise or person across all datasets."""

from collections.abc import Sequence
from typing import NamedTuple

from services.records.entries.policy import Sought
from services.records.entries.repository import LOOKED_AT, MANY
from shared.db.database import Conn, Row
from shared.db.planning import estimated
from shared.db.queries import load_queries

SQL = load_queries("services.records.subjects")

# Records a look-up considers; of a name that many have, the newest are enough.
MOST = 2_000
ENOUGH = 200


class Sight(NamedTuple):
    """What the caller may see."""

    department: str | None  # None: everything
    public: list[str]  # datasets of which something is public
    persons: list[str]  # of these, the ones about natural persons
    codes: str  # of these, the fields of codes that are shown, if masked: dataset → fields, as JSON


async def search(conn: Conn, sight: Sight, sought: Sought) -> list[Row]:
    """Records whose subject has this name or code, newest first, at most MOST."""
    seen = (sight.department, sight.public)
    if sought.code is not None:
        rows = await conn.fetch(SQL["by_code"], *seen, sought.code, MOST, sight.codes)
        if rows:
            return rows
    newest = await conn.fetch(
        SQL["newest_by_name"], *seen, sought.pattern, ENOUGH, LOOKED_AT, sight.persons, sought.text
    )
    if len(newest) == ENOUGH:
        return newest
    if await estimated(conn, SQL["estimate_names"], sought.pattern) > MANY:
        # So many are called so that the newest must do: who looks for one subject asks for more of its name.
        further = (sought.pattern, ENOUGH, 10 * LOOKED_AT, sight.persons, sought.text)
        return await conn.fetch(SQL["newest_by_name"], *seen, *further)
    return await conn.fetch(SQL["by_name"], *seen, sought.pattern, MOST, sought.chars, sight.persons, sought.text)


async def by_id(conn: Conn, sight: Sight, record_id: int) -> list[Row]:
    return await conn.fetch(SQL["by_id"], sight.department, sight.public, record_id)


async def complete(conn: Conn, sight: Sight, rows: Sequence[Row]) -> list[Row]:
    """`rows` and the other records of the same subjects: those that share a code, or where there is none, the name."""
    found = {row["record_id"]: row for row in rows}
    seen = (sight.department, sight.public)
    codes = sorted({code for row in rows for code in row["identifiers"]})
    if codes:
        found |= {row["record_id"]: row for row in await conn.fetch(SQL["related"], *seen, codes, MOST, sight.codes)}
    names = sorted({row["name"] for row in rows if not row["identifiers"] and row["name"]})
    if names:
        found |= {row["record_id"]: row for row in await conn.fetch(SQL["namesakes"], *seen, names, MOST)}
    return list(found.values())
