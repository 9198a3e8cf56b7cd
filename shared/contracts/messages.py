"""消息提醒."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.base import Page, PageQuery, Shape

MessageKind = Literal["import_finished", "rows_waiting", "publicity_ended", "deadline_near", "calendar"]


class UserMessage(Shape):
    id: str
    kind: MessageKind
    title: str
    body: str
    link: str
    created_at: AwareDatetime
    read_at: AwareDatetime | None
    now: str | None = Field(description="What has become of it since, in Chinese; null where nothing has.")
    settled: bool = Field(description="Nothing is left to do about it.")


class MessagePage(Page[UserMessage]):
    unread: int


class MessageQuery(PageQuery):
    unread: Annotated[bool, Field(description="Only those not read yet.")] = False
    kind: MessageKind | None = None


class MessagesRead(Shape):
    read: int = Field(description="Messages marked by this call.")
    unread: int
