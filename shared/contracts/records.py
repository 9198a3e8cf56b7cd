"""A record, its filters, its history: as officers see it."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contracts.base import Body, Page, PageQuery, Shape
from shared.contracts.identity import DepartmentRef
from shared.contracts.uploads import DatasetRef, Deadline, RowProblem, UserRef

# What a workbook holds below the two header rows (BIFF has 65,536 rows).
MOST_EXPORTED = 65_534
MOST_AT_ONCE = 1_000

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
GivenReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
RecordId = Annotated[str, Field(pattern=r"^\d{1,18}$")]
Values = Annotated[dict[str, str], Field(max_length=200, description="FIELD_CODE → text, as typed.")]


class RecordState(StrEnum):
    PUBLISHED = "published"  # 公示中
    EXPIRED = "expired"  # 公示期满
    REVOKED = "revoked"  # 已撤销
    DELETED = "deleted"  # 已删除


class Source(Shape):
    upload_id: UUID
    row: int


class Revocation(Shape):
    reason: str
    at: AwareDatetime
    by: str


class Record(Shape):
    id: str
    dataset: DatasetRef
    department: DepartmentRef
    values: dict[str, str]
    state: RecordState
    published_until: date | None = Field(description="Last day it is shown; null: no end.")
    revision: int
    source: Source | None
    created_at: AwareDatetime
    created_by: UserRef
    updated_at: AwareDatetime
    updated_by: UserRef
    revocation: Revocation | None = None
    deadline: Deadline | None = Field(None, description="Against the day it was stored; null without a decision date.")


class StoredRecord(Record):
    """The answer to an entry by hand: with the remarks that did not stop it."""

    warnings: list[RowProblem] = Field(default_factory=list)


class RecordPage(Page[Record]):
    total_exact: bool = Field(
        True, description="False where total is an estimate: beyond 50,000, over all departments beyond 10,000."
    )


class RecordQuery(PageQuery):
    """Besides these, `f.<FIELD_CODE>=value` for the fields a dataset marks in_filter."""

    dataset: str | None = None
    department: Annotated[str | None, Field(description="Admin only; others see their own.")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Part of the name or (from three characters) of the document number, "
            "or a whole code of the enterprise or person.",
        ),
    ] = None
    region: Annotated[str | None, Field(description="地方编码")] = None
    state: Annotated[RecordState | None, Field(description="Without it, all but the deleted.")] = None
    from_: Annotated[date | None, Field(alias="from", description="On this day or after; `by` says what.")] = None
    to: Annotated[date | None, Field(description="On this day or before.")] = None
    by: Annotated[
        Literal["decided", "reported", "revoked", "ending"],
        Field(description="What `from` and `to` are about: decision, report, revocation or end of publicity."),
    ] = "decided"
    on_time: Annotated[bool | None, Field(description="Reported within the seven working days, or late.")] = None
    entry: Annotated[
        Literal["hand", "upload"] | None, Field(description="Entered by hand, or brought by an upload.")
    ] = None


class RecordSearch(RecordQuery):
    fields: Values = Field(default_factory=dict)


class NewRecord(Body):
    dataset: str
    values: Values


class TriedRecord(NewRecord):
    record_id: Annotated[
        RecordId | None, Field(description="The record that is changed: it and its department are what counts.")
    ] = None


class ChangedRecord(Body):
    revision: Annotated[int, Field(ge=1)]
    values: Values


class CheckedRecord(Shape):
    """What would become of the values, without storing them."""

    good: bool
    values: dict[str, str] = Field(description="Normalised where right, as typed where wrong.")
    problems: list[RowProblem]
    public: dict[str, str] = Field(description="What the public would see.")
    published_until: date | None
    deadline: Deadline | None


class Revoke(Body):
    reason: GivenReason


class RevokeMany(Body):
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    reason: GivenReason


class RevokedMany(Shape):
    class Skipped(Shape):
        id: str
        message: str

    revoked: list[str]
    skipped: list[Skipped]


class Delete(Body):
    reason: Reason = ""


class HistoryItem(Shape):
    revision: int
    action: Literal["created", "updated", "deleted", "revoked", "restored", "undone"]
    at: AwareDatetime
    by: UserRef
    reason: str
    upload_id: UUID | None = None
    row: int | None = None
    before: dict[str, str] | None
    after: dict[str, str] | None


class HistoryPage(Page[HistoryItem]):
    pass
