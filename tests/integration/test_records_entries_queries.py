"""Every query of the rooms beside uploads prepares against the migrated schema."""

import asyncpg
import pytest

from shared.db.queries import load_queries
from tests.fixtures.postgres import MakeDatabase

pytestmark = pytest.mark.integration

ROOMS = (
    "audit", "calendar", "entries", "entries.changes", "messages", "publicity", "publicity.reminders", "statistics",
    "subjects",
)  # fmt: skip


async def test_every_query_prepares(make_database: MakeDatabase) -> None:
    conn = await asyncpg.connect(await make_database("records"))
    try:
        for room in ROOMS:
            for name, sql in load_queries(f"services.records.{room}").items():
                try:
                    await conn.prepare(sql)
                except asyncpg.PostgresError as error:
                    pytest.fail(f"{room}.{name}: {error}")
    finally:
        await conn.close()
