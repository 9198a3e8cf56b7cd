"""Which service answers what: the whole public interface, by method and path, first match wins."""

import re
from typing import Literal, NamedTuple

Upstream = Literal["auth", "records", "ingest"]

ANY = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})


class Route(NamedTuple):
    methods: frozenset[str]
    pattern: "re.Pattern[str]"
    upstream: Upstream
    anonymous: bool = False


def _route(methods: frozenset[str], pattern: str, upstream: Upstream, *, anonymous: bool = False) -> Route:
    return Route(methods, re.compile("/api/v1" + pattern), upstream, anonymous)


ROUTES = [
    # /public/site is the gateway's own.
    _route(GET, r"/public(?!/site$)(/.*)?", "records", anonymous=True),
    _route(ANY, r"/session/password", "auth"),
    _route(ANY, r"/(tokens|departments|users)(/.*)?", "auth"),
    # Only ingest knows .xls.
    _route(POST, r"/uploads", "ingest"),
    _route(GET, r"/uploads/[^/]+/(rejected\.xls|file)", "ingest"),
    _route(GET, r"/datasets/[^/]+/template\.xls", "ingest"),
    _route(GET | POST, r"/records/export\.xls", "ingest"),
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
