"""Identity numbers and telephone numbers inside free text: found for a warning, masked before anything is published.

The patterns are read by Python and by PostgreSQL, so they keep to what both understand alike; for texts made narrow.
"""

import re

from shared.datasets.check_digits import has_id_check, is_uscc

# What people put between the groups of a number; no comma, which parts amounts and the items of a list.
_SIGN = "[ \t\r\n\u00a0\u2000-\u2015\u2028-\u202f\u205f-\u2064\u2212\u3000\ufeff_.．·•・*~～()（）－-]"
_SIGNS, _PARTED = _SIGN + "{0,3}", _SIGN + "{1,3}"
_FIRST, _LAST = "(?<![0-9])", "(?![0-9])"  # letters may touch a number: tel139…, ID1404…
_AMOUNT = r"(?:\.[0-9]+)? ?[元万亿]"
# A row of digits that is no telephone number: an amount, the number of a document.
_NO_AMOUNT, _NO_DOCUMENT = f"(?![0-9]|{_AMOUNT})", f"(?![0-9号]|{_AMOUNT})"

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_ID_18 = _SIGNS.join(
    ("[1-9][0-9]{2}", "[0-9]", "[0-9]{2}", "(?:18|19|20)", "[0-9]{2}", _MONTH, _DAY, "[0-9]{2}", "[0-9]", "[0-9Xx]")
)
_ID = f"{_FIRST}(?:{_ID_18}|[1-8][0-9]{{7}}{_MONTH}{_DAY}[0-9]{{3}}){_LAST}"

# 140 to 144 are cards of machines; in 山西 (14…) many other numbers begin so.
_ABROAD = rf"(?:(?:\+|00)?86{_SIGNS})?(?=1{_SIGN}?(?:[35-9]|4{_SIGN}?[5-9]))"
_GROUPS = ((3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (5, 6), (3, 2, 2, 2, 2), (1,) * 11)
_GROUPED = "|".join(_PARTED.join(f"[0-9]{{{size}}}" for size in sizes) for sizes in _GROUPS)
_MOBILE = f"{_FIRST}{_ABROAD}(?:[0-9]{{11}}{_NO_AMOUNT}|(?:{_GROUPED}){_LAST})"

_AREA = "(?:10|2[0-9]|[3-9][0-9]{2})"
_LANDLINE = (
    rf"(?<![0-9-])0[0-9]{{2,3}}[ \t\r\n-][0-9]{{7,8}}{_LAST}"
    f"|(?<![0-9-])0{_AREA}{_PARTED}[2-8][0-9]{{2,3}}{_SIGNS}[0-9]{{4}}{_LAST}"
    f"|(?<![0-9第字])0{_AREA}[2-8][0-9]{{6,7}}{_NO_DOCUMENT}"
    rf"|{_FIRST}(?:\+|00)86{_SIGNS}{_AREA}{_SIGNS}[2-8][0-9]{{6,7}}{_LAST}"
)
_SERVICE = (
    f"{_FIRST}[48]00{_PARTED}(?:[0-9]{{3}}{_SIGNS}[0-9]{{4}}|[0-9]{{4}}{_SIGNS}[0-9]{{3}}){_LAST}"
    f"|(?<![0-9第字])[48]00[0-9]{{7}}{_NO_DOCUMENT}"
)
_LOCAL = f"[0-9]{{3,4}}{_SIGNS}[0-9]{{4}}{_LAST}"
_CALLED = (
    "(?:电话|座机|手机|热线|传真|固话|联系方式|[Tt][Ee][Ll]|[Pp][Hh][Oo][Nn][Ee])(?:号码|号)?"
    f"[ \t\r\n\u00a0\u3000:：.是为]*{_LOCAL}(?:[、/／或]{_LOCAL})*"
)
_PHONE = "|".join((_MOBILE, _LANDLINE, _SERVICE, _CALLED))

_SEVEN_DIGITS = f"(?:[0-9]{_SIGNS}){{6}}[0-9]"  # the shortest number above

# For PostgreSQL, text ~ ALL (…), the quick one first: what of a public text is masked, and a whole number of an
# identity number's length.
MASKED_NUMBERS = (_SEVEN_DIGITS, f"{_ID}|{_PHONE}|^[0-9]{{17}}[0-9Xx]$")

_ID_NUMBER = re.compile(_ID)
_PHONE_NUMBER = re.compile(_PHONE)
_DIGITS_ENOUGH = re.compile(_SEVEN_DIGITS.replace("[0-9]", r"\d"))  # wide ones too
_WIDE = str.maketrans("０１２３４５６７８９Ｘｘ－", "0123456789XX-")


def may_hold_number(text: str) -> bool:
    """Cheaper than the searches below, which are in vain where this is false."""
    return _DIGITS_ENOUGH.search(text) is not None


def holds_id_number(text: str) -> bool:
    return any(not _is_credit_code(found[0]) for found in _ID_NUMBER.finditer(text.translate(_WIDE)))


def holds_phone(text: str) -> bool:
    return _PHONE_NUMBER.search(text.translate(_WIDE)) is not None


def is_id_number(text: str) -> bool:
    """Whether the whole text is an identity number."""
    return has_id_check(text.upper()) or (_ID_NUMBER.fullmatch(text) is not None and not _is_credit_code(text))


def without_numbers(text: str) -> str:
    """`text` with identity numbers cut to their first six characters and every digit of telephone numbers hidden."""
    if not may_hold_number(text):
        return text
    text = _ID_NUMBER.sub(_id_masked, text.translate(_WIDE))
    return _PHONE_NUMBER.sub(lambda found: re.sub("[0-9]", "*", found[0]), text)


def _id_masked(found: re.Match[str]) -> str:
    return found[0] if _is_credit_code(found[0]) else found[0][:6] + "*" * 12


def _is_credit_code(number: str) -> bool:
    """Some 统一社会信用代码 are all digits and look like an identity number; hardly one has both check digits right."""
    return is_uscc(number) and not has_id_check(number)
