"""Dates as officers write them (reference.md §3.2, §5) → YYYY-MM-DD. No day, month or century is ever invented."""

import re
from datetime import date, timedelta
from typing import Final

from shared.datasets.definition import OPEN_END
from shared.datasets.messages import Finding, Reading, find
from shared.datasets.text import half_width

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
# Plain numbers are taken as Excel's day numbers only where they fall in 1950 … 2099.
_FIRST_SERIAL, _LAST_SERIAL = 18_264, 73_050

_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)

_SEPARATOR = r"\s*[-/.,、。\\~_]\s*"
_TIME = r"(?:[T\s]\s*(?:[上下]午)?\s*\d{1,2}(?::\d{1,2}){1,2}(?:\.\d*)?(?:Z|[+-]\d{2}:?\d{2})?|[T\s]\s*\d{1,2}时(?:\d{1,2}分)?(?:\d{1,2}秒)?)?"
_FULL = re.compile(rf"(\d{{4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_TIME}")
_SPACED = re.compile(r"(\d{4}) (\d{1,2}) (\d{1,2})")
_CHINESE = re.compile(rf"(\d{{4}})\s*年\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]?{_TIME}")
_COMPACT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:\d{{6}}|{_TIME})")
_ISO = re.compile(r"(19\d\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])", re.ASCII)  # a day every month has
_NO_DAY = re.compile(rf"\d{{4}}(?:{_SEPARATOR}\d{{1,2}}|\s*年(?:\s*\d{{1,2}}\s*月(?:份|底|初)?)?|(?:0[1-9]|1[0-2]))?")
_SHORT_YEAR = re.compile(rf"\d{{2}}(?:{_SEPARATOR}|\s*年\s*)\d{{1,2}}(?:{_SEPARATOR}|\s*月\s*)\d{{1,2}}\s*日?{_TIME}")
_OPEN: Final = re.compile(
    r"长期(?:有效)?|永久(?:有效)?|永远|无(?:固定)?期限|不限期?|9999[-/.年]?12[-/.月]?31日?(?: .*)?"
)
_FIVE_DIGITS = re.compile(r"\d{5}(?:\.\d+)?")


def read_date(text: str, *, open_end: bool, epoch_1904: bool = False, original: str | None = None) -> Reading:
    """`text` is trimmed. `open_end`: 长期 and 9999-12-31 are allowed and become 2099-12-31."""
    if _ISO.fullmatch(text):
        return Reading(text)
    shown = text if original is None else original
    text = half_width(text)
    if _OPEN.fullmatch(text):
        return Reading(OPEN_END) if open_end else Reading(shown, (find("open_end_here", value=shown),))
    if (
        parts := _FULL.fullmatch(text)
        or _CHINESE.fullmatch(text)
        or _COMPACT.fullmatch(text)
        or _SPACED.fullmatch(text)
    ):
        return _from_parts(shown, int(parts[1]), int(parts[2]), int(parts[3]))
    if _FIVE_DIGITS.fullmatch(text):
        return read_serial(float(text), shown, epoch_1904=epoch_1904)
    return Reading(shown, (_fault(text, shown),))


def _from_parts(shown: str, year: int, month: int, day: int) -> Reading:
    try:
        found = date(year, month, day)
    except ValueError:
        return Reading(shown, (find("no_such_day", value=shown),))
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Reading(shown, (find("year_out_of_range", value=shown),))
    return Reading(found.isoformat())


def read_serial(serial: float, shown: str, *, epoch_1904: bool, certain: bool = False) -> Reading:
    """Excel's day number; the time of day is dropped. `certain`: the cell is formatted as a date."""
    first, last = (1, 109_574) if certain else (_FIRST_SERIAL, _LAST_SERIAL)
    if epoch_1904:
        first, last = first - 1_462, last - 1_462
    if not max(first, 0) <= serial < last + 1:
        return Reading(shown, (find("not_a_date", value=shown),))
    days = int(serial)
    if epoch_1904:
        return Reading((_EPOCH_1904 + timedelta(days)).isoformat())
    # Excel believes in a 29 February 1900, so the days before it are counted from one day later.
    found = _EPOCH_1900 + timedelta(days if days >= 60 else days + 1)
    return (
        Reading(found.isoformat()) if found.year >= _FIRST_YEAR else Reading(shown, (find("not_a_date", value=shown),))
    )


def _fault(text: str, shown: str) -> Finding:
    if _NO_DAY.fullmatch(text):
        return find("no_day", value=shown)
    if _SHORT_YEAR.fullmatch(text):
        return find("two_digit_year", value=shown)
    if len(shown) > 30 or sum(character.isdecimal() for character in shown) > 14:
        return find("not_a_date_hidden")
    return find("not_a_date", value=shown)
