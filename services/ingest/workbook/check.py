"""Inside the child: a workbook's bytes → the batches of checked rows that go to the broker, encoded as they are found.

A pure function of the file and the message: a repeat yields the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.ingest.workbook.book import open_book
from services.ingest.workbook.choose import Chosen, choose_sheet
from services.ingest.workbook.failures import Refused
from services.ingest.workbook.header import Layout
from services.ingest.workbook.rows import is_blank, is_help, repeats_header
from services.ingest.workbook.sniff import examine
from shared.clock import CHINA
from shared.contracts.ingest import UploadAccepted
from shared.contracts.rows import BATCH_BYTES, BATCH_ROWS, CheckedRow, RowsChecked
from shared.datasets.check import Checked, RowCheck, row_check
from shared.datasets.definition import Dataset
from shared.datasets.problems import Problem
from shared.datasets.values import Cell

# Excel's own limit less rows 1 and 2; BIFF cannot hold more, a setting may allow fewer.
MAX_ROWS = 65_534
# A text that many cells share stands in the file once, and in the ledger as often as it is shown.
MOST_TEXT = 256 * 1024 * 1024
FIRST_ROW = 2  # from 0: rows 1 and 2 are never imported

_encode = msgspec.json.Encoder().encode
_NO_PROBLEMS = msgspec.Raw(b"[]")


class Started(msgspec.Struct):
    rows_total: int
    notices: list[str]
    columns: dict[str, str]


class Batch(NamedTuple):
    number: int
    body: bytes  # RowsChecked, encoded
    rows: int


class Finished(msgspec.Struct):
    batches: int
    rows: int
    rejected: int
    warned: int


Step: TypeAlias = Started | Batch | Finished


def check_workbook(data: bytes, accepted: UploadAccepted, *, max_rows: int = MAX_ROWS) -> Iterator[Step]:
    """Started, the batches, Finished.

    Raises:
        Refused: the file as a whole cannot be imported.
        MemoryError: the limit of the process is reached.
    """
    examine(data)
    book = open_book(data)
    chosen = choose_sheet(book, accepted.dataset)
    return _Checking(chosen, accepted, epoch_1904=book.epoch_1904, max_rows=max_rows).run()


class _Checking:
    def __init__(self, chosen: Chosen, accepted: UploadAccepted, *, epoch_1904: bool, max_rows: int) -> None:
        self._sheet = chosen.sheet
        self._layout: Layout = chosen.layout
        self._name = chosen.name
        self._notices = chosen.notices
        self._accepted = accepted
        self._dataset: Dataset = accepted.dataset
        self._check: RowCheck = row_check(accepted.dataset)
        self._today: date = accepted.uploaded_at.astimezone(CHINA).date()
        self._letters = chosen.layout.letters
        self._epoch_1904 = epoch_1904
        self._max_rows = max_rows
        self._seen: dict[UUID, int] = {}  # key → the first good row that has it
        self._counts = Finished(batches=0, rows=0, rejected=0, warned=0)

    def run(self) -> Iterator[Step]:
        data_rows = self._data_rows()
        first = next(data_rows, None)
        if first is None:
            raise Refused("no_rows", sheet=self._name)
        yield self._started()
        batch, size, text = list[CheckedRow](), 0, 0
        for row, cells in chain([first], data_rows):
            checked = self._checked(row, cells)
            said = len(memoryview(checked.values))
            length = said + len(memoryview(checked.problems))
            text += said
            if text > MOST_TEXT:
                raise Refused("too_much_text", sheet=self._name, limit=f"{MOST_TEXT >> 20} MB")
            if batch and (len(batch) == BATCH_ROWS or size + length > BATCH_BYTES):
                yield self._batch(batch)
                batch, size = [], 0
            batch.append(checked)
            size += length
        yield self._batch(batch)
        yield self._counts

    def _started(self) -> Started:
        total = self._sheet.rows - FIRST_ROW
        if total > self._max_rows:
            raise Refused("too_many_rows", sheet=self._name, rows=total, limit=self._max_rows)
        columns = zip(self._dataset.fields, self._letters, strict=True)
        return Started(total, self._notices, {field.code: letters for field, letters in columns if letters})

    def _data_rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Excel's row number and all its cells, for every row that is data."""
        layout = self._layout
        places = [place for place in layout.places if place is not None]
        width = max(places) + 1
        for index in range(FIRST_ROW, self._sheet.rows):
            cells = self._sheet.cells(index)
            if len(cells) < width:
                cells = [*cells, *[""] * (width - len(cells))]
            if is_blank([cells[place] for place in places]) or is_help(cells) or repeats_header(cells, layout):
                continue
            yield index + 1, cells

    def _checked(self, row: int, cells: Sequence[Cell]) -> CheckedRow:
        mapped = ["" if place is None else cells[place] for place in self._layout.places]
        checked = self._check.check(
            mapped, today=self._today, row=row, columns=self._letters, epoch_1904=self._epoch_1904
        )
        good, problems = checked.good, checked.problems
        if good and checked.key is not None:
            earlier = self._seen.setdefault(checked.key, row)
            if earlier != row:
                good, problems = False, [*problems, self._duplicate(checked, row, earlier)]
        self._counts.rows += 1
        self._counts.rejected += not good
        self._counts.warned += checked.warned
        return CheckedRow(
            row=row,
            good=good,
            warned=checked.warned,
            key=checked.key,
            values=msgspec.Raw(_encode(checked.values)),
            problems=msgspec.Raw(_encode(problems)) if problems else _NO_PROBLEMS,
            origin=self._origin(cells),
        )

    def _duplicate(self, checked: Checked, row: int, earlier: int) -> Problem:
        place, field = next(
            (place, field)
            for place, field in enumerate(self._dataset.fields)
            if field.code in self._dataset.key and checked.values.get(field.code)
        )
        letters = self._letters[place]
        labels = "、".join(f.label for f in self._dataset.fields if f.code in self._dataset.key)
        return Problem(
            severity="error",
            cell=f"{letters}{row}" if letters else None,
            field=field.code,
            label=field.label,
            code="duplicate_in_file",
            value=checked.values[field.code],
            message=f"第 {row} 行与第 {earlier} 行重复：{labels}都相同，只导入了第 {earlier} 行。请删去多余的一行；"
            "如果是两条不同的数据，请改正其中填错的内容。",
        )

    def _origin(self, cells: Sequence[Cell]) -> tuple[UUID, int] | None:
        """A workbook of failed rows says whose row each one mends."""
        upload, place = self._layout.origin_upload, self._layout.origin_rows
        if upload is None or place is None or place >= len(cells):
            return None
        cell = cells[place]
        text = (cell if isinstance(cell, str) else cell.text).strip()
        return (upload, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 5 else None

    def _batch(self, rows: list[CheckedRow]) -> Batch:
        number = self._counts.batches
        self._counts.batches += 1
        body = RowsChecked(self._accepted.upload_id, number, rows, self._accepted.request_id)
        return Batch(number, _encode(body), len(rows))
