"""One description of the interface, made of what each service says of itself."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.auth.routes import PUBLIC_OPERATIONS
from shared.http.operations import build_document
from tests.fixtures.gateway import Gateway, problem


async def test_the_services_and_the_gateway_are_described_in_one_document(gateway: Gateway) -> None:
    gateway.auth.document = build_document(PUBLIC_OPERATIONS)
    answer = await gateway.ask("GET", "/api/openapi.json")
    assert (answer.status, answer.content_type) == (200, "application/json")
    document = await answer.json()
    OpenAPIV31SpecValidator(document).validate()
    assert set(document["paths"]["/api/v1/session"]) == {"post", "get", "delete"}
    assert {"/api/v1/events", "/api/v1/users", "/api/v1/session/password"} <= set(document["paths"])
    assert document["paths"]["/api/v1/session"]["post"]["security"] == []


@pytest.mark.parametrize(("away", "name"), [("auth", "登录服务"), ("records", "数据服务"), ("ingest", "上传服务")])
async def test_a_service_that_is_away_is_named(gateway: Gateway, away: str, name: str) -> None:
    await gateway.servers[away].cleanup()
    answer = await gateway.ask("GET", "/api/openapi.json")
    refused = await problem(answer, 503, "service-down")
    assert refused["detail"].startswith(name)
    assert "Retry-After" in answer.headers
