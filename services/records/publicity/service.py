"""The public view: what anybody may read without an identity."""

import json
import time

from services.records.entries.policy import sought
from services.records.entries.repository import Ids
from services.records.entries.totals import LargeTotals
from services.records.publicity import repository
from services.records.publicity.errors import NotPublished
from services.records.publicity.policy import (
    chosen,
    is_public,
    listed,
    name_shown,
    public_fields,
    region_shown,
    searched,
)
from shared.contracts.identity import DepartmentRef
from shared.contracts.public import (
    PublicDataset,
    PublicDatasetPage,
    PublicDatasetQuery,
    PublicDatasetRef,
    PublicDepartmentPage,
    PublicDepartmentQuery,
    PublicFigure,
    PublicQuery,
    PublicRecord,
    PublicRecordPage,
    PublicStatistics,
)
from shared.datasets.definition import CATEGORY_NAMES, Dataset
from shared.datasets.masking import public_values
from shared.datasets.privacy import holds_id_number
from shared.db.database import Conn, Database, Row
from shared.db.planning import plan_by_values

# Figures for everybody are counted at most once in this many seconds: anybody may ask, and millions cost.
FIGURES_SECONDS = 60.0


class PublicityService:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._figures: tuple[float, PublicStatistics] | None = None
        self._large = LargeTotals()

    async def datasets(self, wanted: PublicDatasetQuery) -> PublicDatasetPage:
        async with self._db.reading() as conn:
            shown = await _public_datasets(conn)
        items = [
            PublicDataset(
                code=one.code,
                name=one.name,
                category=one.category,
                category_name=CATEGORY_NAMES[one.category],
                subject=one.subject,
                name_field=name_shown(one),
                region_field=region_shown(one),
                fields=public_fields(one),
            )
            for one in shown.values()
        ]
        page = items[wanted.offset : wanted.offset + wanted.size]
        return PublicDatasetPage(items=page, page=wanted.page, size=wanted.size, total=len(items))

    async def page(self, wanted: PublicQuery) -> PublicRecordPage:
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            shown = await _public_datasets(conn)
            found = await self._find(conn, chosen(shown.values(), wanted), wanted)
            rows = await repository.get_public(conn, found.ids)
        return PublicRecordPage(
            items=[_public(shown[row["dataset_code"]], row) for row in rows],
            page=wanted.page,
            size=wanted.size,
            total=found.total,
            total_exact=found.exact,
        )

    async def _find(self, conn: Conn, among: list[Dataset], wanted: PublicQuery) -> Ids:
        text = (wanted.q or "").strip()
        name = sought(text)
        if name is None:
            filters = listed(among, wanted)
            known = self._large.get(filters)
            found = await repository.list_ids(conn, filters, wanted.offset, wanted.size, known)
            if not found.exact and known is None:
                self._large.put(filters, found.total)
            return found
        if holds_id_number(text):
            return Ids([], 0)
        return await repository.search_ids(conn, searched(among, wanted), name, wanted.offset, wanted.size)

    async def departments(self, wanted: PublicDepartmentQuery) -> PublicDepartmentPage:
        """Whose records may be looked for."""
        async with self._db.reading() as conn:
            shown = await _public_datasets(conn)
            rows = await repository.list_departments(conn, list(shown))
        items = [DepartmentRef(code=row["code"], name=row["name"]) for row in rows]
        page = items[wanted.offset : wanted.offset + wanted.size]
        return PublicDepartmentPage(items=page, page=wanted.page, size=wanted.size, total=len(items))

    async def get(self, record_id: int) -> PublicRecord:
        """Raises NotPublished: not there, not shown any more, or of a dataset nothing is published of."""
        async with self._db.reading() as conn:
            shown = await _public_datasets(conn)
            rows = await repository.get_public(conn, [record_id])
        if not rows or rows[0]["dataset_code"] not in shown:
            raise NotPublished("没有找到这条公示信息；它可能已经期满或撤销。")
        return _public(shown[rows[0]["dataset_code"]], rows[0])

    async def statistics(self) -> PublicStatistics:
        now = time.monotonic()
        if self._figures is None or self._figures[0] < now - FIGURES_SECONDS:
            self._figures = (now, await self._count())
        return self._figures[1]

    async def _count(self) -> PublicStatistics:
        async with self._db.transaction() as conn:
            shown = await _public_datasets(conn)
            rows = await repository.public_figures(conn, list(shown))
            month: str = await conn.fetchval("SELECT to_char(now(), 'YYYY-MM')")
        items = [
            PublicFigure(
                dataset=PublicDatasetRef(code=row["dataset_code"], name=shown[row["dataset_code"]].name),
                category=shown[row["dataset_code"]].category,
                records=row["records"],
                this_month=row["this_month"],
            )
            for row in rows
        ]
        return PublicStatistics(
            month=month,
            records=sum(item.records for item in items),
            this_month=sum(item.this_month for item in items),
            items=items,
        )


async def _public_datasets(conn: Conn) -> dict[str, Dataset]:
    return {one.code: one for one in await repository.current_datasets(conn) if is_public(one)}


def _public(dataset: Dataset, row: Row) -> PublicRecord:
    """By the fields' visibility of today, whatever version the record was entered with."""
    return PublicRecord(
        id=str(row["record_id"]),
        dataset=PublicDatasetRef(code=dataset.code, name=dataset.name),
        department=DepartmentRef(code=row["department_code"], name=row["department_name"]),
        values=public_values(dataset, json.loads(row["values"])),
        published_at=row["created_at"],
        published_until=row["published_until"],
    )
