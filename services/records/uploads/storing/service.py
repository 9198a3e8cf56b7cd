"""The persister's work: what the ingest worker says, kept once however often and in whatever order it is said."""

import time
from uuid import UUID

from services.records.uploads import repository as uploads
from services.records.uploads.applying import service as applying
from services.records.uploads.policy import UNFINISHED, upload_of
from services.records.uploads.storing import repository
from shared.contracts.base import Announce
from shared.contracts.ingest import CheckingStarted, UploadChanged, UploadChecked, UploadFailed
from shared.contracts.rows import RowsChecked
from shared.db.database import Database
from shared.telemetry.metrics import APPLY_SECONDS, ROWS, UPLOADS

# Progress of one upload is announced at most this often (seconds).
PROGRESS_SECONDS = 0.25
REMEMBERED = 10_000


class StoringService:
    def __init__(self, db: Database, announce: Announce) -> None:
        self._db = db
        self._announce = announce
        self._announced: dict[UUID, float] = {}

    async def start(self, message: CheckingStarted) -> None:
        async with self._db.transaction() as conn:
            await repository.start_checking(conn, message)
        await self._progress(message.upload_id, now=True)

    async def store(self, message: RowsChecked) -> None:
        """Add the batch to the ledger; apply the upload if this was the last to arrive."""
        try:
            async with self._db.transaction() as conn:
                await repository.lazy_commit(conn)
                claimed = await repository.claim_batch(conn, message.upload_id, message.batch)
                if claimed:
                    await repository.store_batch(conn, message)
                complete = await repository.is_complete(conn, message.upload_id)
        except repository.UploadEnded:
            return
        if claimed:
            ROWS.labels("stored", "ledger").inc(len(message.rows))
        if complete:
            await self.apply(message.upload_id)
        elif claimed:
            await self._progress(message.upload_id)

    async def end(self, message: UploadChecked) -> None:
        async with self._db.transaction() as conn:
            await repository.end_checking(conn, message)
            complete = await repository.is_complete(conn, message.upload_id)
        if complete:
            await self.apply(message.upload_id)
        else:
            await self._progress(message.upload_id)

    async def fail(self, upload_id: UUID, code: str, reason: str) -> None:
        """The file as a whole cannot be read; nothing of it stays."""
        async with self._db.transaction() as conn:
            if not await repository.fail_upload(conn, upload_id, code, reason):
                return
            await uploads.drop_batches(conn, upload_id)
            settled = await applying.settled(conn, [upload_id])
        UPLOADS.labels("failed").inc()
        await settled.announce(self._announce)

    async def failed(self, message: UploadFailed) -> None:
        await self.fail(message.upload_id, message.code, message.reason)

    async def apply(self, upload_id: UUID) -> None:
        """Apply a complete upload, once: whoever comes second finds it done."""
        started = time.perf_counter()
        async with self._db.transaction() as conn:
            upload = await uploads.lock_upload(conn, upload_id)
            if upload["state"] not in UNFINISHED or not await repository.is_complete(conn, upload_id):
                return
            settled = await applying.complete(conn, upload)
            state = (await uploads.get_upload(conn, upload_id))["state"]
        APPLY_SECONDS.observe(time.perf_counter() - started)
        UPLOADS.labels(state).inc()
        self._announced.pop(upload_id, None)
        await settled.announce(self._announce)

    async def _progress(self, upload_id: UUID, *, now: bool = False) -> None:
        moment = time.monotonic()
        if not now and moment - self._announced.get(upload_id, 0.0) < PROGRESS_SECONDS:
            return
        if len(self._announced) >= REMEMBERED:
            self._announced.clear()
        self._announced[upload_id] = moment
        async with self._db.reading() as conn:
            row = await uploads.find_upload(conn, upload_id)
        if row is not None:
            upload = upload_of(row)
            await self._announce(UploadChanged(department=upload.department.code, upload=upload))
