"""Datasets over HTTP: lists, new versions and what they changed. Definitions: shared.datasets.definition."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.contracts.base import Body, PageQuery, Shape
from shared.contracts.records import Values
from shared.contracts.uploads import RowProblem
from shared.datasets.definition import Category, Dataset, DatasetDraft, Roles, Subject


class DatasetFilter(PageQuery):
    category: Category | None = None
    subject: Subject | None = None


class DatasetBase(Body):
    based_on: Annotated[
        int | None, Field(ge=1, description="The version that was changed; 409 where a newer one is current.")
    ] = None


class TriedDataset(Body):
    definition: DatasetDraft
    values: Values = Field(default_factory=dict)


class DatasetTrial(Shape):
    """What the definition would mean, without storing it."""

    version: int = Field(description="The number it would get.")
    changes: list[str] = Field(description="Against the current version; empty for a new dataset.")
    roles: Roles = Field(description="As stated, or as inferred from the fields.")
    good: bool = Field(description="Of the values.")
    values: dict[str, str] = Field(description="Normalised where right, as given where wrong.")
    problems: list[RowProblem]
    public: dict[str, str] = Field(description="What the public would see of the values.")


class ListedDataset(Dataset):
    """With who brought the current version, and when: 上传用户 and 上传日期 of the template."""

    created_at: AwareDatetime
    created_by: str


class DatasetChanged(Dataset):
    """A new version, and what sets it apart from the one before."""

    changes: list[str] = Field(description="Chinese: one sentence a change.")


class DatasetVersion(Shape):
    version: int
    current: bool
    created_at: AwareDatetime
    created_by: str
    changes: list[str] = Field(description="Against the version before; empty for the first.")
    definition: Dataset


class DatasetVersions(Shape):
    items: list[DatasetVersion] = Field(description="Newest first.")
