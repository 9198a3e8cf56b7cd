"""The sweep: an upload answered with 202 comes to an end, whatever was lost on the way."""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid5

from services.records.datasets import repository as datasets
from services.records.uploads.storing.service import StoringService
from services.records.uploads.sweeping import repository
from shared.contracts.ingest import UploadAccepted
from shared.contracts.uploads import FailureCode
from shared.db.database import Conn, Database, Row
from shared.errors import Unavailable
from shared.telemetry.metrics import REPUBLISHED, UNFINISHED_SECONDS

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 10
MOST_AT_ONCE = 100
# While work of its kind is queued an upload only waits its turn; but on a lane that is never empty a lost one would
# wait for ever. Once an hour it is published again: twice is harmless, and no attempt is spent.
LONG_SECONDS = 3600.0
GIVEN_UP = (
    f"这个文件试了 {MOST_ATTEMPTS} 次都没有处理完。请把文件拆成几个较小的文件重新上报；如果仍然不行，请联系市信用办。"
)

Publish = Callable[[UploadAccepted], Awaitable[None]]
Waits = Callable[[UploadAccepted], Awaitable[bool]]


class SweepingService:
    """`publish` returns once the broker has the message; `waits`: is work of its kind still queued?"""

    def __init__(
        self, db: Database, storing: StoringService, publish: Publish, waits: Waits, *, stall_seconds: float
    ) -> None:
        self._db = db
        self._storing = storing
        self._publish = publish
        self._waits = waits
        self._stall_seconds = stall_seconds

    async def sweep(self) -> None:
        """Raises Unavailable while the broker or the database is down: nothing is spent then."""
        async with self._db.reading() as conn:
            complete = await repository.complete_uploads(conn, self._stall_seconds)
            UNFINISHED_SECONDS.set(await repository.oldest_unfinished(conn))
        for row in complete:
            await self._apply(row["upload_id"], row["attempts"])
        for _ in range(MOST_AT_ONCE):
            if not await self._republish_next():
                return

    async def _apply(self, upload_id: UUID, attempts: int) -> None:
        """One that cannot be applied keeps no other waiting, and ends like one that cannot be read."""
        log.info("applying upload %s that was left complete", upload_id)
        try:
            await self._storing.apply(upload_id)
        except Unavailable:
            raise
        except Exception:
            log.exception("upload %s could not be applied, attempt %d", upload_id, attempts)
            if attempts >= MOST_ATTEMPTS:
                await self._give_up(upload_id)
                return
            async with self._db.transaction() as conn:
                await repository.count_attempt(conn, upload_id)

    async def _give_up(self, upload_id: UUID) -> None:
        log.warning("giving up upload %s after %d attempts", upload_id, MOST_ATTEMPTS)
        await self._storing.fail(upload_id, FailureCode.TOOK_TOO_LONG, GIVEN_UP)

    async def _republish_next(self) -> bool:
        """Publish the next upload that stands still again; False when none is left.

        A transaction each: while the broker is slow, one upload is locked and no other.
        """
        async with self._db.transaction() as conn:
            row = await repository.next_stalled_upload(conn, self._stall_seconds, LONG_SECONDS)
            if row is None:
                return False
            message = await _message(conn, row)
            hopeless = False
            if await self._waits(message):
                if row["long_waiting"]:
                    log.info("publishing upload %s again: it may not be what its queue holds", message.upload_id)
                    await self._publish(message)
                    await repository.publish_in_spite(conn, message.upload_id)
                else:
                    await repository.put_off(conn, message.upload_id)
            elif row["attempts"] >= MOST_ATTEMPTS:
                hopeless = True
            else:
                log.info("publishing upload %s again, attempt %d", message.upload_id, row["attempts"] + 1)
                await self._publish(message)
                await repository.count_attempt(conn, message.upload_id)
                REPUBLISHED.inc()
        if hopeless:
            await self._give_up(message.upload_id)
        return True


async def _message(conn: Conn, row: Row) -> UploadAccepted:
    """UploadAccepted, as the ingest API had made it."""
    upload_id: UUID = row["upload_id"]
    return UploadAccepted(
        message_id=uuid5(upload_id, f"attempt {row['attempts']}"),
        request_id=row["request_id"],
        upload_id=upload_id,
        department=row["department_code"],
        dataset=await datasets.get_dataset(conn, row["dataset_code"], row["dataset_version"]),
        storage_key=f"uploads/{upload_id}",
        file_size=row["file_size"],
        sha256=row["sha256"],
        uploaded_at=row["uploaded_at"],
    )
