"""The messages of departments and users, and who has read them."""

from shared.db.database import Conn
from shared.db.queries import load_queries

SQL = load_queries("services.records.messages")


async def add(
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
