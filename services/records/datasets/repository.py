"""Definitions of datasets, every version of them. Used by every feature that reads values."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from services.records.datasets.errors import DatasetNotFound
from shared.contracts.datasets import DatasetFilter
from shared.datasets.definition import Dataset
from shared.db.database import Conn
from shared.db.queries import load_queries

SQL = load_queries("services.records.datasets")


class Version(NamedTuple):
    definition: Dataset
    current: bool
    created_at: datetime
    created_by: str


@lru_cache(maxsize=256)
def parse_definition(text: str) -> Dataset:
    return Dataset.model_validate_json(text)


async def get_dataset(conn: Conn, code: str, version: int | None = None) -> Dataset:
    """The current version, or the one asked for.

    Raises:
        DatasetNotFound: no such code or version.
    """
    text: str | None = (
        await conn.fetchval(SQL["current_dataset"], code)
        if version is None
        else await conn.fetchval(SQL["dataset_version"], code, version)
    )
    if text is None:
        raise DatasetNotFound("没有这个数据集，请检查数据集编码。")
    return parse_definition(text)


async def may_read(conn: Conn, code: str, department: str) -> bool:
    return bool(await conn.fetchval(SQL["may_read"], code, department))


async def list_datasets(conn: Conn, department: str | None, wanted: DatasetFilter) -> tuple[list[Version], int]:
    filters = (department, wanted.category, wanted.subject)
    rows = await conn.fetch(SQL["list_datasets"], *filters, wanted.size, wanted.offset)
    if rows:
        listed = [
            Version(parse_definition(row["definition"]), True, row["created_at"], row["created_by"]) for row in rows
        ]
        return listed, rows[0]["total"]
    return [], await conn.fetchval(SQL["count_datasets"], *filters)


async def list_versions(conn: Conn, code: str) -> list[Version]:
    rows = await conn.fetch(SQL["list_versions"], code)
    return [
        Version(parse_definition(row["definition"]), row["is_current"], row["created_at"], row["created_by"])
        for row in rows
    ]


async def has_records(conn: Conn, code: str) -> bool:
    return bool(await conn.fetchval(SQL["has_records"], code))


async def lock_dataset(conn: Conn, code: str) -> None:
    await conn.execute(SQL["lock_dataset"], code)


async def newest_version(conn: Conn, code: str) -> tuple[Dataset, str] | None:
    """The newest definition and who made it."""
    row = await conn.fetchrow(SQL["newest_version"], code)
    return None if row is None else (parse_definition(row["definition"]), row["created_by"])


async def add_version(conn: Conn, dataset: Dataset, created_by: str) -> None:
    await conn.execute(SQL["retire_version"], dataset.code)
    await conn.execute(
        SQL["add_version"],
        dataset.code,
        dataset.version,
        dataset.name,
        dataset.category,
        dataset.subject,
        dataset.model_dump_json(),
        created_by,
    )
