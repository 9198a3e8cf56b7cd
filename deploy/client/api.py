"""The platform's public interface (api.md) for the command line and the demonstration, by API token or session."""

import asyncio
import hashlib
import io
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Set
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp

Json = dict[str, Any]

# How long a busy platform, and one that does not answer at all, is waited for.
BUSY_SECONDS = 120.0
SILENT_SECONDS = 10.0
REQUEST_SECONDS = 300.0
BUSY = (429, 502, 503, 504)
NOT_TAKEN = (429,)  # the one busy answer that says for certain that nothing was done
# How long an upload of unknown fate is looked for before the person is told.
LOOK_SECONDS = 20.0
LOOK_PAUSE = 1.0
LISTED = 200
UNCLEAR = "{}，不清楚平台是否收到。请先在平台上（我的上报）查看，确实没有收到时再发一次。"


class ClientProblem(Exception):
    """What went wrong, in words for the person at the terminal."""


class Unreachable(ClientProblem):
    """The platform does not answer, or keeps saying that it is busy."""


class Unclear(Unreachable):
    """Whether the platform took it is not known, and sending it again could report twice: the person decides."""


class NotAuthorised(ClientProblem):
    """The token or password is wrong, has ended, or may not do this."""


class Refused(ClientProblem):
    """The platform answered with a problem; `slug` is its type."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.slug = status, slug


class Api:
    def __init__(self, http: aiohttp.ClientSession, url: str, token: str = "") -> None:
        self._http, self.url = http, url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str = "") -> AsyncGenerator[Self]:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=10)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield cls(http, url, token)

    def with_token(self, token: str) -> "Api":
        """Another caller over the same connections."""
        return Api(self._http, self.url, token)

    async def sign_in(self, username: str, password: str) -> Json:
        """Begin a browser's session: cookie and CSRF token go with every later request.

        Raises:
            NotAuthorised: wrong name or password, or too many attempts.
        """
        self._headers = {}
        status, headers, body = await self._send("POST", "/session", {"username": username, "password": password}, None)
        answer = _json(status, body)
        self._headers = {"Cookie": headers["Set-Cookie"].partition(";")[0], "X-CSRF-Token": answer["csrf_token"]}
        return answer

    async def get(self, path: str) -> Json:
        return await self.call("GET", path)

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Raises Unreachable, NotAuthorised or Refused."""
        status, _, content = await self._send(method, path, body, None)
        return _json(status, content)

    async def fetch(self, path: str) -> bytes:
        status, _, body = await self._send("GET", path, None, None)
        if status != 200:
            _json(status, body)
        return body

    async def upload(self, file: Path, fields: Mapping[str, str], sent: Callable[[int], None]) -> Json:
        """Send one workbook; `sent` hears how many bytes have gone, from a thread.

        Raises:
            Unclear: it may have arrived, and is not on the list of uploads.
            Unreachable, NotAuthorised, Refused.
        """

        def form() -> aiohttp.FormData:
            # Names go as browsers send them: plain UTF-8, not percent-encoded.
            data = aiohttp.FormData(quote_fields=False)
            for name, value in fields.items():
                data.add_field(name, value)
            content = io.BufferedReader(_Counted(file, sent))
            data.add_field("file", content, filename=file.name, content_type="application/vnd.ms-excel")
            return data

        sha256, dataset = await asyncio.to_thread(_sha256, file), fields["dataset"]
        before = {one["id"] for one in await self._uploads_of(sha256, dataset)}
        try:
            status, _, content = await self._send("POST", "/uploads", None, form)
        except Unclear:
            found = await self._look(sha256, dataset, before)
            if found is None:
                raise
            return found
        return _json(status, content)

    async def _look(self, sha256: str, dataset: str, before: Set[str]) -> Json | None:
        """The upload that has come since `before`; it may be on its way still."""
        until = time.monotonic() + LOOK_SECONDS
        try:
            while time.monotonic() < until:
                for one in await self._uploads_of(sha256, dataset):
                    if one["id"] not in before:
                        return one
                await asyncio.sleep(LOOK_PAUSE)
        except ClientProblem:
            pass
        return None

    async def _uploads_of(self, sha256: str, dataset: str) -> list[Json]:
        """Among the newest; those taken off the list too, so that an older one never moves up."""
        query = urlencode({"dataset": dataset, "deleted": "true", "size": LISTED})
        return [one for one in (await self.get(f"/uploads?{query}"))["items"] if one["file"]["sha256"] == sha256]

    async def _send(
        self, method: str, path: str, body: Json | None, form: Callable[[], aiohttp.FormData] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Busy answers are waited out as Retry-After says, for BUSY_SECONDS in all.

        A form is sent again only where nothing can have been taken: after 429, and when nobody listens.

        Raises:
            Unreachable, Unclear.
        """
        url = f"{self.url}/api/v1{path}"
        waited, pause = 0.0, 0.5
        while True:
            try:
                data = form() if form is not None else None
                async with self._http.request(method, url, json=body, data=data, headers=self._headers) as response:
                    content = await response.read()
                    if response.status not in BUSY:
                        return response.status, response.headers, content
                    if form is not None and response.status not in NOT_TAKEN:
                        raise Unclear(UNCLEAR.format(f"平台回答 HTTP {response.status}"))
                    pause = _retry_after(response.headers.get("Retry-After"), pause)
                    reason, patience = "平台忙", BUSY_SECONDS
            except (aiohttp.ClientConnectionError, TimeoutError) as error:
                never_sent = isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
                if method != "GET" and not never_sent:
                    raise Unclear(UNCLEAR.format(f"发送途中与 {self.url} 的连接断了")) from error
                reason, patience = f"连不上 {self.url}", SILENT_SECONDS
            if waited >= patience:
                raise Unreachable(f"{reason}，已等 {waited:.0f} 秒。请检查地址和网络，或稍后再试。")
            await asyncio.sleep(pause)
            waited += pause
            pause = min(pause * 1.5, 5.0)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class _Counted(io.FileIO):
    def __init__(self, file: Path, sent: Callable[[int], None]) -> None:
        super().__init__(file)
        self._sent = sent

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        self._sent(self.tell())
        return count


def _retry_after(text: str | None, otherwise: float) -> float:
    """Seconds, or a date (RFC 9110 §10.2.3); never more than a minute at a time."""
    if text is None:
        return otherwise
    if text.isdecimal():
        return min(max(float(text), 0.2), 60.0)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return otherwise
    return min(max(moment.timestamp() - time.time(), 0.2), 60.0)


def _json(status: int, body: bytes) -> Json:
    try:
        answer: Json = json.loads(body) if body else {}
    except ValueError as error:
        raise Unreachable(f"回答不是本平台的格式（HTTP {status}）。请检查地址。") from error
    if status < 400:
        return answer
    detail = str(answer.get("detail") or answer.get("title") or f"HTTP {status}")
    detail += "".join(f"\n  {item['field']}：{item['message']}" for item in answer.get("errors") or [])
    if status in (401, 403):
        raise NotAuthorised(detail)
    raise Refused(status, str(answer.get("type", "")).rpartition("/")[2], detail)
