"""Workbooks for tests and benchmarks: good files of any dataset and size; odd and hostile ones are in odd_workbooks.py.

Everything is fictitious and deterministic: the same arguments give the same bytes.
"""

import io
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import xlwt

from shared.datasets.definition import Choice, Dataset, DatasetDraft, FieldDefinition, IdentifierKind

MAX_ROWS = 65_534  # rows 3 … 65,536

_LICENCE = {
    "XK_WSH": "行政许可决定书文号",
    "XK_XMMC": "项目名称",
    "XK_SPLB": "审批类别",
    "XK_NR": "许可内容",
    "XK_XDR": "行政相对人名称",
    "XK_XDR_SHXYM": "代码_1(统一社会信用代码)",
    "XK_XDR_ZDM": "代码_2(组织机构代码)",
    "XK_XDR_GSDJ": "代码_3(工商登记码)",
    "XK_XDR_SWDJ": "代码_4(税务登记号)",
    "XK_XDR_SFZ": "代码_5(居民身份证号)",
    "XK_FR": "法定代表人姓名",
    "XK_JDRQ": "许可决定日期",
    "XK_JZQ": "许可截止期",
    "XK_XZJG": "许可机关",
    "XK_ZT": "当前状态",
    "DFBM": "地方编码",
    "SJC": "数据更新时间戳",
    "BZ": "备注",
}
_PENALTY = {
    "CF_WSH": "行政处罚决定书文号",
    "CF_CFMC": "处罚名称",
    "CF_CFLB1": "处罚类别1",
    "CF_CFLB2": "处罚类别2",
    "CF_SY": "处罚事由",
    "CF_YJ": "处罚依据",
    "CF_XDR_MC": "行政相对人名称",
    "CF_XDR_SHXYM": "代码_1(统一社会信用代码)",
    "CF_XDR_ZDM": "代码_2(组织机构代码)",
    "CF_XDR_GSDJ": "代码_3(工商登记码)",
    "CF_XDR_SWDJ": "代码_4(税务登记号)",
    "CF_XDR_SFZ": "代码_5(居民身份证号)",
    "CF_FR": "法定代表人姓名",
    "CF_JG": "处罚结果",
    "CF_JDRQ": "处罚决定日期",
    "CF_XZJG": "处罚机关",
    "CF_ZT": "当前状态",
    "DFBM": "地方编码",
    "SJC": "数据更新时间戳",
    "BZ": "备注",
}
# The labels by which the four 双公示 sets of the 2016 standard are filled in, in the order of the standard.
LABELS: dict[str, dict[str, str]] = {
    "xzxk_fr": _LICENCE,
    "xzxk_zrr": _LICENCE,
    "xzcf_fr": _PENALTY,
    "xzcf_zrr": _PENALTY,
}

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文玉红建国志海燕"
_TRADES = ("煤层气", "建筑安装", "食品加工", "医药连锁", "物流运输", "机械制造", "农产品购销", "餐饮服务")
_REGIONS = ("140400", "140403", "140404", "140405", "140406", "140423", "140426", "140429")
_OFFICES = ("长治市市场监督管理局", "长治市卫生健康委员会", "长治市住房和城乡建设局", "长治市应急管理局")
_KINDS = ("警告", "罚款", "责令停产停业")

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def org_code(number: int) -> str:
    """A valid 组织机构代码 (GB 11714); `number` below 10 ** 8."""
    body = f"{number:08d}"
    return body + "0123456789X0"[11 - sum(int(c) * w for c, w in zip(body, _ORG_WEIGHTS, strict=True)) % 11]


def uscc(number: int, *, head: str = "91140400") -> str:
    """A valid 统一社会信用代码 (GB 32100)."""
    code = head + org_code(number)
    return code + _USCC[-sum(_USCC.index(c) * w for c, w in zip(code, _USCC_WEIGHTS, strict=True)) % 31]


