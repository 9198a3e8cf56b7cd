"""删除数据 takes back what an upload did to the records, exactly; 删除 takes the entry off the list."""

from collections.abc import Sequence
from uuid import UUID

from services.records.audit import repository as audit
from services.records.datasets import repository as datasets
from services.records.uploads import repository as uploads
from services.records.uploads.applying import repository as applied
from services.records.uploads.applying import service as applying
from services.records.uploads.checks import require_deletable, require_undoable
from services.records.uploads.undoing import repository
from services.records.uploads.undoing.repository import Touched
from shared.contracts.base import Announce
from shared.contracts.identity import Identity
from shared.contracts.uploads import UndoResult
from shared.db.database import Conn, Database, Row


class UndoingService:
    def __init__(self, db: Database, announce: Announce) -> None:
        self._db = db
        self._announce = announce

    async def preview(self, identity: Identity, upload_id: UUID) -> UndoResult:
        """What undoing would do, were it done now."""
        async with self._db.reading() as conn:
            upload = await uploads.get_upload(conn, upload_id, identity.department_scope)
            require_undoable(upload)
            return _result(await repository.plan(conn, upload_id))

    async def undo(self, identity: Identity, upload_id: UUID) -> UndoResult:
        """What the upload added goes, what it changed gets its earlier values.

        Records edited later, or reported again unchanged by another upload, are kept and named.

        Raises:
            UploadNotFound, UploadBusy, WrongState
        """
        async with self._db.transaction() as conn:
            upload = await uploads.lock_upload(conn, upload_id, identity.department_scope)
            require_undoable(upload)
            touched = await repository.plan(conn, upload_id)
            await _remove(conn, identity, upload, [one for one in touched if one.own and one.target is None])
            await _restore(conn, identity, upload, [one for one in touched if one.own and one.target is not None])
            reopened = await repository.reopen_origins(conn, upload_id)
            for earlier, less in reopened.items():
                await applied.settle(conn, earlier, less)
            await repository.mark_undone(conn, upload_id)
            # Rows that others have corrected too are closed by these from now on.
            others = [
                changed
                for corrector in await repository.correctors(conn, upload, reopened)
                for changed in await applying.follow(conn, await uploads.get_upload(conn, corrector))
            ]
            await audit.add(conn, identity, "upload.undone", f"upload {upload_id}")
            settled = await applying.changed(conn, [upload_id, *{*reopened, *others}])
        await settled.announce(self._announce)
        return _result(touched)

    async def delete(self, identity: Identity, upload_id: UUID) -> None:
        """Take the entry off the list; its data stays. Safe to repeat."""
        async with self._db.transaction() as conn:
            upload = await uploads.lock_upload(conn, upload_id, identity.department_scope)
            require_deletable(upload)
            if upload["deleted_at"] is not None:
                return
            await repository.mark_deleted(conn, upload_id)
            await audit.add(conn, identity, "upload.deleted", f"upload {upload_id}")
            settled = await applying.changed(conn, [upload_id])
        await settled.announce(self._announce)


async def _remove(conn: Conn, identity: Identity, upload: Row, records: Sequence[Touched]) -> None:
    if records:
        await repository.remove(conn, identity, upload["upload_id"], records)
        await uploads.tally(conn, upload["dataset_code"], upload["department_code"], -len(records))


async def _restore(conn: Conn, identity: Identity, upload: Row, records: Sequence[Touched]) -> None:
    if not records:
        return
    await repository.revise_restored(conn, identity, upload["upload_id"], records)
    for version in await repository.versions(conn, records):
        dataset = await datasets.get_dataset(conn, upload["dataset_code"], version)
        await repository.restore(conn, identity, dataset, records)


def _result(touched: Sequence[Touched]) -> UndoResult:
    own = [one for one in touched if one.own]
    return UndoResult(
        removed=sum(one.target is None for one in own),
        restored=sum(one.target is not None for one in own),
        kept=[UndoResult.Kept(record_id=str(one.record_id), row=one.row) for one in touched if not one.own],
    )
