"""Changing the table record by hand: every change leaves a revision."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.records.entries.errors import RecordNotFound
from services.records.uploads import repository as uploads
from shared.contracts.identity import Identity
from shared.datasets.definition import Dataset
from shared.datasets.roles import Derived, derive
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.entries.changes")


class Entry(NamedTuple):
    """Values that passed the check, ready to be stored."""

    dataset: Dataset
    values: dict[str, str]
    key: UUID


class Act(NamedTuple):
    """What was done to a record, for its history."""

    action: str
    reason: str
    after: Mapping[str, str] | None  # its values now; None where there are none any more


async def lock_records(conn: Conn, ids: Sequence[int], department: str | None) -> list[Row]:
    """The records until the transaction ends nobody else's; another department's are left out."""
    for pair in await conn.fetch(SQL["find_records"], ids, department):
        await uploads.lock_keys(conn, pair["dataset_code"], pair["department_code"])
    return await conn.fetch(SQL["lock_records"], ids, department)


async def lock_record(conn: Conn, record_id: int, department: str | None) -> Row:
    """Raises RecordNotFound: not there, or another department's."""
    rows = await lock_records(conn, [record_id], department)
    if not rows:
        raise RecordNotFound("没有找到这条记录，请刷新列表再试。")
    return rows[0]


async def find_key(conn: Conn, dataset: str, department: str, key: UUID) -> int | None:
    record_id: int | None = await conn.fetchval(SQL["find_key"], dataset, department, key)
    return record_id


async def publication(conn: Conn, dataset: Dataset, derived: Derived) -> Row:
    """published_until, and the deadline were it stored now. Always one row."""
    facts = (dataset.category, derived.decided_on, derived.valid_until, derived.severity)
    rows = await conn.fetch(SQL["publication"], *facts)
    return rows[0]


async def add_record(conn: Conn, identity: Identity, entry: Entry) -> int | None:
    """The new record's id, or None when a living record has the key."""
    dataset = entry.dataset
    facts = (dataset.code, dataset.version, dataset.category, identity.department.code, entry.key)
    record_id: int | None = await conn.fetchval(
        SQL["add_record"], *facts, *_columns(entry), identity.user_id, identity.user_name
    )
    return record_id


async def change_record(conn: Conn, identity: Identity, record_id: int, entry: Entry) -> None:
    facts = (record_id, entry.dataset.version, entry.dataset.category, entry.key)
    await conn.execute(SQL["change_record"], *facts, *_columns(entry), identity.user_id, identity.user_name)


def _columns(entry: Entry) -> tuple[str, list[str], str, str, date | None, date | None, str, str]:
    found = derive(entry.dataset, entry.values)
    return (
        found.name,
        found.identifiers,
        found.region,
        found.document,
        found.decided_on,
        found.valid_until,
        found.severity,
        json.dumps(entry.values, ensure_ascii=False),
    )


async def revoke_records(conn: Conn, identity: Identity, ids: Sequence[int], reason: str) -> None:
    await conn.execute(SQL["revoke_records"], ids, reason, identity.user_id, identity.user_name)


async def restore_record(conn: Conn, identity: Identity, record_id: int) -> None:
    await conn.execute(SQL["restore_record"], record_id, identity.user_id, identity.user_name)


async def delete_record(conn: Conn, identity: Identity, record_id: int) -> None:
    await conn.execute(SQL["delete_record"], record_id, identity.user_id, identity.user_name)


async def add_revision(conn: Conn, identity: Identity, before: Row, act: Act) -> None:
    """`before`: the locked record as it was."""
    await conn.execute(
        SQL["add_revision"],
        before["record_id"],
        before["revision"] + 1,
        act.action,
        identity.user_id,
        identity.user_name,
        act.reason,
        before["values"],
        None if act.after is None else json.dumps(dict(act.after), ensure_ascii=False),
        before["changed_by_upload_id"],
        before["dataset_version"],
    )
