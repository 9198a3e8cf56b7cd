"""Who counts as one client where attempts and requests are counted by address."""

from ipaddress import IPv6Address, ip_address, ip_network


def counted_as(address: str) -> str:
    """An IPv4 address itself; of IPv6 the /64: a single machine picks among all addresses of that at will."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
