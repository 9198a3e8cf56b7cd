"""The keys that identities are signed with: in auth's own database, the first made by whoever starts first."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta

from joserfc.jwk import KeySetSerialization, OKPKey

from services.auth import tokens
from services.auth.repository import tokens as repository
from services.auth.service.clock import Clock
from shared.contracts.identity import Identity, Service
from shared.db.database import Conn, Database

# How long another process may go on signing with a key that rotate() has retired …
RELOAD_SECONDS = 30.0
# … and how long such signatures must still verify: longer than that and the life of an identity together.
OVERLAP = timedelta(minutes=20)


class SigningKeys:
    def __init__(self, db: Database, now: Clock) -> None:
        self._db = db
        self._now = now
        self._key: OKPKey | None = None
        self._loaded_at = float("-inf")
        self._lock = asyncio.Lock()

    async def sign(
        self, identity: Identity, services: Iterable[Service], seconds: int = tokens.IDENTITY_SECONDS
    ) -> str:
        return tokens.sign(identity, services, await self._current(), seconds)

    async def public(self) -> KeySetSerialization:
        """Every key that verifies, read afresh: a service asks only when it meets a key it does not know."""
        async with self._db.transaction() as conn:
            return tokens.public_keys(await self._load(conn))

    async def rotate(self) -> None:
        """From now on a new key signs; what the old ones signed stays good for its short life."""
        async with self._db.transaction() as conn:
            await repository.lock_signing_keys(conn)
            key = await _add_key(conn)
            await repository.retire_signing_keys(conn, self._now(), but=str(key.kid))
        self._loaded_at = float("-inf")

    async def _current(self) -> OKPKey:
        async with self._lock:
            if self._key is None or time.monotonic() - self._loaded_at > RELOAD_SECONDS:
                async with self._db.transaction() as conn:
                    self._key = (await self._load(conn))[0]
                self._loaded_at = time.monotonic()
            return self._key

    async def _load(self, conn: Conn) -> list[OKPKey]:
        since = self._now() - OVERLAP
        stored = await repository.signing_keys(conn, since)
        if not stored:
            await repository.lock_signing_keys(conn)
            stored = await repository.signing_keys(conn, since)
        if not stored:
            return [await _add_key(conn)]
        return [tokens.key_from_json(key) for key in stored]


async def _add_key(conn: Conn) -> OKPKey:
    key = tokens.new_key()
    await repository.insert_signing_key(conn, str(key.kid), tokens.key_to_json(key))
    return key
