"""新增、修改、删除、撤销、恢复公示: each one transaction with its revision, audit and tally."""

from services.records.audit import repository as audit
from services.records.datasets import repository as datasets
from services.records.datasets.policy import require_reporting
from services.records.entries import repository as entries
from services.records.entries.changes import checks, repository
from services.records.entries.changes.repository import Act, Entry
from services.records.entries.errors import (
    AlreadyRevoked,
    DuplicateExisting,
    NotRevoked,
    RecordChanged,
    RecordDeleted,
)
from services.records.entries.policy import deadline_of, record_of, values_of
from services.records.uploads import repository as uploads
from shared.clock import CHINA
from shared.contracts.identity import Identity
from shared.contracts.problem import FieldError
from shared.contracts.records import (
    ChangedRecord,
    CheckedRecord,
    NewRecord,
    Record,
    RevokedMany,
    RevokeMany,
    StoredRecord,
    TriedRecord,
)
from shared.contracts.uploads import RowProblem, Severity
from shared.datasets.definition import Dataset
from shared.datasets.masking import public_values
from shared.datasets.roles import derive
from shared.db.database import Conn, Database, Row


class ChangesService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def check(self, identity: Identity, wanted: TriedRecord) -> CheckedRecord:
        """What storing would say, and what the public would see.

        Raises:
            RecordNotFound, DatasetNotFound, NotYourDataset, ValuesInvalid
        """
        record_id = None if wanted.record_id is None else int(wanted.record_id)
        async with self._db.reading() as conn:
            if record_id is None:
                dataset, department = await _reportable(conn, identity, wanted.dataset), identity.department.code
            else:
                before = await entries.get_record(conn, record_id, identity.department_scope)
                dataset = await datasets.get_dataset(conn, before["dataset_code"])
                department = before["department_code"]
            checked = checks.check(dataset, wanted.values)
            problems = checks.shown(checked.problems)
            if checked.key is not None:
                existing = await repository.find_key(conn, dataset.code, department, checked.key)
                problems += [_duplicate(dataset)] if existing not in {None, record_id} else []
            facts = await repository.publication(conn, dataset, derive(dataset, checked.values))
        return CheckedRecord(
            good=checked.good and checked.key is not None,
            values=checked.values,
            problems=problems,
            public=public_values(dataset, checked.values),
            published_until=facts["published_until"],
            deadline=deadline_of(facts),
        )

    async def create(self, identity: Identity, wanted: NewRecord) -> StoredRecord:
        """Raises DatasetNotFound, NotYourDataset, ValuesInvalid, DuplicateExisting."""
        async with self._db.transaction() as conn:
            dataset = await _reportable(conn, identity, wanted.dataset)
            checked = checks.check(dataset, wanted.values)
            key = checks.key_of(dataset, checked)
            department = identity.department.code
            await uploads.lock_keys(conn, dataset.code, department)
            # Not before: it locks the department's row, and every upload of the department wants that.
            await uploads.see_department(conn, identity)
            record_id = await repository.add_record(conn, identity, Entry(dataset, checked.values, key))
            if record_id is None:
                raise _taken(dataset, await repository.find_key(conn, dataset.code, department, key))
            await uploads.tally(conn, dataset.code, department, 1)
            await audit.add(conn, identity, "record.created", _object(record_id))
            record = await _read(conn, record_id)
        return StoredRecord(**dict(record), warnings=checks.warnings_of(checked.problems))

    async def change(self, identity: Identity, record_id: int, wanted: ChangedRecord) -> StoredRecord:
        """Raises RecordNotFound, RecordDeleted, RecordChanged, ValuesInvalid, DuplicateExisting."""
        async with self._db.transaction() as conn:
            before = await _living(conn, identity, record_id)
            if before["revision"] != wanted.revision:
                raise _changed(before)
            dataset = await datasets.get_dataset(conn, before["dataset_code"])
            checked = checks.check(dataset, wanted.values)
            key = checks.key_of(dataset, checked)
            other = await repository.find_key(conn, dataset.code, before["department_code"], key)
            if other not in {None, record_id}:
                raise _taken(dataset, other)
            await repository.change_record(conn, identity, record_id, Entry(dataset, checked.values, key))
            await repository.add_revision(conn, identity, before, Act("updated", "", checked.values))
            await audit.add(conn, identity, "record.changed", _object(record_id))
            record = await _read(conn, record_id)
        return StoredRecord(**dict(record), warnings=checks.warnings_of(checked.problems))

    async def delete(self, identity: Identity, record_id: int, reason: str) -> None:
        """Off every list but the deleted ones; the history stays. Raises RecordNotFound, RecordDeleted."""
        async with self._db.transaction() as conn:
            before = await _living(conn, identity, record_id)
            await repository.delete_record(conn, identity, record_id)
            await repository.add_revision(conn, identity, before, Act("deleted", reason, None))
            await uploads.tally(conn, before["dataset_code"], before["department_code"], -1)
            await audit.add(conn, identity, "record.deleted", _object(record_id), reason)

    async def revoke(self, identity: Identity, record_id: int, reason: str) -> Record:
        """Raises RecordNotFound, RecordDeleted, AlreadyRevoked."""
        async with self._db.transaction() as conn:
            before = await _living(conn, identity, record_id)
            if before["state"] == "revoked":
                raise AlreadyRevoked("这条记录已经撤销公示，不需要再撤销。")
            await _revoke(conn, identity, [before], reason)
            return await _read(conn, record_id)

    async def restore(self, identity: Identity, record_id: int, reason: str) -> Record:
        """恢复公示. Raises RecordNotFound, RecordDeleted, NotRevoked."""
        async with self._db.transaction() as conn:
            before = await _living(conn, identity, record_id)
            if before["state"] != "revoked":
                raise NotRevoked("这条记录没有被撤销，不需要恢复公示。")
            await repository.restore_record(conn, identity, record_id)
            values = values_of(before)
            await repository.add_revision(conn, identity, before, Act("restored", reason, values))
            await audit.add(conn, identity, "record.restored", _object(record_id), reason)
            return await _read(conn, record_id)

    async def revoke_many(self, identity: Identity, wanted: RevokeMany) -> RevokedMany:
        """Those that can be revoked are; each of the others is named with the reason why not."""
        ids = sorted({int(record_id) for record_id in wanted.ids})
        async with self._db.transaction() as conn:
            found = {
                row["record_id"]: row for row in await repository.lock_records(conn, ids, identity.department_scope)
            }
            chosen = [row for row in found.values() if row["state"] == "published"]
            await _revoke(conn, identity, chosen, wanted.reason)
        revoked = {row["record_id"] for row in chosen}
        return RevokedMany(
            revoked=[str(record_id) for record_id in ids if record_id in revoked],
            skipped=[
                RevokedMany.Skipped(id=str(record_id), message=_why_not(found.get(record_id)))
                for record_id in ids
                if record_id not in revoked
            ],
        )