def id_card(number: int, *, region: str = "140402") -> str:
    """A valid 居民身份证号 (GB 11643); `number` below 10 ** 7 chooses birthday and sequence."""
    born = date(1950, 1, 1) + timedelta(days=number // 1000 % 18_000)
    body = f"{region}{born:%Y%m%d}{number % 1000:03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def good_rows(dataset: str, n: int, seed: int = 0) -> list[dict[str, str]]:
    """`n` rows of one of the four 双公示 sets, without an error or a warning and with different keys.

    Rows of different seeds never share a key. `dataset`: xzxk_fr, xzxk_zrr, xzcf_fr or xzcf_zrr.
    """
    chance = random.Random(seed)
    make = _licence if dataset.startswith("xzxk") else _penalty
    return [make(chance, seed, number, person=dataset.endswith("zrr")) for number in range(1, n + 1)]


def spoiled(rows: Sequence[Mapping[str, str]], every: int = 50) -> list[dict[str, str]]:
    """`rows` with every `every`-th made bad: a wrong check digit, no such day, a required field empty."""
    spoilt = [dict(row) for row in rows]
    for count, row in enumerate(spoilt[every - 1 :: every]):
        code = next(name for name in row if name.endswith(("SHXYM", "SFZ")) and row[name])
        day = next(name for name in row if name.endswith("JDRQ"))
        office = next(name for name in row if name.endswith("XZJG"))
        last = row[code][-1]
        wrong = {code: row[code][:-1] + ("1" if last != "1" else "2"), day: "2024-02-30", office: ""}
        name = list(wrong)[count % 3]
        row[name] = wrong[name]
    return spoilt


def _party(chance: random.Random, seed: int, number: int, prefix: str, person: bool) -> dict[str, str]:
    name = chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=2))
    title = "XK_XDR" if prefix == "XK" else "CF_XDR_MC"
    unique = (seed * 70_001 + number) % 10**7
    if person:
        return {title: name, f"{prefix}_XDR_SFZ": id_card(unique)}
    company = f"长治市第{number}{chance.choice(_TRADES)}有限公司"
    return {title: company, f"{prefix}_XDR_SHXYM": uscc(10_000_000 + unique), f"{prefix}_FR": name}


def _dates(chance: random.Random) -> tuple[str, str]:
    decided = date(2024, 1, 2) + timedelta(days=chance.randrange(1000))
    return decided.isoformat(), (decided + timedelta(days=chance.randrange(1, 6))).isoformat()


def _licence(chance: random.Random, seed: int, number: int, *, person: bool) -> dict[str, str]:
    decided, updated = _dates(chance)
    return {
        "XK_WSH": f"长许准字〔{decided[:4]}〕{seed}-{number}号",
        "XK_XMMC": chance.choice(("特种设备使用登记", "食品经营许可", "公共场所卫生许可", "建筑施工企业资质核准")),
        "XK_SPLB": chance.choice(("普通", "特许", "认可", "核准", "登记")),
        "XK_NR": f"准予第{number}号申请事项，许可范围以许可证所载为准",
        **_party(chance, seed, number, "XK", person),
        "XK_JDRQ": decided,
        "XK_JZQ": chance.choice(("2099-12-31", "2029-12-31")),
        "XK_XZJG": chance.choice(_OFFICES),
        "XK_ZT": "0",
        "DFBM": chance.choice(_REGIONS),
        "SJC": updated,
    }


def _penalty(chance: random.Random, seed: int, number: int, *, person: bool) -> dict[str, str]:
    decided, updated = _dates(chance)
    return {
        "CF_WSH": f"长罚决字〔{decided[:4]}〕{seed}-{number}号",
        "CF_CFMC": chance.choice(("未按规定公示价格案", "使用未经检验的特种设备案", "超范围经营案")),
        "CF_CFLB1": chance.choice(_KINDS),
        "CF_SY": f"经查，当事人存在第{number}号案卷所载的违法行为",
        "CF_YJ": "《中华人民共和国行政处罚法》第二十八条",
        **_party(chance, seed, number, "CF", person),
        "CF_JG": chance.choice(("警告", "罚款人民币叁仟元", "责令停产停业整顿十日")),
        "CF_JDRQ": decided,
        "CF_XZJG": chance.choice(_OFFICES),
        "CF_ZT": "0",
        "DFBM": chance.choice(_REGIONS),
        "SJC": updated,
    }


