"""Real-looking, fictitious rows of the four 双公示 datasets, with mistakes officers really make, written by xlwt."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import xlwt

from deploy.client.api import Json
from shared.datasets.check_digits import id_check_digit, org_code_check_digit, uscc_check_digit

Row = dict[str, str | float]

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
_TRADES = ("煤层气开发", "建筑安装工程", "食品加工", "医药连锁", "物流运输", "机械制造", "农产品购销", "餐饮管理")
_REGIONS = ("140400", "140403", "140404", "140405", "140426")


class Writer:
    """Rows of one department; `run` sets this run's document numbers and codes apart from those of earlier ones."""

    def __init__(self, office: str, run: int, today: date) -> None:
        self._office, self._run, self._today = office, run, today
        self._chance = random.Random(f"{office}{run}")  # noqa: S311  # demonstration data
        self._number = 0

    def licences(self, count: int, *, person: bool = False) -> list[Row]:
        return [self._licence(person) for _ in range(count)]

    def penalties(self, count: int, *, person: bool = False) -> list[Row]:
        return [self._penalty(person) for _ in range(count)]

    def _licence(self, person: bool) -> Row:
        decided = self._today - timedelta(days=self._chance.randrange(1, 60))
        number = self._next()
        return {
            "XK_WSH": f"长许准字〔{decided.year}〕{self._run}-{number}号",
            "XK_XMMC": self._chance.choice(("特种设备使用登记", "食品经营许可", "公共场所卫生许可", "排污许可")),
            "XK_SPLB": self._chance.choice(("普通", "核准", "登记")),
            "XK_NR": f"准予第{number}号申请事项，许可范围以许可证所载为准",
            **self._party("XK_XDR", "XK_XDR", "XK_FR", person=person),
            "XK_JDRQ": decided.isoformat(),
            "XK_JZQ": self._chance.choice(("2099-12-31", (decided + timedelta(days=1825)).isoformat())),
            "XK_XZJG": self._office,
            "XK_ZT": "0",
            "DFBM": self._chance.choice(_REGIONS),
            "SJC": (decided + timedelta(days=1)).isoformat(),
        }

    def _penalty(self, person: bool) -> Row:
        decided = self._today - timedelta(days=self._chance.randrange(1, 60))
        number = self._next()
        return {
            "CF_WSH": f"长罚决字〔{decided.year}〕{self._run}-{number}号",
            "CF_CFMC": self._chance.choice(("未按规定公示价格案", "超标排放污染物案", "超范围经营案")),
            "CF_CFLB1": self._chance.choice(("警告", "罚款")),
            "CF_SY": f"经查，当事人存在第{number}号案卷所载的违法行为",
            "CF_YJ": "《中华人民共和国行政处罚法》第二十八条",
            **self._party("CF_XDR_MC", "CF_XDR", "CF_FR", person=person),
            "CF_JG": "罚款人民币叁仟元",
            "CF_JDRQ": decided.isoformat(),
            "CF_XZJG": self._office,
            "CF_ZT": "0",
            "DFBM": self._chance.choice(_REGIONS),
            "SJC": (decided + timedelta(days=1)).isoformat(),
        }

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _party(self, name: str, code: str, head: str, *, person: bool) -> Row:
        someone = self._chance.choice(_SURNAMES) + "".join(self._chance.choices(_GIVEN, k=2))
        if person:
            return {name: someone, f"{code}_SFZ": self._id_card()}
        company = f"长治市{''.join(self._chance.choices(_GIVEN, k=2))}{self._chance.choice(_TRADES)}有限公司"
        return {name: company, f"{code}_SHXYM": self._uscc(), head: someone}

    def _uscc(self) -> str:
        body = f"{self._chance.randrange(10**8):08d}"
        code = f"91140400{body}{org_code_check_digit(body)}"
        return f"{code}{uscc_check_digit(code)}"

    def _id_card(self) -> str:
        born = date(1960, 1, 1) + timedelta(days=self._chance.randrange(14_000))
        body = f"140402{born:%Y%m%d}{self._chance.randrange(1000):03d}"
        return f"{body}{id_check_digit(body)}"


def _prefix(row: Row) -> str:
    return "XK" if "XK_WSH" in row else "CF"


def _code(row: Row) -> str:
    return next(name for name in row if name.endswith(("_SHXYM", "_SFZ")))


def _letter_for_digit(row: Row) -> None:
    row[_code(row)] = str(row[_code(row)]).replace("0", "O", 1)


def _digits_swapped(row: Row) -> None:
    code = str(row[_code(row)])
    place = next(place for place in range(8, 16) if code[place] != code[place + 1])
    row[_code(row)] = code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def _no_such_day(row: Row) -> None:
    row[f"{_prefix(row)}_JDRQ"] = "2026-02-30"


def _in_future(row: Row) -> None:
    row[f"{_prefix(row)}_JDRQ"] = "2031年5月1日"


def _name_missing(row: Row) -> None:
    row["XK_XDR" if _prefix(row) == "XK" else "CF_XDR_MC"] = ""


def _code_as_number(row: Row) -> None:
    """Typed into a cell that is not text: Excel keeps fifteen digits."""
    row[_code(row)] = 911404001234567000.0


def _not_in_list(row: Row) -> None:
    row[f"{_prefix(row)}_ZT"] = "有效"


def _too_long(row: Row) -> None:
    row[f"{_prefix(row)}_WSH"] = "长治市" + "某某" * 120


MISTAKES: tuple[Callable[[Row], None], ...] = (
    _letter_for_digit,
    _no_such_day,
    _name_missing,
    _code_as_number,
    _in_future,
    _digits_swapped,
    _not_in_list,
    _too_long,
)


def spoil(rows: list[Row], mistakes: int) -> list[Row]:
    """Put `mistakes` different mistakes into rows spread over the file."""
    for place, mistake in _spread(len(rows), mistakes):
        mistake(rows[place])
    return rows


def _spread(rows: int, mistakes: int) -> Iterator[tuple[int, Callable[[Row], None]]]:
    for number in range(min(mistakes, rows)):
        yield number * rows // mistakes, MISTAKES[number % len(MISTAKES)]


def write(file: Path, definition: Json, rows: list[Row]) -> None:
    """A workbook in the layout of the dataset's template: title, labels, rows from row 3 on."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(str(definition["name"])[:31])
    sheet.write(0, 0, f"{definition['name']}（{definition['code']}，第{definition['version']}版）")
    fields: list[Mapping[str, str]] = definition["fields"]
    for column, field in enumerate(fields):
        sheet.write(1, column, field["label"])
    for number, row in enumerate(rows, start=2):
        for column, field in enumerate(fields):
            value = row.get(field["code"], "")
            if value != "":
                sheet.write(number, column, value)
    book.save(str(file))
