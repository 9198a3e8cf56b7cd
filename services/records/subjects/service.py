"""便捷查询: one enterprise or person across all datasets."""

import json

from services.records.entries import repository as entries
from services.records.entries.policy import sought
from services.records.publicity import repository as publicity
from services.records.publicity.policy import codes_shown, is_public, searched
from services.records.subjects import repository
from services.records.subjects.errors import SubjectNotFound
from services.records.subjects.policy import group, subject_of
from services.records.subjects.repository import Sight
from shared.contracts.identity import Identity
from shared.contracts.public import PublicQuery
from shared.contracts.subjects import Subject, SubjectPage
from shared.datasets.definition import Dataset
from shared.db.database import Conn, Database, Row
from shared.db.planning import plan_by_values

# Records shown of one subject; the newest.
MOST_SHOWN = 200


class SubjectsService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def search(self, identity: Identity, q: str, page: int, size: int) -> SubjectPage:
        """By a part of the name or a whole code; the newest of each subject's records first."""
        wanted = sought(q)
        if wanted is None:
            return SubjectPage(items=[], page=page, size=size, total=0)
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            datasets = await _datasets(conn)
            sight = _sight(identity, datasets)
            found = await repository.search(conn, sight, wanted)
            groups = group(await repository.complete(conn, sight, found))
            shown = groups[(page - 1) * size : page * size]
            items = [subject_of(identity, rows, datasets) for rows in await _in_full(conn, shown)]
        return SubjectPage(items=items, page=page, size=size, total=len(groups))

    async def get(self, identity: Identity, record_id: int) -> Subject:
        """`record_id`: any record of the subject. Raises SubjectNotFound: none the caller may see."""
        async with self._db.transaction() as conn:
            await plan_by_values(conn)
            datasets = await _datasets(conn)
            sight = _sight(identity, datasets)
            found = await repository.by_id(conn, sight, record_id)
            if not found:
                raise SubjectNotFound("没有找到这个企业或个人，请重新查询。")
            groups = group(await repository.complete(conn, sight, found))
            mine = [rows for rows in groups if any(row["record_id"] == record_id for row in rows)]
            [rows] = await _in_full(conn, mine)
        return subject_of(identity, rows, datasets)


def _sight(identity: Identity, datasets: dict[str, Dataset]) -> Sight:
    public = [one for one in datasets.values() if is_public(one)]
    codes = {one.code: codes_shown(one) for one in public}
    return Sight(identity.department_scope, [*codes], searched(public, PublicQuery()).by_whole, json.dumps(codes))


async def _datasets(conn: Conn) -> dict[str, Dataset]:
    return {one.code: one for one in await publicity.current_datasets(conn)}


async def _in_full(conn: Conn, groups: list[list[Row]]) -> list[list[Row]]:
    """The same groups with everything that is shown of their records."""
    ids = [row["record_id"] for rows in groups for row in rows[:MOST_SHOWN]]
    whole = {row["record_id"]: row for row in await entries.get_records(conn, ids)}
    return [[whole[row["record_id"]] for row in rows[:MOST_SHOWN]] for rows in groups]
