"""Who claims to sit in the government extranet: only the address that a trusted proxy has seen counts."""

import pytest
from multidict import CIMultiDict
from prometheus_client import REGISTRY

from tests.fixtures.gateway import Gateway, MakeGateway, officer, problem

INSIDE, OUTSIDE = "192.0.2.9", "203.0.113.7"
EXTRANET = ["192.0.2.0/24", "2001:db8::/32"]
# What proxies, clouds and forgers call the client's address.
NAMES = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "X-Client-Address", "True-Client-IP", "Via"]
NAMES += [
    "CF-Connecting-IP",
    "X-Cluster-Client-IP",
    "X-Forwarded",
    "Forwarded-For",
    "X_Forwarded_For",
    "X-Originating-IP",
]


async def refused(gateway: Gateway, *headers: tuple[str, str], path: str = "/api/v1/records") -> None:
    me = gateway.let_in(officer())
    await problem(await gateway.ask("GET", path, CIMultiDict([*me.items(), *headers])), 403, "extranet-only")
    assert gateway.records.seen == []
    assert gateway.auth.asked == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_stranger_may_write_what_he_likes(make_gateway: MakeGateway, name: str) -> None:
    gateway = await make_gateway(extranet_networks=EXTRANET)
    for value in (INSIDE, "127.0.0.1", "::1", f"for={INSIDE}", f"{INSIDE}, {INSIDE}", "localhost"):
        await refused(gateway, (name, value))


@pytest.mark.parametrize("lines", [[OUTSIDE], [f"{INSIDE}, {OUTSIDE}"], [OUTSIDE, INSIDE], [f"{OUTSIDE}:443"]])
async def test_a_proxy_that_was_not_named_does_not_bring_the_internet_in(
    make_gateway: MakeGateway, lines: list[str]
) -> None:
    """Forgotten in the settings, it sits beside us, and so would all that come through it."""
    gateway = await make_gateway(extranet_networks=["127.0.0.0/8", *EXTRANET])
    before = REGISTRY.get_sample_value("credit_untrusted_forwards_total") or 0
    await refused(gateway, *(("X-Forwarded-For", line) for line in lines))
    assert REGISTRY.get_sample_value("credit_untrusted_forwards_total") == before + 1


@pytest.mark.parametrize("line", [INSIDE, "unknown", f"{INSIDE}, 127.0.0.1", ""])
async def test_an_offices_own_proxy_shuts_nobody_out(make_gateway: MakeGateway, line: str) -> None:
    gateway = await make_gateway(extranet_networks=["127.0.0.0/8", *EXTRANET])
    me = CIMultiDict([*gateway.let_in(officer()).items(), ("X-Forwarded-For", line)])
    assert (await gateway.ask("GET", "/api/v1/records", me)).status == 200


@pytest.mark.parametrize("name", [name for name in NAMES if name != "X-Forwarded-For"])
async def test_of_a_trusted_proxy_one_header_counts_and_no_other(make_gateway: MakeGateway, name: str) -> None:
    gateway = await make_gateway(trusted_proxies=["127.0.0.0/8"], extranet_networks=EXTRANET)
    await refused(gateway, ("X-Forwarded-For", OUTSIDE), (name, INSIDE))
    await refused(gateway, (name, INSIDE))


@pytest.mark.parametrize(
    "lines",
    [
        [f"{INSIDE}, {OUTSIDE}"],
        [INSIDE, OUTSIDE],
        [f"{INSIDE}, {OUTSIDE}, 127.0.0.1"],
        [INSIDE, f"{OUTSIDE}, 127.0.0.5"],
        [f"{INSIDE},"],
        [f"{INSIDE}, unknown"],
        [f"{INSIDE}, _hidden"],
        [f"::ffff:{OUTSIDE}"],
        [f"::{INSIDE}"],  # IPv4-compatible: nobody has it
        [f"64:ff9b::{INSIDE}"],
        [f'"{INSIDE}"'],
        [f"{INSIDE}:443"],
        ["192.000.002.009"],
        ["0xc0.0.2.9"],
        ["3221225993"],
        ["192.0.521"],
        ["１92.0.2.9"],
        [f"{INSIDE} {OUTSIDE}"],
        [f"{INSIDE}\t,{OUTSIDE}"],
        [""],
    ],
)
async def test_the_proxys_own_word_stands_last(make_gateway: MakeGateway, lines: list[str]) -> None:
    gateway = await make_gateway(trusted_proxies=["127.0.0.0/8"], extranet_networks=EXTRANET)
    await refused(gateway, *(("X-Forwarded-For", line) for line in lines))


@pytest.mark.parametrize(
    "lines",
    [[INSIDE], [f"  {INSIDE}  "], [f"{OUTSIDE}, {INSIDE}"], [OUTSIDE, INSIDE], [f"::ffff:{INSIDE}"], ["2001:DB8::1"],
     [f"{INSIDE}, 127.0.0.1"], [f"{INSIDE}, ::ffff:127.0.0.9"]],
)  # fmt: skip
async def test_who_sits_there_is_let_in(make_gateway: MakeGateway, lines: list[str]) -> None:
    gateway = await make_gateway(trusted_proxies=["127.0.0.0/8"], extranet_networks=EXTRANET)
    me = CIMultiDict([*gateway.let_in(officer()).items(), *(("X-Forwarded-For", line) for line in lines)])
    assert (await gateway.ask("GET", "/api/v1/records", me)).status == 200


@pytest.mark.parametrize(
    "path",
    ["/api/v1/records", "/api/v1/session", "/api/v1/publicity", "/api/v1/public", "/api/openapi.json", "/api/docs",
     "/metrics", "/readyz", "/healthz", "/portal", "/home", "/uploads", "/index.html", "/platform/", "/internal/keys",
     "/API/v1/public/records", "/Public/1"],
)  # fmt: skip
async def test_from_outside_nothing_but_the_public_part_is_there(make_gateway: MakeGateway, path: str) -> None:
    gateway = await make_gateway(extranet_networks=EXTRANET)
    await refused(gateway, path=path)


@pytest.mark.parametrize(
    "path",
    ["/public/../api/v1/records", "/public/%2e%2e/api/v1/records", "/assets/..%2fapi/v1/records",
     "/assets/%2e%2e/portal", "/assets/..%5c..%5cportal",
     "/public//api/v1/records", "/public/;/../metrics", "/public/%c0%ae%c0%ae/metrics",
     "/public/%00/../metrics", "/api/v1/public/%2e%2e%2fsession", "/api/v1/public/..;/records",
     "/api/v1/public/%252e%252e/x"],
)  # fmt: skip
async def test_no_path_leads_from_the_public_part_into_the_other(make_gateway: MakeGateway, path: str) -> None:
    gateway = await make_gateway(extranet_networks=EXTRANET)
    answer = await gateway.ask("GET", path, gateway.let_in(officer()))
    assert answer.status == 404
    assert gateway.records.seen == gateway.auth.seen == []
