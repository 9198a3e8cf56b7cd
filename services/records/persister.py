"""The message process of records: checked rows → ledger → records."""

import asyncio

from services.records.settings import Settings
from shared.db.database import Database
from shared.messaging.connection import open_connection
from shared.process import health_server


async def run(settings: Settings, stop: asyncio.Event) -> None:
    async with (
        Database.open(settings.database, max_size=8) as db,
        open_connection(settings.amqp) as connection,
        health_server({"database": db.ping}, host=settings.host, port=settings.persister_port),
    ):
        await connection.ready()
        await stop.wait()
