"""The .xls files of the storm: a few are made, and any number of others by writing another mark into them."""

import functools
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
    """A file of `size` rows, good, bad (every 10th row) or changed (every 3rd row of the good one is different).

    Files of one number and size hold the same records, files of different numbers share none.
    """

    size: int
    number: int
    kind: str = "good"

    @property
    def content(self) -> bytes:
        content = _made(self.size, self.kind)[0]
        mark = [b"%c\x00" % letter for letter in self.mark.encode()]

        def marked(found: re.Match[bytes]) -> bytes:
            cuts = [found[at] or b"" for at in range(2, 2 * len(mark), 2)]
            return b"".join(letter + cut for letter, cut in zip(mark, [*cuts, b""], strict=True))

        return _MARKED.sub(marked, content)

    @property
    def mark(self) -> str:
        return f"{self.number:0{len(_MARK)}d}"

    @property
    def rows(self) -> dict[int, Cells]:
        """What was written into each, by Excel's row number."""
        return {
            row: {field: text.replace(_MARK, self.mark) for field, text in cells.items() if text}
            for row, cells in enumerate(_made(self.size, self.kind)[1], start=FIRST_ROW)
        }

    @property
    def all(self) -> range:
        return range(FIRST_ROW, FIRST_ROW + self.size)

    @property
    def bad(self) -> set[int]:
        return set(self.all[BAD_EVERY - 1 :: BAD_EVERY]) if self.kind == "bad" else set()

    @property
    def changed(self) -> set[int]:
        return set(self.all[::CHANGED_EVERY]) if self.kind == "changed" else set()

    @property
    def good(self) -> set[int]:
        return set(self.all) - self.bad


@functools.cache
def _made(rows: int, kind: str) -> tuple[bytes, list[Cells]]:
    cells: list[Cells] = [
        row | {DOCUMENT: row[DOCUMENT].replace("〔", f"{_MARK}〔", 1)} for row in good_rows(DATASET, rows, seed=rows)
    ]
    if kind == "bad":
        cells = spoiled(cells, BAD_EVERY)
    if kind == "changed":
        for row in cells[::CHANGED_EVERY]:
            row[CHANGED] = f"{row[CHANGED]}新"
    content = make_workbook(shipped(DATASET), cells)
    assert len(_MARKED.findall(content)) == rows
    return content, cells
