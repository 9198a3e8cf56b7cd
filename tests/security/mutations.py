"""Workbooks damaged with knowledge of their structure: the OLE2 box, the BIFF records in it, and what records hold.

The same seed gives the same bytes.
"""

import random
import struct
from functools import cache

import xlwt

from services.ingest.workbook.box import Box
from tests import odd_workbooks as odd
from tests.security.box_damages import box_damaged
from tests.security.record_damages import INTERESTING, LEADING, RECORD_DAMAGES, Damage, Records
from tests.workbooks import make_workbook

CANARY = "金丝雀-7781-CANARY"  # stands in every file; no refusal may repeat it


@cache
def originals() -> list[bytes]:
    """Good files of every kind of cell; each holds CANARY."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for row in range(30):
        for column in range(12):
            sheet.write(
                row, column, (CANARY, row * 1.5, row, f"文字{row}", xlwt.Formula("A1&B1"), None)[(row + column) % 6]
            )
    sheet.merge(40, 42, 0, 3)
    stream = odd.stream_of(book)
    made = [odd.boxed(stream), odd.boxed(_formulas_told(stream))]
    made += [make_workbook(odd.CODE, odd.rows(40, BZ=CANARY)), make_workbook(odd.CODE, odd.rows(3, BZ=CANARY * 300))]
    made += [
        odd.every_cell_kind(),
        odd.biff5_gbk(),
        odd.mini_boxed(odd.biff5_stream()),
        odd.heavy_strings(200),
        odd.password_protected(odd.DEFAULT_PASSWORD),
    ]
    return made


def _formulas_told(stream: bytes) -> bytes:
    """Each formula's result is a text, in a record of its own behind it."""
    before, after = _records_of(stream), Records()
    text = struct.pack("<HB", len(CANARY), 1) + CANARY.encode("utf-16-le")
    for kind, body in before:
        if kind == LEADING["FORMULA"]:
            told = body[:6] + b"\0\0\0\0\0\0\xff\xff" + body[14:]
            after += [(kind, told), (LEADING["STRING"], text)]
        else:
            after.append((kind, body))
    _refit(after, _sheets(before))
    return b"".join(odd.record(kind, body) for kind, body in after)


def mutated(seed: int) -> bytes:
    chance = random.Random(seed)
    data = chance.choice(originals())
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice((_records_damaged, _records_damaged, _records_damaged, box_damaged, _cut, _flipped))(
            chance, data
        )
    return data


def _records_damaged(chance: random.Random, data: bytes) -> bytes:
    return with_records_damaged(chance, data, *chance.choices(RECORD_DAMAGES, k=chance.randint(1, 4)))


def with_records_damaged(chance: random.Random, data: bytes, *damages: Damage) -> bytes:
    try:
        records = records_in(data)
    except Exception:  # an earlier damage hides the stream
        return _flipped(chance, data)
    if not records:
        return data
    sheets = _sheets(records)
    for damage in damages:
        damage(chance, records)
    if chance.random() < 0.9:
        _refit(records, sheets)
    stream = b"".join(_written(chance, kind, body) for kind, body in records)
    return odd.boxed(stream, chance.choice(("Workbook",) * 9 + ("Book",)))


def records_in(data: bytes) -> Records:
    """Raises anything where the box is damaged."""
    box = Box(data, logfile=_Silent())
    return _records_of(box.get_named_stream("Workbook") or box.get_named_stream("Book") or b"")


def _records_of(stream: bytes) -> Records:
    return [(kind, body) for _, kind, body in odd.records(bytes(stream))]


def _sheets(records: Records) -> list[int]:
    """Where each part of the workbook begins."""
    found, at = [], 0
    for kind, body in records:
        if kind == LEADING["BOF"]:
            found.append(at)
        at += 4 + len(body)
    return found


def _refit(records: Records, before: list[int]) -> None:
    """What moved is found where it is now: else hardly a damage would be reached."""
    moved = dict(zip(before, _sheets(records), strict=False))
    for place, (kind, body) in enumerate(records):
        if kind == LEADING["BOUNDSHEET"] and len(body) >= 4:
            (offset,) = struct.unpack_from("<I", body)
            records[place] = kind, struct.pack("<I", moved.get(offset, offset)) + body[4:]


class _Silent:
    def write(self, _text: str) -> None: ...


def _written(chance: random.Random, kind: int, body: bytes) -> bytes:
    """Now and then a record lies about its length."""
    length = len(body) & 0xFFFF if chance.random() > 0.0005 else chance.choice(INTERESTING) & 0xFFFF
    return struct.pack("<HH", kind & 0xFFFF, length) + body


def _cut(chance: random.Random, data: bytes) -> bytes:
    if len(data) < 2:
        return data
    if chance.random() < 0.5:
        return data[: chance.randrange(1, len(data))]
    other = chance.choice(originals())
    return data[: chance.randrange(1, len(data))] + other[chance.randrange(len(other)) :]


def _flipped(chance: random.Random, data: bytes) -> bytes:
    noisy = bytearray(data)
    for _ in range(chance.choice((1, 4, 40))):
        noisy[chance.randrange(len(noisy))] ^= 1 << chance.randrange(8)
    return bytes(noisy)
