"""Tells an error that is really want of memory from one of the file; runs in the limited child process.

What xlrd raises when an allocation fails is not always MemoryError: a codec that cannot be loaded is a LookupError, a
library that cannot be mapped an ImportError.
"""

import errno
import re
import resource
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_PEAK: Final = re.compile(r"^VmPeak:\s+(\d+) kB$", re.MULTILINE)
# The next piece that Python or the linker asks for is no larger; with less than this left, anything fails.
_LEFT: Final = 4 * 1024 * 1024


def ran_out(error: BaseException) -> bool:
    """A MemoryError stands somewhere behind it, also behind `raise … from None`."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or (isinstance(seen, OSError) and seen.errno == errno.ENOMEM):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def is_at_limit() -> bool:
    """The process has once held all the address space it may."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    peak = _PEAK.search(_STATUS.read_text())
    return limit != resource.RLIM_INFINITY and peak is not None and int(peak[1]) * 1024 > limit - _LEFT
