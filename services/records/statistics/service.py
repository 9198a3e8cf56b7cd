"""数据统计 and the figures of the home page. The formulas are in policy.py."""

from services.records.messages import repository as messages
from services.records.publicity.reminders import repository as reminders
from services.records.statistics import repository
from services.records.statistics.policy import figures_of, links_of, totals_of
from shared.contracts.identity import Identity
from shared.contracts.statistics import Figure, HomeFigures, LinkedFigures, Statistics, StatisticsQuery, WaitingDeadline
from shared.db.database import Database


class StatisticsService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def figures(self, identity: Identity, wanted: StatisticsQuery) -> Statistics:
        department = wanted.department if identity.is_admin else identity.department.code
        async with self._db.reading() as conn:
            rows = await repository.figures(
                conn, (wanted.group_by, wanted.from_, wanted.to, department, wanted.dataset)
            )
        scope = department if identity.is_admin else None
        items = [
            Figure(
                **dict(figures_of(dict(row))),
                key=row["key"],
                label=row["label"],
                links=links_of(wanted, scope, row["key"]),
            )
            for row in rows
        ]
        return Statistics(
            items=items[wanted.offset : wanted.offset + wanted.size],
            page=wanted.page,
            size=wanted.size,
            total=len(items),
            totals=LinkedFigures(**dict(totals_of([dict(row) for row in rows])), links=links_of(wanted, scope, None)),
        )

    async def home(self, identity: Identity) -> HomeFigures:
        async with self._db.reading() as conn:
            row = await repository.home(conn, identity.department_scope)
            near = await reminders.waiting_rows(conn, identity.department_scope)
            unread = await messages.count_messages(conn, identity, None)
        return HomeFigures(
            rows_waiting=row["rows_waiting"],
            uploads_running=row["uploads_running"],
            awaiting_confirmation=row["awaiting_confirmation"],
            deadlines_near=sum(one["near"] + one["late"] for one in near),
            deadlines=[
                WaitingDeadline(
                    upload_id=one["upload_id"], near=one["near"], late=one["late"], next_due_on=one["next_due_on"]
                )
                for one in near
            ],
            ending_soon=row["ending_soon"],
            records=row["records"],
            unread=unread["unread"],
        )
