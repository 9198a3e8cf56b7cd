"""Rejected rows mended in place, many at once, or set aside; dry runs confirmed or cancelled."""

import json
from collections.abc import Mapping
from uuid import UUID, uuid5

from services.records.audit import repository as audit
from services.records.datasets import repository as datasets
from services.records.entries.changes.checks import shown as problems_of
from services.records.entries.changes.repository import find_key
from services.records.uploads import repository as uploads
from services.records.uploads.applying import repository as applied
from services.records.uploads.applying import service as applying
from services.records.uploads.applying.repository import Applied, Reporter, Rows
from services.records.uploads.applying.service import Settled
from services.records.uploads.checks import require_awaiting, require_mendable
from services.records.uploads.errors import RowNotFound, RowNotWaiting, ValuesInvalid
from services.records.uploads.ledger import repository as ledger
from services.records.uploads.ledger.service import shown
from services.records.uploads.mending import repository
from services.records.uploads.mending.checks import checked_again, known_already, once_a_key
from services.records.uploads.policy import upload_of
from shared.clock import today
from shared.contracts.base import Announce
from shared.contracts.identity import Identity
from shared.contracts.mending import CheckedMend, Replaced, ReplaceValue
from shared.contracts.problem import FieldError
from shared.contracts.uploads import Row as LedgerRow
from shared.contracts.uploads import Upload, UploadState
from shared.datasets.check import Checked
from shared.datasets.definition import Dataset
from shared.db.database import Conn, Database, Row


class MendingService:
    def __init__(self, db: Database, announce: Announce) -> None:
        self._db = db
        self._announce = announce

    async def check(self, identity: Identity, upload_id: UUID, row: int, values: Mapping[str, str]) -> CheckedMend:
        """What mending would say; nothing is changed, and nobody waits for who types.

        Raises:
            UploadNotFound, RowNotFound, UploadBusy, WrongState, ValuesInvalid
        """
        async with self._db.reading() as conn:
            upload = await uploads.get_upload(conn, upload_id, identity.department_scope)
            require_mendable(upload)
            dataset = await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
            _require_fields(dataset, values)
            stored = json.loads((await ledger.get_row(conn, upload, row))["values"])
            again = checked_again(dataset, upload, {row: {**stored, **values}}, today())
            one = (await self._once_a_key(conn, upload, dataset, again))[row]
            key = one.key if one.good else None
            if key is not None and await find_key(conn, dataset.code, upload["department_code"], key) is not None:
                one = known_already(dataset, upload, row, one)
        return CheckedMend(good=one.good, values=one.values, problems=problems_of(one.problems))

    async def mend(self, identity: Identity, upload_id: UUID, row: int, values: Mapping[str, str]) -> LedgerRow:
        """Check the row again with `values` in place; apply it if it is good now, keep its new problems otherwise.

        Raises:
            UploadNotFound, RowNotFound, RowNotWaiting, UploadBusy, WrongState, ValuesInvalid
        """
        async with self._db.transaction() as conn:
            upload, dataset = await self._lock(conn, identity, upload_id)
            waiting = await _waiting(conn, upload_id, row)
            _require_fields(dataset, values)
            again = checked_again(dataset, upload, {row: {**waiting.values, **values}}, today())
            _, others = await self._write(conn, identity, upload, dataset, again)
            await audit.add(conn, identity, "row.mended", f"upload {upload_id} row {row}")
            answer, settled = await _answer(conn, upload_id, dataset, row, others)
        await settled.announce(self._announce)
        return answer

    async def ignore(self, identity: Identity, upload_id: UUID, row: int, reason: str) -> LedgerRow:
        async with self._db.transaction() as conn:
            upload, dataset = await self._lock(conn, identity, upload_id)
            await _waiting(conn, upload_id, row)
            await repository.ignore_row(conn, upload_id, row)
            others = await _settle(conn, upload, Applied())
            await audit.add(conn, identity, "row.ignored", f"upload {upload_id} row {row}", reason)
            answer, settled = await _answer(conn, upload_id, dataset, row, others)
        await settled.announce(self._announce)
        return answer

    async def replace(self, identity: Identity, upload_id: UUID, wanted: ReplaceValue) -> Replaced:
        """Mend every rejected row that holds one wrong value; a dry run only counts them."""
        async with self._db.transaction() as conn:
            upload, dataset = await self._lock(conn, identity, upload_id)
            _require_fields(dataset, [wanted.field])
            rows = await repository.rows_with_value(conn, upload_id, wanted.field, wanted.from_)
            values = {one.row: {**one.values, wanted.field: wanted.to} for one in rows}
            again = checked_again(dataset, upload, values, today())
            if wanted.dry_run:
                good = sum(one.good for one in (await self._once_a_key(conn, upload, dataset, again)).values())
                return Replaced(
                    rows=len(rows), corrected=good, upload=upload_of(await uploads.get_upload(conn, upload_id))
                )
            good, others = await self._write(conn, identity, upload, dataset, again)
            await audit.add(
                conn, identity, "rows.replaced", f"upload {upload_id} field {wanted.field} rows {len(rows)}"
            )
            settled = await applying.settled(conn, [upload_id, *others])
            after = upload_of(await uploads.get_upload(conn, upload_id))
        await settled.announce(self._announce)
        return Replaced(rows=len(rows), corrected=good, upload=after)

    async def confirm(self, identity: Identity, upload_id: UUID) -> Upload:
        async with self._db.transaction() as conn:
            upload = await uploads.lock_upload(conn, upload_id, identity.department_scope)
            require_awaiting(upload)
            settled = await applying.apply(conn, upload)
            await audit.add(conn, identity, "upload.confirmed", f"upload {upload_id}")
            after = upload_of(await uploads.get_upload(conn, upload_id))
        await settled.announce(self._announce)
        return after

    async def cancel(self, identity: Identity, upload_id: UUID) -> Upload:
        async with self._db.transaction() as conn:
            upload = await uploads.lock_upload(conn, upload_id, identity.department_scope)
            require_awaiting(upload)
            await applied.cancel(conn, upload_id)
            await applied.settle(conn, upload_id, Applied())
            await uploads.drop_batches(conn, upload_id)
            await audit.add(conn, identity, "upload.cancelled", f"upload {upload_id}")
            settled = await applying.settled(conn, [upload_id])
            after = upload_of(await uploads.get_upload(conn, upload_id))
        await settled.announce(self._announce)
        return after

    async def _lock(self, conn: Conn, identity: Identity, upload_id: UUID) -> tuple[Row, Dataset]:
        upload = await uploads.lock_upload(conn, upload_id, identity.department_scope)
        require_mendable(upload)
        return upload, await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])

    async def _once_a_key(
        self, conn: Conn, upload: Row, dataset: Dataset, again: dict[int, Checked]
    ) -> dict[int, Checked]:
        keys = [one.key for one in again.values() if one.good and one.key]
        taken = await repository.rows_with_keys(conn, upload["upload_id"], keys)
        return once_a_key(dataset, upload, again, taken)

    async def _write(
        self, conn: Conn, identity: Identity, upload: Row, dataset: Dataset, again: dict[int, Checked]
    ) -> tuple[int, list[UUID]]:
        """Write the rows and apply what is good now; how many are, and the other uploads that changed by it."""
        again = {
            row: one._replace(key=one.key or uuid5(upload["upload_id"], f"row {row}")) if one.good else one
            for row, one in (await self._once_a_key(conn, upload, dataset, again)).items()
        }
        await repository.write_rows(conn, upload["upload_id"], again)
        good = [row for row, one in again.items() if one.good]
        more = Applied()
        others: list[UUID] = []
        if good and upload["applied_at"] is not None:
            by = Reporter(identity.user_id, identity.user_name)
            more = await applying.apply_rows(conn, upload, dataset, Rows.these(good), by)
            others = await applying.follow(conn, upload)
        return len(good) - more.rejected, [*others, *await _settle(conn, upload, more)]


