"""行政区划代码 (GB/T 2260) with the years each code was valid, so that codes from before 2018 stay good in old data.

`regions.csv` is the table: code, name, first year, last year (empty: open). It was made from the list that python-stdnum ships
(Wikipedia, 行政区划代码 1 to 8) and may be edited; a development zone that is not in it passes with a warning.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

_TABLE = Path(__file__).with_name("regions.csv")

# Prefixes of identity numbers beyond the provinces: 台湾 residents' permit, and 91/92 of foreigners' cards are told by their 9.
_OTHER_ID_PREFIXES = {"83"}


class Region(NamedTuple):
    name: str
    first_year: int | None
    last_year: int | None


@cache
def regions() -> dict[str, list[Region]]:
    table: dict[str, list[Region]] = {}
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            first, last = (int(line[year]) if line[year] else None for year in ("from", "to"))
            table.setdefault(line["code"], []).append(Region(line["name"], first, last))
    return table


@cache
def id_prefixes() -> frozenset[str]:
    """First two digits an identity number may have."""
    return frozenset({code[:2] for code in regions() if code.endswith("0000")} | _OTHER_ID_PREFIXES)


def known(code: str) -> Literal["known", "county_unknown", "unknown"]:
    table = regions()
    if code in table:
        return "known"
    if code[:4] + "00" in table or (code[:2] + "0000" in table and code[2:4] == "90"):
        return "county_unknown"
    return "unknown"


def city_of(code: str) -> str:
    """Name of the city a county belongs to, or of the province."""
    table = regions()
    for above in (code[:4] + "00", code[:2] + "0000"):
        if above in table:
            return table[above][-1].name
    return ""


def abolished(code: str, year: int) -> Region | None:
    """The region that `code` meant, where it had been abolished before `year`."""
    meanings = regions().get(code)
    if not meanings or any(region.last_year is None or region.last_year >= year for region in meanings):
        return None
    return meanings[-1]


@cache
def current() -> frozenset[str]:
    """Codes that are in force."""
    return frozenset(
        code for code, meanings in regions().items() if any(region.last_year is None for region in meanings)
    )
