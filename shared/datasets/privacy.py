"""Identity numbers and telephone numbers inside free text: found for a warning, masked before anything is published."""

import re

from shared.datasets.check_digits import has_id_check

_ID_18 = r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
_ID_15 = r"[1-8]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
_ID = re.compile(rf"(?<![0-9A-Za-z])(?:{_ID_18}|{_ID_15})(?![0-9A-Za-z])")
# An identity number with blanks or hyphens between its groups.
_ID_SPACED = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}[\s-]{1,2}(?:18|19|20)\d{2}[\s-]?(?:0[1-9]|1[0-2])[\s-]?(?:0[1-9]|[12]\d|3[01])[\s-]{0,2}\d{3}[\dXx](?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?![0-9A-Za-z])")
_LANDLINE = re.compile(r"(?<![0-9A-Za-z-])0\d{2,3}[\s-]\d{7,8}(?![0-9A-Za-z])|(?<=电话)[:：\s]*\d{7,8}(?!\d)")
# What of a public text is masked (the numbers above, and a whole number of an identity number's length), as PostgreSQL
# reads it and rather too much than too little: any sign may stand between the groups. For texts made narrow.
MASKED_NUMBERS = "|".join(
    pattern.replace(r"[\s-]", r"\W").replace(r"[:：\s]", r"\W")
    for pattern in (_ID.pattern, _ID_SPACED.pattern, _MOBILE.pattern, _LANDLINE.pattern, r"^\d{17}[\dXx]$")
)
_FOUR_DIGITS = re.compile(r"\d{4}")  # every number above has four in a row
_WIDE = str.maketrans("０１２３４５６７８９Ｘｘ－", "0123456789XX-")


def may_hold_number(text: str) -> bool:
    """Cheaper than the searches below, which are in vain where this is false."""
    return _FOUR_DIGITS.search(text) is not None


def holds_id_number(text: str) -> bool:
    text = text.translate(_WIDE)
    return _ID.search(text) is not None or _ID_SPACED.search(text) is not None


def holds_phone(text: str) -> bool:
    text = text.translate(_WIDE)
    return _MOBILE.search(text) is not None or _LANDLINE.search(text) is not None


def is_id_number(text: str) -> bool:
    """Whether the whole text is an identity number."""
    return has_id_check(text.upper()) or _ID.fullmatch(text) is not None


def without_numbers(text: str) -> str:
    """`text` with identity numbers cut to their first six characters and telephone numbers to three."""
    if not may_hold_number(text):
        return text
    text = text.translate(_WIDE)
    text = _ID.sub(lambda found: found[0][:6] + "*" * 12, text)
    text = _ID_SPACED.sub(lambda found: found[0][:6] + "*" * 12, text)
    text = _MOBILE.sub(lambda found: re.sub(r"\d", "*", found[0]), text)
    return _LANDLINE.sub(lambda found: re.sub(r"\d", "*", found[0]), text)
