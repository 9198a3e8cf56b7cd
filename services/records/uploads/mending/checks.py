"""The check of rows that an officer has mended: the same as in the worker, a key twice in a file included."""

import json
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from shared.datasets.check import Checked, row_check
from shared.datasets.definition import Dataset
from shared.datasets.problems import Problem
from shared.db.database import Row


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
                problem = _twice(dataset, columns, row, first, one)
                found[row] = one._replace(problems=[*one.problems, problem], good=False)
                continue
        found[row] = one
    return found


def _twice(dataset: Dataset, columns: Mapping[str, str], row: int, first: int, one: Checked) -> Problem:
    code = dataset.key[0]
    label = next(field.label for field in dataset.fields if field.code == code)
    return Problem(
        severity="error",
        cell=f"{columns[code]}{row}" if code in columns else None,
        field=code,
        label=label,
        code="duplicate_in_file",
        value=one.values.get(code, ""),
        message=f"“{label}”：与第 {first} 行是同一条记录（关键字段相同）。请改正其中一行，或忽略这一行。",
    )
