"""Rejected rows, written again."""

import json
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.datasets.check import Checked
from shared.db.database import Conn
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads.mending")


class Waiting(NamedTuple):
    row: int
    outcome: str
    values: dict[str, str]


async def waiting_row(conn: Conn, upload_id: UUID, row: int) -> Waiting | None:
    found = await conn.fetchrow(SQL["waiting_row"], upload_id, row)
    return None if found is None else Waiting(found["row"], found["outcome"], json.loads(found["values"]))


async def rows_with_value(conn: Conn, upload_id: UUID, field: str, value: str) -> list[Waiting]:
    rows = await conn.fetch(SQL["rows_with_value"], upload_id, field, value)
    return [Waiting(row["row"], row["outcome"], json.loads(row["values"])) for row in rows]


async def rows_with_keys(conn: Conn, upload_id: UUID, keys: Sequence[UUID]) -> dict[UUID, int]:
    rows = await conn.fetch(SQL["rows_with_keys"], upload_id, keys)
    return {row["key"]: row["row"] for row in rows}


async def write_rows(conn: Conn, upload_id: UUID, mended: dict[int, Checked]) -> None:
    await conn.execute(
        SQL["write_rows"],
        upload_id,
        list(mended),
        [one.good for one in mended.values()],
        [one.warned for one in mended.values()],
        [one.key for one in mended.values()],
        [msgspec.json.encode(one.values).decode() for one in mended.values()],
        [msgspec.json.encode(one.problems).decode() if one.problems else None for one in mended.values()],
    )


async def ignore_row(conn: Conn, upload_id: UUID, row: int) -> None:
    await conn.execute(SQL["ignore_row"], upload_id, row)
