"""The session cookie and the CSRF token that goes with it."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from aiohttp import web
from yarl import URL

from services.gateway.errors import CsrfRefused

COOKIE = "session"
# Over https: browsers take a name like this only from this very host, so that no other site under the same domain can
# slip in a session of its own.
SECURE_COOKIE = "__Host-session"
# No credential: it says that somebody has signed in from this browser (services/auth/service/devices.py).
DEVICE = "device"
DEVICE_PATH = "/api/v1/session"
DEVICE_SECONDS = 90 * 24 * 3600
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_token(session: str) -> str:
    """Made from the session's secret: nobody without the cookie can make it, and nothing need be stored."""
    digest = hmac.digest(session.encode(), b"csrf", hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def session_cookie(*, secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE


def set_session(response: web.Response, session: str, *, seconds: int, secure: bool) -> None:
    name = session_cookie(secure=secure)
    response.set_cookie(name, session, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=secure)


def set_device(response: web.Response, device: str, *, secure: bool) -> None:
    response.set_cookie(
        DEVICE, device, max_age=DEVICE_SECONDS, path=DEVICE_PATH, httponly=True, samesite="Strict", secure=secure
    )


def kept_device(request: web.Request) -> str | None:
    kept = request.cookies.get(DEVICE, "")
    return kept if 0 < len(kept) <= 256 and kept.isascii() else None


def clear_session(response: web.Response, *, secure: bool) -> None:
    response.del_cookie(session_cookie(secure=secure), path="/", httponly=True, samesite="Lax", secure=secure)


def require_csrf(request: web.Request, session: str) -> None:
    """Raises CsrfRefused for an unsafe request that another site could have made the browser send."""
    if request.method in SAFE:
        return
    require_same_origin(request)
    given = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(given.encode(errors="surrogateescape"), csrf_token(session).encode()):
        raise CsrfRefused("页面已过期，请刷新后再试。")


def require_same_origin(request: web.Request) -> None:
    """Raises CsrfRefused where the browser itself says that another site sent the request."""
    # Old browsers send neither Origin nor Sec-Fetch-Site, but where they come from.
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    if foreign or (origin is not None and _authority(origin) != request.host.lower()):
        raise CsrfRefused("这个请求来自别的网站，已被拒绝；请在本平台的页面上操作。")


def _authority(origin: str) -> str | None:
    try:
        return URL(origin).authority
    except ValueError:
        return None