async def _settle(conn: Conn, upload: Row, more: Applied) -> list[UUID]:
    """Counts and state; a new forecast for a dry run; an atomic upload with nothing left to mend is applied.

    The other uploads that changed by it.
    """
    await applied.settle(conn, upload["upload_id"], more)
    now = await uploads.get_upload(conn, upload["upload_id"])
    if now["state"] == UploadState.AWAITING_CONFIRMATION:
        await applying.expect(conn, now)
    return await applying.apply_waiting(conn, now)


async def _waiting(conn: Conn, upload_id: UUID, row: int) -> repository.Waiting:
    waiting = await repository.waiting_row(conn, upload_id, row)
    if waiting is None:
        raise RowNotFound(f"这次上报里没有第 {row} 行。")
    if waiting.outcome not in {"rejected", "ignored"}:
        raise RowNotWaiting(f"第 {row} 行已经入库或已改正，不需要再处理；要修改已入库的数据，请到信息管理里修改。")
    return waiting


def _require_fields(dataset: Dataset, codes: Mapping[str, str] | list[str]) -> None:
    known = {field.code for field in dataset.fields}
    unknown = [code for code in codes if code not in known]
    if unknown:
        errors = [FieldError(field=code, code="unknown_field", message="数据集里没有这个字段") for code in unknown]
        raise ValuesInvalid(f"数据集里没有这些字段：{'、'.join(unknown)}。", errors=errors)


async def _answer(
    conn: Conn, upload_id: UUID, dataset: Dataset, row: int, others: list[UUID]
) -> tuple[LedgerRow, Settled]:
    upload = await uploads.get_upload(conn, upload_id)
    found = await ledger.get_row(conn, upload, row)
    return (await shown(conn, upload, dataset, [found]))[0], await applying.settled(conn, [upload_id, *others])
