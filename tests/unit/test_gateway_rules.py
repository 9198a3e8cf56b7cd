"""The rules of the front door that need no server: addresses, paths, routes, CSRF tokens, the merged document."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import ValidationError

from services.auth.routes import OPERATIONS as AUTH
from services.gateway.cookies import csrf_token
from services.gateway.document import merge
from services.gateway.errors import StrangePath
from services.gateway.network import client_address, is_public, require_plain_path
from services.gateway.operations import OPERATIONS as OWN
from services.gateway.routes import find_route
from services.gateway.settings import Settings
from services.ingest.routes import OPERATIONS as INGEST
from services.records.routes import OPERATIONS as RECORDS
from shared.addresses import counted_as
from shared.contracts.identity import Service
from shared.http.operations import Operation, build_document

PROXIES = [ip_network("10.0.0.0/24"), ip_network("::1/128")]
SERVICES: dict[Service, list[Operation]] = {
    "auth": [operation for operation in AUTH if not operation.internal],
    "records": [operation for operation in RECORDS if not operation.internal],
    "ingest": [operation for operation in INGEST if not operation.internal],
}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["192.0.2.1"], "203.0.113.7"),
        ("10.0.0.9", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.9", ["198.51.100.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.9", ["198.51.100.1", "192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        ("10.0.0.9", ["192.0.2.1, nonsense"], "0.0.0.0"),
        ("10.0.0.9", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.9", [], "10.0.0.9"),
        ("::ffff:10.0.0.9", ["2001:db8::1"], "2001:db8::1"),
        ("::1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("", ["192.0.2.1"], "0.0.0.0"),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_proxy_of_ours(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == ip_address(client)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:7:ffff::1", "2001:db8:0:7::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_ipv6_address_counts_with_its_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/records?q=%E4%BC%81%2F%2e%2e&x=a//b",
        "/api/v1/uploads/5f0c9f9e-5d0b-4b7c-9a53-0a1f0e3b9d11/rejected.xls",
        "/api/v1/records?q=长治",
        "/assets/index-1.a2_b.js",
        "/%E5%85%AC%E7%A4%BA",
    ],
)
def test_an_ordinary_path_is_let_through(path: str) -> None:
    require_plain_path(path)


@pytest.mark.parametrize(
    "path",
    ["", "x", "//x", "/a//b", "/../x", "/a/..", "/a/./b", "/%2E%2e/x", "/a%2Fb", "/a%5cb", "/a\\b", "/a;b", "/a%25",
     "/a%00", "/a%0d%0a", "/a%7F", "/a b", "/a\tb", "/a#b", "/公示", "/a?b\x01", "/a?b\udcff", "http://x/a",
     "/a%c0%ae%c0%ae/b", "/a%c0%afb", "/a%e0%80%afb", "/a%f0%80%80%afb", "/a%ed%a0%80", "/a%fe", "/a%C1%9Cb",
     "/%e5%85"],
)  # fmt: skip
def test_a_strange_path_is_not(path: str) -> None:
    with pytest.raises(StrangePath):
        require_plain_path(path)


@pytest.mark.parametrize("path", ["/api/v1/publicity", "/api/v1/public", "/platform/x", "/api/v1/records", "/metrics"])
def test_only_what_is_named_is_public(path: str) -> None:
    assert not is_public(path)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_of_a_service_is_routed_to_it(service: Service) -> None:
    astray = []
    for operation in SERVICES[service]:
        route = find_route(operation.method, operation.path.replace("{", "").replace("}", ""))
        if route is None or route.upstream != service or route.anonymous is not (operation.roles is None):
            astray.append(f"{operation.method} {operation.path}: {route}")
    assert astray == []


def test_the_gateways_own_operations_are_routed_nowhere() -> None:
    assert [one.path for one in OWN if find_route(one.method, one.path) is not None] == []


def test_networks_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTH_URL", "RECORDS_URL", "INGEST_URL", "AMQP", "AUTH_KEY"):
        monkeypatch.setenv(f"GATEWAY_{name}", "x")
    assert Settings().trusted_proxies == []
    assert any(ip_address("127.0.0.1") in network for network in Settings().extranet_networks)
    assert not any(ip_address("203.0.113.7") in network for network in Settings().extranet_networks)
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/24, ::1")
    assert Settings().trusted_proxies == PROXIES
    monkeypatch.setenv("GATEWAY_EXTRANET_NETWORKS", "somewhere")
    with pytest.raises(ValidationError):
        Settings()


def test_a_csrf_token_belongs_to_one_session() -> None:
    assert csrf_token("a" * 43) == csrf_token("a" * 43) != csrf_token("b" * 43)
    assert len(csrf_token("a" * 43)) == 43


def described(name: str, schema: dict[str, Any], *, path: str) -> dict[str, Any]:
    ref = {"$ref": f"#/components/schemas/{name}"}
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": ref}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": {"operationId": "get_it", "responses": answer}}},
        "components": {"schemas": {name: schema, "List": {"type": "array", "items": ref}}},
    }


def test_one_name_for_two_things_is_told_apart() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    own = described("Thing", text, path="/own")
    merged = merge(
        own, {"auth": described("Thing", text, path="/same"), "records": described("Thing", number, path="/other")}
    )
    OpenAPIV31SpecValidator(merged).validate()
    schemas = merged["components"]["schemas"]
    assert (schemas["Thing"], schemas["RecordsThing"]) == (text, number)
    answer = merged["paths"]["/other"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/RecordsThing"}
    names = [operation["get"]["operationId"] for operation in merged["paths"].values()]
    assert names == ["get_it", "auth_get_it", "records_get_it"]


def test_two_services_cannot_answer_the_same_request() -> None:
    one = described("Thing", {"type": "string"}, path="/same")
    with pytest.raises(ValueError, match="/same is described twice"):
        merge(one, {"auth": one})


def test_the_document_of_the_whole_interface_is_valid() -> None:
    merged = merge(build_document(OWN), {name: build_document(operations) for name, operations in SERVICES.items()})
    OpenAPIV31SpecValidator(merged).validate()
    ids = [operation["operationId"] for path in merged["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) == len(OWN) + sum(map(len, SERVICES.values()))
    assert not any(path.startswith("/internal") for path in merged["paths"])
