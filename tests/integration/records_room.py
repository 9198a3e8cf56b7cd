"""A records database with a small dataset, and the worker's side of the conversation: for the tests of uploads."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

import msgspec

from services.records.datasets import repository as datasets
from services.records.resources import Services, build_services
from services.records.uploads.storing.service import StoringService
from shared.contracts.base import Message
from shared.contracts.identity import DepartmentRef, Identity, Role
from shared.contracts.ingest import CheckingStarted, UploadChecked
from shared.contracts.rows import CheckedRow, RowsChecked
from shared.contracts.uploads import RegisterUpload, Upload
from shared.datasets.check import row_check
from shared.datasets.definition import Dataset
from shared.db.database import Database, Row

TODAY = date(2026, 11, 23)

DATASET = Dataset.model_validate(
    {
        "code": "licences",
        "version": 1,
        "name": "许可",
        "category": "licence",
        "subject": "legal_person",
        "key": ["NO"],
        "fields": [
            {"code": "NO", "label": "文号", "required": True},
            {"code": "NAME", "label": "行政相对人名称", "required": True, "visibility": "public"},
            {"code": "ORG", "label": "组织机构代码", "identifier": "org_code", "visibility": "masked"},
            {"code": "REGION", "label": "地方", "max_length": 6},
            {"code": "DAY", "label": "决定日期", "type": "date", "required": True, "visibility": "public"},
            {"code": "UNTIL", "label": "截止日期", "type": "date"},
        ],
        "roles": {"name": "NAME", "decided_on": "DAY", "valid_until": "UNTIL", "region": "REGION", "document": "NO"},
    }
)
PENALTIES = DATASET.model_copy(update={"code": "penalties", "name": "处罚", "category": "penalty"})


def person(department: str = "d1", role: Role = Role.REPORTER) -> Identity:
    return Identity(
        user_id=f"u-{department}-{role}",
        user_name="填报员",
        role=role,
        department=DepartmentRef(code=department, name=f"单位{department}"),
        region="140400",
        address="192.0.2.1",
    )


ADMIN = person("office", Role.ADMIN)


def row(number: int | str, name: str = "长治某公司", **values: str) -> dict[str, str]:
    return {"NO": f"文号{number}", "NAME": name, "DAY": "2026-11-20", **values}


def checked(
    upload_id: UUID,
    rows: Sequence[dict[str, str]],
    *,
    batch: int = 0,
    first: int = 3,
    dataset: Dataset = DATASET,
    origins: dict[int, tuple[UUID, int]] | None = None,
) -> RowsChecked:
    """What the worker says of `rows`, the first of which stands in Excel's row `first`."""
    check = row_check(dataset)
    found = []
    for number, values in enumerate(rows, first):
        one = check.check_values(values, today=TODAY, row=number, columns=columns_of(dataset))
        found.append(
            CheckedRow(
                row=number,
                good=one.good,
                warned=one.warned,
                key=one.key,
                values=msgspec.Raw(msgspec.json.encode(one.values)),
                problems=msgspec.Raw(msgspec.json.encode(one.problems)),
                origin=(origins or {}).get(number),
            )
        )
    # Through the wire, as the persister reads it.
    return msgspec.json.decode(msgspec.json.encode(RowsChecked(upload_id, batch, found)), type=RowsChecked)


ORG_CODE = "110000001"  # a fictitious body with its check digit


def columns_of(dataset: Dataset) -> dict[str, str]:
    """A workbook in the template's order."""
    return {field.code: chr(ord("A") + place) for place, field in enumerate(dataset.fields)}


@dataclass
class Records:
    """The services over one database, and everything they announced."""

    dsn: str
    db: Database
    services: Services
    storing: StoringService
    announced: list[Message] = field(default_factory=list)

    async def register(self, identity: Identity | None = None, **wanted: object) -> Upload:
        body = {"id": uuid4(), "dataset": "licences", "file_name": "许可.xls", "file_size": 9000, "sha256": "a" * 64}
        registered = await self.services.uploads.register(
            identity or person(), RegisterUpload.model_validate({**body, **wanted})
        )
        return registered.upload

    async def send(self, upload: Upload, rows: Sequence[dict[str, str]], **how: object) -> None:
        """The whole conversation of the worker about `upload`, in one batch."""
        message = checked(upload.id, rows, **how)  # type: ignore[arg-type]
        rejected = sum(not one.good for one in message.rows)
        columns = columns_of(DATASET)
        await self.storing.start(CheckingStarted(upload_id=upload.id, rows_total=len(rows), columns=columns))
        await self.storing.store(message)
        await self.storing.end(
            UploadChecked(upload_id=upload.id, batches=1, rows=len(rows), rejected=rejected, warned=0)
        )

    async def upload(
        self, rows: Sequence[dict[str, str]], identity: Identity | None = None, **wanted: object
    ) -> Upload:
        """Register and send `rows`; the upload as it is then."""
        upload = await self.register(identity, **wanted)
        await self.send(upload, rows)
        return await self.get(upload.id)

    async def get(self, upload_id: UUID) -> Upload:
        return await self.services.uploads.get(ADMIN, upload_id)

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        async with self.db.reading() as conn:
            return await conn.fetch(sql, *arguments)

    async def living(self) -> dict[str, str]:
        """Name by document number of the living records of every department."""
        rows = await self.fetch("SELECT document, name FROM record WHERE state <> 'deleted' ORDER BY document")
        return {one["document"]: one["name"] for one in rows}

    async def snapshot(self) -> list[tuple[object, ...]]:
        """Everything of the living records that an exact undo must give back."""
        rows = await self.fetch(
            "SELECT dataset_code, dataset_version, department_code, key, name, identifiers, region, document,"
            " decided_on, published_until, values, changed_by_upload_id, source_upload_id, source_row FROM record"
            " WHERE state <> 'deleted' ORDER BY record_id"
        )
        return [tuple(one) for one in rows]

    async def tally_is_exact(self) -> bool:
        return not await self.fetch(
            "SELECT FROM record_tally t FULL JOIN (SELECT dataset_code, department_code, count(*) AS n FROM record"
            " WHERE state <> 'deleted' GROUP BY 1, 2) r USING (dataset_code, department_code)"
            " WHERE coalesce(t.records, 0) <> coalesce(r.n, 0)"
        )


@asynccontextmanager
async def open_records(dsn: str) -> AsyncGenerator[Records]:
    announced: list[Message] = []

    async def announce(message: Message) -> None:
        announced.append(message)

    async with Database.open(dsn) as db:
        async with db.transaction() as conn:
            for dataset in (DATASET, PENALTIES):
                await datasets.add_version(conn, dataset, "测试")
        yield Records(dsn, db, build_services(db, announce), StoringService(db, announce), announced)


@asynccontextmanager
async def open_beside(records: Records) -> AsyncGenerator[Records]:
    """A second process over the same database."""

    async def announce(message: Message) -> None:
        records.announced.append(message)

    async with Database.open(records.dsn) as db:
        yield Records(records.dsn, db, build_services(db, announce), StoringService(db, announce), records.announced)
