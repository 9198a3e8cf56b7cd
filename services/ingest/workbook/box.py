"""The OLE2 box as xlrd reads it, but for a circle of small sectors: that xlrd follows until memory or time end."""

from collections.abc import Sequence

from xlrd.compdoc import CompDoc, CompDocError


class Box(CompDoc):
    def _get_stream(self, mem: bytes, base: int, sat: Sequence[int], *where: int, **named: object) -> bytes:
        sector, passed = where[1], set[int]()
        while 0 <= sector < len(sat):
            if sector in passed:
                raise CompDocError(f"sector {sector} comes twice")
            passed.add(sector)
            sector = sat[sector]
        stream: bytes = vars(CompDoc)["_get_stream"](self, mem, base, sat, *where, **named)
        return stream
