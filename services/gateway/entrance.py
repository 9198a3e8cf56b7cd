"""What every request passes on its way in: a number, a plain path, the network, who it is, CSRF, how often."""

import logging
import time
from functools import cache
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from opentelemetry.trace import SpanKind

from services.gateway.cookies import require_csrf, session_cookie
from services.gateway.keys import LIMITS, SETTINGS, UPSTREAMS
from services.gateway.network import client_address, is_trusted, require_extranet, require_plain_path, spoken_for
from services.gateway.routes import find_route
from services.gateway.upstreams import Caller
from shared.addresses import counted_as
from shared.contracts.accounts import Credential
from shared.contracts.identity import Service
from shared.errors import Unauthenticated
from shared.telemetry.metrics import HTTP_SECONDS, UNTRUSTED_FORWARDS
from shared.telemetry.tracing import handling

log = logging.getLogger(__name__)

REQUEST_ID: Final = web.RequestKey("REQUEST_ID", str)
ADDRESS: Final = web.RequestKey("ADDRESS", str)
CREDENTIAL: Final = web.RequestKey("CREDENTIAL", Credential)
CALLER: Final = web.RequestKey("CALLER", Caller)

API = "/api/v1/"
# Answered without identity, besides what routes.py calls anonymous.
OPEN = frozenset({("POST", "/api/v1/session"), ("GET", "/api/v1/public/site"), ("HEAD", "/api/v1/public/site")})
# Of what the gateway answers itself, auth is asked: who it is, and to end the session.
OWN: tuple[Service, ...] = ("auth",)
# The file may stream for Settings.body_seconds; its identity is verified once more when all of it is there.
UPLOAD_SECONDS = 900
# Said by a page that asks by itself while nobody is at it: such a request keeps no session alive.
UNATTENDED = "X-Unattended"
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# design: nothing inline, nothing from elsewhere. data: is for the tick of a multi-select, which is an inline SVG.
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "manifest-src 'self'",
    ]
)


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An on_response_prepare signal: streamed, refused and proxied answers alike."""
    response.headers.popall("Server", None)  # names the library and its version
    response.headers.update(SECURITY_HEADERS)
    if REQUEST_ID in request:
        response.headers["X-Request-ID"] = request[REQUEST_ID]
    if response.content_type == "text/html":
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
    elif request.path.startswith(API):
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    if is_secure(request):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def is_secure(request: web.Request) -> bool:
    settings = request.app[SETTINGS]
    said = request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    return settings.tls or request.secure or (said and is_trusted(request.remote or "", settings.trusted_proxies))


@web.middleware
async def number_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    request_id = uuid4().hex
    request[REQUEST_ID] = request_id
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unmatched"
    started = time.perf_counter()
    status = 499  # the client went away
    try:
        # What a stranger says of a trace is not believed: each begins here.
        with handling(f"{request.method} {route}", None, SpanKind.SERVER) as span:
            response = await handler(request)
            span.set_attribute("http.response.status_code", response.status)
        status = response.status
        return response
    finally:
        seconds = time.perf_counter() - started
        HTTP_SECONDS.labels(request.method, route, str(status)).observe(seconds)
        if route not in QUIET:
            log.info("%s %s %d %.1f ms", request.method, route, status, seconds * 1000)


@web.middleware
async def entrance_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    settings = request.app[SETTINGS]
    require_plain_path(request.raw_path)
    forwarded = request.headers.getall("X-Forwarded-For", [])
    address = client_address(request.remote or "", forwarded, settings.trusted_proxies)
    request[ADDRESS] = str(address)
    claimed = spoken_for(request.remote or "", forwarded, settings.trusted_proxies)
    if claimed:
        UNTRUSTED_FORWARDS.inc()
        _warn_of_untrusted()
    for one in (address, *claimed):
        require_extranet(one, request.path, settings.extranet_networks)
    if needs_identity(request):
        await _let_in(request)
    elif request.path.startswith("/api/"):
        await request.app[LIMITS].hit("public", counted_as(request[ADDRESS]))
    return await handler(request)


@cache
def _warn_of_untrusted() -> None:
    """Once: who sends the header could fill the log with it."""
    log.warning("X-Forwarded-For comes from a peer that GATEWAY_TRUSTED_PROXIES does not name: is it your proxy?")


def needs_identity(request: web.Request) -> bool:
    if not request.path.startswith(API) or (request.method, request.path) in OPEN:
        return False
    # By GET: a wrong method on a public path is said to be one, not to lack a sign-in.
    route = find_route(request.method, request.path) or find_route("GET", request.path)
    return route is None or not route.anonymous


async def _let_in(request: web.Request) -> None:
    """Raises Unauthenticated, CsrfRefused or TooManyRequests."""
    caller = request[CALLER] = await identify(request)
    session = request[CREDENTIAL].session
    if session is not None:
        require_csrf(request, session)
    limits = request.app[LIMITS]
    await limits.hit("signed_in", caller.identity.user_id)
    if _is_upload(request):
        await limits.hit("upload", caller.identity.department.code)


async def identify(request: web.Request) -> Caller:
    """Asked of auth for every request: a session that has ended is over at once.

    Raises:
        Unauthenticated: no credential, or one that is not good (any more).
        TooManyRequests: too many of the latter from this address: somebody is guessing.
        UpstreamDown: auth cannot be reached.
    """
    if CREDENTIAL not in request:
        request[CREDENTIAL] = _credential(request)
    limits, address = request.app[LIMITS], counted_as(request[ADDRESS])
    await limits.require("refused", address)
    route = find_route(request.method, request.path)
    shown_to = OWN if route is None else route.shown_to
    try:
        return await request.app[UPSTREAMS].identity(request[CREDENTIAL], shown_to, request[REQUEST_ID])
    except Unauthenticated:
        await limits.hit("refused", address)
        raise


def _is_upload(request: web.Request) -> bool:
    return (request.method, request.path) == ("POST", "/api/v1/uploads")


def _credential(request: web.Request) -> Credential:
    address = request[ADDRESS]
    seconds = UPLOAD_SECONDS if _is_upload(request) else 60
    used = UNATTENDED not in request.headers
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and 0 < len(token) <= 512 and token.isascii():
        return Credential(token=token, address=address, seconds=seconds)
    session = request.cookies.get(session_cookie(secure=is_secure(request)), "")
    if 0 < len(session) <= 512 and session.isascii():
        return Credential(session=session, address=address, seconds=seconds, used=used)
    raise Unauthenticated("请先登录。")
