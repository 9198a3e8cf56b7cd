"""Retention: good rows of old uploads leave the ledger, old messages go. Records, problems and histories stay."""

import logging

from services.records.uploads.clearing import repository
from shared.db.database import Database

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000


class ClearingService:
    """Days after which something goes; 0: never."""

    def __init__(self, db: Database, *, rows_days: int, messages_days: int) -> None:
        self._db = db
        self._rows_days = rows_days
        self._messages_days = messages_days

    async def sweep(self) -> None:
        """An upload a transaction, so that nobody waits for long and a death loses one at most."""
        rows = uploads = messages = 0
        while self._rows_days and (gone := await self._next()) is not None:
            rows += gone
            uploads += 1
        while self._messages_days and (gone := await self._messages()):
            messages += gone
        if uploads or messages:
            log.info("retention: %d rows of %d uploads and %d messages went", rows, uploads, messages)

    async def _next(self) -> int | None:
        async with self._db.transaction() as conn:
            upload_id = await repository.next_upload(conn, self._rows_days)
            return None if upload_id is None else await repository.clear_rows(conn, upload_id)

    async def _messages(self) -> int:
        async with self._db.transaction() as conn:
            return await repository.clear_messages(conn, self._messages_days, MOST_AT_ONCE)
