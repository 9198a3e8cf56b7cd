"""Which records are of the same subject, and how much of each the caller sees."""

from collections.abc import Iterable, Sequence

from services.records.entries.policy import state_of, values_of
from shared.contracts.identity import DepartmentRef, Identity
from shared.contracts.subjects import Subject, SubjectRecord
from shared.contracts.uploads import DatasetRef
from shared.datasets.definition import Dataset
from shared.datasets.masking import public_values
from shared.datasets.roles import roles_of
from shared.db.database import Row


def group(rows: Iterable[Row]) -> list[list[Row]]:
    """By shared codes, else by the name within the kind of dataset; the newest subject first, its records likewise."""
    groups: dict[int, list[Row]] = {}
    group_of: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row["record_id"]):
        marks = [f"code {code}" for code in row["identifiers"]] or [f"name {row['name']}"]
        known = sorted({group_of[mark] for mark in marks if mark in group_of})
        target = known[0] if known else row["record_id"]
        for other in known[1:]:
            groups[target] += groups.pop(other)
            group_of.update({mark: target for mark, owner in group_of.items() if owner == other})
        groups.setdefault(target, []).append(row)
        group_of.update(dict.fromkeys(marks, target))
    found = [sorted(rows, key=lambda row: row["record_id"], reverse=True) for rows in groups.values()]
    return sorted(found, key=lambda rows: rows[0]["record_id"], reverse=True)


def subject_of(identity: Identity, rows: Sequence[Row], datasets: dict[str, Dataset]) -> Subject:
    """`rows`: of get_records, newest first. `datasets`: current definitions, by code."""
    records = [_record(identity, row, datasets.get(row["dataset_code"])) for row in rows]
    names: list[str] = []
    identifiers: dict[str, str] = {}
    # What the caller sees in full comes first: it names the subject.
    for record in sorted(records, key=lambda record: not record.full):
        dataset = datasets.get(record.dataset.code)
        if dataset is None:
            continue
        roles = roles_of(dataset)
        names += [record.values[roles.name]] if roles.name in record.values else []
        for field in dataset.fields:
            if field.code in roles.identifiers and field.code in record.values and field.identifier:
                identifiers.setdefault(field.identifier, record.values[field.code])
    return Subject(
        id=str(min(row["record_id"] for row in rows)),
        name=names[0] if names else "",
        identifiers=identifiers,
        records=records,
    )


def _record(identity: Identity, row: Row, dataset: Dataset | None) -> SubjectRecord:
    full = identity.is_admin or row["department_code"] == identity.department.code
    values = values_of(row)
    if not full:
        values = public_values(dataset, values) if dataset is not None else {}
    # Its own column: said only where the field it is from is.
    dated = full or (dataset is not None and roles_of(dataset).decided_on in values)
    return SubjectRecord(
        id=str(row["record_id"]),
        dataset=DatasetRef(code=row["dataset_code"], name=row["dataset_name"] or "", version=row["dataset_version"]),
        department=DepartmentRef(code=row["department_code"], name=row["department_name"]),
        state=state_of(row),
        decided_on=row["decided_on"] if dated else None,
        published_until=row["published_until"],
        values=values,
        full=full,
    )
