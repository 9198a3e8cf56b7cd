"""argon2id in its own few threads: a flood at the door waits there instead of taking all memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError


class Verdict(NamedTuple):
    right: bool
    outdated: bool  # made with other parameters than today's: hash it again


class Passwords:
    def __init__(self, *, memory_kib: int, passes: int, threads: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, hashed: str | None, password: str) -> Verdict:
        """Whether `password` is what was hashed. With None (an unknown user) it takes as long and is always wrong."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._verify, hashed, password)

    def _verify(self, hashed: str | None, password: str) -> Verdict:
        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False, outdated=False)
        right = hashed is not None
        return Verdict(right=right, outdated=hashed is not None and self._hasher.check_needs_rehash(hashed))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
