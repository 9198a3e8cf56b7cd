"""Identities between the services: forged, altered, out of time, meant for others. Each service judges for itself."""

import asyncio
import hashlib
import hmac
import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from services.auth.routes import OPERATIONS as AUTH
from services.gateway.routes import find_route
from services.ingest.routes import OPERATIONS as INGEST
from services.records.routes import OPERATIONS as RECORDS
from shared.contracts.identity import ALL_SERVICES, ISSUER, Service, audience_of
from shared.http.identities import LEEWAY_SECONDS
from shared.http.operations import Operation
from tests.e2e.api import Answer, Api
from tests.fixtures.gateway import serve
from tests.fixtures.platform import Platform
from tests.offices import PASSWORD, make_reporter

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SERVICES: dict[Service, list[Operation]] = {"auth": AUTH, "records": RECORDS, "ingest": INGEST}
# One reading operation of each that any identity may ask.
ASKED: dict[Service, str] = {
    "auth": "/internal/session",
    "records": "/api/v1/records",
    "ingest": "/api/v1/datasets/xzxk_fr/template.xls",
}
Json = dict[str, Any]


def encoded(part: bytes | Json) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(content).decode().rstrip("=")


class Signer(NamedTuple):
    """The platform's own key, out of its database: what a forger would give much for."""

    private: bytes
    public: bytes
    kid: str
    user: Json

    def claims(self, **changes: object) -> Json:
        now = int(time.time())
        claims = {
            **self.user,
            "jti": uuid4().hex,
            "iss": ISSUER,
            "aud": audience_of(SERVICES),
            "iat": now,
            "exp": now + 60,
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, claims: Json | None = None, *, key: bytes | None = None, **head: object) -> str:
        header = {"alg": "Ed25519", "kid": self.kid, **head}
        shown = {name: value for name, value in header.items() if value is not None}
        text = f"{encoded(shown)}.{encoded(self.claims() if claims is None else claims)}"
        signature = Ed25519PrivateKey.from_private_bytes(key or self.private).sign(text.encode())
        return f"{text}.{encoded(signature)}"

    def mac(self, secret: bytes, **head: object) -> str:
        text = f"{encoded({'alg': 'HS256', 'kid': self.kid, **head})}.{encoded(self.claims())}"
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def signer(platform: Platform) -> Signer:
    conn = await asyncpg.connect(platform.databases["auth"])
    try:
        user = await conn.fetchrow("SELECT user_id, department_code FROM account WHERE username = 'admin'")
        assert user is not None
        # Made by the first who signs or is asked for the keys; the platform's own tests have done so, or this does.
        async with aiohttp.ClientSession() as http, http.get(platform.url_of("auth") + "/internal/keys") as answer:
            assert answer.status == 200
            assert '"d"' not in await answer.text()
        stored = await conn.fetchval("SELECT private_key FROM signing_key ORDER BY created_at DESC LIMIT 1")
    finally:
        await conn.close()
    key = json.loads(stored)
    private, public = (urlsafe_b64decode(key[name] + "=") for name in ("d", "x"))
    identity = {
        "user_id": str(user["user_id"]),
        "user_name": "系统管理员",
        "role": "admin",
        "department": {"code": user["department_code"], "name": "市信用办"},
        "region": "140400",
        "session_id": str(uuid4()),
        "address": "127.0.0.1",
    }
    return Signer(private, public, key["kid"], identity)


async def ask(http: aiohttp.ClientSession, url: str, *identities: str, method: str = "GET") -> int:
    headers = [("Authorization", f"Bearer {identity}") for identity in identities]
    async with http.request(method, url, headers=headers, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


def altered(token: str, part: int, **changes: object) -> str:
    """A good token with another header or other claims under the old signature."""
    parts = token.split(".")
    content = json.loads(urlsafe_b64decode(parts[part] + "=="))
    parts[part] = encoded({**content, **changes})
    return ".".join(parts)


def jwk(public: bytes, kid: str) -> Json:
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public), "kid": kid}


FORGER = bytes(range(32))
FORGERS = Ed25519PrivateKey.from_private_bytes(FORGER).public_key().public_bytes_raw()

