"""Taking back what an upload did to the records."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from services.records.uploads.applying.repository import Applied, field_codes
from shared.contracts.identity import Identity
from shared.datasets.definition import Dataset
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.undoing")


class Touched(NamedTuple):
    """A living record the upload made or changed, or is the last to have reported."""

    record_id: int
    row: int
    target: int | None  # the revision that holds what it goes back to; None: it goes
    own: bool  # nobody has changed it since, or reported the same


async def plan(conn: Conn, upload_id: UUID) -> list[Touched]:
    rows = await conn.fetch(SQL["plan"], upload_id)
    return [Touched(row["record_id"], row["row"], row["target"], row["own"]) for row in rows]


async def remove(conn: Conn, identity: Identity, upload_id: UUID, records: Sequence[Touched]) -> None:
    by = (identity.user_id, identity.user_name)
    ids = [one.record_id for one in records]
    await conn.execute(SQL["revise_removed"], upload_id, ids, [one.row for one in records], *by)
    await conn.execute(SQL["remove"], ids, *by)


async def revise_restored(conn: Conn, identity: Identity, upload_id: UUID, records: Sequence[Touched]) -> None:
    await conn.execute(
        SQL["revise_restored"],
        upload_id,
        [one.record_id for one in records],
        [one.row for one in records],
        [one.target for one in records],
        identity.user_id,
        identity.user_name,
    )


async def versions(conn: Conn, records: Sequence[Touched]) -> list[int]:
    rows = await conn.fetch(SQL["versions"], [one.record_id for one in records], [one.target for one in records])
    return [row["before_dataset_version"] for row in rows]


async def restore(conn: Conn, identity: Identity, dataset: Dataset, records: Sequence[Touched]) -> None:
    """Those of `records` whose earlier values were written by this version of the dataset."""
    await conn.execute(
        SQL["restore"],
        [one.record_id for one in records],
        [one.target for one in records],
        dataset.version,
        dataset.category,
        identity.user_id,
        identity.user_name,
        *field_codes(dataset),
    )


async def reopen_origins(conn: Conn, upload_id: UUID) -> dict[UUID, Applied]:
    """Rejected rows of other uploads wait again; what their counts lose (negative), by upload."""
    rows = await conn.fetch(SQL["reopen_origins"], upload_id)
    return {
        row["upload_id"]: Applied(inserted=-row["inserted"], updated=-row["updated"], unchanged=-row["unchanged"])
        for row in rows
    }


async def correctors(conn: Conn, upload: Row, reopened: Collection[UUID]) -> list[UUID]:
    """Other uploads that have corrected rows of `reopened` which now wait again."""
    rows = await conn.fetch(SQL["correctors"], list(reopened), upload["dataset_code"], upload["department_code"])
    return [row["upload_id"] for row in rows]


async def mark_undone(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["mark_undone"], upload_id)


async def mark_deleted(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["mark_deleted"], upload_id)
