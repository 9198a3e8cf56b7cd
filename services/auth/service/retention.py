"""Retention: sessions that have ended by themselves, and audit lines older than they need to be."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.auth.repository import audit as audit_repository
from services.auth.repository import sessions as session_repository
from services.auth.service.clock import Clock
from services.auth.service.sessions import SessionLife
from shared.db.database import Conn, Database

log = logging.getLogger(__name__)


class Retention:
    """`audit_days`: after which a line goes; 0: never. `most`: rows a transaction."""

    def __init__(self, db: Database, now: Clock, life: SessionLife, *, audit_days: int, most: int = 1_000) -> None:
        self._db = db
        self._now = now
        self._life = life
        self._audit_days = audit_days
        self._most = most

    async def sweep(self) -> None:
        """A few rows a transaction, so that nobody waits for long; where one sweep dies the next goes on."""
        sessions, lines = await self._in_parts(self._sessions), 0
        if self._audit_days:
            lines = await self._in_parts(self._lines)
        if sessions or lines:
            log.info("retention: %d ended sessions and %d audit lines went", sessions, lines)

    async def _in_parts(self, part: Callable[[Conn], Awaitable[int]]) -> int:
        gone = 0
        while True:
            async with self._db.transaction() as conn:
                last = await part(conn)
            gone += last
            if last < self._most:
                return gone

    async def _sessions(self, conn: Conn) -> int:
        now = self._now()
        return await session_repository.clear_sessions(
            conn, now - self._life.absolute, now - self._life.idle, self._most
        )

    async def _lines(self, conn: Conn) -> int:
        return await audit_repository.clear_audit(conn, self._now() - timedelta(days=self._audit_days), self._most)
