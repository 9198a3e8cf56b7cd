"""The public view: published records, published fields, persons masked."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.base import Page, PageQuery, Shape
from shared.contracts.identity import DepartmentRef
from shared.datasets.definition import Choice, FieldType


class PublicDatasetRef(Shape):
    code: str
    name: str


class PublicField(Shape):
    code: str
    label: str
    type: FieldType
    in_list: bool
    several: bool = Field(description="Several choices in one value, parted by ；.")
    masked: bool = Field(description="Shown in part.")
    choices: list[Choice] = Field(description="What the codes mean.")


class PublicDataset(PublicDatasetRef):
    category: str
    category_name: str
    subject: str
    name_field: str | None = Field(description="Whom a record is about, where the public sees it.")
    region_field: str | None = Field(description="Its 地方编码, where the public may search by it.")
    fields: list[PublicField] = Field(description="Those the public sees, in order.")


class PublicDatasetPage(Page[PublicDataset]):
    pass


class PublicDatasetQuery(PageQuery):
    size: Annotated[int, Field(ge=1, le=200, description="Items a page.")] = 200


class PublicRecord(Shape):
    id: str
    dataset: PublicDatasetRef
    department: DepartmentRef
    values: dict[str, str]
    published_at: AwareDatetime
    published_until: date | None


class PublicRecordPage(Page[PublicRecord]):
    total_exact: bool = Field(True, description="False where total is an estimate (beyond 50,000).")


class PublicDepartmentPage(Page[DepartmentRef]):
    pass


class PublicDepartmentQuery(PageQuery):
    size: Annotated[int, Field(ge=1, le=1000, description="Items a page.")] = 1000


class PublicQuery(PageQuery):
    dataset: str | None = None
    category: Annotated[
        str | None, Field(max_length=64, description="All datasets of a kind, such as licence or penalty.")
    ] = None
    kind: Annotated[
        Literal["two_publicity", "other"] | None, Field(description="行政许可 and 行政处罚, or everything else.")
    ] = None
    department: Annotated[str | None, Field(max_length=64, description="The code of who published it.")] = None
    region: Annotated[str | None, Field(max_length=12, description="地方编码.")] = None
    from_: Annotated[date | None, Field(alias="from", description="Decided on or after.")] = None
    to: Annotated[date | None, Field(description="Decided on or before.")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Part of an enterprise's name or (from three characters) of a public document number, "
            "a person's whole name, or an enterprise's code.",
        ),
    ] = None


class PublicFigure(Shape):
    dataset: PublicDatasetRef
    category: str
    records: int = Field(description="On show.")
    this_month: int = Field(description="Of these, published since the first of the month.")


class PublicStatistics(Shape):
    month: str = Field(description="Such as 2018-01.")
    records: int
    this_month: int
    items: list[PublicFigure]
