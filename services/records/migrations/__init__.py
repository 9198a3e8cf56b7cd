"""The `migrate` command: dbmate over this folder, then what every installation starts with. Safe to repeat."""

import asyncio
from pathlib import Path

from services.records.calendar import seed as calendar
from services.records.datasets import seed as datasets
from services.records.settings import Settings
from shared.db.database import Database
from shared.db.migrations import migrate

FOLDER = Path(__file__).parent


def run(settings: Settings) -> None:
    migrate(settings.database, FOLDER)
    asyncio.run(_seed(settings.database))


async def _seed(dsn: str) -> None:
    async with Database.open(dsn, max_size=1) as db, db.transaction() as conn:
        await calendar.seed(conn)
        await datasets.seed(conn)
