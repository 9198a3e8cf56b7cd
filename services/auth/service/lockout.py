"""Counts failed attempts and closes the door for a while (api.md, last lines).

Three counts over the last quarter of an hour: of one user name from one address, of one user name, of one address.
A rival at another address can thus not lock an officer out with a handful of attempts. Signing in forgives only the
failures of that very pair; the wider counts go on, so that knowing one password buys no more guesses at another.
What one address is says `counted_as`. A browser that the officer has signed in from before counts by itself, as if it
were an address that nobody else has, and past the count of the name: a rival with many addresses, or in the same
office, can go on as long as he likes. So does a session that asks for a new password; all tokens of a user are one,
since a thief of one could make more.
"""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from services.auth.errors import TooManyAttempts
from services.auth.repository import sessions as repository
from services.auth.service.clock import Clock
from services.auth.service.devices import MARK, Devices
from services.auth.service.identities import TOKEN_MARK
from services.auth.tokens import digest
from shared.addresses import counted_as
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database

NO_LIMIT = 2**31 - 1


def name_hash(username: str) -> bytes:
    return digest(username.strip().casefold())


class Lockout:
    def __init__(
        self, db: Database, devices: Devices, now: Clock, *, window: timedelta, limits: tuple[int, int, int]
    ) -> None:
        self._db = db
        self._devices = devices
        self._now = now
        self._window = window
        self._limits = limits
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def source(self, username: str, address: str, device: str | None = None) -> str:
        """Where attempts at this name count as coming from: the browser, if the name knows it, or else the address."""
        return self._devices.recognise(name_hash(username), device) or counted_as(address)

    def own_source(self, caller: Identity) -> str:
        """Where guesses of one who is signed in count as coming from: nobody outside can spend them."""
        token = caller.session_id.startswith(TOKEN_MARK)
        return f"{MARK}{caller.user_id if token else caller.session_id}"

    def remember(self, username: str) -> str:
        """For the browser that has just signed in."""
        return self._devices.remember(name_hash(username))

    @asynccontextmanager
    async def attempt(self, username: str, source: str) -> AsyncGenerator[None]:
        """One guess at a time for a user name: a hundred at once must not all pass before the first is counted.

        Raises:
            TooManyAttempts: the door is closed; `retry_after` says for how many seconds.
        """
        key = name_hash(username)
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            await self._check(key, source)
            yield

    async def failed(self, conn: Conn, username: str, source: str) -> None:
        now = self._now()
        await repository.insert_failure(conn, name_hash(username), source, now)
        await repository.delete_old_failures(conn, now - self._window)

    async def succeeded(self, conn: Conn, username: str, source: str) -> None:
        await repository.forgive_failures(conn, name_hash(username), source)

    async def _check(self, key: bytes, source: str) -> None:
        now = self._now()
        pair, name, address = self._limits
        limits = (pair, NO_LIMIT if source.startswith(MARK) else name, address)
        async with self._db.reading() as conn:
            closed = await repository.closed_by_failures(conn, key, source, now - self._window, limits)
        opens = max((failed_at + self._window for failed_at in closed if failed_at is not None), default=None)
        if opens is not None:
            seconds = _seconds_until(opens, now)
            raise TooManyAttempts(
                f"尝试次数过多，请在 {math.ceil(seconds / 60)} 分钟后再试；忘记密码请联系部门管理员或市信用办重置。",
                retry_after=seconds,
            )


def _seconds_until(opens: datetime, now: datetime) -> int:
    return max(1, math.ceil((opens - now).total_seconds()))
