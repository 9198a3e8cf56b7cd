"""Messages of the ingest flow, in the order they are sent.

ingest api ── UploadAccepted ──▶ ingest worker           queue ingest.worker.<lane>.<shard>
ingest worker ── CheckingStarted ──▶ records persister   the workbook is open; how many rows there may be
ingest worker ── RowsChecked ──▶ records persister       one per batch of rows (shared/contracts/rows.py)
ingest worker ── UploadChecked ──▶ records persister     last; carries the totals
ingest worker ── UploadFailed ──▶ records persister      instead, where the file as a whole cannot be read
records persister ── UploadChanged ──▶ every gateway     live progress
records persister ── UserMessaged ──▶ every gateway      消息提醒

The worker is a pure function of UploadAccepted and the file: a repeat sends the same batches with the same numbers,
and the persister drops what it already has.
"""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.base import Message, Shape
from shared.contracts.uploads import Upload
from shared.datasets.definition import Dataset

Lane = Literal["small", "bulk"]

# A file up to this size is read in the lane for small files, which never waits behind bulk (promise 6).
SMALL_FILE_BYTES = 256 * 1024


def lane_of(file_size: int) -> Lane:
    return "small" if file_size <= SMALL_FILE_BYTES else "bulk"


class UploadAccepted(Message):
    """A file is stored and registered and waits to be read. Carries the definition it is checked by."""

    name: ClassVar[str] = "ingest.upload.accepted"

    upload_id: UUID
    department: str
    dataset: Dataset
    storage_key: str
    file_size: int = Field(description="Bytes.")
    sha256: str
    uploaded_at: AwareDatetime = Field(description="'Today' of the checks, so that a repeat decides alike.")

    @property
    def lane(self) -> Lane:
        return lane_of(self.file_size)


class CheckingStarted(Message):
    name: ClassVar[str] = "ingest.checking.started"

    upload_id: UUID
    rows_total: int = Field(description="Rows the sheet holds below its header; blank ones still among them.")
    notices: list[str] = Field(default_factory=list)
    columns: dict[str, str] = Field(default_factory=dict, description="FIELD_CODE → column letters, such as G.")


class UploadChecked(Message):
    name: ClassVar[str] = "ingest.upload.checked"

    upload_id: UUID
    batches: int
    rows: int
    rejected: int
    warned: int


class UploadFailed(Message):
    name: ClassVar[str] = "ingest.upload.failed"

    upload_id: UUID
    code: str = Field(description="One of FailureCode.")
    reason: str = Field(description="Chinese: what it is and what to do. Never bytes of the file.")


class UploadChanged(Message):
    name: ClassVar[str] = "records.upload.changed"

    department: str
    upload: Upload


class RegisteredUpload(Shape):
    """Answer of records to RegisterUpload: all that UploadAccepted needs."""

    upload: Upload
    definition: Dataset


class UserMessaged(Message):
    """A new 消息提醒. `user_id` None: for everyone of the department."""

    name: ClassVar[str] = "records.user.messaged"

    department: str
    user_id: str | None
    id: str
    kind: str
    title: str
