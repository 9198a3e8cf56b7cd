"""Where the officers' files are kept: a directory or any S3-compatible store, by URL (obstore).

uploads/<uuid>    a file, as it was sent
incoming/<uuid>   an empty mark: stored, but not known to be registered yet; what keeps it for long is an orphan
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from services.ingest.errors import FileMissing, StoreDown

log = logging.getLogger(__name__)

_READ_BYTES: Final = 256 * 1024
_LOCAL_PART: Final = 256 * 1024
_S3_PART: Final = 5 * 1024 * 1024  # the least S3 allows
# An upload not known to be registered after this time never was: the sweep of records has long given up.
ORPHAN_AFTER: Final = timedelta(days=7)
_PARTIAL_AFTER_SECONDS: Final = 3600.0


def key_of(upload_id: object) -> str:
    return f"uploads/{upload_id}"


def _mark_of(key: str) -> str:
    return key.replace("uploads/", "incoming/", 1)


class Storage:
    """Raises StoreDown from every method when the store cannot be reached."""

    def __init__(self, url: str, *, keep_days: int = 0) -> None:
        """`keep_days`: files go after so many days; 0: never."""
        self._keep = timedelta(days=keep_days)
        parts = urlsplit(url)
        self._root: Path | None = None
        if parts.scheme == "file":
            self._root = Path(unquote(parts.path))
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Somebody else may have made it; a volume that belongs to another keeps its own rights.
            with contextlib.suppress(PermissionError):
                self._root.chmod(0o700)
            for folder in ("uploads", "incoming"):
                (self._root / folder).mkdir(mode=0o700, exist_ok=True)
            self._store: ObjectStore = LocalStore(self._root)
        else:
            self._store = from_url(url)

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Store `pieces` under `key`, safe on the disk; nothing is left when `pieces` raises."""
        failed: list[BaseException] = []

        async def watched() -> AsyncGenerator[bytes]:
            try:
                async for piece in pieces:
                    yield piece
            except GeneratorExit:  # the store takes no more: its own failure is told below
                raise
            except BaseException as error:
                failed.append(error)
                raise

        part = _S3_PART if self._root is None else _LOCAL_PART
        try:
            await obstore.put_async(self._store, _mark_of(key), b"")
            await obstore.put_async(self._store, key, watched(), chunk_size=part, max_concurrency=2)
            if self._root is not None:
                await asyncio.to_thread(_sync, self._root / key)
        except BaseException as error:
            if failed:
                await self.delete(key)
                raise failed[0] from None
            if isinstance(error, BaseError | OSError):
                await self.delete(key)
                raise StoreDown from error
            raise

    async def registered(self, key: str) -> None:
        """The file belongs to a registered upload: it is no orphan."""
        with contextlib.suppress(StoreDown, FileMissing):
            await self._delete(_mark_of(key))

    async def delete(self, key: str) -> None:
        """Take the file away; a store that is down leaves it to the janitor."""
        with contextlib.suppress(StoreDown):
            for name in (key, _mark_of(key)):
                with contextlib.suppress(FileMissing):
                    await self._delete(name)

    async def _delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            raise FileMissing from None
        except (BaseError, OSError) as error:
            raise StoreDown from error

    async def size(self, key: str) -> int:
        """Raises FileMissing."""
        try:
            return (await obstore.head_async(self._store, key))["size"]
        except FileNotFoundError:
            raise FileMissing from None
        except (BaseError, OSError) as error:
            raise StoreDown from error

    async def read(self, key: str) -> AsyncGenerator[bytes]:
        """The file in pieces. Raises FileMissing."""
        try:
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=_READ_BYTES):
                yield bytes(piece)
        except FileNotFoundError:
            raise FileMissing from None
        except (BaseError, OSError) as error:
            raise StoreDown from error

    async def ping(self) -> None:
        """Asks for a list: even an empty one needs its bucket or folder, of which a missing file says nothing."""
        try:
            if self._root is not None and not await asyncio.to_thread((self._root / "uploads").is_dir):
                raise StoreDown
            await anext(aiter(obstore.list(self._store, "uploads/ping", chunk_size=1)), None)
        except (BaseError, OSError) as error:
            raise StoreDown from error

    async def _remove_before(self, day: datetime) -> int:
        removed = 0
        async for page in obstore.list(self._store, "uploads/"):
            for file in page:
                if file["last_modified"] < day:
                    await self.delete(file["path"])
                    removed += 1
        return removed

    async def sweep(self) -> int:
        """Remove what uploads that died on the way have left, and what was kept long enough; returns how many files."""
        removed = 0
        oldest = datetime.now(UTC) - ORPHAN_AFTER
        try:
            if self._keep:
                removed += await self._remove_before(datetime.now(UTC) - self._keep)
            async for page in obstore.list(self._store, "incoming/"):
                for mark in page:
                    if mark["last_modified"] < oldest:
                        await self.delete(mark["path"].replace("incoming/", "uploads/", 1))
                        removed += 1
        except (BaseError, OSError) as error:
            raise StoreDown from error
        if self._root is not None:
            removed += await asyncio.to_thread(_remove_partial, self._root)
        return removed


def _sync(path: Path) -> None:
    """LocalStore does not fsync: without this an upload answered with 202 could be lost with the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_partial(root: Path) -> int:
    """LocalStore writes to `key#1` first; a killed process leaves that behind."""
    removed = 0
    for path in root.glob("*/*#*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _PARTIAL_AFTER_SECONDS:
                path.unlink()
                removed += 1
    return removed
