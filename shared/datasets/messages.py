"""Every text that a check can say, in one table: the code of the problem, error or warning, and the Chinese sentence.

A sentence says what is wrong, why, and how to mend it; check.py puts in front where it is. No sentence quotes an identity number.
Codes of errors are those of api.md; the codes of warnings are this house's own.
"""

from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning"]


class Finding(NamedTuple):
    severity: Severity
    code: str
    message: str
    suggestion: str | None = None  # a value that a check digit proves


class Reading(NamedTuple):
    """What a cell says: the normalised value, or the value as read where a finding is an error."""

    value: str
    findings: tuple[Finding, ...] = ()

    @property
    def good(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)


ERRORS: Final = frozenset(
    {
        "required",
        "too_long",
        "not_a_date",
        "not_a_number",
        "not_in_list",
        "bad_check_digit",
        "bad_format",
        "in_future",
        "before",
        "one_of_required",
        "must_be_empty",
        "rounded_number",
        "error_cell",
        "duplicate_in_file",  # said by the worker, which sees the whole file
        "duplicate_existing",  # said by apply, which sees the stored records
    }
)

WARNINGS: Final = {
    "normalised": "the code was written full-width, in lower case or with spaces and was put right",
    "placeholder": "无, 空, —, / … was taken as empty",
    "unverified": "accepted, but no rule can prove it: an old number, a foreign document, a development zone",
    "outdated_region": "the region code had been abolished before the decision",
    "codes_differ": "统一社会信用代码 and 组织机构代码 of one row belong to two organisations",
    "looks_misplaced": "the content seems to belong to another column",
    "wrong_subject": "a person in a 法人 set, or an organisation in a 自然人 set",
    "test_data": "测试 or *** where real data is expected",
    "personal_data": "free text that will be published holds an identity number or a telephone number",
}

