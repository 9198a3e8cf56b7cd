"""A department in the storm: sends, asks, confirms, mends and takes back, and bears every failure by asking again."""

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import aiohttp

from tests.e2e.api import FINAL, Answer, Api, Json
from tests.faults.storm.book import Book, Family, Promise
from tests.faults.storm.files import DATASET, File

LOST = (aiohttp.ClientError, OSError, TimeoutError)
PAUSE = 0.5
# After a lost answer: the list must have been read without the file for so long before it is sent again.
LOOK_SECONDS = 3.0
CUT = 1 / 8  # of all POSTs
CUTS = ("in the middle", "before the answer")

Sizes = tuple[int, ...]


class Department:
    def __init__(self, code: str, api: Api, numbers: Iterator[int], sizes: Sizes, chance: random.Random) -> None:
        self.api, self.numbers, self.sizes, self.chance = api, numbers, sizes, chance
        self.book = Book(code)
        self.cut = 0.0
        self.due = ""  # how the next one is cut, whatever chance says

    async def report(self, until: float) -> None:
        """Tell one story after the other until it is late (time.monotonic)."""
        await self._tell_while(lambda: time.monotonic() < until)

    async def send_more(self, uploads: int) -> None:
        """Tell stories until so many more uploads are accepted."""
        enough = len(self.book.promises) + uploads
        await self._tell_while(lambda: len(self.book.promises) < enough)

    async def _tell_while(self, going_on: Callable[[], bool]) -> None:
        stories: list[Callable[[Family], Awaitable[object]]] = [
            self.plain,
            self.plain,
            self.plain,
            self.atomic,
            self.atomic_with_faults,
            self.confirmed,
            self.cancelled,
            self.changed,
            self.changed_and_undone,
            self.undone,
            self.mended,
        ]
        while going_on():
            deck = self.chance.sample(stories, len(stories))
            for story in deck:
                if not going_on():
                    break
                family = Family(story.__name__, next(self.numbers))
                self.book.families.append(family)
                await story(family)
                family.complete = True
                await asyncio.sleep(self.chance.random())

    # — the stories —

    def file(self, family: Family, kind: str = "good", *, small: bool = False) -> File:
        return File(self.chance.choice(self.sizes[:-1] if small else self.sizes), family.number, kind)

    async def plain(self, family: Family) -> None:
        file = self.file(family, "bad")
        promise = await self.accepted(family, file, "inserted", "partly_stored")
        family.left = [(file, file.good)]
        if self.chance.random() < 0.5:  # others wait for the end before they go on
            await self.end_of(promise)

    async def atomic(self, family: Family) -> None:
        file = self.file(family)
        await self.end_of(await self.accepted(family, file, "inserted", "stored", mode="atomic"))
        family.left = [(file, file.good)]

    async def atomic_with_faults(self, family: Family) -> None:
        await self.end_of(await self.accepted(family, self.file(family, "bad"), "pending", "rejected", mode="atomic"))

    async def confirmed(self, family: Family) -> None:
        promise = await self.tried(family)
        await self.done("POST", f"/uploads/{promise.upload_id}/confirm")
        promise.good, promise.state = "inserted", "partly_stored"
        family.left = [(promise.file, promise.file.good)]

    async def cancelled(self, family: Family) -> None:
        promise = await self.tried(family)
        await self.done("POST", f"/uploads/{promise.upload_id}/cancel")
        promise.state = "cancelled"

    async def tried(self, family: Family) -> Promise:
        promise = await self.accepted(
            family, self.file(family, "bad"), "pending", "awaiting_confirmation", dry_run="true"
        )
        await self.end_of(promise)
        return promise

    async def changed(self, family: Family) -> Promise:
        before = self.file(family, small=True)
        await self.end_of(await self.accepted(family, before, "inserted", "stored"))
        after = before._replace(kind="changed")
        promise = await self.accepted(family, after, "unchanged", "stored")
        promise.otherwise = dict.fromkeys(after.changed, "updated")
        await self.end_of(promise)
        family.left = [(after, after.good)]
        return promise

    async def changed_and_undone(self, family: Family) -> None:
        promise = await self.changed(family)
        await self.undo(promise, removed=0, restored=len(promise.file.changed))
        family.left = [(promise.file._replace(kind="good"), promise.file.good)]

    async def undone(self, family: Family) -> None:
        file = self.file(family, "bad")
        promise = await self.accepted(family, file, "inserted", "partly_stored")
        await self.end_of(promise)
        await self.undo(promise, removed=len(file.good), restored=0)

    async def mended(self, family: Family) -> None:
        """Some rejected rows are corrected in place, one is set aside."""
        file = self.file(family, "bad", small=True)
        right = file._replace(kind="good")
        promise = await self.accepted(family, file, "inserted", "partly_stored")
        await self.end_of(promise)
        aside, *mended = sorted(file.bad)[:4]
        path = f"/uploads/{promise.upload_id}/rows"
        await self.done("POST", f"{path}/{aside}/ignore", {"reason": "重复"})
        for row in mended:
            await self.done("PATCH", f"{path}/{row}", {"values": right.rows[row]})
        promise.otherwise = {aside: "ignored"} | dict.fromkeys(mended, "corrected")
        family.left = [(file, file.good), (right, set(mended))]

    # — the calls —

    async def accepted(self, family: Family, file: File, good: str, state: str, **fields: str) -> Promise:
        content = await asyncio.to_thread(lambda: file.content)
        sha256 = hashlib.sha256(content).hexdigest()
        promise = Promise(await self.send(content, sha256, fields), sha256, file, state, good)
        family.promises.append(promise)
        return promise

    async def send(self, content: bytes, sha256: str, fields: dict[str, str]) -> str:
        """Until it is accepted, once; its id."""
        while True:
            cut = self._draw_cut()
            try:
                answer = await self._post(content, fields, cut)
            except LOST as error:
                self.book.refused[type(error).__name__] += 1
                answer = None
            if answer is not None:
                if answer.status == 202:
                    return str(answer.json["id"])
                assert answer.status in (502, 503, 504), answer
                self.book.refused[f"{answer.status} {answer.json['type'].rpartition('/')[2]}"] += 1
            found = await self.look_up(sha256)
            if found:
                self.book.looked_up += 1
                return found

    def _draw_cut(self) -> str:
        if self.due:
            due, self.due = self.due, ""
            return due
        return self.chance.choice(CUTS) if self.chance.random() < self.cut else ""

    async def _post(self, content: bytes, fields: dict[str, str], cut: str) -> Answer | None:
        if not cut:
            return await self.api.send(DATASET, content, **fields)
        self.book.cuts[cut] += 1
        await self._cut(content, fields, half=cut == CUTS[0])
        return None

    async def _cut(self, content: bytes, fields: dict[str, str], *, half: bool) -> None:
        """A POST whose connection is torn off, half-way or when all has been sent."""
        boundary = "storm-7d1c5a"
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in {"dataset": DATASET, **fields}.items()]  # fmt: skip
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="1.xls"\r\n\r\n')
        body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
        place = urlsplit(self.api.base)
        head = (
            f"POST /api/v1/uploads HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {self.api.token}\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        async with asyncio.timeout(30):
            _, writer = await asyncio.open_connection(place.hostname, place.port)
            try:
                writer.write(head.encode() + (body[: len(body) // 2] if half else body))
                await writer.drain()
                await asyncio.sleep(self.chance.random() * 0.2)
            finally:
                writer.transport.abort()

    async def look_up(self, sha256: str) -> str | None:
        """An upload of this very file: the newest of the list, asked for until the list has long not had it."""
        since: float | None = None
        while since is None or time.monotonic() - since < LOOK_SECONDS:
            answer = await self.ask("GET", "/uploads?size=100")
            for upload in answer.json["items"]:
                if upload["file"]["sha256"] == sha256:
                    return str(upload["id"])
            since = since or time.monotonic()
            await asyncio.sleep(PAUSE)
        return None

    async def ask(self, method: str, path: str, body: Json | None = None) -> Answer:
        """Again and again until there is an answer that is not the storm's."""
        while True:
            try:
                answer = await self.api.call(method, path, body)
            except LOST:
                answer = None
            if answer is not None and answer.status not in (502, 503, 504):
                return answer
            await asyncio.sleep(PAUSE)

    async def end_of(self, promise: Promise) -> Json:
        while True:
            answer = await self.ask("GET", f"/uploads/{promise.upload_id}")
            assert answer.status == 200, answer
            upload: Json = answer.json
            if upload["state"] in FINAL:
                return upload
            await asyncio.sleep(PAUSE)

    async def all_ended(self) -> None:
        for promise in self.book.promises:
            await self.end_of(promise)

    async def done(self, method: str, path: str, body: Json | None = None) -> None:
        """A change that may have happened although its answer was lost: asked again, it is a conflict or repeated."""
        answer = await self.ask(method, path, body)
        assert answer.status in (200, 409), (path, answer)

    async def undo(self, promise: Promise, *, removed: int, restored: int) -> None:
        answer = await self.ask("DELETE", f"/uploads/{promise.upload_id}/data")
        assert answer.status in (200, 409), answer
        if answer.status == 200:
            told = answer.json
            assert (told["removed"], told["restored"], told["kept"]) == (removed, restored, []), told
        upload = (await self.ask("GET", f"/uploads/{promise.upload_id}")).json
        assert upload["data_deleted_at"], upload
        promise.data_deleted = True
