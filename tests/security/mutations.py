"""Workbooks damaged with knowledge of their structure: the OLE2 box, the BIFF records in it, and what records hold.

The same seed gives the same bytes.
"""

import random
import struct
from collections.abc import Callable, Sequence
from functools import cache

import xlrd.compdoc
import xlwt

from tests import odd_workbooks as odd
from tests.workbooks import make_workbook

CANARY = "金丝雀-7781-CANARY"  # stands in every file; no refusal may repeat it
SECTOR = 512
HEADER_FIELDS = {"sector shift": 30, "FAT sectors": 44, "directory": 48, "mini cutoff": 56, "miniFAT": 60, "DIFAT": 68}
INTERESTING = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFE,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
# Records whose numbers lead the reader somewhere: where to, how many, which.
LEADING = {
    "DIMENSIONS": 0x200, "BOUNDSHEET": 0x85, "SST": 0xFC, "LABELSST": 0xFD, "CONTINUE": 0x3C, "ROW": 0x208,
    "MULRK": 0xBD, "RK": 0x27E, "NUMBER": 0x203, "FORMULA": 0x06, "STRING": 0x207, "CODEPAGE": 0x42, "FORMAT": 0x41E,
    "XF": 0xE0, "DATEMODE": 0x22, "NAME": 0x18, "BOF": 0x809, "EOF": 0x0A, "MULBLANK": 0xBE, "FONT": 0x31,
}  # fmt: skip
FILEPASS, NOTE, TXO, MERGED = 0x2F, 0x1C, 0x1B6, 0xE5

Records = list[tuple[int, bytes]]
Damage = Callable[[random.Random, Records], None]


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
    made = [odd.boxed(odd.stream_of(book))]
    made += [make_workbook(odd.CODE, odd.rows(40, BZ=CANARY)), make_workbook(odd.CODE, odd.rows(3, BZ=CANARY * 300))]
    made += [
        odd.every_cell_kind(),
        odd.biff5_gbk(),
        odd.heavy_strings(200),
        odd.password_protected(odd.DEFAULT_PASSWORD),
    ]
    return made


def mutated(seed: int) -> bytes:
    chance = random.Random(seed)
    data = chance.choice(originals())
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice((_records_damaged, _records_damaged, _records_damaged, _box_damaged, _cut, _flipped))(
            chance, data
        )
    return data


def _records_damaged(chance: random.Random, data: bytes) -> bytes:
    try:
        box = xlrd.compdoc.CompDoc(data, logfile=_Silent())
        stream = box.get_named_stream("Workbook") or box.get_named_stream("Book") or b""
        records = [(kind, body) for _, kind, body in odd.records(bytes(stream))]
    except Exception:  # an earlier damage hides the stream
        return _flipped(chance, data)
    if not records:
        return data
    for _ in range(chance.randint(1, 4)):
        chance.choice(RECORD_DAMAGES)(chance, records)
    stream = b"".join(_written(chance, kind, body) for kind, body in records)
    return odd.boxed(stream, chance.choice(("Workbook",) * 9 + ("Book",)))


class _Silent:
    def write(self, _text: str) -> None: ...


def _written(chance: random.Random, kind: int, body: bytes) -> bytes:
    """Now and then a record lies about its length."""
    length = len(body) & 0xFFFF if chance.random() > 0.0005 else chance.choice(INTERESTING) & 0xFFFF
    return struct.pack("<HH", kind & 0xFFFF, length) + body


def _some(chance: random.Random, records: Records) -> int:
    """One of the leading records as often as any."""
    leading = [place for place, (kind, _) in enumerate(records) if kind in LEADING.values()]
    return chance.choice(leading) if leading and chance.random() < 0.8 else chance.randrange(len(records))


def _number(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    kind, body = records[place]
    form, size = chance.choice((("<B", 1), ("<H", 2), ("<H", 2), ("<I", 4)))
    if len(body) >= size:
        at = min(chance.randrange(0, len(body), size), len(body) - size)
        value = chance.choice(INTERESTING) % (1 << 8 * size)
        records[place] = kind, body[:at] + struct.pack(form, value) + body[at + size :]


def _shortened(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    kind, body = records[place]
    records[place] = kind, body[: chance.randint(0, len(body))]


def _lengthened(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    kind, body = records[place]
    records[place] = (
        kind,
        (body + body * chance.choice((1, 2, 40)) + chance.randbytes(chance.choice((1, 3, 9000))))[:60_000],
    )


def _renamed(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    records[place] = (
        chance.choice([*LEADING.values(), FILEPASS, NOTE, TXO, MERGED, chance.randrange(0x10000)]),
        records[place][1],
    )


def _moved(chance: random.Random, records: Records) -> None:
    records.insert(chance.randrange(len(records)), records.pop(_some(chance, records)))


def _repeated(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    records[place:place] = [records[place]] * chance.choice((1, 2, 50, 3000))


def _removed(chance: random.Random, records: Records) -> None:
    if len(records) > 1:
        records.pop(_some(chance, records))


def _inserted(chance: random.Random, records: Records) -> None:
    kind = chance.choice([*LEADING.values(), FILEPASS, NOTE, TXO, MERGED])
    records.insert(chance.randrange(len(records)), (kind, chance.randbytes(chance.choice((0, 1, 8, 200)))))


def _noisy(chance: random.Random, records: Records) -> None:
    place = _some(chance, records)
    kind, body = records[place]
    noisy = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        if noisy:
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
    records[place] = kind, bytes(noisy)


RECORD_DAMAGES: Sequence[Damage] = (
    *(_number,) * 6, _shortened, _lengthened, _renamed, _moved, _repeated, _removed, _inserted, _noisy, _noisy,
)  # fmt: skip


def _box_damaged(chance: random.Random, data: bytes) -> bytes:
    """Of the box: a field of its header, an entry of the directory, or of the table of sectors."""
    box = bytearray(data)
    if len(box) < 2 * SECTOR:
        return data
    value = struct.pack("<I", chance.choice((*INTERESTING, chance.randrange(len(box) // SECTOR + 2))))
    what = chance.random()
    if what < 0.4:
        at = chance.choice([*HEADER_FIELDS.values(), 76 + 4 * chance.randrange(109)])
    elif what < 0.7:
        directory = SECTOR * (1 + int.from_bytes(box[48:52], "little") % (len(box) // SECTOR))
        at = directory + 128 * chance.randrange(4) + chance.choice((0, 64, 66, 68, 72, 76, 116, 120))
    else:
        table = SECTOR * (1 + int.from_bytes(box[76:80], "little") % (len(box) // SECTOR))
        at = table + 4 * chance.randrange(SECTOR // 4)
    box[at : at + 4] = value
    return bytes(box[: max(len(data), at)])


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