# name → (code, sentence)
TEXTS: Final[dict[str, tuple[str, str]]] = {
    # any field
    "required": ("required", "必填项没有填写。请补填。"),
    "required_placeholder": ("required", "必填项不能填“{value}”代替。请补填真实内容。"),
    "required_document": ("required", "文号不能填“{value}”。确实没有文号的，请填一个“空”字。"),
    "required_when": ("required", "当“{other}”为“{equals}”时，这一项必须填写。请补填。"),
    "too_long": ("too_long", "内容有 {length} 个字，最多 {limit} 个字。系统不会自动截断，请精简后重新填写。"),
    "error_cell": ("error_cell", "单元格里是公式错误 {value}，不是数据。请改正公式，或把正确的内容直接填进去。"),
    "rounded_number": (
        "rounded_number",
        "这一格是数值格式，Excel 只保留前 15 位，第 16 位以后已经被改动，无法还原。请把单元格设为“文本”格式后重新填写完整号码。",
    ),
    "date_as_text": ("unverified", "这一格被 Excel 当成了日期，已按显示的内容“{value}”读取。请核对是否为原来的内容。"),
    "placeholder": ("placeholder", "填的是“{value}”，已按“没有填写”处理。没有内容的请直接留空。"),
    "normalised": ("normalised", "含有全角、小写字母、空格或看不见的字符，已自动改为规范写法。请核对。"),
    # dates
    "not_a_date": ("not_a_date", "“{value}”不是能识别的日期。请按“2018-01-31”或“2018/1/31”的样子填写年、月、日。"),
    "not_a_date_hidden": ("not_a_date", "填的内容不是日期。请按“2018-01-31”或“2018/1/31”的样子填写年、月、日。"),
    "no_such_day": ("not_a_date", "“{value}”在日历上不存在。请核对年、月、日。"),
    "no_day": ("not_a_date", "“{value}”没有写到日。系统不会替您补出日期，请按“2018-01-31”的样子把年、月、日填全。"),
    "two_digit_year": ("not_a_date", "“{value}”的年份只有两位，无法确定是哪一年。请按“2018-01-31”的样子填写四位年份。"),
    "open_end_here": ("not_a_date", "“{value}”只能用于截止日期。这一项请按“2018-01-31”的样子填写具体日期。"),
    "year_out_of_range": ("not_a_date", "“{value}”的年份不在 1900 年至 2199 年之间。请核对年份。"),
    "in_future": ("in_future", "“{value}”晚于今天（{today}）。这一项不能填将来的日期，请核对。"),
    "before": ("before", "“{value}”早于“{other}”（{limit}）。这一项不能早于“{other}”，请核对两个日期。"),
    # numbers
    "not_a_number": ("not_a_number", "“{value}”不是数字。请只填阿拉伯数字，例如 1200.50。"),
    "not_a_number_hidden": ("not_a_number", "填的内容不是数字。请只填阿拉伯数字，例如 1200.50。"),
    "not_an_integer": ("not_a_number", "“{value}”不是整数。请填不带小数的数字。"),
    "unit_in_number": ("not_a_number", "“{value}”里带有单位。请按列标题要求的单位换算后，只填数字。"),
    # choices and rules
    "not_in_list": ("not_in_list", "“{value}”不在可填的范围内。可以填：{choices}。"),
    "not_in_list_near": ("not_in_list", "“{value}”不在可填的范围内，最接近的是：{near}。可以填：{choices}。"),
    "not_in_list_hidden": ("not_in_list", "填的内容不在可填的范围内。可以填：{choices}。"),
    "one_of_required": ("one_of_required", "{labels}必须至少填写其中一项。"),
    "must_be_empty": ("must_be_empty", "当“{other}”为“{equals}”时，这一项不能填写。请清空。"),
    "must_be_empty_here": (
        "must_be_empty",
        "{subject}的数据不填这一项。请清空；如果这一行不是{subject}，请用{others}的模板上报。",
    ),
    # 统一社会信用代码, GB 32100
    "uscc_length": ("bad_format", "统一社会信用代码应为 18 位，现在是 {length} 位。请对照营业执照等证照核对。"),
    "uscc_is_org_code": (
        "bad_format",
        "这是 9 位的组织机构代码，不是 18 位的统一社会信用代码。请填到“组织机构代码”一列。",
    ),
    "uscc_is_reg_no": ("bad_format", "这是 15 位的工商注册号，不是 18 位的统一社会信用代码。请填到“工商登记码”一列。"),
    "uscc_is_id_card": ("bad_format", "这里填的像是居民身份证号，不是统一社会信用代码。请填到“居民身份证号”一列。"),
    "uscc_letters": (
        "bad_format",
        "含有统一社会信用代码不使用的字符（字母 I、O、S、V、Z 和符号都不会出现，常见的是把数字 0、1 写成了字母 O、I）。请对照证照核对。",
    ),
    "uscc_kind": ("bad_format", "前两位“{value}”不是国家标准规定的登记管理部门和机构类别代码。请对照证照核对。"),
    "uscc_region": ("bad_format", "第 3 至 8 位应为六位数字的行政区划码。请对照证照核对。"),
    "uscc_check": ("bad_check_digit", "统一社会信用代码最后一位校验不通过，其中至少有一位填错。请对照证照逐位核对。"),
    # 组织机构代码, GB 11714
    "org_code_length": (
        "bad_format",
        "组织机构代码应为 9 位（8 位本体代码加 1 位校验码），现在是 {length} 位。请对照证照核对。",
    ),
    "org_code_short": ("bad_format", "组织机构代码应为 9 位，现在只有 8 位，少了最后一位校验码。请补上校验码。"),
    "org_code_is_uscc": (
        "bad_format",
        "这是 18 位的统一社会信用代码，不是组织机构代码。请填到“统一社会信用代码”一列。",
    ),
    "org_code_letters": ("bad_format", "组织机构代码只能由数字和大写字母组成。请对照证照核对。"),
    "org_code_check": ("bad_check_digit", "组织机构代码最后一位校验不通过，其中至少有一位填错。请对照证照逐位核对。"),
    # 工商注册号, GS 15
    "reg_no_length": (
        "bad_format",
        "工商注册号应为 15 位数字（旧号为 13 位），现在是 {length} 位。请对照营业执照核对。",
    ),
    "reg_no_letters": ("bad_format", "工商注册号只能由数字组成。请对照营业执照核对。"),
    "reg_no_check": ("bad_check_digit", "工商注册号最后一位校验不通过，其中至少有一位填错。请对照营业执照逐位核对。"),
    "reg_no_old": ("unverified", "这是 13 位的旧注册号，没有校验码，系统无法核实。请核对；已换发新证的请填新号。"),
    "reg_no_is_uscc": ("looks_misplaced", "这是 18 位的统一社会信用代码。建议填到“统一社会信用代码”一列。"),
    # 税务登记号
    "tax_no_length": ("bad_format", "税务登记号应为 15、17、18 或 20 位，现在是 {length} 位。请对照税务登记证核对。"),
    "tax_no_letters": ("bad_format", "税务登记号只能由数字和大写字母组成。请对照税务登记证核对。"),
    "tax_no_check": (
        "bad_check_digit",
        "18 位的税务登记号应为统一社会信用代码或居民身份证号，但校验不通过。请逐位核对。",
    ),
    # 居民身份证, GB 11643
    "id_length": ("bad_format", "居民身份证号应为 18 位（旧证为 15 位），现在是 {length} 位。请对照证件核对。"),
    "id_letters": ("bad_format", "居民身份证号只能由数字组成（最后一位可以是 X）。请对照证件核对。"),
    "id_region": ("bad_format", "居民身份证号开头的地区码不存在。请对照证件核对。"),
    "id_birth": ("bad_format", "居民身份证号中的出生日期不存在或晚于今天。请对照证件核对第 7 至 14 位。"),
    "id_birth_15": ("bad_format", "15 位旧身份证号中的出生日期不存在。请对照证件核对第 7 至 12 位。"),
    "id_check": ("bad_check_digit", "居民身份证号最后一位校验不通过，其中至少有一位填错。请对照证件逐位核对。"),
    "id_old": ("unverified", "这是 15 位的旧身份证号，没有校验码，系统无法核实。请尽量填写 18 位的号码。"),
    "id_is_uscc": ("bad_format", "这里填的像是统一社会信用代码，不是居民身份证号。请填到“统一社会信用代码”一列。"),
    "id_masked": ("bad_format", "证件号码被 * 号遮盖。请填写完整号码，对外公示时系统会自动遮盖。"),
    "id_foreign": (
        "unverified",
        "这不是居民身份证号，已按其他证件（护照、通行证、永久居留身份证等）接收，系统无法核实。请在备注中写明证件类型。",
    ),
    # 行政区划, GB/T 2260
    "region_format": ("bad_format", "地方编码应为六位数字的行政区划代码，例如长治市 140400。请改正。"),
    "region_unknown": ("not_in_list", "“{value}”不是行政区划代码。请填写办理机关所在地的六位代码，例如长治市 140400。"),
    "region_county": (
        "unverified",
        "“{value}”不在行政区划代码表中，所属的市是{city}。开发区等可以这样填；否则请核对后两位。",
    ),
    "region_outdated": (
        "outdated_region",
        "“{value}”（{name}）在 {year} 年已停用，而这一行的日期在此之后。请改用现行代码。",
    ),
    # what is doubtful about a row
    "codes_differ": ("codes_differ", "与统一社会信用代码的第 9 至 17 位不一致，两个代码可能不属于同一家单位。请核对。"),
    "misplaced_person": ("looks_misplaced", "这里应填人名，但内容像法规条文、编号或整句话，可能填错了列。请核对。"),
    "person_as_company": ("wrong_subject", "名称像自然人姓名，而这是法人的数据。如果是自然人，请用自然人的模板上报。"),
    "company_as_person": ("wrong_subject", "名称像单位名称，而这是自然人的数据。如果是法人，请用法人的模板上报。"),
    "test_data": ("test_data", "含有“测试”字样，像是试填的数据。公示前请核对。"),
    "masked_data": ("test_data", "含有 * 号，像是已经遮盖过的内容。请填写完整内容，需要遮盖的系统在公示时会自动处理。"),
    "id_in_text": ("personal_data", "文字里含有居民身份证号。公示时系统会遮盖，建议改写后再报。"),
    "phone_in_text": ("personal_data", "文字里含有电话号码。公示时系统会遮盖，建议改写后再报。"),
}


def find(name: str, /, suggestion: str | None = None, **facts: object) -> Finding:
    """The finding called `name` in TEXTS, with `facts` filled into its sentence."""
    code, sentence = TEXTS[name]
    severity: Severity = "error" if code in ERRORS else "warning"
    return Finding(severity, code, sentence.format(**facts), suggestion)
