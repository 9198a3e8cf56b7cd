"""Who did what, from records and auth in one list."""

from datetime import datetime, time, timedelta
from typing import Protocol

from services.records.audit import repository
from services.records.audit.errors import TooFarBack
from shared.clock import CHINA
from shared.contracts.accounts import AuditEntries, AuditQuery
from shared.contracts.audit import AuditFilter, AuditPage
from shared.db.database import Database
from shared.db.planning import plan_by_values

# Both sources give their newest entries; further back than this one narrows the filters.
FURTHEST = 10_000


class Source(Protocol):
    async def list_audit(self, authorization: str, wanted: AuditQuery) -> AuditEntries: ...


class AuditService:
    def __init__(self, db: Database, auth: Source) -> None:
        self._db = db
        self._auth = auth

    async def page(self, authorization: str, wanted: AuditFilter) -> AuditPage:
        """Newest first. `authorization`: the admin's, passed on to auth.

        Raises:
            TooFarBack, AuthAuditDown
        """
        last = wanted.offset + wanted.size
        if last > FURTHEST:
            raise TooFarBack(f"最多往前翻 {FURTHEST} 条；更早的请用时间或操作人筛选。")
        query = AuditQuery(
            since=datetime.combine(wanted.from_, time(), CHINA) if wanted.from_ else None,
            before=datetime.combine(wanted.to + timedelta(days=1), time(), CHINA) if wanted.to else None,
            actor=wanted.actor,
            action=wanted.action,
            department=wanted.department,
            limit=last,
        )
        theirs = await self._auth.list_audit(authorization, query)
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            ours, total = await repository.list_audit(conn, query)
        entries = sorted([*ours, *theirs.items], key=lambda entry: entry.at, reverse=True)
        return AuditPage(
            items=entries[wanted.offset : last],
            page=wanted.page,
            size=wanted.size,
            total=total.rows + theirs.total,
            total_exact=total.exact and theirs.total_exact,
        )
