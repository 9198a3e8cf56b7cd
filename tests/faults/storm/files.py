"""The .xls files of the storm: a few are made, and any number of others by writing another mark into them."""

import functools
import hashlib
import re
from typing import NamedTuple

from tests.bench.files import shipped
from tests.workbooks import good_rows, make_workbook, spoiled

DATASET = "xzxk_fr"
DOCUMENT, CHANGED = "XK_WSH", "XK_FR"
FIRST_ROW = 3
BAD_EVERY = 10
CHANGED_EVERY = 3
# Stands in every document number; BIFF may cut a string anywhere between two characters (a CONTINUE header and a flag).
_MARK = "AAAA"
_CUT = rb"(\x3c\x00..[\x00\x01])?"
_MARKED = re.compile(_CUT.join(b"(%c\x00)" % letter for letter in _MARK.encode()), re.DOTALL)

Cells = dict[str, str]


class File(NamedTuple):
    """What a department sends, and what it knows of it by Excel's row number."""

    content: bytes
    rows: dict[int, Cells]
    bad: frozenset[int]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def good(self) -> set[int]:
        return set(self.rows) - self.bad


@functools.cache
def _made(rows: int, kind: str) -> tuple[bytes, list[Cells], frozenset[int]]:
    cells: list[Cells] = [
        row | {DOCUMENT: row[DOCUMENT].replace("〔", f"{_MARK}〔", 1)} for row in good_rows(DATASET, rows, seed=rows)
    ]
    bad: frozenset[int] = frozenset()
    if kind == "bad":
        cells = spoiled(cells, BAD_EVERY)
        bad = frozenset(range(FIRST_ROW + BAD_EVERY - 1, FIRST_ROW + rows, BAD_EVERY))
    if kind == "changed":
        for row in cells[::CHANGED_EVERY]:
            row[CHANGED] = f"{row[CHANGED]}新"
    content = make_workbook(shipped(DATASET), cells)
    assert len(_MARKED.findall(content)) == rows
    return content, cells, bad


def make_file(rows: int, number: int, kind: str = "good") -> File:
    """`kind`: good; bad (every 10th row); changed (every 3rd row of the good one is different).

    Files of one `number` and size hold the same records, files of different numbers share none.
    """
    content, cells, bad = _made(rows, kind)
    mark = f"{number:04d}"
    assert len(mark) == len(_MARK)

    def marked(found: re.Match[bytes]) -> bytes:
        parts = found.groups(b"")
        parts = tuple(b"%c\x00" % mark.encode()[at // 2] if at % 2 == 0 else part for at, part in enumerate(parts))
        return b"".join(parts)

    own = {
        row: {field: text for field, text in (one | {DOCUMENT: one[DOCUMENT].replace(_MARK, mark)}).items() if text}
        for row, one in enumerate(cells, start=FIRST_ROW)
    }
    return File(_MARKED.sub(marked, content), own, bad)


def changed_rows(file: File) -> set[int]:
    return set(list(file.rows)[::CHANGED_EVERY])
