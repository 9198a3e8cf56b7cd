"""Identifiers by their standards, against python-stdnum as referee where it knows better than we could invent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_10

from shared.datasets.check_digits import USCC_KINDS, is_uscc, org_code_check_digit, uscc_check_digit
from shared.datasets.definition import IdentifierKind
from shared.datasets.identifiers import READERS

TODAY = date(2026, 11, 23)


def read(kind: IdentifierKind, text: str) -> tuple[str, set[str], set[str]]:
    """(value, codes of errors, codes of warnings)"""
    value, findings = READERS[kind](text, TODAY)
    errors = {finding.code for finding in findings if finding.severity == "error"}
    return value, errors, {finding.code for finding in findings if finding.severity == "warning"}


def organisation(body: str) -> str:
    check = org_code_check_digit(body)
    assert check is not None
    return body + check


def credit_code(head: str, body: str = "MA0GTEPT") -> str:
    code = head + organisation(body)
    check = uscc_check_digit(code)
    assert check is not None
    return code + check


@pytest.mark.parametrize("kind", sorted(USCC_KINDS))
def test_every_registering_letter_and_kind_of_the_standard_is_taken(kind: str) -> None:
    code = credit_code(kind + "140400", "68805651")
    assert read("uscc", code) == (code, set(), set())


@pytest.mark.parametrize(
    "code",
    [
        "91350211M000100Y43",  # the example of the standard's own commentary
        "91110000600037341L",
    ],
)
def test_real_public_codes_agree_with_the_referee(code: str) -> None:
    assert uscc.is_valid(code) == is_uscc(code)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8), st.integers(0, 30))
def test_check_digits_agree_with_the_referee(body: str, other: int) -> None:
    code = credit_code("91140400", body)
    assert uscc.is_valid(code)
    wrong = code[:-1] + "0123456789ABCDEFGHJKLMNPQRTUWXY"[other]
    assert is_uscc(wrong) == (wrong == code)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("91140400688056514A", {"bad_check_digit"}),
        ("9114040068805651", {"bad_format"}),
        ("99140400688056514X", {"bad_format"}),  # no such kind
        ("91I40400688056514X", {"bad_format"}),  # I is no letter of the standard
    ],
)
def test_wrong_credit_codes_are_refused(text: str, errors: set[str]) -> None:
    assert read("uscc", text)[1] == errors


def test_lower_case_and_full_width_are_taken_with_a_warning() -> None:
    code = credit_code("91140400")
    for text in (code.lower(), "".join(chr(ord(c) + 0xFEE0) for c in code), f" {code[:9]} {code[9:]}"):
        assert read("uscc", text) == (code, set(), {"normalised"})


@given(st.text("0123456789", min_size=8, max_size=8))
def test_the_letter_o_for_zero_is_offered_as_the_code_it_was(body: str) -> None:
    code = credit_code("91140400", body)
    wrong = code[:4] + code[4:].replace("0", "O", 1)
    [finding] = READERS["uscc"](wrong, TODAY).findings
    assert finding.suggestion == code


def test_an_organisation_code_without_its_check_digit_is_completed() -> None:
    [finding] = READERS["org_code"]("68805651", TODAY).findings
    assert (finding.severity, finding.suggestion) == ("error", organisation("68805651"))
    whole = organisation("68805651")
    assert read("org_code", f"{whole[:8]}-{whole[8]}") == (whole, set(), set())


def test_registration_numbers_follow_mod_11_10_and_old_ones_are_only_doubted() -> None:
    body = "14040010000123"
    good = body + mod_11_10.calc_check_digit(body)
    assert read("reg_no", good) == (good, set(), set())
    assert read("reg_no", body + str((int(good[-1]) + 1) % 10))[1] == {"bad_check_digit"}
    assert read("reg_no", "1404001000012") == ("1404001000012", set(), {"unverified"})


@pytest.mark.parametrize(
    ("length", "good"), [(15, True), (17, True), (20, True), (14, False), (16, False), (19, False)]
)
def test_tax_numbers_have_fifteen_seventeen_eighteen_or_twenty_characters(length: int, good: bool) -> None:
    assert (read("tax_no", "1" * length)[1] == set()) is good


def id_card(body: str) -> str:
    return body + str(ric.calc_check_digit(body + "0"))


def test_a_person_may_be_older_than_the_county() -> None:
    # 140481 (潞城市) exists since 1994; python-stdnum refuses everybody born there before.
    code = id_card("14048119800101001")
    assert read("id_card", code) == (code, set(), set())


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("14040219800230001", {"bad_format"}),  # no such day
        ("14040220270101001", {"bad_format"}),  # not born yet
        ("99040219800101001", set()),  # begins with 9: 外国人永久居留身份证 since 2023
        ("00040219800101001", {"bad_format"}),
    ],
)
def test_birth_date_and_province_are_checked(body: str, errors: set[str]) -> None:
    assert read("id_card", id_card(body))[1] == errors


def test_old_and_foreign_numbers_are_taken_with_a_warning() -> None:
    assert read("id_card", "140402800101001") == ("140402800101001", set(), {"unverified"})
    assert read("id_card", "E12345678") == ("E12345678", set(), {"unverified"})
    assert read("id_card", "14040219800101***1")[1] == {"bad_format"}


@pytest.mark.parametrize(
    ("code", "errors", "warnings"),
    [
        ("140400", set(), set()),
        ("140403", set(), set()),  # 潞州区, since 2018
        ("140402", set(), set()),  # 城区, to 2018: valid in the data of that time
        ("140481", set(), set()),
        ("140499", set(), {"unverified"}),  # a development zone, perhaps
        ("990000", {"not_in_list"}, set()),
        ("1404", {"bad_format"}, set()),
    ],
)
def test_regions_of_both_times_are_known(code: str, errors: set[str], warnings: set[str]) -> None:
    assert read("region", code)[1:] == (errors, warnings)


@given(st.sampled_from(sorted(READERS)), st.text(max_size=24))
def test_a_reader_never_raises_and_normalising_twice_is_normalising_once(kind: IdentifierKind, text: str) -> None:
    value, errors, _ = read(kind, text)
    if not errors:
        assert read(kind, value)[0] == value
        assert read(kind, value)[1] == set()


@given(st.sampled_from(["uscc", "org_code", "reg_no", "id_card"]), st.text("0123456789OIZSBX", min_size=8, max_size=18))
def test_what_is_suggested_is_right(kind: IdentifierKind, text: str) -> None:
    for finding in READERS[kind](text, TODAY).findings:
        if finding.suggestion is not None:
            assert read(kind, finding.suggestion)[1] == set()


@given(st.integers(0, 999))
def test_no_finding_repeats_an_identity_number(number: int) -> None:
    code = id_card(f"14040219800101{number:03d}")
    for text in (code[:-1] + "0", code[:-1] + "1", code[:16], code.replace("1", "I", 1)):
        for finding in READERS["id_card"](text, TODAY).findings:
            assert text not in finding.message
            assert text[6:14] not in finding.message
