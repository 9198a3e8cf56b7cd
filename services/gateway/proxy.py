"""Streams a request to the service that answers it, and the answer back, without holding either in memory."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress

from aiohttp import ClientError, ClientResponse, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from services.gateway.entrance import CALLER, REQUEST_ID
from services.gateway.errors import BodyTooLarge, BodyTooSlow, UpstreamDown
from services.gateway.keys import SETTINGS, UPSTREAMS
from services.gateway.operations import OPERATIONS
from services.gateway.routes import find_route, methods_of
from services.gateway.settings import Settings

log = logging.getLogger(__name__)

# RFC 9110 §7.6.1: these belong to one connection. The second group is ours to say, never the client's.
HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
OURS = frozenset(
    [
        "host",
        "authorization",
        "cookie",
        "forwarded",
        "x-gateway-key",
        "x-request-id",
        "x-csrf-token",
        "x-real-ip",
        "x-client-address",
        "traceparent",
        "tracestate",
        "baggage",
        "expect",
    ]
)
OWN_METHODS: dict[str, list[str]] = {}
for _operation in OPERATIONS:
    OWN_METHODS.setdefault(_operation.path, []).append(_operation.method)

# Of a body at a time: what one upload holds in memory is some of these.
PIECE = 64 * 1024
# An answer up to this size is sent in one piece; a larger one is streamed.
WHOLE = 256 * 1024


async def forward(request: web.Request) -> web.StreamResponse:
    """Raises UpstreamDown, BodyTooLarge or BodyTooSlow; an answer already begun is cut off instead."""
    settings, upstreams = request.app[SETTINGS], request.app[UPSTREAMS]
    route = find_route(request.method, request.path)
    if route is None:
        raise _no_route(request)
    upstream = route.upstream
    size = request.content_length
    if size is not None and size > settings.max_body_bytes:
        raise BodyTooLarge(too_large(settings))
    body = _body(request, settings) if request.body_exists else None
    try:
        response = await upstreams.http.request(
            request.method,
            URL(upstreams.base[upstream] + request.raw_path, encoded=True),
            headers=_request_headers(request),
            data=body,
            allow_redirects=False,
        )
    except (BodyTooLarge, BodyTooSlow):
        raise
    except (ClientError, OSError, TimeoutError) as error:
        refused = _cause(error)
        if refused is not None:
            raise refused from None
        log.warning("%s did not answer: %s", upstream, type(error).__name__)
        raise UpstreamDown from error
    try:
        return await _answer(request, response)
    finally:
        response.close()


def _no_route(request: web.Request) -> web.HTTPException:
    methods = methods_of(request.path) or OWN_METHODS.get(request.path, [])
    return web.HTTPMethodNotAllowed(request.method, methods) if methods else web.HTTPNotFound()


def too_large(settings: Settings) -> str:
    return f"内容超过 {settings.max_body_bytes // 1024 // 1024} MB，放不下；请把数据拆成几个文件分别上传。"


def _cause(error: BaseException) -> BodyTooLarge | BodyTooSlow | None:
    """What our own body generator refused, however the client library wrapped it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BodyTooLarge | BodyTooSlow):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


async def _body(request: web.Request, settings: Settings) -> AsyncGenerator[bytes]:
    """The client's body as it comes; back-pressure of the service slows the client."""
    received = 0
    deadline = asyncio.get_running_loop().time() + settings.body_seconds
    while True:
        try:
            async with asyncio.timeout(settings.stall_seconds):
                chunk = await request.content.read(PIECE)
        except TimeoutError:
            raise BodyTooSlow("上传中途停了太久，连接已断开；请检查网络后重新上传。") from None
        if not chunk:
            return
        received += len(chunk)
        if received > settings.max_body_bytes:
            raise BodyTooLarge(too_large(settings))
        if asyncio.get_running_loop().time() > deadline:
            raise BodyTooSlow("上传用时太长，连接已断开；请检查网络后重新上传。")
        yield chunk


def _request_headers(request: web.Request) -> CIMultiDict[str]:
    headers = _kept(request.headers, OURS)
    for name in list(headers):
        if name.lower().startswith("x-forwarded-"):
            headers.popall(name, None)
    headers["X-Request-ID"] = request[REQUEST_ID]
    if CALLER in request:
        headers["Authorization"] = f"Bearer {request[CALLER].signed}"
    return headers


def _kept(headers: "CIMultiDictProxy[str]", dropped: frozenset[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for line in headers.getall("Connection", []) for name in line.split(",")}
    unwanted = HOP_BY_HOP | dropped | named
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in unwanted)


async def _answer(request: web.Request, upstream: ClientResponse) -> web.StreamResponse:
    headers = _kept(upstream.headers, frozenset({"server", "date", "set-cookie"}))
    size = upstream.content_length
    if size is not None and size <= WHOLE and request.method != "HEAD":
        headers.popall("Content-Length", None)
        try:
            return web.Response(status=upstream.status, headers=headers, body=await upstream.read())
        except (ClientError, OSError) as error:
            raise UpstreamDown from error
    response = web.StreamResponse(status=upstream.status, headers=headers)
    await response.prepare(request)
    try:
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (ClientError, OSError):
        # The head is out already: only a broken connection tells the client that the answer is not whole.
        log.warning("an answer broke off half-way")
        if request.transport is not None:
            request.transport.abort()
        with suppress(ClientError, OSError):
            await response.write_eof()
    return response
