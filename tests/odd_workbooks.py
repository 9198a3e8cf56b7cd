"""Files as they really arrive (domain/reference.md §5, §7), and files made to hurt. All are of xzxk_fr."""

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from hashlib import md5
from typing import Any

import msoffcrypto.format.ooxml
import openpyxl  # type: ignore[import-untyped]
import xlrd
import xlwt
from xlwt.CompoundDoc import XlsDoc

from tests.workbooks import LABELS, add_sheet, good_rows, make_workbook, saved

CODE = "xzxk_fr"
OLE2_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
DEFAULT_PASSWORD = "VelvetSweatshop"  # what 保护工作簿 encrypts with

BOF, EOF, BOUNDSHEET, FILEPASS, DIMENSIONS, LABEL, SST, CONTINUE = 0x809, 0x0A, 0x85, 0x2F, 0x200, 0x204, 0xFC, 0x3C


def rows(n: int = 3, **changes: Any) -> list[dict[str, Any]]:
    return [{**row, **changes} for row in good_rows(CODE, n, seed=5)]


# --- other kinds of file under the name .xls


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(LABELS[CODE].values()))
    book.save(held := io.BytesIO())
    return held.getvalue()


def zipped(*names: str, first: bytes = b"") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, first or b"content")
    return held.getvalue()


def encrypted_xlsx() -> bytes:
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(xlsx())).encrypt("secret", held := io.BytesIO())
    return held.getvalue()


def html(encoding: str = "utf-8") -> bytes:
    cells = "".join(f"<td>{label}</td>" for label in LABELS[CODE].values())
    return f'<html><meta charset="{encoding}"><table><tr>{cells}</tr></table></html>'.encode(encoding)


def xml_2003() -> bytes:
    return (
        b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
    )


def mhtml() -> bytes:
    return b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n\r\n<html></html>'


def text(encoding: str = "gb18030", separator: str = "\t") -> bytes:
    lines = [LABELS[CODE].values(), *(row.values() for row in rows())]
    return "\r\n".join(separator.join(line) for line in lines).encode(encoding)


