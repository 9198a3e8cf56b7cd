"""Queries with optional filters over long tables: planned by those that are given, counted as far as is worth it."""

import json
from typing import NamedTuple

from shared.db.database import Conn

# Beyond it a total is the planner's idea: counting would cost more than the page.
MOST_COUNTED = 10_000


class Total(NamedTuple):
    rows: int
    exact: bool


async def plan_by_values(conn: Conn) -> None:
    """Until the transaction ends, plan every query for the filters that are given. Call first."""
    await conn.execute("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")


async def estimated(conn: Conn, query: str, *parameters: object) -> int:
    """`query`: an EXPLAIN (FORMAT JSON). How many rows the planner expects."""
    plan = json.loads(await conn.fetchval(query, *parameters))
    return int(plan[0]["Plan"]["Plan Rows"])


async def total_of(conn: Conn, count: str, estimate: str, *filters: object, seen: int = 0) -> Total:
    """`count` takes the filters and how far to count, `estimate` the filters alone; `seen` of them are there."""
    counted: int = await conn.fetchval(count, *filters, MOST_COUNTED + 1)
    if counted <= MOST_COUNTED:
        return Total(counted, exact=True)
    return Total(max(counted, seen, await estimated(conn, estimate, *filters)), exact=False)
