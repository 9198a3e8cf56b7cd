"""What passes between a process and its limited child: a kind in one byte, a length in four, the bytes."""

import struct
from typing import Final

HEADER: Final = struct.Struct(">cI")
LONGEST: Final = 64 * 1024 * 1024

# to the child
JOB: Final = b"j"
CONTENT: Final = b"c"
END: Final = b"."
# from the child
STARTED: Final = b"s"
BATCH: Final = b"b"
FINISHED: Final = b"f"
REFUSED: Final = b"r"
XLS: Final = b"x"
BROKEN: Final = b"!"  # the job itself was at fault: a programming error, named by its type only


def pack(kind: bytes, body: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(body)) + body
