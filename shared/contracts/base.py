"""The shapes everything else is built from: bus messages, HTTP bodies, pages."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Generic, TypeAlias, TypeVar
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


class Message(BaseModel):
    """A fact on the bus. Readers ignore fields they do not know, so adding one is not a new version.

    Errors never quote the input: rows hold personal data and errors reach the log.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: ClassVar[str]
    version: ClassVar[int] = 1

    message_id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime = Field(default_factory=_now)
    request_id: str = ""

    @classmethod
    def routing_key(cls) -> str:
        return f"{cls.name}.v{cls.version}"


# Sends a live event nobody has to hear; never raises and never makes its caller wait.
Announce: TypeAlias = Callable[[Message], Awaitable[None]]


class Shape(BaseModel):
    """An HTTP answer."""

    model_config = ConfigDict(hide_input_in_errors=True)


class Body(BaseModel):
    """An HTTP request body or query: unknown names are refused, types are not coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class PageQuery(Body):
    page: Annotated[int, Field(ge=1, le=1_000_000, description="From 1.")] = 1
    size: Annotated[int, Field(ge=1, le=200, description="Items a page.")] = 10

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


class Page(Shape, Generic[T]):
    items: list[T]
    page: int
    size: int
    total: int


class LongPage(Page[T], Generic[T]):
    total_exact: bool = Field(True, description="False where total is an estimate: beyond 10,000.")
