"""What officers do with an upload after it has been read: compare, mend, undo."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.contracts.base import Body, PageQuery, Shape
from shared.contracts.uploads import RowProblem, Upload

Forecast = Literal["inserted", "updated", "unchanged", "rejected"]


class CheckedMend(Shape):
    """What mending a row with these values would say, by the upload's own version of the dataset."""

    good: bool
    values: dict[str, str] = Field(description="Normalised where right, as typed where wrong.")
    problems: list[RowProblem]


class ReplaceValue(Body):
    """Put `to` where a rejected row says `from`."""

    model_config = ConfigDict(populate_by_name=True)

    field: str
    from_: Annotated[str, Field(alias="from", description="The whole value as it stands in the row; empty: nothing.")]
    to: str
    dry_run: Annotated[bool, Field(description="Say what would become of the rows; change nothing.")] = False


class Replaced(Shape):
    rows: int = Field(description="Rejected rows that held the value.")
    corrected: int = Field(description="Of these, rows that are good with the new one.")
    upload: Upload


class ComparisonFilter(PageQuery):
    forecast: Forecast | None = None


class Comparison(Shape):
    """One row of a dry run: what confirming would do with it."""

    row: int
    forecast: Forecast
    record_id: str | None = Field(description="The stored record with the same key.")
    before: dict[str, str] | None = Field(description="Its values; null for a new record.")
    after: dict[str, str]
    changed: list[str] = Field(description="Codes of the fields that differ.")
    public: dict[str, str] = Field(description="What the public would see.")


class IgnoreRow(Body):
    reason: Annotated[str, Field(max_length=500)] = ""
