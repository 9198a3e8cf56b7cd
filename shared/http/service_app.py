"""The web.Application every service behind the gateway starts from: request ids, metrics, problems, identities."""

import logging
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from opentelemetry.trace import SpanKind

from shared.contracts.identity import Identity
from shared.errors import Forbidden
from shared.http.identities import IDENTITY, IdentityVerifier, identify, require
from shared.http.operations import Operation, add_operations, operation_of
from shared.http.problems import note_begin, problem_middleware
from shared.http.requests import MAX_BODY
from shared.telemetry.health import Check, add_health
from shared.telemetry.metrics import HTTP_SECONDS
from shared.telemetry.tracing import handling

log = logging.getLogger(__name__)

VERIFIER: web.AppKey[IdentityVerifier] = web.AppKey("VERIFIER", IdentityVerifier)


class PasswordChangeRequired(Forbidden):
    slug = "password-change-required"
    title = "请先修改密码"


def create_service_app(
    operations: Sequence[Operation],
    checks: Mapping[str, Check],
    *,
    middlewares: Sequence[Middleware] = (),
) -> web.Application:
    """`checks`: this process's own dependencies, for /readyz. The caller sets app[VERIFIER] with its resources."""
    app = web.Application(
        middlewares=[request_middleware, problem_middleware, identity_middleware, *middlewares],
        client_max_size=MAX_BODY,
        handler_args={"max_field_size": 16_384},
    )
    app.on_response_prepare.append(note_begin)
    add_operations(app, operations)
    add_health(app, checks)
    return app


@web.middleware
async def request_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Binds the ids of request and upload to every log line, measures by route template; logs no query string."""
    request_id = request.headers.get("X-Request-ID", "")[:64] or uuid4().hex
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unmatched"
    started = time.perf_counter()
    status = 500
    structlog.contextvars.clear_contextvars()
    named = {"upload_id": request.match_info["upload_id"]} if "upload_id" in request.match_info else {}
    structlog.contextvars.bind_contextvars(request_id=request_id, **named)
    try:
        with handling(f"{request.method} {route}", request.headers, SpanKind.SERVER) as span:
            response = await handler(request)
            span.set_attribute("http.response.status_code", response.status)
        status = response.status
        if not response.prepared:
            response.headers["X-Request-ID"] = request_id
        return response
    finally:
        seconds = time.perf_counter() - started
        HTTP_SECONDS.labels(request.method, route, str(status)).observe(seconds)
        if route not in {"/healthz", "/readyz", "/metrics"}:
            log.info("%s %s %d %.1f ms", request.method, route, status, seconds * 1000)


@web.middleware
async def identity_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    operation = operation_of(request)
    if operation is not None and operation.roles is not None:
        identity = await identify(request, request.app[VERIFIER])
        if identity.must_change_password and not operation.before_password_change:
            raise PasswordChangeRequired("这是管理员设置的初始密码，请先修改密码再继续。")
        require(identity, *operation.roles)
        request[IDENTITY] = identity
    return await handler(request)


def caller(request: web.Request) -> Identity:
    """The verified identity; only for operations that have roles."""
    return request[IDENTITY]
