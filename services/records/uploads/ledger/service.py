"""The rows of an upload for those who read them: pages, the failed ones in full, what a dry run would do."""

import json
from collections.abc import AsyncGenerator, Sequence
from datetime import date
from uuid import UUID

from services.records.datasets import repository as datasets
from services.records.uploads import repository as uploads
from services.records.uploads.errors import WrongState
from services.records.uploads.ledger import repository
from services.records.uploads.policy import upload_of
from shared.clock import today
from shared.contracts.base import Page
from shared.contracts.identity import Identity
from shared.contracts.mending import Comparison, ComparisonFilter
from shared.contracts.uploads import Outcome, RowFilter, UploadState
from shared.contracts.uploads import Row as LedgerRow
from shared.datasets.definition import Dataset
from shared.datasets.masking import public_values
from shared.datasets.roles import roles_of
from shared.db.database import Conn, Database, Row

STREAMED = 1000  # rows read at a time
WAITING = frozenset({Outcome.REJECTED, Outcome.IGNORED, Outcome.PENDING})


class LedgerService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, identity: Identity, upload_id: UUID, wanted: RowFilter) -> Page[LedgerRow]:
        async with self._db.reading() as conn:
            upload = await uploads.get_upload(conn, upload_id, identity.department_scope)
            dataset = await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
            rows, total = await repository.list_rows(conn, upload, wanted)
            items = await shown(conn, upload, dataset, rows)
        return Page(items=items, page=wanted.page, size=wanted.size, total=total)

    async def rejected(self, identity: Identity, upload_id: UUID) -> AsyncGenerator[bytes]:
        """NDJSON: the upload and its definition, then one rejected row a line, as JSON that nobody takes apart."""
        async with self._db.reading() as conn:
            row = await uploads.get_upload(conn, upload_id, identity.department_scope)
            dataset = await datasets.get_dataset(conn, row["dataset_code"], row["dataset_version"])
            upload = upload_of(row)
            yield f'{{"upload":{upload.model_dump_json()},"definition":{dataset.model_dump_json()}}}\n'.encode()
            last = 0
            while rows := await repository.rejected_rows(conn, upload_id, last, STREAMED):
                last = rows[-1].row
                yield "".join(
                    f'{{"row":{one.row},"values":{one.values},"problems":{one.problems}}}\n' for one in rows
                ).encode()

    async def compare(self, identity: Identity, upload_id: UUID, wanted: ComparisonFilter) -> Page[Comparison]:
        """What confirming a dry run would do, row by row, were it done now.

        Raises:
            WrongState: no dry run, or not waiting to be confirmed.
        """
        async with self._db.reading() as conn:
            upload = await uploads.get_upload(conn, upload_id, identity.department_scope)
            if upload["state"] != UploadState.AWAITING_CONFIRMATION:
                raise WrongState("只有待确认的试运行可以对比；这次上报不在待确认状态。")
            dataset = await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
            rows, total = await repository.compare_rows(conn, upload, wanted)
        items = [_comparison(dataset, row) for row in rows]
        return Page(items=items, page=wanted.page, size=wanted.size, total=total)


def _comparison(dataset: Dataset, row: Row) -> Comparison:
    before = json.loads(row["before"]) if row["before"] is not None else None
    after = json.loads(row["after"])
    old = before or {}
    return Comparison(
        row=row["row"],
        forecast=row["forecast"],
        record_id=str(row["record_id"]) if row["record_id"] is not None else None,
        before=before,
        after=after,
        changed=[field.code for field in dataset.fields if old.get(field.code) != after.get(field.code)],
        public=public_values(dataset, after),
    )


async def shown(conn: Conn, upload: Row, dataset: Dataset, rows: Sequence[Row]) -> list[LedgerRow]:
    """`rows` as the contract has them; deadlines count to the day a row was reported, for waiting rows to today."""
    found = [_row(row) for row in rows]
    code = roles_of(dataset).decided_on
    if code is None:
        return found
    reported = {row["row"]: row["reported_on"] or upload["uploaded_on"] for row in rows}
    counted: dict[date, dict[date, list[LedgerRow]]] = {}  # by the day it was reported and by that of the decision
    for row in found:
        day = _day(row.values.get(code, ""))
        if day is not None:
            counted_to = today() if row.outcome in WAITING else reported[row.row]
            counted.setdefault(counted_to, {}).setdefault(day, []).append(row)
    for counted_to, decisions in counted.items():
        due = await repository.deadlines(conn, set(decisions), counted_to)
        for day, its_rows in decisions.items():
            for row in its_rows:
                row.deadline = due[day]
    return found


def _row(row: Row) -> LedgerRow:
    return LedgerRow(
        row=row["row"],
        outcome=Outcome(row["outcome"]),
        values=json.loads(row["values"]),
        problems=json.loads(row["problems"]) if row["problems"] else [],
        record_id=str(row["record_id"]) if row["record_id"] is not None else None,
    )


def _day(text: str) -> date | None:
    """A decision date that a deadline can be counted from; asyncpg takes the first and last date for infinity."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if len(text) == 10 and 1900 <= day.year < 2200 else None
