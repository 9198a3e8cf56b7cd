"""What services ask of auth: the public keys that identities are verified with."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from joserfc.jwk import KeySetSerialization

from shared.contracts.identity import Service
from shared.http.identities import IdentityVerifier, KeysDown
from shared.telemetry.tracing import http_tracing


@asynccontextmanager
async def open_http() -> AsyncGenerator[ClientSession]:
    """The client of one process for calls to its peers: no cookies, short connects."""
    async with ClientSession(
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=30, sock_connect=3),
        trace_configs=http_tracing(),
    ) as http:
        yield http


def create_verifier(service: Service, http: ClientSession, auth_url: str) -> IdentityVerifier:
    async def fetch_keys() -> KeySetSerialization:
        try:
            async with http.get(f"{auth_url}/internal/keys") as response:
                response.raise_for_status()
                keys: KeySetSerialization = await response.json()
                return keys
        except (ClientError, OSError, TimeoutError) as error:
            raise KeysDown from error

    return IdentityVerifier(service, fetch_keys)
