"""Hygiene of text from cells and forms: what is trimmed, folded or made harmless before a value is looked at.

Storage cannot take NUL or lone surrogates (PostgreSQL's jsonb refuses them), so nothing leaves this module with one.
"""

import re
import unicodedata
from typing import Final

# Invisible characters: zero width, direction marks, soft hyphen, byte order mark, variation selectors.
_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
_HARMFUL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_INVISIBLE}\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029\x0b\x0c]")
_BREAKS = re.compile(r"[ \t\u3000\u00a0]*[\n\t]+[ \t\u3000\u00a0]*")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－ー", "-"))
_SPACES = re.compile(r"\s+")

# Words that mean "nothing" (reference.md §3.2). "0" and "1" do so in identifiers only.
PLACEHOLDERS: Final = frozenset(
    ["无", "空", "暂无", "未办", "没有", "不详", "零", "/", "\\", "*", "N/A", "n/a", "NULL", "null", "None"]
    + ["—", "－", "／", "＼", "、", ".", "。", "…", "……", "(空)", "（空）", "（无）", "(无)"]
    + [dash * times for dash in "-—–_" for times in range(1, 7)]
)
IDENTIFIER_PLACEHOLDERS: Final = PLACEHOLDERS | {"0", "1", "０", "１", "00", "000000"}


def harmless(text: str) -> str:
    """As read, but storable: no NUL, no control or invisible characters, no lone surrogates."""
    if text.isprintable():
        return text
    text = _LINE_END.sub("\n", text)
    return _HARMFUL.sub("", _SURROGATE.sub("\ufffd", text))


def clean(text: str, *, lines: bool = False) -> str:
    """Trimmed of every Unicode space and of Excel's leading apostrophe; line breaks survive inside where `lines`."""
    if text.isprintable() and " " not in text and "'" not in text:
        return text
    text = harmless(text.replace("_x000D_", "")).strip()
    if text.startswith("'") and text.count("'") == 1:
        text = text[1:].lstrip()
    if lines or ("\n" not in text and "\t" not in text):
        return text
    return _BREAKS.sub(_join, text)


def _join(found: re.Match[str]) -> str:
    """A line break inside a cell that holds one line: nothing between Chinese characters, else a space."""
    before, after = found.string[found.start() - 1], found.string[found.end()]
    return "" if _WIDE.match(before) and _WIDE.match(after) else " "


def fold_code(text: str) -> str:
    """A code as its standard writes it: half-width capitals, no spaces, one kind of hyphen."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _SPACES.sub("", unicodedata.normalize("NFKC", harmless(text)).translate(_DASHES)).upper()


def half_width(text: str) -> str:
    """For dates, numbers and choices: half-width, outer spaces trimmed, inner ones single."""
    return text if text.isascii() and " " not in text else _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
