"""Where a request comes from, and whether it may come in from there."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote_to_bytes

from services.gateway.errors import ExtranetOnly, StrangePath
from services.gateway.settings import Network

Address = IPv4Address | IPv6Address

# Encoded dots, slashes, backslashes, percent signs and control characters.
ENCODED = re.compile(r"%(2e|2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)

UNKNOWN = ip_address("0.0.0.0")  # noqa: S104  # an address nobody has: outside every network


def client_address(peer: str, forwarded_for: Iterable[str], trusted: Iterable[Network]) -> Address:
    """The client's own address: the peer, or, where the peer is a trusted proxy, what it says.

    X-Forwarded-For is read from the right, as each proxy appends whom it saw; the first one that is not a trusted
    proxy is the client. What stands further left anybody may have written.
    """
    trusted = list(trusted)
    address = _parse(peer)
    hops = _hops(forwarded_for)
    while hops and _within(address, trusted):
        address = _parse(hops.pop())
    return address


def spoken_for(peer: str, forwarded_for: Iterable[str], trusted: Iterable[Network]) -> list[Address]:
    """Whom a peer that is no trusted proxy claims to speak for: believed only where that takes a right away.

    It is an office's own proxy, or one of ours that the settings do not name, and then everybody seems to sit here.
    """
    if is_trusted(peer, trusted):
        return []
    return [_parse(hop) for hop in _hops(forwarded_for) if hop not in ("", "unknown")]


def _hops(forwarded_for: Iterable[str]) -> list[str]:
    return [hop.strip() for line in forwarded_for for hop in line.split(",")]


def is_trusted(peer: str, trusted: Iterable[Network]) -> bool:
    return _within(_parse(peer), trusted)


def _parse(text: str) -> Address:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


# What everybody may see: the public site and the public view.
PUBLIC_PAGES = frozenset({"/", "/platform", "/favicon.svg", "/favicon.ico", "/old-browser.js", "/robots.txt"})
PUBLIC_PREFIXES = ("/api/v1/public/", "/assets/", "/public/")


def is_public(path: str) -> bool:
    return path in PUBLIC_PAGES or path.startswith(PUBLIC_PREFIXES)


def require_extranet(address: Address, path: str, extranet: Iterable[Network]) -> None:
    """Raises ExtranetOnly for a client outside the government extranet, except on what everybody may see."""
    if not is_public(path) and not _within(address, extranet):
        raise ExtranetOnly("这里只能在政务外网内访问。请在单位的政务外网电脑上打开；公示信息可以在公众网站查询。")


def require_plain_path(raw_path: str) -> None:
    """Raises StrangePath for what two servers could read differently: dots, double or encoded slashes, controls, bytes.

    The gateway decides by the path, the service behind it routes by the path: both must see the same one.
    """
    path, _, query = raw_path.partition("?")
    try:
        unquote_to_bytes(path).decode()  # strict: neither half a character nor a slash written too long
    except ValueError:
        raise StrangePath("没有这个地址，请检查网址。") from None
    strange = (
        not path.startswith("/")
        or "//" in path
        or "\\" in path
        or ";" in path
        or ENCODED.search(path) is not None
        or any(part in (".", "..") for part in path.split("/"))
        or not path.isascii()
        or any(character <= " " or character in "\x7f#" for character in path + query)
        or any("\ud800" <= character <= "\udfff" for character in query)
    )
    if strange:
        raise StrangePath("没有这个地址，请检查网址。")
