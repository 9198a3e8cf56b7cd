"""消息提醒 as its reader sees it."""

from services.records.messages import repository
from services.records.messages.policy import standing
from shared.contracts.identity import Identity
from shared.contracts.messages import MessagePage, MessageQuery, MessagesRead, UserMessage
from shared.db.database import Database, Row


class MessagesService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, identity: Identity, wanted: MessageQuery) -> MessagePage:
        async with self._db.reading() as conn:
            rows = await repository.list_messages(conn, identity, wanted)
            counts = await repository.count_messages(conn, identity, wanted.kind)
        return MessagePage(
            items=[_message(row) for row in rows],
            page=wanted.page,
            size=wanted.size,
            total=counts["unread_of_kind"] if wanted.unread else counts["total"],
            unread=counts["unread"],
        )

    async def read(self, identity: Identity, message_id: int) -> UserMessage:
        """Raises MessageNotFound."""
        async with self._db.transaction() as conn:
            return _message(await repository.read_message(conn, identity, message_id))

    async def read_all(self, identity: Identity) -> MessagesRead:
        async with self._db.transaction() as conn:
            return MessagesRead(read=await repository.read_messages(conn, identity), unread=0)


def _message(row: Row) -> UserMessage:
    now = standing(row)
    return UserMessage(
        id=str(row["message_id"]),
        kind=row["kind"],
        title=row["title"],
        body=row["body"],
        link=row["link"],
        created_at=row["created_at"],
        read_at=row["read_at"],
        now=now.words,
        settled=now.settled,
    )
