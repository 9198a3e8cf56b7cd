"""便捷查询: one enterprise or person across all datasets."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.base import Body, Page, PageQuery, Shape
from shared.contracts.identity import DepartmentRef
from shared.contracts.records import RecordState
from shared.contracts.uploads import DatasetRef

Wanted = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SubjectRecord(Shape):
    id: str
    dataset: DatasetRef
    department: DepartmentRef
    state: RecordState
    decided_on: date | None
    published_until: date | None
    values: dict[str, str] = Field(description="In full for the caller's own department, else as the public sees them.")
    full: bool


class Subject(Shape):
    id: str = Field(description="The smallest record id among the subject's.")
    name: str
    identifiers: dict[str, str] = Field(description="Kind of identifier (uscc, org_code …) → code.")
    records: list[SubjectRecord]


class SubjectPage(Page[Subject]):
    pass


class SubjectQuery(PageQuery):
    q: Wanted


class SubjectSearch(Body):
    q: Wanted
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=200)] = 10
