"""Records as officers read them: lists, searches, one record, its history, the export."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from weakref import WeakValueDictionary

from services.records.datasets import repository as datasets
from services.records.entries import repository
from services.records.entries.errors import ExportNeedsDataset
from services.records.entries.policy import filters_of, record_of, sought
from services.records.entries.totals import LargeTotals
from shared.contracts.base import PageQuery
from shared.contracts.identity import Identity
from shared.contracts.records import (
    MOST_EXPORTED,
    HistoryItem,
    HistoryPage,
    Record,
    RecordPage,
    RecordQuery,
)
from shared.contracts.uploads import UserRef
from shared.datasets.definition import Dataset
from shared.db.database import Database, Row
from shared.db.planning import plan_by_values

# An export holds one of the pool's connections for as long as its workbook is being made.
EXPORTS_AT_ONCE = 3


class EntriesService:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._exports = asyncio.Semaphore(EXPORTS_AT_ONCE)
        self._exports_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._large = LargeTotals()

    async def page(self, identity: Identity, wanted: RecordQuery, fields: Mapping[str, str]) -> RecordPage:
        filters, name = filters_of(identity, wanted, fields), sought(wanted.q)
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            if name is None:
                known = self._large.get(filters)
                found = await repository.list_ids(conn, filters, wanted.offset, wanted.size, known)
                if not found.exact and known is None:
                    self._large.put(filters, found.total)
            else:
                found = await repository.search_ids(conn, filters, name, wanted.offset, wanted.size)
            rows = await repository.get_records(conn, found.ids)
        return RecordPage(
            items=[record_of(row) for row in rows],
            page=wanted.page,
            size=wanted.size,
            total=found.total,
            total_exact=found.exact,
        )

    async def get(self, identity: Identity, record_id: int) -> Record:
        async with self._db.reading() as conn:
            return record_of(await repository.get_record(conn, record_id, identity.department_scope))

    async def history(self, identity: Identity, record_id: int, wanted: PageQuery) -> HistoryPage:
        """Newest first. Revision 1, the creation, is the record itself as it was before its first change."""
        async with self._db.reading() as conn:
            record = await repository.get_record(conn, record_id, identity.department_scope)
            revisions = await repository.list_revisions(conn, record_id)
        items = [_item(row) for row in revisions]
        first = revisions[-1]["before"] if revisions else record["values"]
        items.append(
            HistoryItem(
                revision=1,
                action="created",
                at=record["created_at"],
                by=UserRef(id=record["created_by"], name=record["created_by_name"]),
                reason="",
                upload_id=record["source_upload_id"],
                row=record["source_row"],
                before=None,
                after=_values(first),
            )
        )
        shown = items[wanted.offset : wanted.offset + wanted.size]
        return HistoryPage(items=shown, page=wanted.page, size=wanted.size, total=len(items))

    async def export(
        self, identity: Identity, wanted: RecordQuery, fields: Mapping[str, str]
    ) -> tuple[Dataset, AsyncGenerator[Record]]:
        """The definition, and the records one by one: at most MOST_EXPORTED, newest first.

        Raises:
            ExportNeedsDataset, DatasetNotFound
        """
        if wanted.dataset is None:
            raise ExportNeedsDataset("导出的工作簿只能装一个数据集，请先选择数据集。")
        async with self._db.reading() as conn:
            dataset = await datasets.get_dataset(conn, wanted.dataset)
        return dataset, self._records(identity, wanted, fields)

    async def _records(
        self, identity: Identity, wanted: RecordQuery, fields: Mapping[str, str]
    ) -> AsyncGenerator[Record]:
        filters = filters_of(identity, wanted, fields)
        of_department = self._exports_of.setdefault(identity.department.code, asyncio.Semaphore(1))
        async with of_department, self._exports, self._db.transaction() as conn:
            await plan_by_values(conn)
            async for row in repository.export_records(conn, filters, sought(wanted.q), MOST_EXPORTED):
                yield record_of(row)


def _item(row: Row) -> HistoryItem:
    return HistoryItem(
        revision=row["revision"],
        action=row["action"],
        at=row["at"],
        by=UserRef(id=row["by"], name=row["by_name"]),
        reason=row["reason"],
        upload_id=row["upload_id"],
        row=row["row"],
        before=_values(row["before"]),
        after=_values(row["after"]),
    )


def _values(text: str | None) -> dict[str, str] | None:
    return None if text is None else dict(json.loads(text))
