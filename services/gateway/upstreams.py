"""The services behind the gateway, and what it asks of auth."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from multidict import CIMultiDict
from pydantic import BaseModel

from services.gateway.errors import UpstreamDown
from services.gateway.settings import Settings
from shared.contracts.accounts import Credential, SignedIdentity, SignedIn, SignIn, User
from shared.contracts.identity import Identity, Service
from shared.contracts.problem import Problem
from shared.errors import ServiceError, TooMany, Unauthenticated
from shared.http.problems import STATUS
from shared.telemetry.tracing import http_tracing

# Heavy calls (undo of 65,000 rows, an export) take a while before their first byte.
READ_SECONDS = 180


class Caller(NamedTuple):
    identity: Identity
    signed: str  # the same, signed by auth: what the services verify
    session_expires_in: int = 0  # seconds the session or token is still good for if left alone


class Upstreams:
    def __init__(self, http: ClientSession, settings: Settings) -> None:
        self.http = http
        self.base: dict[Service, str] = {
            "auth": settings.auth_url.rstrip("/"),
            "records": settings.records_url.rstrip("/"),
            "ingest": settings.ingest_url.rstrip("/"),
        }
        self._key = settings.auth_key.get_secret_value()

    async def identity(self, credential: Credential, shown_to: Iterable[Service], request_id: str) -> Caller:
        """Whose session or token it is, signed for those who will see it.

        Raises:
            Unauthenticated: ended, disabled or unknown.
            UpstreamDown: auth cannot be reached.
        """
        path = f"/internal/identity?services={','.join(shown_to)}"
        response, body = await self._ask_auth("POST", path, request_id, body=credential)
        self._expect(response, body)
        answer = SignedIdentity.model_validate_json(body)
        return Caller(claims_of(answer.identity), answer.identity, answer.session_expires_in)

    async def sign_in(self, wanted: SignIn, request_id: str) -> SignedIn:
        """A new session.

        Raises:
            Unauthenticated: wrong credentials, or the account is disabled.
            TooMany: locked for a while.
        """
        response, body = await self._ask_auth("POST", "/internal/sessions", request_id, body=wanted)
        self._expect(response, body)
        return SignedIn.model_validate_json(body)

    async def current_user(self, identity: str, request_id: str) -> User:
        response, body = await self._ask_auth("GET", "/internal/session", request_id, identity=identity)
        self._expect(response, body)
        return User.model_validate_json(body)

    async def sign_out(self, identity: str, request_id: str) -> None:
        response, body = await self._ask_auth("DELETE", "/internal/session", request_id, identity=identity)
        self._expect(response, body)

    async def ping(self, upstream: Service) -> None:
        """For /readyz; raises when the service does not answer."""
        async with self.http.get(f"{self.base[upstream]}/healthz", timeout=ClientTimeout(total=2)) as response:
            response.raise_for_status()

    async def _ask_auth(
        self,
        method: str,
        path: str,
        request_id: str,
        *,
        body: BaseModel | None = None,
        identity: str | None = None,
    ) -> tuple[ClientResponse, bytes]:
        headers: CIMultiDict[str] = CIMultiDict({"X-Gateway-Key": self._key, "X-Request-ID": request_id})
        if identity is not None:
            headers["Authorization"] = f"Bearer {identity}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = body.model_dump_json(exclude_none=True).encode()
        try:
            async with self.http.request(
                method, self.base["auth"] + path, headers=headers, data=data, timeout=ClientTimeout(total=15)
            ) as response:
                return response, await response.read()
        except (ClientError, OSError, TimeoutError) as error:
            raise UpstreamDown("登录服务暂时连不上，请稍后再试。") from error

    def _expect(self, response: ClientResponse, body: bytes) -> None:
        """Raise what auth refused with, in auth's own words."""
        if response.status < HTTPStatus.BAD_REQUEST:
            return
        try:
            problem = Problem.model_validate_json(body)
        except ValueError:
            raise UpstreamDown from None
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UpstreamDown
        raise passed_on(problem, response.headers.get("Retry-After"))


def claims_of(signed: str) -> Identity:
    """Read, not verified: it comes straight from auth. Who gets it from us, verifies it."""
    claims = signed.split(".")[1]
    return Identity.model_validate_json(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))


def passed_on(problem: Problem, retry_after: str | None) -> ServiceError:
    """Auth's refusal as an error of our own that says the same: kind, slug, title and words."""
    kind = next((kind for kind, status in STATUS.items() if status == problem.status), Unauthenticated)
    same = type(kind.__name__, (kind,), {"slug": problem.type.rsplit("/", 1)[-1], "title": problem.title})
    error: ServiceError = same(problem.detail)
    if isinstance(error, TooMany) and retry_after is not None and retry_after.isdigit():
        error.retry_after = int(retry_after)
    return error


@asynccontextmanager
async def open_upstreams(settings: Settings) -> AsyncGenerator[Upstreams]:
    async with ClientSession(
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        connector=TCPConnector(limit=0, keepalive_timeout=30),
        timeout=ClientTimeout(total=None, sock_connect=5, sock_read=READ_SECONDS),
        read_bufsize=65_536,
        skip_auto_headers=["User-Agent", "Accept", "Accept-Encoding", "Content-Type"],
        trace_configs=http_tracing(),
    ) as http:
        yield Upstreams(http, settings)
