"""Retention: good rows leave the ledger, later whatever rows said, and old messages. Records and histories stay."""

import logging

from services.records.uploads import repository as uploads
from services.records.uploads.applying import repository as applied
from services.records.uploads.clearing import repository
from shared.contracts.uploads import UploadState
from shared.db.database import Database

log = logging.getLogger(__name__)


class ClearingService:
    """Days after which something goes; 0: never. `most`: rows a transaction."""

    def __init__(
        self, db: Database, *, rows_days: int, uploads_days: int, messages_days: int, most: int = 1_000
    ) -> None:
        self._db = db
        self._rows_days = rows_days
        self._uploads_days = uploads_days
        self._messages_days = messages_days
        self._most = most

    async def sweep(self) -> None:
        """A few rows a transaction, so that nobody waits for long; where one sweep dies the next goes on."""
        rows = emptied = messages = 0
        while self._rows_days and (gone := await self._clear()) is not None:
            rows += gone
        while self._uploads_days and (gone := await self._empty()) is not None:
            emptied += gone
        while self._messages_days and (gone := await self._messages()):
            messages += gone
        if rows or emptied or messages:
            log.info("retention: %d good rows, what %d rows said and %d messages went", rows, emptied, messages)

    async def _clear(self) -> int | None:
        async with self._db.transaction() as conn:
            upload_id = await repository.next_upload(conn, self._rows_days)
            if upload_id is None:
                return None
            gone = await repository.clear_rows(conn, upload_id, self._most)
            if gone < self._most:
                await repository.mark_cleared(conn, upload_id)
            return gone

    async def _empty(self) -> int | None:
        async with self._db.transaction() as conn:
            upload = await repository.next_to_empty(conn, self._uploads_days)
            if upload is None:
                return None
            upload_id = upload["upload_id"]
            if upload["state"] == UploadState.AWAITING_CONFIRMATION:  # there will be nothing left to confirm
                await applied.cancel(conn, upload_id)
                await uploads.drop_batches(conn, upload_id)
            gone = await repository.empty_rows(conn, upload_id, self._most, applied=upload["applied"])
            if gone < self._most:
                await repository.mark_emptied(conn, upload_id)
            return gone

    async def _messages(self) -> int:
        async with self._db.transaction() as conn:
            return await repository.clear_messages(conn, self._messages_days, self._most)
