"""Which column holds which field: found by names in row 1 or 2, whatever the order of the columns (reference.md §5)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from services.ingest.workbook.failures import Refused
from services.ingest.workbook.marks import REASON_LABEL, REQUIRED_MARK, ROW_LABEL, Marks, read_marks
from shared.datasets.definition import Dataset

# Rows looked through for a header that slipped down, to say where it is.
SEARCHED_ROWS: Final = 8

_NOISE = re.compile(r"[\s*＊_\-—·.:：、,，;；\"“”'‘’\u200b-\u200f\ufeff]+")
_MARKS = re.compile(r"[(（\[【]?(?:必填项?|选填项?|必选|可选|必录)[)）\]】]?")
_BRACKETED = re.compile(r"[(（\[【〔<《][^()（）\[\]【】〔〕<>《》]*[)）\]】〕>》]")
_BRACKETS = re.compile(r"[()（）\[\]【】〔〕<>《》]")
_SERIAL = frozenset({"序号", "编号", "行号", "no", "序列号"})
_NAMED = 6  # columns named in one sentence


class Layout(NamedTuple):
    places: list[int | None]  # column (from 0) of each field of the dataset, None where the sheet has none
    header_row: int  # from 0; 0 or 1
    labels: frozenset[str]  # folded texts of the header, to know it again further down
    texts: frozenset[str]  # the same as they stand there, labels and codes: a row with none of them is no header
    origin_upload: UUID | None  # a workbook of failed rows: whose
    origin_rows: int | None  # its column 原行号
    notices: list[str]

    @property
    def letters(self) -> list[str | None]:
        return [None if place is None else column_letters(place) for place in self.places]


class _Match(NamedTuple):
    places: dict[str, int]  # field code → column
    repeated: list[str]  # header texts that name a field a second time
    extra: list[str]  # header texts that name no field


def column_letters(column: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def fold_label(text: str) -> str:
    """What is left of a header text when marks of 必填, spaces, brackets and punctuation do not count."""
    return _BRACKETS.sub("", _NOISE.sub("", _MARKS.sub("", unicodedata.normalize("NFKC", text)))).casefold()


def find_layout(dataset: Dataset, top: Sequence[Sequence[str]], sheet: str) -> Layout:
    """The layout of a sheet whose first rows (SEARCHED_ROWS of them) read `top`.

    `sheet`: how the sheet is called in messages, such as 工作表“Sheet1”.

    Raises:
        Refused: another dataset's template, no header, or a required column is missing.
    """
    rows = [*top, [], []]
    marks = read_marks(text for row in rows[:2] for text in row if "【" in text)
    if marks.dataset is not None and marks.dataset != dataset.code:
        raise Refused("other_dataset", other=marks.name or marks.dataset, dataset=dataset.name)
    names = _names_of(dataset)
    both = [low or high for high, low in _padded(rows[0], rows[1])]
    header_row, texts = max(
        ((1, rows[1]), (0, rows[0]), (1, both)), key=lambda candidate: len(_match(names, candidate[1]).places)
    )
    match = _match(names, texts)
    _require_columns(dataset, match, marks, top, sheet)
    notices = _notices(dataset, match)
    if marks.version is not None and marks.version != dataset.version:
        notices.append(
            f"所用模板是第 {marks.version} 版，现行的是第 {dataset.version} 版，已按列名读取；建议下载新模板。"
        )
    if header_row == 0 and any(text.strip() for text in rows[1]):
        notices.append(
            "列名在第 1 行；第 2 行按规定不导入，数据从第 3 行开始读取。如果第 2 行是数据，请移到后面重新上报。"
        )
    return Layout(
        places=[match.places.get(field.code) for field in dataset.fields],
        header_row=header_row,
        labels=frozenset(fold_label(text) for text in texts if text.strip()).union(
            fold_label(f.code) for f in dataset.fields
        ),
        texts=frozenset(texts).union(*((f.code, f.label) for f in dataset.fields)) - {""},
        origin_upload=marks.upload,
        origin_rows=_column_of(texts, {ROW_LABEL}) if marks.upload else None,
        notices=notices,
    )


def _padded(high: Sequence[str], low: Sequence[str]) -> list[tuple[str, str]]:
    width = max(len(high), len(low))
    return list(zip([*high, *[""] * (width - len(high))], [*low, *[""] * (width - len(low))], strict=True))


def _names_of(dataset: Dataset) -> dict[str, str]:
    """Folded text → field code. A looser name that two fields would share names neither."""
    names: dict[str, str] = {}
    for field in dataset.fields:
        for text in (field.label, field.code, *field.aliases):
            names.setdefault(fold_label(text), field.code)
    loose: dict[str, set[str]] = {}
    for field in dataset.fields:
        for text in (field.label, *field.aliases):
            bare = fold_label(_BRACKETED.sub("", unicodedata.normalize("NFKC", text)))
            inner = [fold_label(part) for part in _BRACKETED.findall(unicodedata.normalize("NFKC", text))]
            for name in (bare, *inner):
                loose.setdefault(name, set()).add(field.code)
    for name, codes in loose.items():
        if name and len(codes) == 1:
            names.setdefault(name, next(iter(codes)))
    return names


def _field_of(names: Mapping[str, str], text: str) -> str | None:
    found = names.get(fold_label(text))
    if found is None:
        bare = _BRACKETED.sub("", _MARKS.sub("", unicodedata.normalize("NFKC", text)))
        found = names.get(fold_label(bare)) if bare.strip() else None
    return found


def _match(names: Mapping[str, str], texts: Sequence[str]) -> _Match:
    match = _Match({}, [], [])
    known = _SERIAL | {fold_label(REASON_LABEL), fold_label(ROW_LABEL)}
    for column, text in enumerate(texts):
        if not text.strip():
            continue
        code = _field_of(names, text)
        if code is None:
            if fold_label(text) not in known:
                match.extra.append(text)
        elif code in match.places:
            match.repeated.append(f"{_shown(text)}（{column_letters(column)} 列）")
        else:
            match.places[code] = column
    return match


def _require_columns(dataset: Dataset, match: _Match, marks: Marks, top: Sequence[Sequence[str]], sheet: str) -> None:
    required = [field for field in dataset.fields if field.required]
    missing = [field.label for field in required if field.code not in match.places]
    enough = max(1, len(dataset.fields) // 2)
    if not missing and (required or len(match.places) >= enough):
        return
    names = _names_of(dataset)
    for row, texts in enumerate(top[2:SEARCHED_ROWS], start=3):
        if len(_match(names, texts).places) >= max(2, len(match.places) + 1, enough // 2):
            raise Refused("header_below", sheet=sheet, row=row)
    if len(match.places) < max(1, min(3, enough)):
        examples = "”“".join(field.label for field in (required or dataset.fields)[:3])
        raise Refused("no_header", sheet=sheet, dataset=dataset.name, examples=examples)
    absent = missing or [field.label for field in dataset.fields if field.code not in match.places]
    if marks.version is not None and marks.version < dataset.version:
        # Filled in before the columns were wanted: the template of the time would not help.
        otherwise = "；也可以不用表，在原来那次上报的“失败日志”里逐行改正" if marks.upload else ""
        facts = {"made": marks.version, "now": dataset.version, "otherwise": otherwise}
        raise Refused("columns_added", sheet=sheet, missing=_list(absent), **facts)
    raise Refused("columns_missing", sheet=sheet, missing=_list(absent), dataset=dataset.name)


def _notices(dataset: Dataset, match: _Match) -> list[str]:
    notices = []
    absent = [field.label for field in dataset.fields if field.code not in match.places]
    if absent:
        notices.append(f"表中没有这些列，已按没有填写处理：{_list(absent)}。")
    if match.extra:
        notices.append(f"这些列不属于本数据集，没有导入：{_list([_shown(text) for text in match.extra])}。")
    if match.repeated:
        notices.append(f"这些列的名称重复，只读取了每个名称的第一列，没有导入：{_list(match.repeated)}。")
    return notices


def _list(names: Sequence[str]) -> str:
    shown = "、".join(f"“{name}”" for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown}等 {len(names)} 列"


def _shown(text: str) -> str:
    """A header text fit for a sentence: one line, not long, no long number in it."""
    plain = "".join(character for character in " ".join(text.split()) if character.isprintable())
    plain = re.sub(r"\d{12,}[Xx]?", "…", plain.replace(REQUIRED_MARK, ""))
    return plain if len(plain) <= 30 else f"{plain[:30]}…"


def _column_of(texts: Sequence[str], folded: set[str]) -> int | None:
    return next((column for column, text in enumerate(texts) if fold_label(text) in folded), None)
