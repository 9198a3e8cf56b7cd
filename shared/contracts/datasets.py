"""Datasets over HTTP: lists, new versions and what they changed. Definitions: shared.datasets.definition."""

from pydantic import AwareDatetime, Field

from shared.contracts.base import PageQuery, Shape
from shared.datasets.definition import Category, Dataset, Subject


class DatasetFilter(PageQuery):
    category: Category | None = None
    subject: Subject | None = None


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
