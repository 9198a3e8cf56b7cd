"""Retention: good rows leave the ledger, later whatever rows said; old messages and audit lines. Histories stay."""

import logging
from typing import NamedTuple

from services.records.audit import repository as audit
from services.records.uploads import repository as uploads
from services.records.uploads.applying import repository as applied
from services.records.uploads.clearing import repository
from shared.contracts.uploads import UploadState
from shared.db.database import Database

log = logging.getLogger(__name__)


class Days(NamedTuple):
    """After how many it goes; 0: never."""

    rows: int = 0
    uploads: int = 0
    messages: int = 0
    audit: int = 0


class ClearingService:
    """`most`: rows a transaction."""

    def __init__(self, db: Database, days: Days, *, most: int = 1_000) -> None:
        self._db = db
        self._days = days
        self._most = most

    async def sweep(self) -> None:
        """A few rows a transaction, so that nobody waits for long; where one sweep dies the next goes on."""
        rows = emptied = messages = lines = 0
        while self._days.rows and (gone := await self._clear()) is not None:
            rows += gone
        while self._days.uploads and (gone := await self._empty()) is not None:
            emptied += gone
        while self._days.messages and (gone := await self._messages()):
            messages += gone
        while self._days.audit and (gone := await self._lines()):
            lines += gone
        if rows or emptied or messages or lines:
            said = "retention: %d good rows, what %d rows said, %d messages and %d audit lines went"
            log.info(said, rows, emptied, messages, lines)

    async def _clear(self) -> int | None:
        async with self._db.transaction() as conn:
            upload_id = await repository.next_upload(conn, self._days.rows)
            if upload_id is None:
                return None
            gone = await repository.clear_rows(conn, upload_id, self._most)
            if gone < self._most:
                await repository.mark_cleared(conn, upload_id)
            return gone

    async def _empty(self) -> int | None:
        async with self._db.transaction() as conn:
            upload = await repository.next_to_empty(conn, self._days.uploads)
            if upload is None:
                return None
            upload_id = upload["upload_id"]
            if upload["state"] == UploadState.AWAITING_CONFIRMATION:  # there will be nothing left to confirm
                await applied.cancel(conn, upload_id)
                await uploads.drop_batches(conn, upload_id)
            gone = 0 if upload["applied"] else await repository.drop_rows(conn, upload_id, self._most)
            if gone < self._most:
                gone = await repository.empty_rows(conn, upload_id, self._most)
                if gone < self._most:
                    await repository.mark_emptied(conn, upload_id)
            return gone

    async def _messages(self) -> int:
        async with self._db.transaction() as conn:
            return await repository.clear_messages(conn, self._days.messages, self._most)

    async def _lines(self) -> int:
        async with self._db.transaction() as conn:
            return await audit.clear(conn, self._days.audit, self._most)
