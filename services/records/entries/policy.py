"""How a row of the table record reads as the contract's Record, and what a search text means."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from shared.contracts.identity import DepartmentRef, Identity
from shared.contracts.records import Record, RecordQuery, RecordState, Revocation, Source
from shared.contracts.uploads import DatasetRef, Deadline, UserRef
from shared.db.database import Row
from shared.db.queries import escaped

# What only a code of an enterprise or person looks like.
_CODE = re.compile(r"[0-9A-Z]{6,20}|[0-9A-Z]{8}-[0-9A-Z]")


class Filters(NamedTuple):
    """What every list query takes first, in the order of its parameters."""

    dataset: str | None
    department: str | None
    state: str | None
    region: str | None
    first: date | None
    last: date | None
    by_hand: bool | None
    values: str | None  # JSON
    by: str  # the day that first and last are about
    on_time: bool | None

    @property
    def narrows(self) -> bool:
        """Whether the tally of datasets and departments is not the total."""
        _, _, *others, _, on_time = self
        return any(value is not None for value in (*others, on_time))


class Sought(NamedTuple):
    """A search text: by code, or by the name and the document number. `chars` where it is too short for trigrams."""

    text: str
    code: str | None
    pattern: str
    chars: str | None

    @property
    def patterns(self) -> tuple[str, str | None]:
        """Of the name and of the document number; one or two characters would say nothing there."""
        return self.pattern, self.pattern if self.chars is None else None


def filters_of(identity: Identity, wanted: RecordQuery, fields: Mapping[str, str]) -> Filters:
    return Filters(
        wanted.dataset,
        wanted.department if identity.is_admin else identity.department.code,
        wanted.state.value if wanted.state else None,
        wanted.region,
        wanted.from_,
        wanted.to,
        None if wanted.entry is None else wanted.entry == "hand",
        json.dumps(dict(fields)) if fields else None,
        wanted.by,
        wanted.on_time,
    )


def sought(q: str | None) -> Sought | None:
    text = (q or "").replace("\0", "").strip()
    if not text:
        return None
    pattern = f"%{escaped(text)}%"
    if _CODE.fullmatch(text.upper()):
        return Sought(text, text.upper().replace("-", ""), pattern, None)
    return Sought(text, None, pattern, text if len(text) < 3 else None)


def record_of(row: Row) -> Record:
    revoked = row["state"] == "revoked"
    return Record(
        id=str(row["record_id"]),
        dataset=DatasetRef(code=row["dataset_code"], name=row["dataset_name"] or "", version=row["dataset_version"]),
        department=DepartmentRef(code=row["department_code"], name=row["department_name"]),
        values=values_of(row),
        state=state_of(row),
        published_until=row["published_until"],
        revision=row["revision"],
        source=_source(row),
        created_at=row["created_at"],
        created_by=UserRef(id=row["created_by"], name=row["created_by_name"]),
        updated_at=row["updated_at"],
        updated_by=UserRef(id=row["updated_by"], name=row["updated_by_name"]),
        revocation=Revocation(reason=row["revocation_reason"] or "", at=row["revoked_at"], by=row["revoked_by_name"])
        if revoked
        else None,
        deadline=deadline_of(row),
    )


def values_of(row: Row) -> dict[str, str]:
    values: dict[str, str] = json.loads(row["values"])
    return values


def state_of(row: Row) -> RecordState:
    if row["state"] == "published" and row["over"]:
        return RecordState.EXPIRED
    return RecordState(row["state"])


def deadline_of(row: Row) -> Deadline | None:
    if row["due_on"] is None:
        return None
    days = row["days"] or 0
    return Deadline(
        due_on=row["due_on"],
        on_time=row["on_time"],
        # A day off after the last day is late too, though no working day has passed.
        days=days if row["on_time"] else min(days, -1),
        provisional=bool(row["provisional"]),
    )


def _source(row: Row) -> Source | None:
    if row["source_upload_id"] is None:
        return None
    return Source(upload_id=row["source_upload_id"], row=row["source_row"])
