"""The messages of departments and users, and who has read them."""

from services.records.messages.errors import MessageNotFound
from shared.contracts.identity import Identity
from shared.contracts.messages import MessageQuery
from shared.db.database import Conn, Row
from shared.db.queries import load_queries

SQL = load_queries("services.records.messages")


async def add(  # noqa: PLR0913  # one fact, all by name
    conn: Conn,
    *,
    kind: str,
    department_code: str,
    user_id: str | None,
    title: str,
    body: str,
    link: str,
    fact: str,
) -> int | None:
    """The new message's id, or None when this fact has made a message before.

    `user_id` None addresses everybody of the department. `fact` names what happened, such as `upload:<id>:finished`.
    """
    message_id: int | None = await conn.fetchval(
        SQL["add_message"], kind, department_code, user_id, title, body, link, fact
    )
    return message_id


async def list_messages(conn: Conn, identity: Identity, wanted: MessageQuery) -> list[Row]:
    return await conn.fetch(
        SQL["list_messages"], *_reader(identity), wanted.unread, wanted.kind, wanted.offset, wanted.size
    )


async def count_messages(conn: Conn, identity: Identity, kind: str | None) -> Row:
    """total, unread_of_kind, unread. Always one row."""
    rows = await conn.fetch(SQL["count_messages"], *_reader(identity), kind)
    return rows[0]


async def read_message(conn: Conn, identity: Identity, message_id: int) -> Row:
    """Raises MessageNotFound: not there, or not the caller's."""
    await conn.execute(SQL["read_message"], *_reader(identity), message_id)
    row = await conn.fetchrow(SQL["get_message"], *_reader(identity), message_id)
    if row is None:
        raise MessageNotFound("没有找到这条消息。")
    return row


async def read_messages(conn: Conn, identity: Identity) -> int:
    """How many were unread."""
    marked: int = await conn.fetchval(SQL["read_messages"], *_reader(identity))
    return marked


def _reader(identity: Identity) -> tuple[str, str]:
    return identity.department.code, identity.user_id
