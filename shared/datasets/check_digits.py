"""Check digits of Chinese identifiers, fast enough for every row: whole-string arithmetic, no loop over characters.

All functions take a code already folded to half-width capitals and never raise on other text.
"""

from typing import Final

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# GB 32100: character 1 (登记管理部门) and the characters 2 (机构类别) it allows.
_KINDS = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "1239",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "123",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
USCC_KINDS: Final = frozenset(first + second for first, seconds in _KINDS.items() for second in seconds)

# The weights of GB 32100 are the powers of 3 modulo 31, and 34 ≡ 3 (mod 31): read backwards in base 34 the code's
# characters *are* the weighted sum. Anything outside the alphabet becomes "!", which int() refuses.
_DIGITS = "0123456789abcdefghijklmnopqrstu"
_TO_BASE_34 = bytes(
    ord(_DIGITS[USCC_ALPHABET.index(chr(byte))]) if chr(byte) in USCC_ALPHABET else ord("!") for byte in range(256)
)
_USCC_VALUES = {character: value for value, character in enumerate(USCC_ALPHABET)}
_CAPITALS = bytes(byte if chr(byte) in _ORG_ALPHABET else ord("!") for byte in range(256))
_ORG_VALUES = {character: value for value, character in enumerate(_ORG_ALPHABET)}

_ID_CHECK = "10X98765432"


def uscc_check_digit(body: str) -> str | None:
    """The 18th character for the first 17, or None where a character is not of the alphabet."""
    try:
        total = int(body[::-1].encode("ascii", "replace").translate(_TO_BASE_34), 34)
    except ValueError:
        return None
    return USCC_ALPHABET[-total % 31]


def is_uscc(code: str) -> bool:
    """GB 32100: length, alphabet, 登记管理部门 and 机构类别, six region digits, check digit."""
    if len(code) != 18 or code[:2] not in USCC_KINDS or not code[2:8].isdecimal():
        return False
    try:
        total = int(code[16::-1].encode("ascii", "replace").translate(_TO_BASE_34), 34)
        return (total + _USCC_VALUES[code[17]]) % 31 == 0
    except (ValueError, KeyError):
        return False


def org_code_check_digit(body: str) -> str | None:
    """GB 11714: the ninth character for the first eight. Its weights are powers of 2, and 35 ≡ 2 (mod 11)."""
    if len(body) != 8:
        return None
    try:
        total = int(body.encode("ascii", "replace").translate(_CAPITALS), 35) * 2
    except ValueError:  # a Z, which base 35 does not have, or no character of a code
        if not set(body) <= _ORG_VALUES.keys():
            return None
        total = sum(_ORG_VALUES[character] * weight for character, weight in zip(body, _ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_org_code(code: str) -> bool:
    return len(code) == 9 and org_code_check_digit(code[:8]) == code[8]


def reg_no_check_digit(body: str) -> str | None:
    """GS 15-2006: ISO 7064 MOD 11,10 over the first fourteen digits."""
    if not (body.isascii() and body.isdecimal()):
        return None
    check = 10
    for digit in body:
        check = (check + int(digit)) % 10 or 10
        check = check * 2 % 11
    return str((11 - check) % 10)


def is_reg_no(code: str) -> bool:
    return len(code) == 15 and reg_no_check_digit(code[:14]) == code[14]


def id_check_digit(body: str) -> str | None:
    """GB 11643: ISO 7064 MOD 11-2 over the first seventeen digits. Its weights are powers of 2, and 13 ≡ 2 (mod 11)."""
    if len(body) != 17 or not (body.isascii() and body.isdecimal()):
        return None
    return _ID_CHECK[int(body, 13) * 2 % 11]


def has_id_check(code: str) -> bool:
    return len(code) == 18 and id_check_digit(code[:17]) == code[17]
