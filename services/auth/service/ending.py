"""`end-sessions`: whoever runs the server ends the sessions and tokens of one user, or of all."""

import logging

from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as token_repository
from services.auth.repository import users as repository
from services.auth.service.audit import OPERATIONS, record
from services.auth.service.clock import utc_now
from services.auth.settings import DatabaseSettings
from shared.db.database import Database

log = logging.getLogger(__name__)


class NoSuchUser(Exception):
    """Nobody has this user name."""


async def end_sessions(settings: DatabaseSettings, username: str | None) -> None:
    """Of all with `username` None. Passwords stay: whoever knows one signs in again. Raises NoSuchUser."""
    async with Database.open(settings.database.get_secret_value(), max_size=1) as db, db.transaction() as conn:
        if username is None:
            await repository.lock_all_users(conn)  # a token that is just being made must not slip by
            user_id, whose = None, "全部用户"
        else:
            found = await repository.lock_user_of_name(conn, username)
            if found is None:
                raise NoSuchUser
            user_id, whose = found["user_id"], f"用户 {found['username']}"
        now = utc_now()
        sessions = await session_repository.end_sessions(conn, user_id)
        tokens = await token_repository.end_tokens(conn, user_id, now)
        await record(conn, OPERATIONS, now, "session.all_ended", f"{whose}：{sessions} 个登录、{tokens} 个令牌")
    log.info("%d sessions and %d tokens ended", sessions, tokens)
