"""Turns a complete ledger into records, all at once, in the transaction of a caller who has locked the upload."""

import json
from typing import NamedTuple
from uuid import UUID

from services.records.datasets import repository as datasets
from services.records.messages import repository as messages
from services.records.uploads import repository as uploads
from services.records.uploads.applying import repository
from services.records.uploads.applying.notices import messages_of
from services.records.uploads.applying.repository import Applied, Reporter, Rows
from services.records.uploads.policy import upload_of
from shared.contracts.base import Announce, Message
from shared.contracts.ingest import UploadChanged, UserMessaged
from shared.contracts.uploads import UploadState
from shared.datasets.definition import Dataset
from shared.db.database import Conn, Row

ATOMIC = "atomic"


class Settled(NamedTuple):
    """What to announce once the transaction has committed."""

    events: list[Message]

    async def announce(self, announce: Announce) -> None:
        for event in self.events:
            await announce(event)


async def complete(conn: Conn, upload: Row) -> Settled:
    """Everything is in the ledger: apply it, or ask the officer first where it was a dry run."""
    if upload["dry_run"]:
        await expect(conn, upload)
        return await settled(conn, [upload["upload_id"]])
    return await apply(conn, upload)


async def expect(conn: Conn, upload: Row) -> None:
    """Say what confirming would do, and wait for it."""
    refused = upload["mode"] == ATOMIC and await repository.waiting_rows(conn, upload["upload_id"]) > 0
    expected = Applied() if refused else await repository.forecast(conn, upload)
    await repository.await_confirmation(conn, upload["upload_id"], expected)


async def apply(conn: Conn, upload: Row) -> Settled:
    """Apply the good rows that have not been applied yet, and finish the upload."""
    upload_id = upload["upload_id"]
    waiting = await repository.waiting_rows(conn, upload_id)
    applied = Applied()
    refused = upload["mode"] == ATOMIC and waiting > 0
    if not refused:
        dataset = await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
        # A dry run is reported on the day it is confirmed, others when their file came, however long it waited here.
        by = Reporter(upload["user_id"], upload["user_name"], None if upload["dry_run"] else upload["uploaded_at"])
        applied = await apply_rows(conn, upload, dataset, Rows(), by)
        refused = upload["mode"] == ATOMIC and applied.rejected > 0
    await repository.finish(conn, upload_id, applied=not refused)
    await repository.settle(conn, upload_id, applied)
    await uploads.drop_batches(conn, upload_id)
    return await settled(conn, [upload_id, *([] if refused else await follow(conn, upload))])


async def apply_rows(conn: Conn, upload: Row, dataset: Dataset, rows: Rows, by: Reporter) -> Applied:
    """Insert, update or leave alone; an atomic upload stores nothing at first when a row turns out to be refused."""
    matched = await repository.match_rows(conn, upload, dataset, json.loads(upload["columns"]), rows)
    if upload["mode"] == ATOMIC and matched.rejected and upload["applied_at"] is None:
        return Applied(rejected=matched.rejected)
    added = await repository.insert_rows(conn, upload, dataset, rows, by)
    if matched.updated:
        await repository.update_rows(conn, upload, dataset, rows, by)
    return added._replace(updated=matched.updated, unchanged=matched.unchanged, rejected=matched.rejected)


async def follow(conn: Conn, upload: Row) -> list[UUID]:
    """Rows of `upload` are stored: close the rows of earlier uploads that they correct. The uploads that changed by it.

    An atomic one with nothing left to mend is applied now, and its rows close earlier ones in turn.
    """
    changed = []
    for earlier_id, more in (await repository.close_origins(conn, upload)).items():
        await repository.settle(conn, earlier_id, more)
        earlier = await uploads.get_upload(conn, earlier_id)
        changed += [earlier_id, *await apply_waiting(conn, earlier)]
    return changed


async def apply_waiting(conn: Conn, upload: Row) -> list[UUID]:
    """Apply an atomic upload that had been refused, once its last bad row is mended, closed or set aside.

    The other uploads that changed by it.
    """
    upload_id = upload["upload_id"]
    if upload["mode"] != ATOMIC or upload["applied_at"] is not None or upload["state"] != UploadState.REJECTED:
        return []
    # Nobody would see what happens to one that was taken off the list; of an emptied one nothing is left to apply.
    off = upload["deleted_at"] is not None or upload["emptied_at"] is not None
    if off or await repository.waiting_rows(conn, upload_id):
        return []
    dataset = await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
    before = Applied(upload["inserted"], upload["updated"], upload["unchanged"])  # rows closed by other uploads
    applied = await apply_rows(conn, upload, dataset, Rows(), Reporter(upload["user_id"], upload["user_name"]))
    refused = applied.rejected > 0
    await repository.finish(conn, upload_id, applied=not refused)
    more = applied._replace(
        inserted=applied.inserted + before.inserted,
        updated=applied.updated + before.updated,
        unchanged=applied.unchanged + before.unchanged,
    )
    await repository.settle(conn, upload_id, more)
    return [] if refused else await follow(conn, upload)


async def settled(conn: Conn, upload_ids: list[UUID]) -> Settled:
    """The changed uploads as events; the first, which has come to its end, with its messages."""
    told = await _tell(conn, await uploads.get_upload(conn, upload_ids[0]))
    return Settled([*(await changed(conn, upload_ids)).events, *told])


async def changed(conn: Conn, upload_ids: list[UUID]) -> Settled:
    """The changed uploads as events."""
    events: list[Message] = []
    for upload_id in upload_ids:
        upload = upload_of(await uploads.get_upload(conn, upload_id))
        events.append(UploadChanged(department=upload.department.code, upload=upload))
    return Settled(events)


async def _tell(conn: Conn, upload: Row) -> list[Message]:
    events: list[Message] = []
    for message in messages_of(upload_of(upload)):
        message_id = await messages.add(
            conn,
            kind=message.kind,
            department_code=upload["department_code"],
            user_id=message.user_id,
            title=message.title,
            body=message.body,
            link=f"/uploads/{upload['upload_id']}",
            fact=message.fact,
        )
        if message_id is not None:
            events.append(
                UserMessaged(
                    department=upload["department_code"],
                    user_id=message.user_id,
                    id=str(message_id),
                    kind=message.kind,
                    title=message.title,
                )
            )
    return events
