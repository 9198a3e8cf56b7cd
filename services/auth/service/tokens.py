"""API tokens of the caller."""

from datetime import datetime, timedelta
from uuid import UUID

from services.auth.errors import SessionEnded, TokenNotFound
from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as repository
from services.auth.repository import users as user_repository
from services.auth.service.audit import record
from services.auth.service.clock import Clock
from services.auth.service.identities import TOKEN_MARK
from services.auth.tokens import digest, new_api_token
from shared.contracts.accounts import NewToken, TokenDraft, TokenPage
from shared.contracts.base import PageQuery
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database


class Tokens:
    def __init__(self, db: Database, now: Clock) -> None:
        self._db = db
        self._now = now

    async def page(self, caller: Identity, query: PageQuery) -> TokenPage:
        async with self._db.transaction() as conn:
            items, total = await repository.list_tokens(conn, UUID(caller.user_id), query)
        return TokenPage(items=items, page=query.page, size=query.size, total=total)

    async def create(self, caller: Identity, draft: TokenDraft) -> NewToken:
        """A new token; one made with a token does not outlive it, or a leaked one could live on for ever.

        Raises:
            SessionEnded: what the caller came with ended while the identity made of it was still good.
        """
        secret = new_api_token()
        now = self._now()
        async with self._db.transaction() as conn:
            await user_repository.lock_user(conn, UUID(caller.user_id))  # a change of password ends all there are
            parent = _parent(caller)
            expires_at = await _within_parent(conn, caller, parent, now + timedelta(days=draft.expires_in_days))
            token = repository.FreshToken(digest(secret), UUID(caller.user_id), draft.name, now, expires_at, parent)
            token_id = await repository.insert_token(conn, token)
            await record(conn, caller, now, "token.created", f"令牌 {draft.name}")
        return NewToken(id=str(token_id), name=draft.name, token=secret, expires_at=expires_at)

    async def revoke(self, caller: Identity, token_id: UUID) -> None:
        """End the token and all that was made with it. Raises TokenNotFound: not the caller's, or revoked before."""
        now = self._now()
        async with self._db.transaction() as conn:
            await user_repository.lock_user(conn, UUID(caller.user_id))  # one that is just being made must not slip by
            name = await repository.revoke_token(conn, token_id, UUID(caller.user_id), now)
            if name is None:
                raise TokenNotFound("没有这个令牌，可能已经停用。")
            await record(conn, caller, now, "token.revoked", f"令牌 {name}")


def _parent(caller: Identity) -> UUID | None:
    """The token the caller came with; None with a session."""
    kind, mark, token_id = caller.session_id.partition(":")
    return UUID(token_id) if f"{kind}{mark}" == TOKEN_MARK else None


async def _within_parent(conn: Conn, caller: Identity, parent: UUID | None, wanted: datetime) -> datetime:
    if parent is None:
        lives = await session_repository.session_lives(conn, UUID(caller.session_id))
        expires_at = wanted if lives else None
    else:
        expires_at = await repository.token_expiry(conn, parent)
    if expires_at is None:
        raise SessionEnded("登录或令牌刚刚失效（例如密码已被修改），请重新登录。")
    return min(wanted, expires_at)
