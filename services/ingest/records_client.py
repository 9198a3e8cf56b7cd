"""What the ingest API asks of records, always as the caller: the caller's own signed identity goes along."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from pydantic import ValidationError

from services.ingest.errors import Passed, RecordsDown
from shared.contracts.ingest import RegisteredUpload
from shared.contracts.problem import Problem
from shared.contracts.records import RecordSearch
from shared.contracts.uploads import RegisterUpload, Upload

_LONG = ClientTimeout(total=None, sock_connect=3, sock_read=120)
_DOWN = (ClientError, OSError, TimeoutError)


class RecordsClient:
    """Every method raises Passed when records refuses, RecordsDown when it cannot be reached."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def register(self, identity: str, upload: RegisterUpload) -> RegisteredUpload:
        async with self._call("POST", "/internal/uploads", identity, body=upload.model_dump_json()) as response:
            return RegisteredUpload.model_validate_json(await response.read())

    async def upload(self, identity: str, upload_id: UUID) -> Upload:
        async with self._call("GET", f"/api/v1/uploads/{upload_id}", identity) as response:
            return Upload.model_validate_json(await response.read())

    async def dataset(self, identity: str, code: str) -> bytes:
        """The definition as JSON."""
        async with self._call("GET", f"/api/v1/datasets/{code}", identity) as response:
            return await response.read()

    async def rejected(self, identity: str, upload_id: UUID) -> AsyncGenerator[bytes]:
        """NDJSON in pieces: upload and definition, then the rejected rows."""
        async with self._call("GET", f"/internal/uploads/{upload_id}/rejected", identity) as response:
            async for piece in _pieces(response):
                yield piece

    async def export(self, identity: str, wanted: Mapping[str, str] | RecordSearch) -> AsyncGenerator[bytes]:
        """NDJSON in pieces: the definition, then the records. `wanted`: a query string, or a search."""
        path = "/internal/records/export"
        call = (
            self._call("POST", path, identity, body=wanted.model_dump_json(by_alias=True, exclude_unset=True))
            if isinstance(wanted, RecordSearch)
            else self._call("GET", path, identity, query=wanted)
        )
        async with call as response:
            async for piece in _pieces(response):
                yield piece

    @asynccontextmanager
    async def _call(
        self, method: str, path: str, identity: str, *, body: str | None = None, query: Mapping[str, str] | None = None
    ) -> AsyncGenerator[ClientResponse]:
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        headers = {"Authorization": identity, "X-Request-ID": request_id}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._http.request(
                method, f"{self._url}{path}", headers=headers, data=body, params=query, timeout=_LONG
            ) as response:
                if response.status >= 400:
                    raise _refusal(response.status, await response.read(), response.headers.get("Retry-After"))
                yield response
        except _DOWN as error:
            raise RecordsDown from error


async def _pieces(response: ClientResponse) -> AsyncGenerator[bytes]:
    try:
        async for piece in response.content.iter_any():
            yield piece
    except _DOWN as error:
        raise RecordsDown from error


def _refusal(status: int, body: bytes, retry_after: str | None) -> Passed | RecordsDown:
    try:
        return Passed(Problem.model_validate_json(body), retry_after)
    except ValidationError:
        return RecordsDown(status=status)
