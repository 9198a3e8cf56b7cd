"""Which rows of a sheet are data: no blank ones, no 序号 alone, no help texts, no header said again."""

import functools
import re
from collections.abc import Sequence

from services.ingest.workbook.header import Layout, fold_label
from shared.datasets.values import Cell

_HELP = re.compile(
    r"\s*[【\[(（]?\s*(?:表格|填表|填写|填报|上报|导入|模板)\s*(?:说明|须知|要求|注意事项)"
    r"|\s*(?:说明|注|注意|备注|注意事项|注释)\s*[:：]"
    r"|\s*[【\[(（]\s*(?:示例|样例|例)\s*[】\])）]|\s*(?:示例|样例|例如|例)\s*(?:[:：]|数据|行|$)"
)


def is_blank(cells: Sequence[Cell]) -> bool:
    """No cell says anything. Zero and FALSE do say something."""
    return not any(cell if not isinstance(cell, str) else cell.strip() for cell in cells)


def is_help(cells: Sequence[Cell]) -> bool:
    """The first thing said in the row is 表格说明, 示例 or the like."""
    for cell in cells:
        if not isinstance(cell, str):
            return False
        if text := cell.strip():
            return _HELP.match(text) is not None
    return False


def repeats_header(cells: Sequence[Cell], layout: Layout) -> bool:
    """The header once more, as after a page break; or the field codes below the labels."""
    if layout.texts.isdisjoint(cells):
        return False
    known = strangers = 0
    # From the right: there stand the values that come again in every row, and those are remembered.
    for cell in reversed(cells):
        if not cell or not isinstance(cell, str):
            continue
        if _is_label(cell, layout.labels):
            known += 1
        elif cell.strip():
            strangers += 1
            if strangers * 2 >= len(cells):
                return False
    return known + strangers >= 3 and known > strangers


@functools.lru_cache(maxsize=4096)
def _is_label(text: str, labels: frozenset[str]) -> bool:
    return fold_label(text) in labels
