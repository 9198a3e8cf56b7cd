"""Damages to the records of a workbook: anywhere, and where a number leads the reader on."""

import random
import struct
from collections.abc import Callable, Sequence

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

# Where in them those numbers stand; counted from the end where below zero.
AIMS: dict[int, Sequence[tuple[int, str]]] = {
    LEADING["DIMENSIONS"]: ((0, "<I"), (4, "<I"), (8, "<H"), (10, "<H")),  # first and last row and column
    LEADING["BOUNDSHEET"]: ((0, "<I"), (4, "<B"), (5, "<B"), (6, "<B")),  # offset, visibility, kind, length of the name
    LEADING["SST"]: ((0, "<I"), (4, "<I"), (8, "<H"), (10, "<B")),  # counts; length and flags of the first string
    LEADING["CONTINUE"]: ((0, "<B"),),  # flags of the string that goes on
    LEADING["LABELSST"]: ((0, "<H"), (2, "<H"), (6, "<I")),  # row, column, which string
    LEADING["MULRK"]: ((0, "<H"), (2, "<H"), (-2, "<H")),  # row, first and last column
    LEADING["MULBLANK"]: ((0, "<H"), (2, "<H"), (-2, "<H")),
    LEADING["RK"]: ((0, "<H"), (2, "<H"), (4, "<H")),
    LEADING["NUMBER"]: ((0, "<H"), (2, "<H"), (4, "<H"), (6, "<Q")),
    LEADING["FORMULA"]: (
        (0, "<H"),
        (2, "<H"),
        (6, "<B"),
        (8, "<B"),
        (12, "<H"),
        (20, "<H"),
    ),  # result, tokens
    LEADING["STRING"]: ((0, "<H"), (2, "<B")),
    LEADING["ROW"]: ((0, "<H"), (2, "<H"), (4, "<H")),
}

Records = list[tuple[int, bytes]]
Damage = Callable[[random.Random, Records], None]


def _of(chance: random.Random, records: Records, *kinds: int) -> int | None:
    """The place of one of these records, each kind as often as another; None where there is none."""
    kind = chance.choice(sorted({kind for kind, _ in records if kind in kinds}) or [None])
    return chance.choice([place for place, record in enumerate(records) if record[0] == kind] or [None])


def aimed(chance: random.Random, records: Records) -> None:
    """A count, an index, a place: a little off, or far."""
    if (place := _of(chance, records, *AIMS)) is None:
        return
    kind, body = records[place]
    at, form = chance.choice(AIMS[kind])
    at, size = at % max(len(body), 1), struct.calcsize(form)
    if at + size <= len(body):
        old = struct.unpack_from(form, body, at)[0]
        value = chance.choice((old + 1, old - 1, old * 2, *INTERESTING)) % (1 << 8 * size)
        records[place] = kind, body[:at] + struct.pack(form, value) + body[at + size :]


def led_elsewhere(chance: random.Random, records: Records) -> None:
    """A sheet is said to begin at another record, or in the middle of one."""
    if (place := _of(chance, records, LEADING["BOUNDSHEET"])) is None:
        return
    goal = chance.randrange(len(records))
    offset = sum(4 + len(body) for _, body in records[:goal]) + chance.choice((0, 0, 1, 4))
    records[place] = records[place][0], struct.pack("<I", offset) + records[place][1][4:]


def split(chance: random.Random, records: Records) -> None:
    """A record goes on in a CONTINUE from any byte of it, with or without the flags a string's rest begins with."""
    place = _of(chance, records, LEADING["SST"], LEADING["CONTINUE"], LEADING["STRING"], LEADING["FORMULA"], TXO, NOTE)
    if place is None:
        return
    kind, body = records[place]
    at = chance.randint(0, len(body))
    rest = chance.choice((b"", b"\0", b"\1", b"\xff")) + body[at:]
    records[place : place + 1] = [(kind, body[:at]), (LEADING["CONTINUE"], rest)]


def told(chance: random.Random, records: Records) -> None:
    """A formula's result becomes a text, a truth, an error or nothing; the text follows, or does not, or is cut."""
    if (place := _of(chance, records, LEADING["FORMULA"])) is None:
        return
    kind, body = records[place]
    result = struct.pack("<BBBBBBH", chance.choice((0, 0, 0, 1, 2, 3, 4)), 0, chance.randrange(256), 0, 0, 0, 0xFFFF)
    records[place] = kind, body[:6] + result + body[14:]
    text = "结果".encode("utf-16-le")
    string = struct.pack("<HB", chance.choice((2, 2, 3, 0, 0xFFFF)), 1) + text[: chance.choice((4, 4, 3, 0))]
    records[place + 1 : place + 1] = [(LEADING["STRING"], string)] * chance.choice((0, 1, 1, 2))


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
    *(aimed,) * 4, led_elsewhere, split, told, *(_number,) * 6,
    _shortened, _lengthened, _renamed, _moved, _repeated, _removed, _inserted, _noisy, _noisy,
)  # fmt: skip
