"""Rows of the shipped datasets against the checks: dates in every shape, text hygiene, rules, keys, roles, masking."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.uploads import RowProblem
from shared.datasets.catalog import shipped_datasets
from shared.datasets.check import Checked, row_check
from shared.datasets.check_digits import uscc_check_digit
from shared.datasets.definition import Dataset
from shared.datasets.keys import fold_key, identity_key
from shared.datasets.masking import public_values
from shared.datasets.messages import ERRORS, TEXTS, WARNINGS
from shared.datasets.roles import derive, roles_of
from shared.datasets.values import Cell, SheetCell
from tests.e2e.api import id_card, licence, penalty, uscc

TODAY = date(2026, 11, 23)
SHIPPED = {draft.code: Dataset(**dict(draft), version=1) for draft in shipped_datasets()}
GOLDEN = Path(__file__).parent / "golden" / "dataset_messages.json"


def check(dataset: str, row: dict[str, str], *, epoch_1904: bool = False, **cells: Cell) -> Checked:
    fields = SHIPPED[dataset].fields
    values: list[Cell] = [cells.get(field.code, row.get(field.code, "")) for field in fields]
    letters = [chr(65 + place) for place in range(len(fields))]
    return row_check(SHIPPED[dataset]).check(values, today=TODAY, row=15, columns=letters, epoch_1904=epoch_1904)


def citizen(**changes: str) -> dict[str, str]:
    row = licence(8, XK_XDR="王小明", XK_XDR_SFZ=id_card(5), **changes)
    return {code: value for code, value in row.items() if code not in ("XK_XDR_SHXYM", "XK_FR")}


def codes(checked: Checked) -> set[str]:
    return {problem.code for problem in checked.problems}


@pytest.mark.parametrize("dataset", SHIPPED.values(), ids=lambda dataset: dataset.code)
def test_the_examples_of_every_shipped_dataset_pass_its_own_checks(dataset: Dataset) -> None:
    checked = row_check(dataset).check_values({f.code: f.example for f in dataset.fields}, today=TODAY)
    assert checked.problems == []
    assert checked.key is not None
    roles = roles_of(dataset)
    assert roles.name
    assert roles.decided_on
    assert roles.identifiers or dataset.subject == "natural_person"
    assert derive(dataset, checked.values).name


def test_the_shipped_datasets_are_those_of_the_contract() -> None:
    assert set(SHIPPED) >= {"xzxk_fr", "xzxk_zrr", "xzcf_fr", "xzcf_zrr"}
    assert {dataset.category for dataset in SHIPPED.values()} == {
        "licence", "penalty", "red_list", "black_list", "filing", "annual_check", "tax", "tax_arrears",
        "judgment_debtor", "other",
    }  # fmt: skip


def test_a_good_row_has_nothing_to_be_said_about() -> None:
    for dataset, row in [("xzxk_fr", licence(7)), ("xzcf_fr", penalty(7)), ("xzxk_zrr", citizen())]:
        checked = check(dataset, row)
        assert checked.problems == []
        assert checked.values == row


@pytest.mark.parametrize(
    "cell",
    [
        "2018-01-05", "2018/1/5", "2018.1.5", "20180105", "2018年1月5日", "２０１８年１月５日", "2018-01-05 12:30:00",
        "2018/01/05 00:00:00.0", "2018，1，5", " 2018-1-5 ", "43105",
        SheetCell("number", 43105.0, "43105"),
        SheetCell("number", 20180105.0, "20180105"),
        SheetCell("date", 43105.0, "2018-01-05"),
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_shape(cell: Cell) -> None:
    checked = check("xzxk_fr", licence(7, XK_JDRQ="", SJC="2018-01-16"), XK_JDRQ=cell)
    assert (checked.values["XK_JDRQ"], checked.good) == ("2018-01-05", True)


def test_a_file_of_the_1904_system_means_other_days_by_the_same_numbers() -> None:
    cell = SheetCell("date", 41643.0, "2018-01-05")
    checked = check("xzxk_fr", licence(7), epoch_1904=True, XK_JDRQ=cell)
    assert checked.values["XK_JDRQ"] == "2018-01-05"


@pytest.mark.parametrize("text", ["2018-1", "18-1-5", "2018-02-30", "昨天", "长期", "2018"])
def test_no_day_is_guessed(text: str) -> None:
    checked = check("xzxk_fr", licence(7), XK_JDRQ=text)
    assert codes(checked) == {"not_a_date"}
    assert checked.values["XK_JDRQ"] == text


@pytest.mark.parametrize("text", ["长期", "9999-12-31", "2099/12/31", "2099年12月31日"])
def test_an_open_end_is_written_as_the_standard_writes_it(text: str) -> None:
    assert check("xzxk_fr", licence(7), XK_JZQ=text).values["XK_JZQ"] == "2099-12-31"


def test_a_number_that_excel_has_rounded_is_named_as_such() -> None:
    [problem] = check("xzxk_zrr", citizen(), XK_XDR_SFZ=SheetCell("number", 140402198001010000.0, "…")).problems
    assert (problem.code, problem.severity, problem.cell) == ("rounded_number", "error", "J15")


def test_whole_numbers_lose_their_point_and_errors_stay_errors() -> None:
    checked = check("xzxk_fr", licence(7), XK_WSH=SheetCell("number", 201312142.0, "201312142"))
    assert (checked.values["XK_WSH"], checked.problems) == ("201312142", [])
    assert codes(check("xzxk_fr", licence(7), XK_NR=SheetCell("error", 42, "#N/A"))) == {"error_cell"}


def test_every_problem_of_a_row_is_found_at_once() -> None:
    row = licence(7, XK_WSH="长" * 129, XK_SPLB="乱填", XK_JDRQ="2099-01-01", XK_XMMC="", DFBM="9")
    found = {(problem.field, problem.code) for problem in check("xzxk_fr", row).problems}
    assert found >= {
        ("XK_WSH", "too_long"),
        ("XK_SPLB", "not_in_list"),
        ("XK_JDRQ", "in_future"),
        ("XK_XMMC", "required"),
        ("DFBM", "bad_format"),
    }


def test_rules_over_several_fields() -> None:
    assert codes(check("xzxk_fr", licence(7), XK_XDR_SHXYM="")) == {"one_of_required"}
    assert codes(check("xzxk_fr", licence(7), XK_JZQ="2017-01-01")) == {"before"}
    # The day of the decision is wrong, not the end that comes before it.
    assert codes(check("xzxk_fr", licence(7, XK_JDRQ="2099-01-01", SJC="2018-01-16"))) == {"in_future"}
    assert codes(check("xzxk_zrr", citizen(), XK_FR="李四")) == {"must_be_empty"}
    assert codes(check("xzxk_zrr", citizen(), XK_XDR_SHXYM=uscc(7))) == {"must_be_empty"}
    fine = {f.code: f.example for f in SHIPPED["xzcf_fr_2018"].fields} | {"CF_NR_FK": ""}
    assert codes(check("xzcf_fr_2018", fine)) == {"required"}


@pytest.mark.parametrize("text", ["无", "空", "—", "/", "暂无", "　"])
def test_a_placeholder_in_an_optional_field_is_no_value(text: str) -> None:
    checked = check("xzxk_fr", licence(7), XK_XDR_ZDM=text)
    assert checked.good
    assert "XK_XDR_ZDM" not in checked.values


def test_a_document_without_number_says_so_by_one_character() -> None:
    assert check("xzxk_fr", licence(7), XK_WSH="空").problems == []
    assert codes(check("xzxk_fr", licence(7), XK_WSH="无")) == {"required"}


def test_invisible_and_hostile_characters_do_no_harm() -> None:
    checked = check("xzxk_fr", licence(7), XK_XMMC="\ufeff\u200b特种\u0000设备\ud800 \u00a0")
    assert checked.good
    json.dumps(checked.values["XK_XMMC"]).encode()
    assert "\u0000" not in checked.values["XK_XMMC"]
    checked.values["XK_XMMC"].encode("utf-8")
    assert (
        check("xzxk_fr", licence(7), XK_NR="<script>alert(1)</script>").values["XK_NR"] == "<script>alert(1)</script>"
    )


@given(st.lists(st.text(max_size=40), min_size=18, max_size=18))
def test_no_text_makes_a_check_raise(cells: list[str]) -> None:
    checked = row_check(SHIPPED["xzxk_fr"]).check(cells, today=TODAY)
    for problem in checked.problems:
        RowProblem.model_validate({name: getattr(problem, name) for name in RowProblem.model_fields})
        assert problem.message


SHEET_CELLS = st.one_of(
    st.text(max_size=20),
    st.text("0123456789０１２年月日-/.,万元其他；、 长期无空X\n", max_size=20),
    st.builds(
        SheetCell,
        st.sampled_from(["number", "date"]),
        st.one_of(st.floats(), st.floats(-1e6, 1e6), st.integers(-(10**20), 10**20)),
        st.text(max_size=8),
    ),
    st.builds(SheetCell, st.sampled_from(["boolean", "error"]), st.integers(0, 42), st.text(max_size=8)),
    st.builds(SheetCell, st.just("date"), st.text(max_size=12), st.text(max_size=12)),
)


@given(st.sampled_from(["xzcf_fr", "xzxk_zrr_2018", "tax_fr"]), st.data(), st.booleans())
def test_no_cell_makes_a_check_raise_and_right_values_stay_as_they_are(
    code: str, data: st.DataObject, epoch_1904: bool
) -> None:
    dataset = SHIPPED[code]
    cells = data.draw(st.lists(SHEET_CELLS, min_size=len(dataset.fields), max_size=len(dataset.fields)))
    checked = row_check(dataset).check(cells, today=TODAY, epoch_1904=epoch_1904)
    wrong = {problem.field for problem in checked.problems if problem.severity == "error"}
    again = row_check(dataset).check_values(checked.values, today=TODAY)
    for field, value in checked.values.items():
        assert "\0" not in value
        value.encode()
        if field not in wrong:
            assert again.values[field] == value


@given(
    st.sampled_from(["〔", "[", "（", "(", "【"]),
    st.sampled_from(["〕", "]", "）", ")", "】"]),
    st.sampled_from(["", " ", "\u3000"]),
)
def test_brackets_and_spaces_make_no_other_document(left: str, right: str, space: str) -> None:
    assert fold_key(f"吕地税稽{space}罚{left}2018{right}{space}19 号") == fold_key("吕地税稽罚〔2018〕19号")
    assert identity_key(["A"], {"A": "１９号"}, "AB") == identity_key(["A"], {"A": "19号"}, "AB")


def test_a_row_without_any_field_of_its_key_is_known_by_all_it_says() -> None:
    one, other = identity_key(["A"], {"B": "一"}, "AB"), identity_key(["A"], {"B": "二"}, "AB")
    assert one != other
    assert one == identity_key(["A"], {"B": "一"}, "AB")


def test_the_public_sees_masked_persons_and_no_numbers() -> None:
    row = check("xzxk_zrr", citizen(XK_NR="持证人身份证号" + id_card(6) + "，电话13800138000")).values
    shown = public_values(SHIPPED["xzxk_zrr"], row)
    assert shown["XK_XDR"] == "王*"
    assert shown["XK_XDR_SFZ"].startswith("140402")
    assert set(shown["XK_XDR_SFZ"][6:]) == {"*"}
    text = json.dumps(shown, ensure_ascii=False)
    for secret in (id_card(5), id_card(6), "13800138000", "19800101", "王小明"):
        assert secret not in text
    assert "BZ" not in public_values(SHIPPED["xzxk_fr"], licence(7, BZ="内部备注"))


def test_a_person_is_masked_in_every_text_but_not_in_the_name_of_an_authority() -> None:
    row = citizen(XK_NR="准予王小明从业", XK_XZJG="长治市高平路派出所")
    assert public_values(SHIPPED["xzxk_zrr"], row)["XK_NR"] == "准予王*从业"
    namesake = public_values(SHIPPED["xzxk_zrr"], row | {"XK_XDR": "高平", "XK_NR": "准予高平从业"})
    assert namesake["XK_NR"] == "准予高*从业"
    assert namesake["XK_XZJG"] == "长治市高平路派出所"


def test_a_foreigners_document_is_masked_wherever_it_stands() -> None:
    row = citizen(XK_NR="持护照E12345678", BZ="护照") | {"XK_XDR_SFZ": "E12345678"}
    checked = check("xzxk_zrr", row)
    assert (checked.good, codes(checked)) == (True, {"unverified"})
    assert "E12345678" not in json.dumps(public_values(SHIPPED["xzxk_zrr"], checked.values))


def test_a_credit_code_that_looks_like_an_identity_number_is_published_whole() -> None:
    code = next(
        body + last
        for body in (f"91140420001231{tail:03}" for tail in range(1000))
        if (last := uscc_check_digit(body)) and last.isdecimal()
    )
    assert public_values(SHIPPED["xzxk_fr"], licence(7, XK_XDR_SHXYM=code))["XK_XDR_SHXYM"] == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("其他-备案", "其他-备案"),
        ("其他（备案）", "其他-备案"),
        ("其他：备案", "其他-备案"),
        ("其他", "其他"),
        (" 登 记 ", "登记"),
    ],
)
def test_a_kind_that_the_standard_does_not_list_may_be_named(text: str, value: str) -> None:
    checked = check("xzxk_fr", licence(7, XK_SPLB=text))
    assert checked.good
    assert checked.values["XK_SPLB"] == value


@pytest.mark.parametrize("between", ["；", "、", ",", "和", "\n", " "])
def test_a_decision_may_name_several_kinds_of_penalty(between: str) -> None:
    kinds = between.join(["没收违法所得、没收非法财物", "警告"])
    assert check("xzcf_fr", penalty(7, CF_CFLB2=kinds)).values["CF_CFLB2"] == "没收违法所得、没收非法财物；警告"
    assert codes(check("xzcf_fr", penalty(7, CF_CFLB2="警告；批评"))) == {"not_in_list"}


def test_a_fine_among_several_kinds_needs_its_amount() -> None:
    row = {field.code: field.example for field in SHIPPED["xzcf_fr_2018"].fields}
    checked = check("xzcf_fr_2018", row | {"CF_CFLB": "警告；罚款", "CF_NR_FK": ""})
    assert [(problem.field, problem.code) for problem in checked.problems] == [("CF_NR_FK", "required")]
    assert check("xzcf_fr_2018", row | {"CF_CFLB": "警告", "CF_NR_FK": ""}).good


def test_free_text_with_a_number_is_doubted_before_it_is_published() -> None:
    assert codes(check("xzcf_fr", penalty(7), CF_SY=f"当事人身份证号{id_card(6)}")) == {"personal_data"}


def said() -> dict[str, str]:
    """One row for each kind of problem of api.md, and what is said about it."""
    cases: dict[str, Checked] = {
        "required": check("xzxk_fr", licence(7, XK_XMMC="")),
        "too_long": check("xzxk_fr", licence(7, XK_WSH="长" * 129)),
        "not_a_date": check("xzxk_fr", licence(7, XK_JDRQ="2018-1")),
        "not_in_list": check("xzxk_fr", licence(7, XK_SPLB="许可")),
        "bad_check_digit": check("xzxk_fr", licence(7, XK_XDR_SHXYM=uscc(7)[:-1] + "A")),
        "bad_format": check("xzxk_fr", licence(7, XK_XDR_SHXYM=uscc(7).replace("0", "O", 1))),
        "in_future": check("xzxk_fr", licence(7, XK_JDRQ="2099-01-01", XK_JZQ="", SJC="2018-01-16")),
        "before": check("xzxk_fr", licence(7, XK_JZQ="2017-01-01")),
        "one_of_required": check("xzxk_fr", licence(7, XK_XDR_SHXYM="")),
        "must_be_empty": check("xzxk_zrr", citizen(), XK_FR="李四"),
        "rounded_number": check("xzxk_fr", licence(7), XK_XDR_SHXYM=SheetCell("number", 9.11404e17, "…")),
        "error_cell": check("xzxk_fr", licence(7), XK_NR=SheetCell("error", 42, "#N/A")),
        "normalised": check("xzxk_fr", licence(7, XK_XDR_SHXYM=uscc(7).lower())),
        "placeholder": check("xzxk_fr", licence(7, XK_XDR_ZDM="无")),
        "unverified": check("xzxk_zrr", citizen() | {"XK_XDR_SFZ": "E12345678"}),
        "outdated_region": check(
            "xzxk_fr", licence(7, DFBM="140402", XK_JDRQ="2020-01-02", SJC="2020-01-03", XK_JZQ="")
        ),
        "codes_differ": check("xzxk_fr", licence(7, XK_XDR_ZDM="688056511")),
        "looks_misplaced": check("xzxk_fr", licence(7, XK_FR="《中华人民共和国特种设备安全法》第八十四条")),
        "wrong_subject": check("xzxk_fr", licence(7, XK_XDR="王小明")),
        "test_data": check("xzxk_fr", licence(7, XK_XDR="测试企业")),
        "personal_data": check("xzcf_fr", penalty(7, CF_SY=f"当事人身份证号{id_card(6)}")),
        "not_a_number": check("tax_fr", {f.code: f.example for f in SHIPPED["tax_fr"].fields} | {"NSJE": "一万元"}),
    }
    return {
        name: next(problem.message for problem in checked.problems if problem.code == name)
        for name, checked in cases.items()
    }


def test_every_kind_of_problem_is_said_as_the_golden_file_says() -> None:
    assert said().keys() == (ERRORS | WARNINGS.keys()) - {"duplicate_in_file", "duplicate_existing"}
    assert said() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_sentence_is_chinese_and_says_what_to_do() -> None:
    for name, (_, sentence) in TEXTS.items():
        assert sentence.endswith("。"), name
        assert len(sentence) > 8, name


@pytest.mark.parametrize("dataset", ["xzxk_fr", "xzxk_zrr", "xzcf_fr", "xzcf_zrr"])
def test_a_header_may_name_the_codes_as_the_standard_does(dataset: str) -> None:
    # domain/reference.md §2.1 writes 代码_1(…), the manual's form 行政相对人代码_1(…): officers' files have both.
    names = {name for field in SHIPPED[dataset].fields for name in (field.label, *field.aliases)}
    assert names >= {"代码_1(统一社会信用代码)", "行政相对人代码_1(统一社会信用代码)", "代码_5(居民身份证号)"}


@pytest.mark.parametrize(("typed", "offered"), [("一般", None), ("普通许可", "普通"), ("许可", None)])
def test_the_one_choice_that_is_near_is_offered_and_is_good(typed: str, offered: str | None) -> None:
    [problem] = check("xzxk_fr", licence(1, XK_SPLB=typed)).problems
    assert (problem.code, problem.suggestion) == ("not_in_list", offered)
    if offered:
        assert check("xzxk_fr", licence(1, XK_SPLB=offered)).problems == []


def test_a_choice_that_is_offered_is_read_by_its_code_and_name() -> None:
    [problem] = check("xzxk_fr", licence(1, XK_ZT="已撤销")).problems
    assert problem.suggestion == "1 撤销"
    assert check("xzxk_fr", licence(1, XK_ZT="1 撤销")).values["XK_ZT"] == "1"
