"""From the ledger into the records: a handful of statements, whatever the number of rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.records.uploads import repository as uploads
from shared.datasets.definition import Dataset
from shared.datasets.roles import MOST_IDENTIFIERS, roles_of
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.applying")


TAKEN = "有一条编号相同的记录已经入库（同一部门、同一数据集、关键字段相同）。"
ADVICE = {
    "reject": "本次上报选择了“重复即拒绝”：请删去这一行，或改用“更新”方式重新上报。",
    "skip": "本次上报选择了“重复即跳过”：保留了原有记录。如需更新，请改用“更新”方式重新上报。",
    "update": "",
}


class Rows(NamedTuple):
    """Which rows of a ledger a statement is about."""

    first: int = 0
    last: int = 2_147_483_647
    only: list[int] | None = None

    @classmethod
    def these(cls, rows: Sequence[int]) -> "Rows":
        return cls(min(rows), max(rows), list(rows) if len(rows) > 1 else None)


class Reporter(NamedTuple):
    """Who makes the records, and when they were reported: None for now."""

    user_id: str
    user_name: str
    reported_at: datetime | None = None


class Applied(NamedTuple):
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0  # by on_duplicate=reject
    on_time: int = 0
    late: int = 0


async def match_rows(conn: Conn, upload: Row, dataset: Dataset, columns: dict[str, str], rows: Rows) -> Applied:
    """Settle the rows whose record exists already; those still 'accepted' afterwards are new."""
    await conn.execute(SQL["plan_for_many"])
    if not await conn.fetchval(SQL["has_records"], upload["dataset_code"], upload["department_code"]):
        return Applied()
    code = dataset.key[0]
    label = next(field.label for field in dataset.fields if field.code == code)
    duplicate = upload["on_duplicate"]
    counts = await conn.fetchrow(
        SQL["match_rows"],
        upload["upload_id"],
        *rows,
        upload["dataset_code"],
        upload["department_code"],
        duplicate,
        code,
        columns.get(code),
        label,
        "error" if duplicate == "reject" else "warning",
        TAKEN + ADVICE[duplicate],
    )
    assert counts is not None  # an aggregate always has its row
    return Applied(updated=counts["updated"], unchanged=counts["unchanged"], rejected=counts["rejected"])


async def insert_rows(conn: Conn, upload: Row, dataset: Dataset, rows: Rows, by: Reporter) -> Applied:
    counts = await conn.fetchrow(
        SQL["insert_rows"],
        upload["upload_id"],
        *rows,
        dataset.code,
        dataset.version,
        dataset.category,
        upload["department_code"],
        by.user_id,
        by.user_name,
        await conn.fetchval(SQL["first_day_on_time"], by.reported_at),
        *field_codes(dataset),
        by.reported_at,
    )
    assert counts is not None  # an aggregate always has its row
    if counts["inserted"]:
        await uploads.tally(conn, upload["dataset_code"], upload["department_code"], counts["inserted"])
    return Applied(inserted=counts["inserted"], on_time=counts["on_time"], late=counts["late"])


async def update_rows(conn: Conn, upload: Row, dataset: Dataset, rows: Rows, by: Reporter) -> None:
    """Give the matched records their new values, and the history what they were before."""
    await conn.execute(SQL["revise_rows"], upload["upload_id"], *rows, by.user_id, by.user_name)
    await conn.execute(
        SQL["update_rows"],
        upload["upload_id"],
        *rows,
        dataset.version,
        dataset.category,
        by.user_id,
        by.user_name,
        *field_codes(dataset),
    )


def field_codes(dataset: Dataset) -> list[str | None]:
    roles = roles_of(dataset)
    identifiers = roles.identifiers[:MOST_IDENTIFIERS]
    return [
        roles.name,
        roles.region,
        roles.document,
        roles.decided_on,
        roles.valid_until,
        roles.severity,
        *identifiers,
        *[None] * (MOST_IDENTIFIERS - len(identifiers)),
    ]


async def forecast(conn: Conn, upload: Row) -> Applied:
    await conn.execute(SQL["plan_for_many"])
    counts = await conn.fetchrow(
        SQL["forecast"],
        upload["upload_id"],
        upload["dataset_code"],
        upload["department_code"],
        upload["on_duplicate"],
    )
    assert counts is not None  # an aggregate always has its row
    return Applied(**dict(counts))


async def close_origins(conn: Conn, upload: Row) -> dict[UUID, Applied]:
    """Close the rejected rows of earlier uploads that this one corrects; what became of them, by upload."""
    if not await conn.fetchval(SQL["has_origins"], upload["upload_id"]):
        return {}
    closed = await conn.fetch(
        SQL["close_origins"], upload["upload_id"], upload["dataset_code"], upload["department_code"]
    )
    return {
        row["upload_id"]: Applied(inserted=row["inserted"], updated=row["updated"], unchanged=row["unchanged"])
        for row in closed
    }


async def settle(conn: Conn, upload_id: UUID, more: Applied) -> None:
    await conn.execute(SQL["settle"], upload_id, more.inserted, more.updated, more.unchanged, more.on_time, more.late)


async def finish(conn: Conn, upload_id: UUID, *, applied: bool) -> None:
    await conn.execute(SQL["finish"], upload_id, applied)


async def await_confirmation(conn: Conn, upload_id: UUID, expected: Applied) -> None:
    await conn.execute(
        SQL["await_confirmation"],
        upload_id,
        expected.inserted,
        expected.updated,
        expected.unchanged,
        expected.rejected,
    )


async def cancel(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["cancel"], upload_id)


async def waiting_rows(conn: Conn, upload_id: UUID) -> int:
    count: int = await conn.fetchval(SQL["waiting_rows"], upload_id)
    return count


async def merge_search_indexes(conn: Conn) -> None:
    await conn.execute(SQL["merge_search_indexes"])
