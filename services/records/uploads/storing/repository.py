"""From the broker into the ledger: COPY, behind an inbox of batches."""

import json
from uuid import UUID, uuid5

import msgspec

from shared.contracts.ingest import CheckingStarted, UploadChecked
from shared.contracts.rows import CheckedRow, RowsChecked
from shared.db.database import Conn
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.storing")

COLUMNS = ("upload_id", "row", "outcome", "warned", "key", "values", "problems", "origin_upload_id", "origin_row")
NOTHING = b"[]"
NUL = b"\\u0000"  # JSON may hold it, jsonb may not


class UploadEnded(Exception):
    """The upload came to its end while a batch of it was being stored: the batch must not stay."""


LedgerRow = tuple[UUID, int, str, bool, UUID | None, str, str | None, UUID | None, int | None]


async def lazy_commit(conn: Conn) -> None:
    await conn.execute(SQL["lazy_commit"])


async def start_checking(conn: Conn, message: CheckingStarted) -> None:
    notices, columns = (json.dumps(one, ensure_ascii=False) for one in (message.notices, message.columns))
    await conn.execute(SQL["start_checking"], message.upload_id, message.rows_total, notices, columns)


async def claim_batch(conn: Conn, upload_id: UUID, batch: int) -> bool:
    """False when this batch is stored already, or nobody waits for it."""
    status: str = await conn.execute(SQL["claim_batch"], upload_id, batch)
    return status == "INSERT 0 1"


async def store_batch(conn: Conn, message: RowsChecked) -> None:
    """Raises UploadEnded."""
    rows = [_ledger_row(message.upload_id, row) for row in message.rows]
    await conn.copy_records_to_table("ledger", records=rows, columns=COLUMNS)
    rejected = sum(not row.good for row in message.rows)
    warned = sum(row.warned for row in message.rows)
    if await conn.execute(SQL["count_batch"], message.upload_id, len(rows), rejected, warned) == "UPDATE 0":
        raise UploadEnded


def _ledger_row(upload_id: UUID, row: CheckedRow) -> LedgerRow:
    origin_upload, origin_row = row.origin or (None, None)
    values, problems = memoryview(row.values), memoryview(row.problems)
    return (
        upload_id,
        row.row,
        "accepted" if row.good else "rejected",
        row.warned,
        # A good row without a key is like no other row.
        row.key or (uuid5(upload_id, f"row {row.row}") if row.good else None),
        _text(values),
        None if problems == NOTHING else _text(problems),
        origin_upload,
        origin_row,
    )


def _text(encoded: memoryview) -> str:
    raw = bytes(encoded)
    if NUL in raw:
        raw = msgspec.json.encode(_without_nul(msgspec.json.decode(raw)))
    return raw.decode()


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_nul(one) for name, one in value.items()}
    return value


async def end_checking(conn: Conn, message: UploadChecked) -> None:
    await conn.execute(SQL["end_checking"], message.upload_id, message.batches, message.rows)


async def is_complete(conn: Conn, upload_id: UUID) -> bool:
    """Is everything in the ledger, and not yet applied?"""
    return bool(await conn.fetchval(SQL["is_complete"], upload_id))


async def fail_upload(conn: Conn, upload_id: UUID, code: str, reason: str) -> bool:
    """False when the upload has ended otherwise, or is unknown."""
    status: str = await conn.execute(SQL["fail_upload"], upload_id, code, reason)
    if status == "UPDATE 1":
        await conn.execute(SQL["drop_ledger"], upload_id)
        return True
    return False
