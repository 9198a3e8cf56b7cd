"""Values that a check digit proves: offered to the officer, never put in by themselves."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from shared.datasets.check_digits import is_org_code, is_reg_no, is_uscc

# Letters that no code of the kind may hold, and the digit they are mistaken for.
_FOR_DIGITS = {"O": "0", "I": "1", "Z": "2", "S": "5", "L": "1", "Q": "0", "D": "0", "B": "8", "G": "6", "|": "1"}
_NOT_IN_USCC = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5", "|": "1"})
_ALIKE = {"0": "DQ", "D": "0", "Q": "0", "1": "L", "L": "1", "8": "B", "B": "8", "6": "G", "G": "6"}
_LIMIT = 256  # candidates looked at


def _only(candidates: Iterable[str], valid: Callable[[str], bool]) -> str | None:
    """The candidate that is valid, where exactly one is."""
    found: set[str] = set()
    for candidate in candidates:
        if valid(candidate):
            found.add(candidate)
            if len(found) > 1:
                return None
    return found.pop() if found else None


def for_uscc(code: str) -> str | None:
    if not 17 <= len(code) <= 20:
        return None
    repaired = code.translate(_NOT_IN_USCC)
    if repaired != code and is_uscc(repaired):
        return repaired
    # A legal character misread, among those that both check digits cover: both must agree before one is offered.
    return _only(_one_changed(repaired), lambda candidate: is_uscc(candidate) and is_org_code(candidate[8:17]))


def _one_changed(code: str) -> Iterator[str]:
    for place, character in enumerate(code[8:17], start=8):
        for other in _ALIKE.get(character, ""):
            yield code[:place] + other + code[place + 1 :]


def for_org_code(code: str) -> str | None:
    if len(code) != 9:
        return None
    return _only((c for c in _letters_as_digits(code, "OIZS|") if c != code), is_org_code)


def for_reg_no(code: str) -> str | None:
    if len(code) != 15:
        return None
    return _only(_letters_as_digits(code, "".join(_FOR_DIGITS), every=True), is_reg_no)


def for_id_card(code: str, valid: Callable[[str], bool]) -> str | None:
    if len(code) != 18:
        return None
    return _only(_letters_as_digits(code, "".join(_FOR_DIGITS), every=True), valid)


def _letters_as_digits(code: str, letters: str, *, every: bool = False) -> Iterator[str]:
    """`code` with confusable letters read as digits: every one, or each choice of them."""
    options = [
        [_FOR_DIGITS[character]] + ([] if every else [character]) if character in letters else [character]
        for character in code
    ]
    total = 1
    for choice in options:
        total *= len(choice)
    if total <= _LIMIT:
        yield from ("".join(parts) for parts in product(*options))
