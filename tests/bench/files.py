"""The .xls files the benchmarks upload: deterministic, fictitious, made once and kept under var/bench."""

from collections.abc import Iterator
from pathlib import Path

from shared.datasets.catalog import shipped_datasets
from shared.datasets.definition import Dataset
from tests.fixtures.room import ROOT
from tests.workbooks import good_rows, make_workbook, spoiled

DATASET = "xzxk_fr"
FOLDER = ROOT / "var" / "bench"
BAD_EVERY = 50  # 2 % of the rows
# Part of the file names: count it up when what is in the files changes.
EDITION = 2
# Stands in every document number, so that `distinct` can make another file of it in no time.
MARK = "AAAA"


def shipped(code: str) -> Dataset:
    draft = next(draft for draft in shipped_datasets() if draft.code == code)
    return Dataset(**draft.model_dump(), version=1)


def bad_rows(rows: int) -> int:
    return rows // BAD_EVERY


def workbook(rows: int) -> Path:
    """A file of `rows` rows × 20 columns, every 50th row bad."""
    path = FOLDER / f"{DATASET}-{rows}-v{EDITION}.xls"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        dataset = shipped(DATASET)
        # 序号, the 18 columns of the standard, and one the standard does not know: 20.
        columns = ["序号", *(field.code for field in dataset.fields), "经办科室"]
        fresh.write_bytes(make_workbook(dataset, _rows(rows), columns=columns))
        fresh.replace(path)
    return path


def _rows(count: int) -> Iterator[dict[str, str]]:
    for number, row in enumerate(spoiled(good_rows(DATASET, count), BAD_EVERY), start=1):
        code = row["XK_XDR_SHXYM"]
        yield row | {
            "序号": str(number),
            "XK_WSH": f"长许准字{MARK}〔{row['XK_WSH'][5:9]}〕{number}号",
            # Taken from the good check digit or not: a bad USCC must stay the only fault of its row.
            "XK_XDR_ZDM": code[8:17],
            "BZ": f"网上受理，第{number % 7 + 1}批",
            "经办科室": "行政审批科",
        }


def distinct(content: bytes, number: int) -> bytes:
    """The same file with other document numbers, so that its rows are other records; `number` below 10,000.

    A handful of document numbers that xlwt cut in two (a string may go on in the next record) stay as they were.
    """
    return content.replace(MARK.encode("utf-16-le"), f"{number:04d}".encode("utf-16-le"))
