"""Browsers that somebody has signed in from: each has attempts of its own, so that no stranger's can lock it out.

What a browser keeps of it is no credential: a name, a number and a time under our own signature. It opens nothing, it
only says which attempts count together. Nothing is stored.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from services.auth.service.clock import Clock

KEPT = timedelta(days=90)
MARK = "device:"  # no address looks like it


class Devices:
    def __init__(self, key: str, now: Clock) -> None:
        self._key = hmac.digest(key.encode(), b"device", hashlib.sha256)
        self._now = now

    def remember(self, name_hash: bytes) -> str:
        """For the browser to keep."""
        number, ends = secrets.token_hex(8), int((self._now() + KEPT).timestamp())
        return f"{number}.{ends}.{self._sign(name_hash, number, ends)}"

    def recognise(self, name_hash: bytes, kept: str | None) -> str | None:
        """What the attempts of this browser count as; None where nobody of that name has signed in from it."""
        number, _, rest = (kept or "").partition(".")
        ends, _, signature = rest.partition(".")
        if not (number.isascii() and ends.isascii() and ends.isdigit() and len(ends) < 12):
            return None
        if not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._sign(name_hash, number, int(ends)).encode()
        ):
            return None
        return MARK + number if int(ends) > self._now().timestamp() else None

    def _sign(self, name_hash: bytes, number: str, ends: int) -> str:
        return hmac.new(self._key, f"{name_hash.hex()}.{number}.{ends}".encode(), hashlib.sha256).hexdigest()
