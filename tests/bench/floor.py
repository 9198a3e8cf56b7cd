"""The floor: one process reads with xlrd, checks with the same checks and COPYs into a table indexed like `record`.

No HTTP, no broker, no ledger, no second look: what nobody who checks and keeps the rows can do without.
Run as a program by `yardsticks.py`: one JSON line per line read from stdin.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import msgspec
import xlrd

from shared.datasets.check import RowCheck
from shared.datasets.definition import Dataset
from shared.datasets.roles import derive
from shared.datasets.values import Cell, SheetCell
from tests.bench.files import DATASET, shipped
from tests.bench.yardsticks import serve

TABLES = """
DROP TABLE IF EXISTS floor_record, floor_problem;
CREATE TABLE floor_record (LIKE record INCLUDING ALL);
CREATE TABLE floor_problem (row integer PRIMARY KEY, values jsonb NOT NULL, problems jsonb NOT NULL);
"""
COUNTS = "SELECT count(*) FROM floor_record UNION ALL SELECT count(*) FROM floor_problem"
RECORD = [
    *("dataset_code", "dataset_version", "department_code", "key"),
    *("name", "identifiers", "region", "document", "decided_on", "values"),
    *("source_row", "created_by", "created_by_name", "updated_by", "updated_by_name"),
]
_encode = msgspec.json.Encoder().encode


def cells_of(path: Path, dataset: Dataset) -> Iterator[tuple[int, list[Cell], list[str | None]]]:
    """Excel's row number, the cells in the order of the fields, their column letters."""
    sheet = xlrd.open_workbook(str(path)).sheet_by_index(0)
    labels = [str(label) for label in sheet.row_values(1)]
    places = [labels.index(field.label) for field in dataset.fields]
    letters: list[str | None] = [xlrd.formula.colname(place) for place in places]
    for index in range(2, sheet.nrows):
        types, values = sheet.row_types(index), sheet.row_values(index)
        yield index + 1, [_cell(types[place], values[place]) for place in places], letters


def _cell(kind: int, value: Any) -> Cell:
    if kind == xlrd.XL_CELL_TEXT:
        return str(value)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return ""
    return SheetCell("date" if kind == xlrd.XL_CELL_DATE else "number", value, f"{value:g}")


def read_and_check(path: Path, dataset: Dataset) -> tuple[list[Any], list[Any]]:
    check = RowCheck(dataset)  # knows no value yet, as the one of a file's own process
    today, good, bad = date.today(), [], []  # noqa: DTZ011  # any today will do
    for row, cells, letters in cells_of(path, dataset):
        checked = check.check(cells, today=today, row=row, columns=letters)
        values = _encode(checked.values).decode()
        if not checked.good:
            bad.append((row, values, _encode(checked.problems).decode()))
            continue
        found = derive(dataset, checked.values)
        known = (found.name, found.identifiers, found.region, found.document, found.decided_on, values)
        good.append((dataset.code, 1, "floor", checked.key, *known, row, "1", "李四", "1", "李四"))
    return good, bad


async def store(conn: asyncpg.Connection, good: list[Any], bad: list[Any]) -> None:
    async with conn.transaction():
        await conn.copy_records_to_table("floor_record", records=good, columns=RECORD)
        await conn.copy_records_to_table("floor_problem", records=bad, columns=["row", "values", "problems"])


class Floor:
    def __init__(self, path: Path, database: str) -> None:
        self._path, self._database = path, database
        self._dataset = shipped(DATASET)
        self._loop = asyncio.new_event_loop()
        self._conn: asyncpg.Connection = self._loop.run_until_complete(asyncpg.connect(database))
        gc.disable()  # what it makes holds no cycles; 5 % faster

    def once(self) -> dict[str, float]:
        """Seconds of one whole job, on empty tables, and of its parts."""
        run = self._loop.run_until_complete
        run(self._conn.execute(TABLES))
        begun = perf_counter()
        good, bad = read_and_check(self._path, self._dataset)
        checked = perf_counter()
        run(store(self._conn, good, bad))
        ended = perf_counter()
        counts = run(self._conn.fetch(COUNTS))
        return {
            "seconds": ended - begun,
            "read_and_check": checked - begun,
            "copy": ended - checked,
            "stored": counts[0][0],
            "refused": counts[1][0],
            "at": datetime.now(UTC).timestamp(),
        }


if __name__ == "__main__":
    serve(Floor(Path(sys.argv[1]), sys.argv[2]).once)