FORGED: dict[str, Callable[[Signer], str]] = {
    "nothing": lambda _: "",
    "a word": lambda _: "admin",
    "an API token": lambda _: "credit_" + "a" * 43,
    "no signature": lambda s: s.token().rsplit(".", 1)[0] + ".",
    "alg none": lambda s: f"{encoded({'alg': 'none', 'kid': s.kid})}.{encoded(s.claims())}.",
    "alg None": lambda s: f"{encoded({'alg': 'None'})}.{encoded(s.claims())}.",
    "alg none, signed": lambda s: s.token(alg="none"),
    "no alg": lambda s: s.token(alg=None),
    "a list of algs": lambda s: s.token(alg=["Ed25519"]),
    "another alg for the key": lambda s: s.token(alg="ES256"),
    "HMAC with the public key": lambda s: s.mac(s.public),
    "HMAC with the public key as text": lambda s: s.mac(encoded(s.public).encode()),
    "HMAC with the whole public key": lambda s: s.mac(json.dumps(jwk(s.public, s.kid)).encode()),
    "HMAC with nothing, kid of a file": lambda s: s.mac(b"", kid="../../../../dev/null"),
    "the forger's key": lambda s: s.token(key=FORGER),
    "the forger's key and kid": lambda s: s.token(key=FORGER, kid="forger"),
    "the forger's key without kid": lambda s: s.token(key=FORGER, kid=None),
    "a kid that is no text": lambda s: s.token(key=FORGER, kid=[s.kid]),
    "a kid of SQL": lambda s: s.token(key=FORGER, kid="x' UNION SELECT '{}' --"),
    "a key in the header": lambda s: s.token(key=FORGER, jwk=jwk(FORGERS, s.kid)),
    "a key in the header, by its kid": lambda s: s.token(key=FORGER, kid="forger", jwk=jwk(FORGERS, "forger")),
    "a certificate in the header": lambda s: s.token(key=FORGER, x5c=[encoded(FORGERS)]),
    "an extension that must be understood": lambda s: s.token(crit=["sudo"], sudo=True),
    "claims that are not encoded": lambda s: s.token(crit=["b64"], b64=False),
    "another user under the signature": lambda s: altered(s.token(), 1, user_id=str(uuid4())),
    "another role under the signature": lambda s: altered(s.token(s.claims(role="viewer")), 1, role="admin"),
    "another time under the signature": lambda s: altered(s.token(), 1, exp=int(time.time()) + 9999),
    "another header under the signature": lambda s: altered(s.token(), 0, typ="JWT"),
    "another token's signature": lambda s: ".".join([*s.token().split(".")[:2], s.token().split(".")[2]]),
    "half a signature": lambda s: s.token()[:-43],
    "a signature of nothing": lambda s: ".".join([*s.token().split(".")[:2], encoded(bytes(64))]),
    "one part more": lambda s: s.token() + "." + encoded(b"x"),
    "a JSON serialisation": lambda s: json.dumps({"payload": s.token().split(".")[1], "signatures": [s.token()]}),
    "out of time": lambda s: s.token(s.claims(iat=int(time.time()) - 120, exp=int(time.time()) - 30)),
    "without an end": lambda s: s.token(s.claims(exp=None)),
    "an end that is no number": lambda s: s.token(s.claims(exp="never")),
    "an end beyond numbers": lambda s: s.token(s.claims(exp=float("inf"))),
    "not yet": lambda s: s.token(s.claims(nbf=int(time.time()) + 600)),
    "issued in the future": lambda s: s.token(s.claims(iat=int(time.time()) + 600, exp=int(time.time()) + 660)),
    "another issuer": lambda s: s.token(s.claims(iss="credit.records")),
    "no issuer": lambda s: s.token(s.claims(iss=None)),
    "for others": lambda s: s.token(s.claims(aud="credit.public")),
    "for nobody": lambda s: s.token(s.claims(aud=None)),
    "for a part of us": lambda s: s.token(s.claims(aud=ALL_SERVICES[:-1])),
    "for a service there is not": lambda s: s.token(s.claims(aud=audience_of(["public"]))),  # type: ignore[list-item]
    "a role there is not": lambda s: s.token(s.claims(role="root")),
    "no department": lambda s: s.token(s.claims(department=None)),
    "claims that are a list": lambda s: s.token([s.claims()]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("service", ASKED)
async def test_a_good_identity_is_let_in(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer, service: Service
) -> None:
    """Else all the refusals below would prove nothing."""
    assert await ask(http, platform.url_of(service) + ASKED[service], signer.token()) == 200
    nearly = signer.token(signer.claims(exp=int(time.time()) - 1))  # clocks differ by some seconds
    assert await ask(http, platform.url_of(service) + ASKED[service], nearly) == 200


@pytest.mark.parametrize("service", ASKED)
@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_identity_is_refused(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer, service: Service, how: str
) -> None:
    assert await ask(http, platform.url_of(service) + ASKED[service], FORGED[how](signer)) == 401


async def test_two_identities_in_one_request_are_not_taken_for_the_better_one(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer
) -> None:
    url = platform.url_of("records") + ASKED["records"]
    assert await ask(http, url, FORGED["the forger's key"](signer), signer.token()) in (400, 401)


@asynccontextmanager
async def forgers_site() -> AsyncGenerator[tuple[str, list[str]]]:
    """Where a header would send a service for the key that fits; and who has come for it."""
    visits: list[str] = []

    async def key(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.json_response({"keys": [jwk(FORGERS, "forger")]})

    app = web.Application()
    app.router.add_get("/{path:.*}", key)
    url, runner = await serve(app)
    try:
        yield url, visits
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("header", ["jku", "x5u", "kid", "iss"])
async def test_no_service_fetches_a_key_from_where_a_token_says(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer, header: str
) -> None:
    async with forgers_site() as (url, visits):
        pointing: Json = {"kid": "forger", header: url + "/keys"}
        token = signer.token(None, key=FORGER, **pointing)
        for service, path in ASKED.items():
            assert await ask(http, platform.url_of(service) + path, token) == 401
        assert visits == []


OPERATIONS = [(service, one) for service, operations in SERVICES.items() for one in operations]
NAMED = {"code": "xzxk_fr", "day": "2026-01-01", "year": "2026", "row": "4", "record_id": "1", "message_id": "1"}


def path_of(operation: Operation) -> str:
    """With something in place of each part that varies."""
    plain = re.sub(r"{(\w+):[^{}]*(?:{[^{}]*}[^{}]*)*}", r"{\1}", operation.path)
    return re.sub(r"{(\w+)}", lambda name: NAMED.get(name[1], str(uuid4())), plain)


GUARDED = [(service, one) for service, one in OPERATIONS if one.roles is not None]
# They carry a client's credential, so that there is no identity yet: the gateway's key is asked for.
KEYED = ["/internal/identity", "/internal/sessions"]


@pytest.mark.parametrize(
    ("service", "operation"), GUARDED, ids=[f"{service} {one.method} {one.path}" for service, one in GUARDED]
)
async def test_a_service_asked_directly_answers_nobody_without_an_identity(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer, service: str, operation: Operation
) -> None:
    """Whoever gets past the gateway, by whatever mistake in a network, is where he was."""
    url = platform.url_of(service) + path_of(operation)
    assert await ask(http, url, method=operation.method) == 401
    for how in ("alg none", "the forger's key"):
        assert await ask(http, url, FORGED[how](signer), method=operation.method) == 401


async def test_what_asks_no_identity_is_public_or_asks_for_the_gateways_key(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer
) -> None:
    open_to_all = {one.path for _, one in OPERATIONS if one.roles is None}
    assert {path for path in open_to_all if not path.startswith("/api/v1/public/")} == {*KEYED, "/internal/keys"}
    for path in KEYED:
        assert await ask(http, platform.url_of("auth") + path, signer.token(), method="POST") == 403


async def test_what_is_internal_cannot_be_named_at_the_gateway(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer
) -> None:
    internal = [path_of(one) for _, one in OPERATIONS if one.internal] + ["/openapi.json"]
    assert len(internal) > 5
    for path in internal:
        for method in ("GET", "POST", "DELETE"):
            assert find_route(method, path) is None
        for named in (path, f"/api/v1{path}", f"/api/v1/public/..{path}", f"/api/v1/public/%2e%2e/%2e%2e{path}"):
            async with http.get(
                URL(platform.url + named, encoded=True),
                headers={"Authorization": f"Bearer {signer.token()}", "X-Gateway-Key": "guess"},
            ) as answer:
                page = answer.status == 200 and answer.content_type == "text/html"  # the pages' own 404 is one of them
                assert page or answer.status in (401, 404), (named, answer.status)


async def test_an_identity_is_no_credential_at_the_gateway(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer
) -> None:
    """What leaks between the services, opens nothing from outside."""
    url = platform.url + "/api/v1/session"
    assert await ask(http, url, signer.token()) == 401
    for name in ("Cookie", "X-Identity", "X-User", "X-Forwarded-User", "Proxy-Authorization"):
        value = f"session={signer.token()}" if name == "Cookie" else f"Bearer {signer.token()}"
        async with http.get(url, headers={name: value}) as answer:
            assert answer.status == 401


class Ending(NamedTuple):
    """An officer whom the gateway lets in with a session and with a token, until one of the two ends, or both."""

    admin: Api
    browser: Api
    machine: Api
    user_id: str
    token_id: str


@pytest_asyncio.fixture(loop_scope="module")
async def ending(platform: Platform, http: aiohttp.ClientSession) -> Ending:
    admin = Api(http, platform.url)
    await admin.sign_in("admin", platform.admin_password)
    code, machine = await make_reporter(admin)
    browser = admin.other()
    user = (await browser.sign_in(code, PASSWORD))["user"]
    made = await browser.post("/tokens", {"name": "一天", "expires_in_days": 1})
    machine.token = made["token"]
    return Ending(admin, browser, machine, user["id"], made["id"])


ENDS: dict[str, tuple[str, Callable[[Ending], Awaitable[Answer]]]] = {
    "signed out": ("browser", lambda one: one.browser.call("DELETE", "/session")),
    "revoked": ("machine", lambda one: one.browser.call("DELETE", f"/tokens/{one.token_id}")),
    "closed, with a session": (
        "browser", lambda one: one.admin.call("PATCH", f"/users/{one.user_id}", {"active": False}),
    ),
    "closed, with a token": (
        "machine", lambda one: one.admin.call("PATCH", f"/users/{one.user_id}", {"active": False}),
    ),
}  # fmt: skip


async def identity_of(platform: Platform, api: Api, *services: Service, seconds: int = 60) -> str:
    """What the gateway gets from auth to show to `services`: what somebody between the processes may see."""
    credential = {"token": api.token} if api.token else {"session": api.cookie.partition("=")[2]}
    answer = await api.other().call(
        "POST",
        f"{platform.url_of('auth')}/internal/identity?services={','.join(services)}",
        {**credential, "address": "127.0.0.1", "seconds": seconds},
        **{"X-Gateway-Key": platform.gateway_key},
    )
    assert answer.status == 200, answer
    return str(answer.json["identity"])


@pytest.mark.parametrize("meant", ASKED)
async def test_an_identity_shown_to_one_service_is_refused_by_the_others(
    platform: Platform, http: aiohttp.ClientSession, ending: Ending, meant: Service
) -> None:
    """A service that is taken over can be nobody at the others; an upload's, good for longer, neither."""
    for seconds in (60, 900):
        shown = await identity_of(platform, ending.browser, meant, seconds=seconds)
        for service, path in ASKED.items():
            status = await ask(http, platform.url_of(service) + path, shown)
            # ingest lets it in, and is refused by records, which it asks in the caller's name.
            assert status == (200 if (service, meant) in [("auth", "auth"), ("records", "records")] else 401), service
    both = await identity_of(platform, ending.browser, "ingest", "records")
    assert await ask(http, platform.url_of("ingest") + ASKED["ingest"], both) == 200


@pytest.mark.parametrize("how", ENDS)
async def test_a_credential_that_ends_counts_at_once_and_its_identity_for_a_minute_at_most(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer, ending: Ending, how: str
) -> None:
    which, end = ENDS[how]
    one: Api = getattr(ending, which)
    assert (await one.call("GET", "/records")).status == 200
    taken = {service: await identity_of(platform, one, service) for service in SERVICES}
    answer = await end(ending)
    assert answer.status in (200, 204), answer
    assert (await one.call("GET", "/records")).status == 401
    # To go on with what was taken, for good, is not to be had.
    draft = {"name": "for good", "expires_in_days": 365}
    url = f"{platform.url_of('auth')}/api/v1/tokens"
    kept = await one.other().call("POST", url, draft, Authorization=f"Bearer {taken['auth']}")
    assert kept.status == 401, kept
    for service, shown in taken.items():
        claims = json.loads(urlsafe_b64decode(shown.split(".")[1] + "=="))
        assert claims["exp"] - claims["iat"] == 60
        assert claims["exp"] <= time.time() + 60
        # The same a minute and the leeway for clocks later.
        aged = {**claims, **{name: claims[name] - 66 for name in ("iat", "exp")}}
        assert await ask(http, platform.url_of(service) + ASKED[service], signer.token(aged)) == 401


async def test_an_identity_a_service_remembers_ends_when_it_says(
    platform: Platform, http: aiohttp.ClientSession, signer: Signer
) -> None:
    """To the second: tests/unit/test_http_identities.py."""
    ends = int(time.time()) + 1
    shown = signer.token(signer.claims(exp=ends))
    url = platform.url_of("records") + ASKED["records"]
    assert await ask(http, url, shown) == 200
    async with asyncio.timeout_at(asyncio.get_running_loop().time() + ends + LEEWAY_SECONDS + 15 - time.time()):
        while (status := await ask(http, url, shown)) == 200:
            await asyncio.sleep(0.2)
    assert status == 401


async def test_nobody_is_answered_as_another_however_the_requests_mix(
    platform: Platform, http: aiohttp.ClientSession, ending: Ending
) -> None:
    people = [ending.browser, ending.admin, ending.machine]
    answers = await asyncio.gather(*(api.get("/session") for _ in range(20) for api in people))
    assert len({answer["user"]["id"] for answer in answers[:3]}) == 2
    for mine, his, machines in zip(answers[::3], answers[1::3], answers[2::3], strict=True):
        assert mine["user"]["id"] == machines["user"]["id"] == ending.user_id != his["user"]["id"]
    # One's identity in the other's request is passed over: it cannot be a token.
    taken = await identity_of(platform, ending.admin, "auth")
    mixed = await ending.browser.call("GET", "/session", Authorization=f"Bearer {taken}")
    assert mixed.json["user"]["id"] == ending.user_id
    assert (await ending.browser.other().call("GET", "/session", Authorization=f"Bearer {taken}")).status == 401