OTHER_KINDS: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "empty"),
    "one byte": (OLE2_MAGIC[:1], "text"),
    "one byte of nothing": (b"\0", "unknown"),
    "xlsx": (xlsx(), "xlsx"),
    "xlsb": (zipped("[Content_Types].xml", "xl/workbook.bin"), "xlsb"),
    "ods": (zipped("mimetype", first=b"application/vnd.oasis.opendocument.spreadsheet"), "ods"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
    "pptx": (zipped("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
    "zip": (zipped("许可法人.xls"), "zip"),
    "gzip": (gzip.compress(b"x" * 100), "gzip"),
    "rar": (b"Rar!\x1a\x07\x00" + b"\0" * 100, "archive"),
    "pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "pdf"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image"),
    "rtf": (rb"{\rtf1\ansi}", "rtf"),
    "html table": (html(), "html"),
    "html table in GBK": (html("gbk"), "html"),
    "XML 2003": (xml_2003(), "xml2003"),
    "other xml": (b'<?xml version="1.0"?><rows/>', "xml"),
    "MHTML": (mhtml(), "mhtml"),
    "tab-separated GBK": (text(), "text"),
    "CSV in UTF-8 with a mark": (b"\xef\xbb\xbf" + text("utf-8", ","), "text"),
    "CSV in UTF-16": (text("utf-16"), "text"),
    "random bytes": (random.Random(1).randbytes(5000), "unknown"),
}


# --- inside the OLE2 box


def stream_of(book: xlwt.Workbook) -> bytes:
    return bytes(book.get_biff_data())


def boxed(stream: bytes, name: str = "Workbook") -> bytes:
    """`stream` in an OLE2 file, under `name`."""
    XlsDoc().save(held := io.BytesIO(), stream)
    return renamed(held.getvalue(), name)


def mini_boxed(stream: bytes) -> bytes:
    """The same where a small stream lies: in sectors of 64 bytes within the root's own stream, by a table of theirs."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    minis = -(-len(stream) // 64)
    held = stream.ljust(-(-minis // 8) * 512, b"\0")
    last = 2 + len(held) // 512
    assert len(stream) < 4096

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        coded = name.encode("utf-16-le") + b"\0\0"
        neighbours = struct.pack("<BBIII", kind, 1, free, free, child)
        return (
            coded.ljust(64, b"\0")
            + struct.pack("<H", len(coded))
            + neighbours
            + bytes(36)
            + struct.pack("<III", start, size, 0)
        )

    def sector(*numbers: int) -> bytes:
        return struct.pack(f"<{len(numbers)}I", *numbers).ljust(512, b"\xff")

    header = OLE2_MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIIIIIII", 1, 1, 0, 4096, 2, 1, end, 0, 0)
    table = sector(0xFFFFFFFD, end, end, *range(4, last + 1), end)
    directory = entry("Root Entry", 5, 1, 3, minis * 64) + entry("Book", 2, free, 0, len(stream)) + bytes(256)
    return header.ljust(512, b"\xff") + table + directory + sector(*range(1, minis), end) + held


def renamed(data: bytes, name: str) -> bytes:
    old = "Workbook".encode("utf-16-le")
    at = data.index(old + b"\0\0")
    new = name.encode("utf-16-le")
    return (
        data[:at] + new.ljust(64, b"\0") + struct.pack("<H", len(new) + 2) + data[at + 66 :]
        if name != "Workbook"
        else data
    )


def workbook(**options: Any) -> xlwt.Workbook:
    book = xlwt.Workbook(encoding="utf-8")
    add_sheet(book, CODE, options.pop("rows", rows()), **options)
    return book


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def records(stream: bytes) -> list[tuple[int, int, bytes]]:
    """Position, kind and body of every record."""
    found, at = [], 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        found.append((at, kind, stream[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def password_protected(password: str) -> bytes:
    """Encrypted as Excel 97 does it: RC4, a new key every 1,024 bytes of the stream."""
    salt, verifier = bytes(range(16)), bytes(range(16, 32))
    truncated = md5(password.encode("utf-16-le")).digest()[:5]
    base = md5((truncated + salt) * 16).digest()[:5]

    def key(block: int) -> bytes:
        return md5(base + struct.pack("<I", block)).digest()

    both = _rc4(key(0), verifier + md5(verifier).digest())
    passed = record(FILEPASS, struct.pack("<HHH", 1, 1, 1) + salt + both)
    plain = bytearray()
    for at, kind, body in records(stream_of(workbook())):
        moved = b""
        if kind == BOUNDSHEET:
            moved = struct.pack("<I", struct.unpack_from("<I", body)[0] + len(passed))
        plain += record(kind, moved + body[len(moved) :])
        if at == 0:
            plain += passed
    mask = b"".join(_rc4(key(block), b"\0" * 1024) for block in range(len(plain) // 1024 + 1))
    out = bytearray(plain)
    for at, kind, body in records(bytes(plain)):
        clear = 4 if kind == BOUNDSHEET else len(body) if kind in (BOF, FILEPASS) else 0
        for place in range(at + 4 + clear, at + 4 + len(body)):
            out[place] ^= mask[place]
    return boxed(bytes(out))


def circular() -> bytes:
    """The directory's chain of sectors leads back to itself."""
    data = bytearray(boxed(stream_of(workbook())))
    (directory,) = struct.unpack_from("<I", data, 48)
    (table,) = struct.unpack_from("<I", data, 76)
    struct.pack_into("<I", data, 512 + table * 512 + directory * 4, directory)
    return bytes(data)


def small_circle() -> bytes:
    """A chain of small sectors leads back to its beginning."""
    data = bytearray(mini_boxed(biff5_stream()))
    (table,) = struct.unpack_from("<I", data, 60)
    struct.pack_into("<I", data, 512 + table * 512 + 4, 0)
    return bytes(data)


def shared_sector() -> bytes:
    """The directory runs on into the workbook's last sector, as some programs write it."""
    data = bytearray(boxed(stream_of(workbook()) + b"\0" * 600))
    at = data.index("Workbook".encode("utf-16-le"))
    (start,) = struct.unpack_from("<I", data, at + 116)
    (table,) = struct.unpack_from("<I", data, 76)
    chain, sector = [], start
    while sector < 0xFFFFFFF0:
        chain.append(sector)
        (sector,) = struct.unpack_from("<I", data, 512 + table * 512 + sector * 4)
    (directory,) = struct.unpack_from("<I", data, 48)
    while (following := struct.unpack_from("<I", data, 512 + table * 512 + directory * 4)[0]) < 0xFFFFFFF0:
        directory = following
    struct.pack_into("<I", data, 512 + table * 512 + directory * 4, chain[-1])
    return bytes(data)


def garbled() -> bytes:
    """The box is whole, the records of the stream in it are not."""
    stream = bytearray(stream_of(workbook()))
    at = next(at for at, kind, _ in records(bytes(stream)) if kind == SST)
    stream[at + 4 : at + 200] = random.Random(2).randbytes(196)
    return boxed(bytes(stream))


def vast() -> bytes:
    """A small file that says it has 65,536 × 256 cells, with a cell in the last corner."""
    book = workbook()
    book.get_sheet(0).write(65_535, 255, "x")
    data = stream_of(book)
    at = next(at for at, kind, _ in reversed(records(data)) if kind == DIMENSIONS)
    return boxed(data[: at + 4] + struct.pack("<IIHHH", 0, 65_536, 0, 256, 0) + data[at + 18 :])


def heavy_strings(records_: int = 2_000) -> bytes:
    """A string table of 2.7 million entries that takes twelve times its size in memory."""
    entry = [struct.pack("<HB", 3, 0) + struct.pack(">I", number)[1:] for number in range(1 << 12)]
    per_record = 8000 // 6
    parts = [entry[number % len(entry)] for number in range(per_record)]
    block = b"".join(parts)
    strings = per_record * records_
    body = record(SST, struct.pack("<II", strings, strings) + block)
    body += record(CONTINUE, block) * (records_ - 1)
    stream = stream_of(workbook())
    at, _, old = next(found for found in records(stream) if found[1] == SST)
    return boxed(stream[:at] + body + stream[at + 4 + len(old) :])


def cut_character() -> bytes:
    """A rare character of somebody's name cut in two where the string table goes over into its next record."""
    for padding in range(8):
        many = [{**row, "XK_NR": f"{'衔' * padding}{'𠮷' * 700}{number}"} for number, row in enumerate(rows(8))]
        data = make_workbook(CODE, many)
        try:
            xlrd.open_workbook(file_contents=data)
        except UnicodeDecodeError:
            return data
    raise AssertionError("no padding cuts a character")


def biff5_gbk() -> bytes:
    """Excel 5.0 without a code page, its text in GBK: what old Chinese programs write."""
    return boxed(biff5_stream(), "Book")


def biff5_stream() -> bytes:

    def label(row: int, column: int, value: str) -> bytes:
        raw = value.encode("gbk")
        return record(LABEL, struct.pack("<HHHH", row, column, 0, len(raw)) + raw)

    codes = list(LABELS[CODE])
    sheet = record(BOF, struct.pack("<HHHH", 0x0500, 0x0010, 0, 0))
    sheet += b"".join(label(1, column, LABELS[CODE][code]) for column, code in enumerate(codes))
    for number, row in enumerate(rows(), start=2):
        sheet += b"".join(label(number, codes.index(code), value) for code, value in row.items())
    sheet += record(EOF)
    top = record(BOF, struct.pack("<HHHH", 0x0500, 0x0005, 0, 0))
    name = "许可".encode("gbk")
    length = len(top) + 4 + 6 + 1 + len(name) + 4
    top += record(BOUNDSHEET, struct.pack("<IBBB", length, 0, 0, len(name)) + name) + record(EOF)
    return top + sheet


def chart_first() -> bytes:
    """A chart sheet before the data."""
    book = workbook(sheet="图表")
    book.get_sheet(0)
    add_sheet(book, CODE, rows(), sheet="数据")
    data = bytearray(stream_of(book))
    at = next(at for at, kind, _ in records(bytes(data)) if kind == BOUNDSHEET)
    data[at + 4 + 5] = 2
    return boxed(bytes(data))


def hidden_first() -> bytes:
    book = workbook(sheet="旧数据")
    book.get_sheet(0).visibility = 1
    add_sheet(book, CODE, rows(2), sheet="新数据")
    book.active_sheet = 1
    return saved(book)


def two_sheets() -> bytes:
    book = workbook(sheet="自然人", rows=good_rows("xzxk_zrr", 5, seed=5))
    add_sheet(book, CODE, rows(2), sheet="法人")
    return saved(book)


def empty_first() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("Sheet1")
    add_sheet(book, CODE, rows(), sheet="Sheet2")
    book.add_sheet("Sheet3")
    return saved(book)


def only_help() -> bytes:
    return make_workbook(CODE, rows(), sheet="填写说明")


# --- odd sheets


def two_level_header() -> bytes:
    """行政相对人 over its codes in row 1, the other labels merged over both rows."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for column, (code, label) in enumerate(LABELS[CODE].items()):
        if code.startswith("XK_XDR_"):
            sheet.write(1, column, label)
        else:
            sheet.write_merge(0, 1, column, column, label)
    first = list(LABELS[CODE]).index("XK_XDR_SHXYM")
    sheet.write_merge(0, 0, first, first + 4, "行政相对人代码")
    for number, row in enumerate(rows(), start=2):
        for column, code in enumerate(LABELS[CODE]):
            sheet.write(number, column, row.get(code, ""))
    return saved(book)


def decorated_labels() -> dict[str, str]:
    """The labels as officers write them: marks of 必填, spaces, line breaks, full-width letters, other brackets."""
    shapes = ("*{}", " {} ", "{}（必填）", "{}\n（YYYY/MM/DD）", "【{}】", "{}：", "* {} *")
    dressed = {
        code: shapes[number % len(shapes)].format(label) for number, (code, label) in enumerate(LABELS[CODE].items())
    }
    dressed["XK_XDR_SHXYM"] = "代码＿１（统一社会信用代码）"
    dressed["XK_XDR_ZDM"] = "组织机构代码"
    return dressed


def with_cells(writes: Sequence[tuple[int, int, Any]], **options: Any) -> bytes:
    """A good workbook with `writes` (row and column from 0, value) on top; a number format may follow the value."""
    book = workbook(**options)
    sheet = book.get_sheet(0)
    for row, column, value in writes:
        if isinstance(value, xlwt.XFStyle):
            sheet.write(row, column, None, value)
        else:
            sheet.write(row, column, value)
    return saved(book)


def formatted_blanks() -> bytes:
    border = xlwt.easyxf("borders: left thin, right thin, top thin, bottom thin")
    return with_cells([(row, column, border) for row in range(5, 1500) for column in range(18)])


def numbered_blanks() -> bytes:
    """1,000 rows of which three are filled in: the rest has its 序号 only."""
    numbered = [{"序号": float(n), **(rows()[n - 1] if n <= 3 else {})} for n in range(1, 1001)]
    return make_workbook(CODE, numbered, columns=["序号", *LABELS[CODE]])


def help_rows() -> bytes:
    """表格说明 in the data area, a header once more, a row of field codes, an example."""
    codes = list(LABELS[CODE])
    helps = [
        codes,
        ["示例：", *["样"] * 17],
        *[[row.get(code, "") for code in codes] for row in rows()],
        list(LABELS[CODE].values()),
        ["表格说明：1、代码_1 为统一社会信用代码；2、日期写成 2018/01/31。"],
        ["", "填表说明"],
        ["注：以上必填。"],
    ]
    return make_workbook(CODE, helps)


def shuffled() -> bytes:
    codes = list(LABELS[CODE])
    random.Random(3).shuffle(codes)
    return make_workbook(CODE, rows(), columns=["附注", *codes[:9], "", *codes[9:], "经办人"])


def every_cell_kind() -> bytes:
    """Row 3: Excel dates; 4: a serial number, a date with dots; 5: a rounded code; 6: an error; 7: a truth."""
    made = rows(5)
    made[0] |= {"XK_JDRQ": date(2025, 3, 1), "SJC": date(2025, 3, 2)}
    made[1] |= {"XK_JDRQ": 45_717, "SJC": "2025.3.2", "XK_ZT": 0}
    made[2] |= {"XK_XDR_SHXYM": 911404001000000301.0}
    made[3] |= {"XK_FR": ""}
    made[4] |= {"XK_FR": True}
    book = workbook(rows=made)
    book.get_sheet(0).row(5).set_cell_error(list(LABELS[CODE]).index("XK_FR"), 0x2A)
    return saved(book)
