"""Identity and telephone numbers in free text, as people write them, and what only looks like one."""

import pytest

from shared.datasets.check import row_check
from shared.datasets.check_digits import has_id_check, uscc_check_digit
from shared.datasets.definition import Dataset
from shared.datasets.masking import public_values
from shared.datasets.privacy import holds_id_number, holds_phone, without_numbers
from tests.e2e.api import licence
from tests.unit.test_datasets_check import SHIPPED, TODAY, codes

CREDIT_CODE = next(
    body + last
    for body in (f"91140420001231{tail:03}" for tail in range(1000))
    if (last := uscc_check_digit(body)) and last.isdecimal() and not has_id_check(body + last)
)
IDS = {  # as written → as published
    "身份证140402198309177788": "身份证140402************",
    "ID140402198309177788": "ID140402************",
    "140402198309177788A": "140402************A",
    "14040219830917778x号": "140402************号",
    "140402198309177788*": "140402*************",
    "140402198309177788x": "140402************x",
    "140402.19830917.7788": "140402************",
    "1404021983 0917 7788": "140402************",
    "140402-1983-09-17-7788": "140402************",
    "1404 0219 8309 1777 88": "1404 0************",
    "（140402）1983·0917·7788": "（140402************",
    "１４０４０２１９８３０９１７７７８８": "140402************",
    "140402\u200b19830917\u20607788": "140402************",
    "旧证140402830917778": "旧证140402************",
}
PHONES = {
    "(0355)2023456": "(****)*******",
    "（0355）2023456": "（****）*******",
    "【0355】2023456，电话2023456": "【0355】2023456，电话*******",
    "0355 - 202 3456": "**** - *** ****",
    "联系电话：03552023456": "联系电话：***********",
    "03552023456": "***********",
    "010-65523456转8": "***-********转8",
    "+86 355 2023456": "+** *** *******",
    "电话号码：2023456": "电话号码：*******",
    "座机2023456": "座机*******",
    "TEL: 202-3456、2034567": "TEL: ***-****、*******",
    "139.0355.7788": "***.****.****",
    "139-035-57788": "***-***-*****",
    "139 03 55 77 88": "*** ** ** ** **",
    "1 3 9 0 3 5 5 7 7 8 8": "* * * * * * * * * * *",
    "1390-355-7788": "****-***-****",
    "（139）0355·7788": "（***）****·****",
    "+86-13903557788": "+**-***********",
    "008613903557788": "***************",
    "tel13903557788": "tel***********",
    "微信wx13903557788": "微信wx***********",
    "13903557788A": "***********A",
    "许13903557788号": "许***********号",
    "１３９０３５５７７８８": "***********",
    "13903557788 13803557788": "*********** ***********",
    "400-812-3456": "***-***-****",
    "400 8123 456": "*** **** ***",
    "服务4008123456": "服务**********",
}
NEITHER = (
    "长许准字〔2024〕100号", "长许准字〔2018〕第0731号", "（2018）140402000123号", "晋市监罚〔2024〕1-2024-0012号",
    "2018年1月15日至2019年12月31日", "2018-01-15 至 2019-12-31", "1998.1.31-2018.1.31", "2018.01.15-2018.12.31",
    "20180115-20190115", "2018011520190115", "2018-01-15 13:30:00", "13:30-15:00",
    "罚款13900000000元", "罚款13900000000.00元", "注册资本13900000000 万元", "4000000000元",
    "139.03万元", "1,390,355,778.80元",
    "JY11404020012345", "SC10514040200123", "D214012345", "（晋）JZ安许证字[2018]000123", "TS1214012-2024",
    "31101404022018010001",
    "14040200123", "第03552023456号", "许字4008123456号", "营业执照注册号140400100012345",
    "6222020509001234567", "91140402MA0GT1390X",
    "150,2000,3000", "面积1500.25平方米，共2018平方米", "网上受理，第3批", "电话12315",
    "《条例》第一百三十九条", "110101199013991233",
)  # fmt: skip


@pytest.mark.parametrize("text", IDS)
def test_an_identity_number_is_found_and_masked_however_it_is_written(text: str) -> None:
    assert holds_id_number(text)
    assert without_numbers(text) == IDS[text]


@pytest.mark.parametrize("text", PHONES)
def test_a_telephone_number_is_found_and_masked_however_it_is_written(text: str) -> None:
    assert holds_phone(text)
    assert not holds_id_number(text)
    assert without_numbers(text) == PHONES[text]


@pytest.mark.parametrize("text", [*NEITHER, CREDIT_CODE, f"信用代码{CREDIT_CODE}，已核"])
def test_codes_documents_dates_and_amounts_are_left_alone(text: str) -> None:
    assert not holds_id_number(text)
    assert not holds_phone(text)
    assert without_numbers(text) == text


def said(dataset: Dataset, row: dict[str, str]) -> set[str]:
    return codes(row_check(dataset).check_values(row, today=TODAY))


@pytest.mark.parametrize("field", ["XK_WSH", "XK_XMMC", "XK_NR", "XK_XDR", "XK_FR", "XK_XZJG"])
def test_every_text_that_is_published_is_looked_through(field: str) -> None:
    dataset = SHIPPED["xzxk_fr"]
    row = licence(7, **{field: "长治市某某公司（13903557788）"})
    assert "personal_data" in said(dataset, row)
    assert "13903557788" not in str(public_values(dataset, row))
    fields = [one.model_copy(update={"visibility": "hidden"}) if one.code == field else one for one in dataset.fields]
    assert "personal_data" not in said(dataset.model_copy(update={"fields": fields}), row)
