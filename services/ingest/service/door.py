"""The door: takes files in, registers them and sends them on their way; gives workbooks out."""

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import BinaryIO, NamedTuple
from uuid import UUID, uuid4

from services.ingest import child
from services.ingest.errors import FileTooLarge, FileUnsupported, Passed, TooManyDownloads, WorkbookNotMade
from services.ingest.records_client import RecordsClient
from services.ingest.storage import Storage, key_of
from services.ingest.workbook import frames
from services.ingest.workbook.failures import TEXTS, Refused
from services.ingest.workbook.inside import Limits
from services.ingest.workbook.sniff import HEAD_BYTES, sniff
from services.ingest.workbook.template import cached_template
from shared.contracts.ingest import UploadAccepted
from shared.contracts.records import RecordSearch
from shared.contracts.uploads import RegisterUpload, Upload
from shared.datasets.definition import Dataset

# Made workbooks wait in temporary files for their readers, however slow: so many, each of so many bytes at most.
HELD_AT_ONCE = 64
# Of these for one department: who reads slowly on purpose, by however many connections, holds up its own only.
HELD_BY_ONE = 8
MADE_BYTES = 128 * 1024 * 1024
_PIECE = 256 * 1024


class Stored(NamedTuple):
    """A file that is in the blob store and not registered yet."""

    id: UUID
    size: int
    sha256: str


class Bounds(NamedTuple):
    file_bytes: int  # of one upload
    child: Limits
    child_seconds: float
    made_at_once: int  # children that write workbooks


class IngestService:
    """The door. `publish` sends UploadAccepted on its way and never raises: the sweep of records makes good."""

    def __init__(
        self,
        storage: Storage,
        records: RecordsClient,
        publish: Callable[[UploadAccepted], Awaitable[None]],
        bounds: Bounds,
    ) -> None:
        self._storage = storage
        self._records = records
        self._publish = publish
        self._bounds = bounds
        self._making = asyncio.Semaphore(bounds.made_at_once)
        self._held = asyncio.Semaphore(HELD_AT_ONCE)
        self._held_by: Counter[str] = Counter()

    def refuse_size(self, size: int) -> None:
        """Raises FileTooLarge."""
        if size > self._bounds.file_bytes:
            limit = f"{self._bounds.file_bytes / 1024 / 1024:g} MB"
            raise FileTooLarge(TEXTS["too_large"][1].format(limit=limit))

    async def store(self, pieces: AsyncIterable[bytes]) -> Stored:
        """Stream a file into the store, whatever its size in bounded memory.

        Raises:
            FileTooLarge, FileUnsupported: nothing is kept.
            StoreDown: the store cannot be reached.
        """
        stored = uuid4()
        digest = hashlib.sha256()
        size = 0

        async def watched() -> AsyncIterator[bytes]:
            nonlocal size
            head = b""
            async for piece in pieces:
                size += len(piece)
                self.refuse_size(size)
                digest.update(piece)
                if len(head) < HEAD_BYTES:
                    head += piece
                    if len(head) >= HEAD_BYTES:
                        _refuse_kind(head)
                yield piece
            if size < HEAD_BYTES:
                _refuse_kind(head)

        await self._storage.put(key_of(stored), watched())
        return Stored(stored, size, digest.hexdigest())

    async def discard(self, stored: Stored) -> None:
        await self._storage.delete(key_of(stored.id))

    async def accept(self, identity: str, stored: Stored, wanted: RegisterUpload, request_id: str) -> Upload:
        """Register the stored file with records, as the caller, and send it on its way."""
        try:
            registered = await self._records.register(identity, wanted)
        except Passed as refused:
            # After any other failure it may be registered all the same: then the file stays, for the janitor if not.
            if refused.problem.status < 500:
                await self.discard(stored)
            raise
        await self._storage.registered(key_of(stored.id))
        upload = registered.upload
        await self._publish(
            UploadAccepted(
                request_id=request_id,
                upload_id=upload.id,
                department=upload.department.code,
                dataset=registered.definition,
                storage_key=key_of(stored.id),
                file_size=stored.size,
                sha256=stored.sha256,
                uploaded_at=upload.uploaded_at,
            )
        )
        return upload

    async def template(self, identity: str, code: str) -> tuple[Dataset, bytes]:
        definition = await self._records.dataset(identity, code)
        dataset = Dataset.model_validate_json(definition)
        return dataset, await asyncio.to_thread(cached_template, definition)

    async def file(self, identity: str, upload_id: UUID) -> tuple[Upload, AsyncGenerator[bytes]]:
        """The original bytes of an upload the caller may see. Raises FileMissing."""
        upload = await self._records.upload(identity, upload_id)
        await self._storage.size(key_of(upload_id))
        return upload, self._storage.read(key_of(upload_id))

    def rejected(self, identity: str, department: str, upload_id: UUID) -> AsyncGenerator[bytes]:
        """The workbook of failed rows in pieces."""
        return self._made("rejected", department, self._records.rejected(identity, upload_id))

    def export(self, identity: str, department: str, wanted: Mapping[str, str] | RecordSearch) -> AsyncGenerator[bytes]:
        return self._made("export", department, self._records.export(identity, wanted))

    async def _made(self, work: child.Work, department: str, lines: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """A workbook whole in a temporary file first: a slow reader holds up nobody who wants one made.

        Raises:
            TooManyDownloads, WorkbookNotMade: before the first piece.
        """
        if self._held.locked() or self._held_by[department] >= HELD_BY_ONE:
            raise TooManyDownloads
        async with self._held, self._counted(department):
            with tempfile.TemporaryFile() as spool:
                await self._make(work, lines, spool)
                spool.seek(0)
                while piece := await asyncio.to_thread(spool.read, _PIECE):
                    yield piece

    @asynccontextmanager
    async def _counted(self, department: str) -> AsyncGenerator[None]:
        self._held_by[department] += 1
        try:
            yield
        finally:
            self._held_by[department] -= 1
            if not self._held_by[department]:
                del self._held_by[department]

    async def _make(self, work: child.Work, lines: AsyncGenerator[bytes], spool: BinaryIO) -> None:
        """In a child process: minutes of xlwt would hold up every other request here."""
        try:
            async with (
                self._making,
                child.run(work, b"", lines, self._bounds.child, seconds=self._bounds.child_seconds) as made,
            ):
                while (frame := await made.frame())[0] == frames.XLS:
                    if spool.tell() + len(frame[1]) > MADE_BYTES:
                        raise WorkbookNotMade
                    await asyncio.to_thread(_keep, spool, frame[1])
                if frame[0] != frames.FINISHED:
                    raise WorkbookNotMade
        except (Refused, child.Interrupted):
            raise WorkbookNotMade from None


def _keep(spool: BinaryIO, piece: bytes) -> None:
    try:
        spool.write(piece)
        spool.flush()
    except OSError:  # no room for the temporary file
        raise WorkbookNotMade from None


def _refuse_kind(head: bytes) -> None:
    try:
        sniff(head)
    except Refused as refused:
        raise FileUnsupported(refused.code, refused.message) from None
