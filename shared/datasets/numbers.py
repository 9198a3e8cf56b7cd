"""Integers and amounts of money as officers write them → plain digits. Nothing is rounded, no unit converted."""

import re
from decimal import Decimal

from shared.datasets.messages import Finding, Reading, find
from shared.datasets.text import half_width

_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,，' ]\d{3})+(?:\.\d+)?", re.ASCII)
_UNIT = re.compile(r"[¥￥$]?\s*[+-]?[\d,.]+\s*[^\d\s.,]{1,6}|[¥￥$]\s*[\d,.]+")


def number_text(value: float) -> str:
    """A numeric cell as digits: 40421.0 → 40421; never scientific notation."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return format(Decimal(format(value, ".15g")), "f")  # what Excel shows: no more than fifteen digits


def read_decimal(text: str, max_length: int) -> Reading:
    folded = half_width(text).replace("，", ",")
    if not _PLAIN.fullmatch(folded):
        if not _GROUPED.fullmatch(folded):
            return Reading(text, (_fault(text, folded),))
        folded = re.sub("[,' ]", "", folded)
    value = _plain(folded)
    if len(value) > max_length:
        return Reading(text, (find("too_long", length=len(value), limit=max_length),))
    return Reading(value)


def read_integer(text: str, max_length: int) -> Reading:
    found = read_decimal(text, max_length)
    if not found.good or "." not in found.value:
        return found
    whole, _, fraction = found.value.partition(".")
    return Reading(whole) if not fraction.strip("0") else Reading(text, (find("not_an_integer", value=text),))


def _plain(digits: str) -> str:
    sign = "-" if digits.startswith("-") else ""
    whole, point, fraction = digits.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    value = f"{whole}{point}{fraction}"
    return value if not value.strip("0.") else sign + value


def _fault(text: str, folded: str) -> Finding:
    if len(folded) > 30 or sum(character.isdecimal() for character in folded) > 14:
        return find("not_a_number_hidden")
    return find("unit_in_number" if _UNIT.fullmatch(folded) else "not_a_number", value=text)
