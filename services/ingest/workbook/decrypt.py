"""Opens what 保护工作簿 has encrypted with Excel's own password: the sender will say there is none."""

import io
import struct
from typing import Final

from xlwt.CompoundDoc import XlsDoc

from services.ingest.workbook.box import Box
from services.ingest.workbook.failures import Refused

_DEFAULT_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105
_SECTOR: Final = 512
_SMALLEST: Final = 4096  # a stream below this lies elsewhere in the file
_HEADER: Final = struct.Struct("<HH")


def decrypted(data: bytes) -> bytes:
    """Raises Refused: it has a password of its own, or one of the kinds nobody can decrypt."""
    import msoffcrypto  # noqa: PLC0415  # 35 of 1,157 files need it; the others need not pay for it

    try:
        document = msoffcrypto.OfficeFile(io.BytesIO(_reboxed(data)))
        document.load_key(password=_DEFAULT_PASSWORD)
        opened = io.BytesIO()
        document.decrypt(opened)
    except MemoryError:
        raise
    except Exception:  # a wrong password has many names there
        raise Refused("encrypted") from None
    return opened.getvalue()


def _reboxed(data: bytes) -> bytes:
    """The workbook's stream alone in a new file, its end padded to whole records: msoffcrypto stumbles over less."""
    memory, base, size = Box(data, logfile=io.StringIO()).locate_named_stream("Workbook")
    stream = bytes((memory or b"")[base : base + size])
    end = _end_of_records(stream)
    room = max(-(end + 8) % _SECTOR + 8, _SMALLEST - end)
    odd = room % 4
    filler = _HEADER.pack(0, odd) + bytes(odd) if odd else b""
    held = io.BytesIO()
    XlsDoc().save(held, stream[:end] + filler + bytes(room - len(filler)))
    return held.getvalue()


def _end_of_records(stream: bytes) -> int:
    at = 0
    while at + _HEADER.size <= len(stream):
        kind, length = _HEADER.unpack_from(stream, at)
        if kind == 0 or at + _HEADER.size + length > len(stream):
            break
        at += _HEADER.size + length
    return at