async def _reportable(conn: Conn, identity: Identity, code: str) -> Dataset:
    dataset = await datasets.get_dataset(conn, code)
    require_reporting(identity, dataset)
    return dataset


async def _living(conn: Conn, identity: Identity, record_id: int) -> Row:
    row = await repository.lock_record(conn, record_id, identity.department_scope)
    if row["state"] == "deleted":
        raise RecordDeleted("这条记录已经删除，不能再改动；可以在历史记录里查看。")
    return row


async def _read(conn: Conn, record_id: int) -> Record:
    return record_of(await entries.get_record(conn, record_id, None))


async def _revoke(conn: Conn, identity: Identity, rows: list[Row], reason: str) -> None:
    await repository.revoke_records(conn, identity, [row["record_id"] for row in rows], reason)
    for row in rows:
        await repository.add_revision(conn, identity, row, Act("revoked", reason, values_of(row)))
        await audit.add(conn, identity, "record.revoked", _object(row["record_id"]), reason)


def _object(record_id: int) -> str:
    return f"记录 {record_id}"


def _duplicate(dataset: Dataset) -> RowProblem:
    field = next(one for one in dataset.fields if one.code == dataset.key[0])
    return RowProblem(
        severity=Severity.WARNING,
        cell=None,
        field=field.code,
        label=field.label,
        code=DuplicateExisting.slug,
        value="",
        message="本部门已有相同的记录，保存前请核对；如需改正，请修改原来的记录。",
    )


def _taken(dataset: Dataset, record_id: int | None) -> DuplicateExisting:
    labels = "、".join(field.label for field in dataset.fields if field.code in dataset.key)
    return DuplicateExisting(
        f"本部门在“{dataset.name}”里已有一条 {labels} 都相同的记录（编号 {record_id}）。如需改正，请修改那一条。",
        record_id=str(record_id),
        errors=[FieldError(field=dataset.key[0], code=DuplicateExisting.slug, message="已有相同的记录")],
    )


def _changed(row: Row) -> RecordChanged:
    at = row["updated_at"].astimezone(CHINA)
    return RecordChanged(
        f"{row['updated_by_name']} 已在 {at:%Y-%m-%d %H:%M} 修改了这条记录（现在是第 {row['revision']} 版）。"
        "请重新打开，核对后再保存。",
        revision=row["revision"],
    )


def _why_not(row: Row | None) -> str:
    if row is None:
        return "没有找到这条记录"
    return "已经撤销" if row["state"] == "revoked" else "已经删除"
