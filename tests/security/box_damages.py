"""Damages to the OLE2 box: its header, its directory, its tables of sectors and the chains in them."""

import random
import struct
from collections.abc import Callable, Sequence

from tests.security.record_damages import INTERESTING

SECTOR = 512
HEADER_FIELDS = {"sector shift": 30, "FAT sectors": 44, "directory": 48, "mini cutoff": 56, "miniFAT": 60, "DIFAT": 68}
DIRECTORY, MINI_TABLE, TABLE = 48, 60, 76  # where the header names their first sectors
FREE, END = 0xFFFFFFFF, 0xFFFFFFFE

BoxDamage = Callable[[random.Random, bytearray], None]


def _start_of(box: bytearray, field: int) -> int:
    return SECTOR * (1 + int.from_bytes(box[field : field + 4], "little") % (len(box) // SECTOR))


def _any(chance: random.Random, box: bytearray) -> int:
    return chance.choice((*INTERESTING, chance.randrange(len(box) // SECTOR + 2)))


def _put(box: bytearray, at: int, value: int) -> None:
    """What lies behind the end stays as it is."""
    if at + 4 <= len(box):
        struct.pack_into("<I", box, at, value)


def header(chance: random.Random, box: bytearray) -> None:
    _put(box, chance.choice([*HEADER_FIELDS.values(), TABLE + 4 * chance.randrange(109)]), _any(chance, box))


def directory(chance: random.Random, box: bytearray) -> None:
    """Of an entry: its name and the length of that, kind and colour, neighbours, child, first sector or size."""
    field = chance.choice((0, 64, 66, 68, 72, 76, 116, 120))
    _put(box, _start_of(box, DIRECTORY) + 128 * chance.randrange(4) + field, _any(chance, box))


def sectors(chance: random.Random, box: bytearray) -> None:
    _put(box, _start_of(box, TABLE) + 4 * chance.randrange(SECTOR // 4), _any(chance, box))


def _chain(chance: random.Random, box: bytearray, field: int) -> None:
    """A chain leads to itself, back, to another's sector, or ends early; a used entry, else it would not matter."""
    table = _start_of(box, field)
    entries = struct.unpack_from(f"<{min(SECTOR, len(box) - table) // 4}I", box, table)
    used = [number for number, following in enumerate(entries) if following < len(entries) or following == END]
    if used:
        one = chance.choice(used)
        goal = chance.choice((one, chance.choice(used), max(one - 1, 0), used[0], FREE, END))
        _put(box, table + 4 * one, goal)


def chain(chance: random.Random, box: bytearray) -> None:
    _chain(chance, box, TABLE)


def mini_chain(chance: random.Random, box: bytearray) -> None:
    """Small streams lie in sectors of 64 bytes with a table of their own."""
    if int.from_bytes(box[MINI_TABLE : MINI_TABLE + 4], "little") < len(box) // SECTOR:
        _chain(chance, box, MINI_TABLE)


BOX_DAMAGES: Sequence[BoxDamage] = (header, header, directory, directory, sectors, chain, mini_chain)


def box_damaged(chance: random.Random, data: bytes) -> bytes:
    if len(data) < 2 * SECTOR:
        return data
    box = bytearray(data)
    chance.choice(BOX_DAMAGES)(chance, box)
    return bytes(box)
