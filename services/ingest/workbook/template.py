"""The template of a dataset: what an officer downloads, fills in and sends back. Made from the definition alone."""

import functools

import xlwt

from services.ingest.workbook.marks import HELP_SHEET, dataset_mark
from services.ingest.workbook.sheets import WRAPPED, Heading, SheetWriter, heading_of, new_book, packed
from shared.datasets.definition import (
    SUBJECT_NAMES,
    Dataset,
    FieldDefinition,
    MustBeEmptyWhen,
    NotBefore,
    NotInFuture,
    OneOfRequired,
    RequiredWhen,
    Rule,
    When,
)

HOW_TO_FILL = (
    "第 1、2 行不导入，请从第 3 行开始填写，不要改动列名；标“（必填）”的列必须填写。所有列已设为文本，"
    "长号码不会走样；日期写成 2018-01-31，长期有效写 2099-12-31。只收 .xls，一次一个文件，建议不超过 10000 行。"
    "各列的填写规则见“填写说明”。"
)
_TYPES = {
    "text": "文字",
    "long_text": "长文字，可换行",
    "date": "日期，如 2018-01-31",
    "integer": "整数",
    "decimal": "数字",
    "choice": "从可填内容中选一个",
}
_IDENTIFIERS = {
    "uscc": "18 位统一社会信用代码，核对校验位",
    "org_code": "9 位组织机构代码，核对校验位",
    "reg_no": "15 位工商注册号（旧号 13 位），核对校验位",
    "tax_no": "15、17、18 或 20 位税务登记号",
    "id_card": "18 位居民身份证号（旧证 15 位），核对校验位；公示时自动隐去一部分",
    "region": "6 位行政区划代码，如长治市 140400",
}
_HEADINGS = (
    Heading("列名", 28),
    Heading("字段名称", 18),
    Heading("是否必填", 10),
    Heading("填写规则", 50),
    Heading("最多字数", 10),
    Heading("可填内容", 40),
    Heading("示例", 30),
)


def sheet_name(dataset: Dataset) -> str:
    """Of the dataset's name, what Excel allows as the name of a sheet."""
    plain = "".join("_" if character in "[]:\\/?*'" else character for character in dataset.name)
    return plain.strip()[:31] or dataset.code[:31]


def title_of(dataset: Dataset, what: str) -> str:
    return f"{dataset.name}{what}{dataset_mark(dataset.code, dataset.name, dataset.version)}"


def template_workbook(dataset: Dataset) -> bytes:
    book = new_book()
    name = sheet_name(dataset)
    SheetWriter(
        book,
        name if name != HELP_SHEET else dataset.code[:31],
        f"{title_of(dataset, ' 上报模板')}\n{HOW_TO_FILL}",
        [heading_of(field) for field in dataset.fields],
    )
    _add_help(book, dataset)
    return packed(book)


def _add_help(book: xlwt.Workbook, dataset: Dataset) -> None:
    title = (
        f"{dataset.name} 填写说明（第 {dataset.version} 版{'，' + dataset.standard if dataset.standard else ''}）。"
        f"这一页只供查看，不会导入。本数据集上报{SUBJECT_NAMES[dataset.subject]}的信息。"
    )
    writer = SheetWriter(book, HELP_SHEET, title, _HEADINGS)
    styles = [WRAPPED] * len(_HEADINGS)
    for field in dataset.fields:
        writer.append(_help(field), styles)
    writer.append([""] * len(_HEADINGS))
    labels = {field.code: field.label for field in dataset.fields}
    key = "、".join(f"“{labels[code]}”" for code in dataset.key)
    sentences = [_sentence(rule, labels) for rule in dataset.rules]
    for number, sentence in enumerate([*sentences, f"{key}都相同的，视为同一条数据。"], start=1):
        writer.append([f"整行规则 {number}", "", "", sentence, "", "", ""], styles)


def _help(field: FieldDefinition) -> list[str]:
    rules = [field.hint.strip(), _IDENTIFIERS.get(field.identifier or "", ""), _TYPES[field.type]]
    if field.several:
        rules.append("可以填多个，用“；”隔开")
    return [
        field.label,
        field.code,
        "必填" if field.required else "选填",
        "；".join(rule.rstrip("。；") for rule in rules if rule) + "。",
        str(field.max_length) if field.type != "date" else "",
        "\n".join(
            choice.value if choice.value == choice.label else f"{choice.value} {choice.label}"
            for choice in field.choices
        ),
        field.example,
    ]


def _sentence(rule: Rule, labels: dict[str, str]) -> str:
    match rule:
        case OneOfRequired():
            return f"{'、'.join(f'“{labels[code]}”' for code in rule.fields)}至少填写其中一项。"
        case RequiredWhen():
            return f"当{_condition(rule.when, labels)}时，“{labels[rule.field]}”必须填写。"
        case MustBeEmptyWhen():
            return f"当{_condition(rule.when, labels)}时，“{labels[rule.field]}”不能填写。"
        case NotBefore():
            return f"“{labels[rule.field]}”不能早于“{labels[rule.other]}”。"
        case NotInFuture():
            return f"“{labels[rule.field]}”不能晚于上报当天。"


def _condition(when: When, labels: dict[str, str]) -> str:
    if when.equals == "*":
        return f"“{labels[when.field]}”已填写"
    values = [when.equals] if isinstance(when.equals, str) else when.equals
    return f"“{labels[when.field]}”为{'、'.join(f'“{value}”' for value in values)}"


@functools.lru_cache(maxsize=64)
def cached_template(definition: bytes) -> bytes:
    """A version never changes, so its template is made once. `definition`: the dataset as JSON."""
    return template_workbook(Dataset.model_validate_json(definition))
