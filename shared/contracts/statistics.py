"""数据统计: figures per department, dataset or month, each with the filter that leads to its rows."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Page, PageQuery, Shape

GroupBy = Literal["department", "dataset", "month"]


class Figures(Shape):
    """Rates are 0 to 1, and null where there is nothing to divide by."""

    reported: int = Field(description="上报量: rows of uploads, and records entered by hand.")
    by_hand: int = Field(description="Of these, records entered by hand.")
    stored: int = Field(description="入库量: of the reported, inserted, updated or unchanged.")
    rejected: int = Field(description="退回: waiting for correction, or set aside.")
    waiting: int = Field(description="待改正: of these, neither set aside nor of an entry taken off the list.")
    stored_rate: float | None = Field(description="入库率: stored / reported.")
    qualified_rate: float | None = Field(description="合规率: right when first reported / reported.")
    on_time: int = Field(description="Stored within seven working days of the decision.")
    late: int = Field(description="迟报: stored after them.")
    on_time_rate: float | None = Field(description="及时率: on_time / (on_time + late).")
    revoked: int = Field(description="撤销: records revoked in the period and not restored since.")


class LinkedFigures(Figures):
    class Links(Shape):
        uploads: str
        stored: str = Field(description="The records that were new; what was updated stands with its first day.")
        rejected: str = Field(description="Of the uploads, those with rejected rows.")
        waiting: str = Field(description="Of these, those with rows that nobody has mended or set aside.")
        by_hand: str
        late: str
        revoked: str

    links: Links = Field(description="Paths of the API whose lists hold the rows behind the figures.")


class Figure(LinkedFigures):
    key: str
    label: str


class Statistics(Page[Figure]):
    totals: LinkedFigures


class StatisticsQuery(PageQuery):
    size: Annotated[int, Field(ge=1, le=1000, description="Items a page.")] = 200
    from_: Annotated[date | None, Field(alias="from", description="Reported on or after.")] = None
    to: Annotated[date | None, Field(description="Reported on or before.")] = None
    department: Annotated[str | None, Field(description="Admin only; others see their own.")] = None
    dataset: str | None = None
    group_by: GroupBy = "department"


class WaitingDeadline(Shape):
    upload_id: UUID
    near: int = Field(description="Rows due within three working days.")
    late: int = Field(description="Rows whose day has passed since they were sent.")
    next_due_on: date | None = Field(description="The first day of the near ones.")


class HomeFigures(Shape):
    """What waits for the caller's department."""

    rows_waiting: int = Field(description="Rejected rows nobody has mended or set aside.")
    uploads_running: int
    awaiting_confirmation: int = Field(description="Dry runs that wait to be confirmed or cancelled.")
    deadlines_near: int = Field(description="Of the waiting rows, those due within three working days or late.")
    deadlines: list[WaitingDeadline] = Field(description="The same by upload.")
    ending_soon: int = Field(description="Records whose publicity ends within thirty days.")
    records: int
    unread: int
