"""The check of rows that an officer has mended: the same as in the worker, a key twice in a file included."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from services.records.uploads.applying.repository import ADVICE, TAKEN
from shared.datasets.check import Checked, row_check
from shared.datasets.definition import Dataset
from shared.datasets.problems import Problem
from shared.db.database import Row


class _Said(NamedTuple):
    severity: Literal["error", "warning"]
    code: str
    message: str


def checked_again(
    dataset: Dataset, upload: Row, rows: Mapping[int, Mapping[str, str]], today: date
) -> dict[int, Checked]:
    """`rows`: all values of each row. `today`: of the mending, not of the upload."""
    check = row_check(dataset)
    columns: dict[str, str] = json.loads(upload["columns"])
    return {row: check.check_values(values, today=today, row=row, columns=columns) for row, values in rows.items()}


def once_a_key(
    dataset: Dataset, upload: Row, rows: Mapping[int, Checked], taken: Mapping[UUID, int]
) -> dict[int, Checked]:
    """`taken`: keys of other good rows of the file. Who comes second with a key is rejected."""
    columns: dict[str, str] = json.loads(upload["columns"])
    seen = dict(taken)
    found: dict[int, Checked] = {}
    for row, one in rows.items():
        if one.good and one.key is not None:
            first = seen.setdefault(one.key, row)
            if first != row:
                message = f"与第 {first} 行是同一条记录（关键字段相同）。请改正其中一行，或忽略这一行。"
                problem = _of_key(dataset, columns, row, one, _Said("error", "duplicate_in_file", message))
                found[row] = one._replace(problems=[*one.problems, problem], good=False)
                continue
        found[row] = one
    return found


def known_already(dataset: Dataset, upload: Row, row: int, one: Checked) -> Checked:
    """Said before storing: the department has a record with this key, and the upload says what becomes of it."""
    way = upload["on_duplicate"]
    advice = ADVICE[way] or "入库时会按这里的内容更新那条记录。"
    said = _Said("error" if way == "reject" else "warning", "duplicate_existing", TAKEN + advice)
    problem = _of_key(dataset, json.loads(upload["columns"]), row, one, said)
    return one._replace(problems=[*one.problems, problem], good=one.good and way != "reject")


def _of_key(dataset: Dataset, columns: Mapping[str, str], row: int, one: Checked, said: _Said) -> Problem:
    field = next(field for field in dataset.fields if field.code == dataset.key[0])
    return Problem(
        severity=said.severity,
        cell=f"{columns[field.code]}{row}" if field.code in columns else None,
        field=field.code,
        label=field.label,
        code=said.code,
        value=one.values.get(field.code, ""),
        message=f"“{field.label}”：{said.message}",
    )
