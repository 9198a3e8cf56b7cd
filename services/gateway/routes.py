"""Which service answers what: the whole public interface, by method and path, first match wins."""

import re
from typing import NamedTuple

from shared.contracts.identity import Service

ANY = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})


class Route(NamedTuple):
    methods: frozenset[str]
    pattern: "re.Pattern[str]"
    upstream: Service
    anonymous: bool = False
    asks: Service | None = None  # whom the upstream asks in the caller's name

    @property
    def shown_to(self) -> tuple[Service, ...]:
        return (self.upstream,) if self.asks is None else (self.upstream, self.asks)


def _route(
    methods: frozenset[str], pattern: str, upstream: Service, *, anonymous: bool = False, asks: Service | None = None
) -> Route:
    return Route(methods, re.compile("/api/v1" + pattern), upstream, anonymous, asks)


ROUTES = [
    # /public/site is the gateway's own.
    _route(GET, r"/public(?!/site$)(/.*)?", "records", anonymous=True),
    _route(ANY, r"/session/password", "auth"),
    _route(ANY, r"/(tokens|departments|users)(/.*)?", "auth"),
    # Only ingest knows .xls.
    _route(POST, r"/uploads", "ingest", asks="records"),
    _route(GET, r"/uploads/[^/]+/(rejected\.xls|file)", "ingest", asks="records"),
    _route(GET, r"/datasets/[^/]+/template\.xls", "ingest", asks="records"),
    _route(GET | POST, r"/records/export\.xls", "ingest", asks="records"),
    _route(GET, r"/audit", "records", asks="auth"),
    _route(
        ANY,
        r"/(datasets|uploads|records|subjects|statistics|messages|audit|calendar|home)(/.*)?",
        "records",
    ),
]


def find_route(method: str, path: str) -> Route | None:
    return next(
        (route for route in ROUTES if method in route.methods and route.pattern.fullmatch(path)),
        None,
    )


def methods_of(path: str) -> list[str]:
    """What the path can be asked for; empty where there is no such path."""
    return sorted({method for route in ROUTES if route.pattern.fullmatch(path) for method in route.methods})
