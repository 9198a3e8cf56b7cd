"""An upload and the rows of its ledger, as every process and every client sees them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.base import Body, LongPage, PageQuery, Shape
from shared.contracts.identity import DepartmentRef


class UploadState(StrEnum):
    RECEIVED = "received"  # 等待检查
    CHECKING = "checking"  # 正在检查
    STORING = "storing"  # 正在入库
    STORED = "stored"  # 全部入库
    PARTLY_STORED = "partly_stored"  # 部分入库
    REJECTED = "rejected"  # 未入库
    FAILED = "failed"  # 读取失败
    AWAITING_CONFIRMATION = "awaiting_confirmation"  # 待确认
    CANCELLED = "cancelled"  # 已取消


STATE_NAMES = {
    UploadState.RECEIVED: "等待检查",
    UploadState.CHECKING: "正在检查",
    UploadState.STORING: "正在入库",
    UploadState.STORED: "全部入库",
    UploadState.PARTLY_STORED: "部分入库",
    UploadState.REJECTED: "未入库",
    UploadState.FAILED: "读取失败",
    UploadState.AWAITING_CONFIRMATION: "待确认",
    UploadState.CANCELLED: "已取消",
}

Mode = Literal["partial", "atomic"]
OnDuplicate = Literal["update", "skip", "reject"]


class Outcome(StrEnum):
    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    CORRECTED = "corrected"  # was rejected, mended since
    IGNORED = "ignored"  # was rejected, set aside by the officer
    PENDING = "pending"  # good, but not (yet) stored


class FailureCode(StrEnum):
    """Why a file as a whole could not be read."""

    EMPTY_FILE = "empty_file"
    NOT_XLS = "not_xls"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    NO_HEADER = "no_header"
    NO_ROWS = "no_rows"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOOK_TOO_LONG = "took_too_long"


class DatasetRef(Shape):
    code: str
    name: str
    version: int


class FileRef(Shape):
    name: str
    size: int = Field(description="Bytes.")
    sha256: str


class UserRef(Shape):
    id: str
    name: str


class Progress(Shape):
    rows_total: int | None = Field(None, description="Null until the workbook has been opened.")
    rows_done: int = 0


class Counts(Shape):
    total: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warned: int = 0
    ignored: int = Field(0, description="Of the rejected rows, those set aside by an officer.")
    corrected: int = Field(0, description="Rows that were rejected and have been mended since.")


class Failure(Shape):
    code: str
    message: str


class Upload(Shape):
    id: UUID
    dataset: DatasetRef
    file: FileRef
    department: DepartmentRef
    uploaded_by: UserRef
    uploaded_at: AwareDatetime
    mode: Mode
    on_duplicate: OnDuplicate
    dry_run: bool
    state: UploadState
    progress: Progress
    counts: Counts
    failure: Failure | None = None
    notices: list[str] = Field(
        default_factory=list, description="Chinese remarks on the file: ignored sheets, columns …"
    )
    same_file_as: UUID | None = None
    finished_at: AwareDatetime | None = None
    deleted_at: AwareDatetime | None = None
    data_deleted_at: AwareDatetime | None = None
    rows_cleared_at: AwareDatetime | None = Field(
        None,
        description="Since then its good rows are listed no more, only found as records: they were kept long enough.",
    )
    emptied_at: AwareDatetime | None = Field(
        None, description="Since then nothing is kept of what its rows said, and none can be mended; its counts stay."
    )


class UploadPage(LongPage[Upload]):
    pass


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class RowProblem(Shape):
    severity: Severity
    cell: str | None = Field(description="Excel address such as G15; null for a single entry.")
    field: str | None
    label: str
    code: str
    value: str
    message: str
    suggestion: str | None = None


class Deadline(Shape):
    """The seven working days from the decision."""

    due_on: date
    on_time: bool
    days: int = Field(description="Working days left (≥ 0), or late (< 0).")
    provisional: bool = Field(False, description="True where the state's holiday notice is not in the calendar yet.")


class Row(Shape):
    row: int = Field(description="Excel's own row number; the first data row is 3.")
    outcome: Outcome
    values: dict[str, str]
    problems: list[RowProblem]
    record_id: str | None = None
    deadline: Deadline | None = None


class RegisterUpload(Body):
    """What the ingest API tells records when a file has been stored under `id`."""

    id: UUID
    dataset: str
    file_name: Annotated[str, Field(max_length=255)]
    file_size: int
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    mode: Mode = "partial"
    on_duplicate: OnDuplicate = "update"
    dry_run: bool = False


class UploadFilter(PageQuery):
    dataset: str | None = None
    state: UploadState | None = None
    department: Annotated[str | None, Field(description="Admin only; others see their own.")] = None
    from_: Annotated[date | None, Field(alias="from", description="Uploaded on or after.")] = None
    to: Annotated[date | None, Field(description="Uploaded on or before.")] = None
    deleted: Annotated[bool, Field(description="Also the entries taken off the list.")] = False
    kind: Annotated[
        Literal["two_publicity", "other"] | None,
        Field(description="双公示 (licences and penalties), or everything else."),
    ] = None
    waiting: Annotated[
        Literal["rows", "confirmation", "processing"] | None,
        Field(
            description="Only those with rows nobody has mended or set aside, dry runs to be confirmed, "
            "or what has not come to an end yet."
        ),
    ] = None
    sha256: Annotated[
        str | None, Field(pattern="^[0-9a-f]{64}$", description="Only those of a file with this content.")
    ] = None
    counted: Annotated[
        Literal["rows", "rejected"] | None,
        Field(
            description="Only those that 数据统计 counts (entries taken off the list too): all of them, or those with "
            "rejected rows."
        ),
    ] = None


class RowFilter(PageQuery):
    outcome: Outcome | None = None
    severity: Severity | None = None


class MendRow(Body):
    values: dict[str, str]


class UndoResult(Shape):
    class Kept(Shape):
        record_id: str
        row: int | None

    removed: int
    restored: int
    kept: list[Kept]
