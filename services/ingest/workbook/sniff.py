"""What a file is, by its bytes and never by its name.

`sniff` looks at the beginning only and serves the door; `examine` sees the whole file and serves the child process.
"""

import re
import struct
from typing import Final

from services.ingest.workbook.failures import Refused

OLE2: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# As many bytes as `sniff` wants to see.
HEAD_BYTES: Final = 4096

# A workbook without the OLE2 box around it: the BOF records of BIFF2, 3, 4, 5 and 8.
_RAW_BIFF = tuple(
    bytes.fromhex(bof) for bof in ("09000400", "09000600", "09020600", "09040600", "09080800", "09081000")
)
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
)
_HTML = re.compile(rb"<!doctype html|<html|<head|<body|<table|<meta|<style|<div", re.IGNORECASE)
_XML_2003 = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet|progid=[\"']excel\.sheet", re.IGNORECASE)
_MHTML = re.compile(rb"mime-version:|content-type:\s*multipart/related", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

# Streams by which an OLE2 file says what it is, in the order they decide.
_STREAMS = (
    ("EncryptedPackage", "encrypted_xlsx"),
    ("Workbook", None),
    ("Book", None),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
)
_HEADER = 512
_ENTRY = 128
_FREE = 0xFFFFFFFA  # sector numbers from here on are marks


def sniff(head: bytes) -> None:
    """Raises Refused where the first bytes (HEAD_BYTES, or the whole file) show that this is no .xls."""
    if not head:
        raise Refused("empty")
    if head.startswith((OLE2, *_RAW_BIFF)):
        return
    if head.startswith(b"PK"):
        raise Refused(_zip_kind(head))
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise Refused(kind)
    raise Refused(_text_kind(head))


def _zip_kind(head: bytes) -> str:
    """By the names in the first local headers; what cannot be told is most likely an .xlsx."""
    for mark, kind in (
        (b"opendocument.spreadsheet", "ods"),
        (b"word/", "docx"),
        (b"ppt/", "pptx"),
        (b"xl/workbook.bin", "xlsb"),
        (b"xl/", "xlsx"),
        (b"[Content_Types].xml", "xlsx"),
        (b"_rels/", "xlsx"),
        (b"docProps/", "xlsx"),
    ):
        if mark in head:
            return kind
    return "zip"


def _text_kind(head: bytes) -> str:
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        plain = head.decode("utf-16", "ignore").encode()
    start = plain.lstrip()[:2048]
    if _MHTML.match(start) or (start.startswith(b"--") and _MHTML.search(start)):
        return "mhtml"
    if start.startswith(b"<"):
        if _XML_2003.search(plain):
            return "xml2003"
        if _HTML.search(start):
            return "html"
        return "xml"
    return "text" if not _CONTROL.search(plain) else "unknown"


def examine(data: bytes) -> None:
    """Raises Refused where the whole file shows that it holds no workbook, or only the beginning of one."""
    sniff(data[:HEAD_BYTES])
    if not data.startswith(OLE2):
        return
    if len(data) <= _HEADER or _points_beyond_the_end(data):
        raise Refused("cut_short")
    for name, kind in _STREAMS:
        entry = _entry(data, name)
        if entry is None:
            continue
        if kind is not None:
            raise Refused(kind)
        if entry > len(data):
            raise Refused("cut_short")
        return
    raise Refused("other_ole2" if _entry(data, "Root Entry") is not None else "corrupt")


def _points_beyond_the_end(data: bytes) -> bool:
    """The sectors of the allocation table and the directory lie behind the end of the file."""
    (shift,) = struct.unpack_from("<H", data, 30)
    if shift not in (9, 12):
        return False
    tables, directory = struct.unpack_from("<II", data, 44)
    sectors = [directory, *struct.unpack_from("<109I", data, 76)[: min(tables, 109)]]
    size = 1 << shift
    return any(sector < _FREE and _HEADER + sector * size >= len(data) for sector in sectors)


def _entry(data: bytes, name: str) -> int | None:
    """The size of the stream called `name`, from its directory entry; None where there is none.

    Directory entries lie on multiples of 128 bytes, so they are found without following chains that may be circular.
    """
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = data.find(wanted, _HEADER)
    while at >= 0:
        if at % _ENTRY == 0 and at + _ENTRY <= len(data):
            (length,) = struct.unpack_from("<H", data, at + 64)
            if length == len(wanted) and data[at + 66] in (2, 5):
                (size,) = struct.unpack_from("<I", data, at + 120)
                return int(size)
        at = data.find(wanted, at + 1)
    return None
