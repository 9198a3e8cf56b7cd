"""Tells departments what time does to their data: publicity that ended, deadlines that come near. Part of the sweep."""

import time

from services.records.messages import repository as messages
from services.records.publicity.reminders import repository
from shared.contracts.base import Announce
from shared.contracts.ingest import UserMessaged
from shared.db.database import Conn, Database, Row

# The sweep comes by every few seconds; days pass more slowly.
EVERY_SECONDS = 600.0


class RemindersService:
    def __init__(self, db: Database, announce: Announce) -> None:
        self._db = db
        self._announce = announce
        self._next = float("-inf")

    async def sweep(self) -> None:
        """Announce what is due, at most every EVERY_SECONDS. Safe from several processes: a fact makes one message."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        await self.announce_due()

    async def announce_due(self) -> int:
        """Write the messages that are due now; how many were new. One kind stays written though the next stumbles."""
        count = 0
        for due, tell in ((repository.ended, _publicity_ended), (repository.lately_waiting_rows, _deadline_near)):
            async with self._db.transaction() as conn:
                told = [message for row in await due(conn) for message in await tell(conn, row)]
            for message in told:
                await self._announce(message)
            count += len(told)
        return count


async def _publicity_ended(conn: Conn, row: Row) -> list[UserMessaged]:
    day, dataset = row["published_until"], row["dataset_code"]
    return await _tell(
        conn,
        kind="publicity_ended",
        department=row["department_code"],
        user_id=None,
        title=f"{row['dataset_name']}：{row['records']} 条公示期满",
        body=f"{row['records']} 条记录的公示期到 {day} 为止，已自动停止公示；记录仍保留，可在列表中查看。",
        link=f"/records?dataset={dataset}&state=expired",
        fact=f"publicity_ended:{row['department_code']}:{dataset}:{day}",
    )


async def _deadline_near(conn: Conn, row: Row) -> list[UserMessaged]:
    told: list[UserMessaged] = []
    link = f"/uploads/{row['upload_id']}"
    if row["near"]:
        told += await _tell(
            conn,
            kind="deadline_near",
            department=row["department_code"],
            user_id=row["user_id"],
            title=f"{row['near']} 行待改正的数据快到 7 个工作日期限",
            body=f"“{row['file_name']}”中有 {row['near']} 行还没有入库，最早的期限是 {row['next_due_on']}；"
            "请尽快改正，以免迟报。",
            link=link,
            fact=f"deadline_near:{row['upload_id']}:{row['next_due_on']}",
        )
    if row["late_since"]:  # who sends what is late already knows it
        told += await _tell(
            conn,
            kind="deadline_near",
            department=row["department_code"],
            user_id=row["user_id"],
            title=f"{row['late_since']} 行待改正的数据已超过 7 个工作日期限",
            body=f"“{row['file_name']}”中有 {row['late_since']} 行上报时退回，至今没有改正，已经迟报；"
            "请尽快改正或忽略。",
            link=link,
            fact=f"deadline_passed:{row['upload_id']}",
        )
    return told


async def _tell(  # noqa: PLR0913  # the columns of a message
    conn: Conn, *, kind: str, department: str, user_id: str | None, title: str, body: str, link: str, fact: str
) -> list[UserMessaged]:
    message_id = await messages.add(
        conn, kind=kind, department_code=department, user_id=user_id, title=title, body=body, link=link, fact=fact
    )
    if message_id is None:
        return []
    return [UserMessaged(department=department, user_id=user_id, id=str(message_id), kind=kind, title=title)]
