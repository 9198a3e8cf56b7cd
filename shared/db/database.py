"""One pool per process, one transaction per use case."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import Unavailable

DOWN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,
    TimeoutError,
)

Conn: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

Row: TypeAlias = asyncpg.Record


def affected(status: str) -> int:
    """How many rows a command tag such as `DELETE 3` is about."""
    return int(status.rpartition(" ")[2])


class DatabaseDown(Unavailable):
    slug = "database-down"
    title = "数据库暂时连不上"


class Database:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, max_size: int = 10) -> AsyncGenerator[Self]:
        """A pool that need not reach the server yet: a process starts, and says so on /readyz, while it is down."""
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=max_size,
            command_timeout=120,
            max_inactive_connection_lifetime=300,
            # Shorter than command_timeout: a statement that takes too long is a failure of its own, not an outage.
            server_settings={"timezone": "Asia/Shanghai", "jit": "off", "statement_timeout": "110s"},
        )
        async with pool:
            yield cls(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Conn]:
        """Commit on leaving, roll back on any exception.

        Raises:
            DatabaseDown: the server cannot be reached; whether a commit under way took effect is unknown.
        """
        try:
            async with self._pool.acquire(timeout=15) as conn, conn.transaction():
                yield conn
        except DOWN as error:
            raise DatabaseDown from error
        except asyncpg.InterfaceError as error:
            if not _went_away(error):
                raise
            raise DatabaseDown from error

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Conn]:
        """One connection without BEGIN and COMMIT: for a use case of a single SELECT."""
        try:
            async with self._pool.acquire(timeout=15) as conn:
                yield conn
        except DOWN as error:
            raise DatabaseDown from error
        except asyncpg.InterfaceError as error:
            if not _went_away(error):
                raise
            raise DatabaseDown from error


def _went_away(error: asyncpg.InterfaceError) -> bool:
    """asyncpg has one class for a connection that went away under a statement and for a misuse of its own."""
    return "connection" in str(error) and "closed" in str(error)
