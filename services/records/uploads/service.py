"""Uploads as their department sees them: registered, listed, read, taken off the list."""

from uuid import UUID

import structlog

from services.records.audit import repository as audit
from services.records.datasets import repository as datasets
from services.records.datasets.policy import require_reporting
from services.records.uploads import repository
from services.records.uploads.errors import UploadIdTaken
from services.records.uploads.policy import upload_of
from shared.contracts.base import Announce
from shared.contracts.identity import Identity
from shared.contracts.ingest import RegisteredUpload
from shared.contracts.uploads import RegisterUpload, Upload, UploadFilter, UploadPage
from shared.datasets.definition import Dataset
from shared.db.database import Database
from shared.db.planning import plan_by_values


class UploadsService:
    def __init__(self, db: Database, announce: Announce) -> None:
        self._db = db
        self._announce = announce

    async def register(self, identity: Identity, wanted: RegisterUpload) -> RegisteredUpload:
        """Note a file that is stored, before it is published: from here on the sweep sees that it ends. Safe to repeat.

        Raises:
            DatasetNotFound, NotYourDataset, UploadIdTaken
        """
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        async with self._db.transaction() as conn:
            dataset = await datasets.get_dataset(conn, wanted.dataset)
            require_reporting(identity, dataset)
            await repository.see_department(conn, identity)
            if await repository.add_upload(conn, identity, dataset, wanted, request_id):
                await audit.add(conn, identity, "upload.registered", f"upload {wanted.id} dataset {dataset.code}")
            row = await repository.get_upload(conn, wanted.id)
            if (row["department_code"], row["sha256"]) != (identity.department.code, wanted.sha256):
                raise UploadIdTaken("这个上报编号已被使用，请重新上报。")
            definition = await datasets.get_dataset(conn, row["dataset_code"], row["dataset_version"])
        return RegisteredUpload(upload=upload_of(row), definition=definition)

    async def page(self, identity: Identity, wanted: UploadFilter) -> UploadPage:
        department = wanted.department if identity.is_admin else identity.department.code
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            rows, total = await repository.list_uploads(conn, department, wanted)
        return UploadPage(
            items=[upload_of(row) for row in rows],
            page=wanted.page,
            size=wanted.size,
            total=total.rows,
            total_exact=total.exact,
        )

    async def get(self, identity: Identity, upload_id: UUID) -> Upload:
        async with self._db.reading() as conn:
            return upload_of(await repository.get_upload(conn, upload_id, identity.department_scope))

    async def dataset(self, identity: Identity, upload_id: UUID) -> Dataset:
        """The definition its rows were checked by, whatever the dataset is now and whoever may report it."""
        async with self._db.reading() as conn:
            upload = await repository.get_upload(conn, upload_id, identity.department_scope)
            return await datasets.get_dataset(conn, upload["dataset_code"], upload["dataset_version"])