def labels_of(dataset: str | DatasetDraft) -> dict[str, str]:
    """Field code → column label, in column order."""
    if isinstance(dataset, str):
        return LABELS[dataset]
    return {field.code: field.label for field in dataset.fields}


def make_workbook(
    dataset: str | DatasetDraft,
    rows: Iterable[Mapping[str, Any] | Sequence[Any]],
    *,
    columns: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    header_row: int = 2,
    first_row: int = 3,
    sheet: str = "Sheet1",
    dates_1904: bool = False,
) -> bytes:
    """An .xls with a title in row 1, the labels in row 2 and `rows` from row 3 on.

    Args:
        rows: by field code, or sequences aligned with the columns. Text is written as text, dates as Excel dates,
            numbers as numbers, xlwt formulas as formulas, None and "" not at all.
        columns: field codes in the order of the sheet; all of the dataset's by default. A code the dataset does not
            have becomes an extra column labelled with itself.
        labels: other header texts, by field code.
        header_row, first_row: Excel's row numbers, from 1.
    """
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = dates_1904
    add_sheet(
        book,
        dataset,
        rows,
        columns=columns,
        labels=labels,
        title=title,
        header_row=header_row,
        first_row=first_row,
        sheet=sheet,
    )
    return saved(book)


def add_sheet(
    book: xlwt.Workbook,
    dataset: str | DatasetDraft,
    rows: Iterable[Mapping[str, Any] | Sequence[Any]],
    *,
    columns: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    header_row: int = 2,
    first_row: int = 3,
    sheet: str = "Sheet1",
) -> xlwt.Worksheet:
    """The same as one more sheet of `book`."""
    known = labels_of(dataset) | dict(labels or {})
    codes = list(columns or labels_of(dataset))
    added = book.add_sheet(sheet)
    if header_row != 1:
        added.write(0, 0, title or "长治市公共信用信息上报表")
    for column, code in enumerate(codes):
        added.write(header_row - 1, column, known.get(code, code))
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for number, row in enumerate(rows, start=first_row - 1):
        values = [row.get(code) for code in codes] if isinstance(row, Mapping) else row
        for column, value in enumerate(values):
            if isinstance(value, date):
                added.write(number, column, value, day)
            elif value is not None and value != "":
                added.write(number, column, value)
    return added


def saved(book: xlwt.Workbook) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_IDENTIFIERS: dict[str, IdentifierKind] = {
    "SHXYM": "uscc",
    "ZDM": "org_code",
    "GSDJ": "reg_no",
    "SWDJ": "tax_no",
    "SFZ": "id_card",
    "DFBM": "region",
}
_REQUIRED = {"WSH", "XMMC", "NR", "XDR", "MC", "CFMC", "SY", "JG", "SPLB", "JDRQ", "XZJG", "ZT", "DFBM", "SJC"}


def plain_dataset(code: str, *, version: int = 1) -> Dataset:
    """One of the four sets as far as reading a workbook needs it: same fields as shipped, without hints and rules."""
    fields = [_field(field, label) for field, label in LABELS[code].items()]
    person = code.endswith("zrr")
    return Dataset(
        code=code,
        name=f"{'行政许可' if code.startswith('xzxk') else '行政处罚'}-{'自然人' if person else '法人'}",
        category="licence" if code.startswith("xzxk") else "penalty",
        subject="natural_person" if person else "legal_person",
        key=[field.code for field in fields if field.required][:4],
        fields=fields,
        version=version,
    )


def _field(code: str, label: str) -> FieldDefinition:
    last = code.rsplit("_", 1)[-1]
    kinds = ("普通", "特许", "认可", "核准", "登记") if last == "SPLB" else ()
    return FieldDefinition(
        code=code,
        label=label,
        type="date" if last in {"JDRQ", "JZQ", "SJC"} else "choice" if kinds else "text",
        required=last in _REQUIRED,
        max_length=64 if last in _IDENTIFIERS else 2048,
        identifier=_IDENTIFIERS.get(last),
        choices=[Choice(value=kind, label=kind) for kind in kinds],
    )
