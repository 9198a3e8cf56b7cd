"""The books of all departments against the database and the blob store: every difference is a sentence."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from tests.faults.storm.book import COUNTED, Book, Family, Promise
from tests.faults.storm.files import Cells

UPLOADS = "SELECT * FROM upload WHERE department_code = $1"
ROWS = """
SELECT l.row, shown_outcome(l.outcome, l.mended, u.applied_at IS NOT NULL) AS outcome, l.values::text AS values
FROM ledger l JOIN upload u USING (upload_id) WHERE upload_id = $1
"""
RECORDS = """
SELECT source_row, document, values::text AS values, count(*) OVER (PARTITION BY key) AS times
FROM record WHERE source_upload_id = ANY ($1::uuid[]) AND state <> 'deleted'
"""
LIVING = "SELECT count(*) FROM record WHERE department_code = $1 AND state <> 'deleted'"
TALLY = "SELECT coalesce(sum(records), 0) FROM record_tally WHERE department_code = $1"


class Reckoning:
    def __init__(self, conn: asyncpg.Connection, blobs: Path) -> None:
        self._conn, self._blobs = conn, blobs
        self.faults: list[str] = []
        self.uploads = self.rows = self.records = self.lost = self.doubled = 0

    async def department(self, book: Book) -> None:
        found = {str(row["upload_id"]): row for row in await self._conn.fetch(UPLOADS, book.department)}
        for family in book.families:
            if not family.complete:
                self._fault(f"{book.department} {family.number} {family.story}: not told to its end")
            for promise in family.promises:
                upload = found.pop(promise.upload_id, None)
                if upload is None:
                    self.lost += promise.file.size
                    self._fault(f"{promise.upload_id}: accepted, and not in the database")
                else:
                    await self._upload(promise, upload)
            if family.complete:
                await self._family(family)
        for upload_id in found:
            self._fault(f"{upload_id}: in the database, and nobody has sent it or looked for it")
        await self._totals(book)

    async def _upload(self, promise: Promise, upload: asyncpg.Record) -> None:
        self.uploads += 1
        if upload["state"] != promise.state:
            self._fault(f"{promise.upload_id}: {upload['state']} instead of {promise.state}, {upload['failure_code']}")
        counts = {name: upload[name] for name in COUNTED}
        if counts != promise.counts():
            self._fault(f"{promise.upload_id}: {counts} instead of {promise.counts()}")
        if (upload["data_deleted_at"] is not None) != promise.data_deleted:
            self._fault(f"{promise.upload_id}: data deleted {upload['data_deleted_at']}")
        rows = await self._conn.fetch(ROWS, promise.upload_id)
        self.rows += len(rows)
        expected, cells = promise.outcomes, promise.file.rows
        outcomes = {row["row"]: row["outcome"] for row in rows}
        if outcomes != expected:
            wrong = {row: outcomes.get(row) for row, told in expected.items() if outcomes.get(row) != told}
            self._fault(f"{promise.upload_id}: {len(wrong)} rows of {len(rows)} otherwise: {Counter(wrong.values())}")
        same = sum(json.loads(row["values"]) == cells.get(row["row"]) for row in rows if row["outcome"] != "corrected")
        if same != sum(told != "corrected" for told in expected.values()):
            self._fault(f"{promise.upload_id}: rows with other values than were sent")
        content = (self._blobs / "uploads" / promise.upload_id).read_bytes()
        if hashlib.sha256(content).hexdigest() != promise.sha256:
            self._fault(f"{promise.upload_id}: the blob is not the file that was sent")

    async def _family(self, family: Family) -> None:
        found = await self._conn.fetch(RECORDS, [promise.upload_id for promise in family.promises])
        self.records += len(found)
        expected = family.records()
        twice = sum(row["times"] - 1 for row in found if row["times"] > 1)
        values: dict[int, Cells] = {row["source_row"]: json.loads(row["values"]) for row in found}
        missing = expected.keys() - values.keys()
        other = [row for row, cells in expected.items() if row in values and values[row] != cells]
        beyond = values.keys() - expected.keys()
        documents = Counter(row["document"] for row in found)
        twice = max(twice, len(found) - len(documents))
        self.lost += len(missing)
        self.doubled += twice
        if missing or other or beyond or twice:
            name = f"{family.story} {family.number} {[promise.upload_id for promise in family.promises]}"
            self._fault(
                f"{name}: {len(missing)} records missing, {len(other)} different, {len(beyond)} too many, {twice} twice"
            )

    async def _totals(self, book: Book) -> None:
        expected = sum(len(rows) for family in book.families for _, rows in family.left)
        living = await self._conn.fetchval(LIVING, book.department)
        tally = await self._conn.fetchval(TALLY, book.department)
        if not expected == living == tally:
            self._fault(f"{book.department}: {living} records, {tally} by the tally, {expected} by its book")

    def blobs(self, books: Sequence[Book]) -> None:
        """A file nobody is waiting for, whole or in part (#), must bear the mark by which the janitor finds it."""
        known = {promise.upload_id for book in books for promise in book.promises}
        left = {path.name.partition("#")[0] for path in (self._blobs / "uploads").iterdir()} - known
        marked = {path.name for path in (self._blobs / "incoming").iterdir()}
        for name in left - marked:
            self._fault(f"blob {name}: belongs to no upload, and nobody will ever remove it")

    def _fault(self, sentence: str) -> None:
        self.faults.append(sentence)
