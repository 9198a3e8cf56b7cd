"""The state's holiday calendar."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.contracts.base import Body, Page, Shape


class CalendarDay(Shape):
    day: date
    is_workday: bool
    provisional: bool = Field(description="No holiday notice for that year yet: Monday to Friday assumed.")
    note: str
    due_on: date | None = Field(description="The seventh working day after this day.")


class CalendarPage(Page[CalendarDay]):
    """All days of the year, on one page."""

    year: int
    provisional: bool = Field(description="True where a day of the year is provisional.")


class CalendarQuery(Body):
    year: Annotated[int | None, Field(ge=1990, le=2099, description="Without it, the current year.")] = None


class ChangedDay(Body):
    is_workday: bool
    note: Annotated[str, Field(max_length=100)] = ""
