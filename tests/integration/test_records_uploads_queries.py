"""Every query of records prepares against the migrated database: a misspelt column fails here, not at night."""

from pathlib import Path

import asyncpg
import pytest

from shared.db.queries import load_queries
from tests.fixtures.postgres import MakeDatabase

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "services" / "records").rglob("queries.sql")
)


async def test_queries_prepare(make_database: MakeDatabase) -> None:
    conn = await asyncpg.connect(await make_database("records"))
    failed = []
    try:
        for package in PACKAGES:
            for name, sql in load_queries(package).items():
                try:
                    await conn.prepare(sql)
                except asyncpg.PostgresError as error:
                    failed.append(f"{package}: {name}: {error}")
    finally:
        await conn.close()
    assert len(PACKAGES) > 5
    assert failed == []
