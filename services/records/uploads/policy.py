"""How a row of the table upload reads as the contract's Upload."""

import json

from shared.contracts.identity import DepartmentRef
from shared.contracts.uploads import Counts, DatasetRef, Failure, FileRef, Progress, Upload, UploadState, UserRef
from shared.db.database import Row

UNFINISHED = frozenset({UploadState.RECEIVED, UploadState.CHECKING, UploadState.STORING})
COUNTS = ("total", "inserted", "updated", "unchanged", "rejected", "warned", "ignored", "corrected")


def upload_of(row: Row) -> Upload:
    failed = row["failure_code"] is not None
    return Upload(
        id=row["upload_id"],
        dataset=DatasetRef(code=row["dataset_code"], name=row["dataset_name"], version=row["dataset_version"]),
        file=FileRef(name=row["file_name"], size=row["file_size"], sha256=row["sha256"]),
        department=DepartmentRef(code=row["department_code"], name=row["department_name"]),
        uploaded_by=UserRef(id=row["user_id"], name=row["user_name"]),
        uploaded_at=row["uploaded_at"],
        mode=row["mode"],
        on_duplicate=row["on_duplicate"],
        dry_run=row["dry_run"],
        state=UploadState(row["state"]),
        progress=Progress(rows_total=row["rows_total"], rows_done=row["rows_done"]),
        counts=Counts(**{name: row[name] for name in COUNTS}),
        failure=Failure(code=row["failure_code"], message=row["failure_message"]) if failed else None,
        notices=json.loads(row["notices"]),
        same_file_as=row["same_file_as"],
        finished_at=row["finished_at"],
        deleted_at=row["deleted_at"],
        data_deleted_at=row["data_deleted_at"],
        rows_cleared_at=row["rows_cleared_at"],
        emptied_at=row["emptied_at"],
    )
