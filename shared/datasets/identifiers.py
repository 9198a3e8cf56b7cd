"""Identifiers by their full standards: 统一社会信用代码, 组织机构代码, 工商注册号, 税务登记号, 居民身份证号, 行政区划代码.

Rules are those of domain/reference.md §3.1. A reader takes the text of a cell and gives back the code as its standard writes it,
with what is wrong about it; it never raises and never quotes an identity number.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from shared.datasets import regions, suggestions
from shared.datasets.check_digits import (
    USCC_ALPHABET,
    USCC_KINDS,
    has_id_check,
    is_org_code,
    is_reg_no,
    is_uscc,
    org_code_check_digit,
)
from shared.datasets.definition import IdentifierKind
from shared.datasets.messages import Finding, Reading, find
from shared.datasets.text import fold_code

_OLDEST_BIRTH = 1880
_COOPERATIVE = re.compile(r"[1-6]\d{5}N[AB]\d{6}[\dX]", re.ASCII)  # 农民专业合作社 registration numbers
# Passports, 港澳居民来往内地通行证, 台湾居民来往大陆通行证 with a letter, 外国人永久居留身份证 (three letters, twelve digits).
_FOREIGN = re.compile(r"[A-Z]{1,2}\d{6,9}|[HM]\d{10}|[A-Z]{3}\d{12}|[A-Z]\d{7}[A-Z]?|\d{10}\([A-Z0-9]\)", re.ASCII)
FOREIGN_WORDS: Final = re.compile("护照|通行证|台胞|回乡证|居留|外国人|港澳|台湾")
_FOREIGN_LOOSE = re.compile(r"[A-Z0-9()-]{5,20}")


def read_uscc(text: str, today: date) -> Reading:
    if is_uscc(text):
        return Reading(text)
    code = fold_code(text).replace("-", "")
    if is_uscc(code):
        return _folded(text, code)
    return Reading(text, (_uscc_fault(code, today),))


def _uscc_fault(code: str, today: date) -> Finding:
    if is_org_code(code):
        return find("uscc_is_org_code")
    if is_reg_no(code):
        return find("uscc_is_reg_no")
    if len(code) == 18 and is_id_card(code, today):
        return find("uscc_is_id_card")
    suggestion = suggestions.for_uscc(code)
    if len(code) != 18:
        return find("uscc_length", suggestion, length=len(code))
    if not set(code) <= set(USCC_ALPHABET):
        return find("uscc_letters", suggestion)
    if code[:2] not in USCC_KINDS:
        return find("uscc_kind", suggestion, value=code[:2])
    if not code[2:8].isdecimal():
        return find("uscc_region", suggestion)
    return find("uscc_check", suggestion)


def read_org_code(text: str, _today: date) -> Reading:
    if is_org_code(text):
        return Reading(text)
    folded = fold_code(text)
    code = folded.replace("-", "")
    if is_org_code(code):
        return Reading(code) if text.upper() == text and folded == text else _folded(text, code)
    if is_uscc(code):
        return Reading(text, (find("org_code_is_uscc", code[8:17] if is_org_code(code[8:17]) else None),))
    if len(code) == 8 and (check := org_code_check_digit(code)):
        return Reading(text, (find("org_code_short", code + check),))
    suggestion = suggestions.for_org_code(code)
    if len(code) != 9:
        return Reading(text, (find("org_code_length", suggestion, length=len(code)),))
    if not (code.isascii() and code.isalnum()):
        return Reading(text, (find("org_code_letters", suggestion),))
    return Reading(text, (find("org_code_check", suggestion),))


def read_reg_no(text: str, _today: date) -> Reading:
    if is_reg_no(text):
        return Reading(text)
    code = fold_code(text).replace("-", "")
    if is_reg_no(code) or _COOPERATIVE.fullmatch(code):
        return _folded(text, code)
    if is_uscc(code):
        return _folded(text, code, find("reg_no_is_uscc"))
    if len(code) == 13 and code.isascii() and code.isdecimal():
        return _folded(text, code, find("reg_no_old"))
    suggestion = suggestions.for_reg_no(code)
    if len(code) != 15:
        return Reading(text, (find("reg_no_length", suggestion, length=len(code)),))
    if not (code.isascii() and code.isdecimal()):
        return Reading(text, (find("reg_no_letters", suggestion),))
    return Reading(text, (find("reg_no_check", suggestion),))


def read_tax_no(text: str, today: date) -> Reading:
    code = fold_code(text).replace("-", "")
    if not (code.isascii() and code.isalnum()):
        return Reading(text, (find("tax_no_letters"),))
    if len(code) not in {15, 17, 18, 20}:
        return Reading(text, (find("tax_no_length", length=len(code)),))
    if len(code) == 18 and not is_uscc(code) and not is_id_card(code, today):
        return Reading(text, (find("tax_no_check", suggestions.for_uscc(code)),))
    return _folded(text, code)


def is_id_card(code: str, today: date) -> bool:
    """An 18-digit 居民身份证号 in force: check digit, birth date, first two digits. Not the county of birth: it may be younger."""
    return has_id_check(code) and _id_fault(code, today) is None


def read_id_card(text: str, today: date) -> Reading:
    if has_id_check(text) and _id_fault(text, today) is None:
        return Reading(text)
    code = fold_code(text)
    if code[:-1].replace("-", "").isdecimal():
        code = code.replace("-", "")
    if len(code) == 15 and code.isascii() and code.isdecimal():
        fault = _old_id_fault(code)
        return Reading(text, (fault,)) if fault else _folded(text, code, find("id_old"))
    if len(code) == 18 and code.isascii() and code[:17].isdecimal() and (code[17].isdecimal() or code[17] == "X"):
        fault = _id_fault(code, today) or (None if has_id_check(code) else find("id_check"))
        return Reading(text, (fault,)) if fault else _folded(text, code)
    if _FOREIGN.fullmatch(code):
        return _folded(text, code, find("id_foreign"))
    return Reading(text, (_id_shape_fault(code, today),))


def read_foreign(text: str, _today: date) -> Reading:
    """A document of a foreigner whose kind the remarks name: any plausible number is taken, with a warning."""
    code = fold_code(text)
    if _FOREIGN_LOOSE.fullmatch(code) and any(character.isdecimal() for character in code):
        return Reading(code, (find("id_foreign"),))
    return Reading(text, (find("id_letters"),))


def _id_shape_fault(code: str, today: date) -> Finding:
    if "*" in code:
        return find("id_masked")
    if is_uscc(code):
        return find("id_is_uscc")
    suggestion = suggestions.for_id_card(code, lambda candidate: is_id_card(candidate, today))
    if len(code) != 18:
        return find("id_length", suggestion, length=len(code))
    return find("id_letters", suggestion)


def _id_fault(code: str, today: date) -> Finding | None:
    # 外国人永久居留身份证 since 2023 begins with 9 and carries its region later.
    if code[0] != "9" and code[:2] not in regions.id_prefixes():
        return find("id_region")
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return find("id_birth")
    return None if date(_OLDEST_BIRTH, 1, 1) <= born <= today else find("id_birth")


def _old_id_fault(code: str) -> Finding | None:
    if code[:2] not in regions.id_prefixes():
        return find("id_region")
    try:
        date(1900 + int(code[6:8]), int(code[8:10]), int(code[10:12]))
    except ValueError:
        return find("id_birth_15")
    return None


def read_region(text: str, _today: date) -> Reading:
    code = fold_code(text)
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return Reading(text, (find("region_format"),))
    found = regions.known(code)
    if found == "unknown":
        return Reading(text, (find("region_unknown", value=code),))
    if found == "county_unknown":
        return _folded(text, code, find("region_county", value=code, city=regions.city_of(code)))
    return _folded(text, code)


def _folded(text: str, code: str, *more: Finding) -> Reading:
    return Reading(code, more if text == code else (find("normalised"), *more))


Reader = Callable[[str, date], Reading]
READERS: Final[dict[IdentifierKind, Reader]] = {
    "uscc": read_uscc,
    "org_code": read_org_code,
    "reg_no": read_reg_no,
    "tax_no": read_tax_no,
    "id_card": read_id_card,
    "region": read_region,
}
