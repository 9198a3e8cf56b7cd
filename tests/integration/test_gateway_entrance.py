"""Who is let in, from where, how often, and what the answers tell a browser."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.fixtures.gateway import Gateway, MakeGateway, csrf, officer, problem

LOOPBACK = ["127.0.0.0/8"]


async def test_nobody_gets_in_without_a_credential(gateway: Gateway) -> None:
    for path in ("/api/v1/records", "/api/v1/session", "/api/v1/events", "/api/v1/users", "/api/v1/publicity"):
        await problem(await gateway.ask("GET", path), 401, "unauthenticated")
    for headers in ({"Authorization": "Bearer guess"}, {"Cookie": "session=guess"}, {"Authorization": "Basic eDp5"}):
        await problem(await gateway.ask("GET", "/api/v1/records", headers), 401, "unauthenticated")
    assert gateway.records.seen == []
    assert (await gateway.ask("GET", "/api/v1/public/records")).status == 200


async def test_a_session_or_token_that_has_ended_is_over_at_the_next_request(gateway: Gateway) -> None:
    browser = gateway.browser(officer())
    assert (await gateway.ask("GET", "/api/v1/records", browser)).status == 200
    gateway.auth.people.clear()
    await problem(await gateway.ask("GET", "/api/v1/records", browser), 401, "unauthenticated")


async def test_auth_is_told_the_clients_address_and_which_kind_of_credential_it_is(gateway: Gateway) -> None:
    # Whom a peer that is no trusted proxy claims to speak for counts only where that takes a right away.
    await gateway.ask("GET", "/api/v1/records", {**gateway.browser(officer()), "X-Forwarded-For": "10.9.9.9"})
    await gateway.ask("GET", "/api/v1/records", gateway.let_in(officer()))
    assert gateway.auth.asked == [
        {"session": "secret", "address": "127.0.0.1", "seconds": 60, "used": True, "services": "records"},
        {"token": "token", "address": "127.0.0.1", "seconds": 60, "used": True, "services": "records"},
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_browser_needs_the_csrf_token_for_what_changes_something(gateway: Gateway, method: str) -> None:
    browser = gateway.browser(officer())
    path = "/api/v1/records/1"
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "\u00e9"}, csrf("another")):
        await problem(await gateway.ask(method, path, browser | headers), 403, "csrf")
    assert gateway.records.seen == []
    assert (await gateway.ask(method, path, browser | csrf())).status == 200
    assert (await gateway.ask("GET", path, browser)).status == 200


async def test_a_machine_needs_no_csrf_token(gateway: Gateway) -> None:
    assert (await gateway.ask("POST", "/api/v1/records", gateway.let_in(officer()), json={})).status == 200


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_cannot_act_for_a_browser_even_with_the_token(
    gateway: Gateway, said: dict[str, str]
) -> None:
    answer = await gateway.ask("POST", "/api/v1/records", gateway.browser(officer()) | csrf() | said)
    await problem(answer, 403, "csrf")
    answer = await gateway.ask("POST", "/api/v1/session", said, json={"username": "a", "password": "b"})
    await problem(answer, 403, "csrf")
    assert gateway.records.seen == gateway.auth.seen == []


async def test_the_own_pages_may(gateway: Gateway) -> None:
    said = {"Origin": gateway.url, "Sec-Fetch-Site": "same-origin"}
    assert (await gateway.ask("POST", "/api/v1/records", gateway.browser(officer()) | csrf() | said)).status == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/records", "/api/v1/session", "/api/openapi.json", "/api/docs", "/metrics", "/readyz", "/uploads"]
)
async def test_outside_the_extranet_only_the_public_part_is_open(make_gateway: MakeGateway, path: str) -> None:
    gateway = await make_gateway(extranet_networks=["192.0.2.0/24"])
    headers = gateway.let_in(officer())
    await problem(await gateway.ask("GET", path, headers), 403, "extranet-only")
    await problem(await gateway.ask("POST", "/api/v1/session", json={}), 403, "extranet-only")
    assert gateway.auth.asked == []
    for public in ("/", "/platform", "/api/v1/public/records", "/api/v1/public/datasets"):
        assert (await gateway.ask("GET", public)).status == 200


async def test_a_forged_address_opens_nothing(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(extranet_networks=["192.0.2.0/24"])
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        answer = await gateway.ask("GET", "/api/v1/records", gateway.let_in(officer()) | {name: "192.0.2.9"})
        await problem(answer, 403, "extranet-only")


async def test_behind_a_trusted_proxy_the_client_is_whom_the_proxy_saw(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(trusted_proxies=LOOPBACK, extranet_networks=["192.0.2.0/24"])
    me = gateway.let_in(officer())
    for told in ("192.0.2.9", "198.51.100.1, 192.0.2.9", "192.0.2.9, 127.0.0.2"):
        assert (await gateway.ask("GET", "/api/v1/records", me | {"X-Forwarded-For": told})).status == 200
    assert {asked["address"] for asked in gateway.auth.asked} == {"192.0.2.9"}
    for told in ("203.0.113.7", "192.0.2.9, 203.0.113.7", "192.0.2.9, junk", ""):
        answer = await gateway.ask("GET", "/api/v1/records", me | {"X-Forwarded-For": told})
        await problem(answer, 403, "extranet-only")


async def test_too_many_requests_are_put_off_by_user_address_and_department(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(
        signed_in_rate="3/minute", public_rate="2/minute", upload_rate="2/minute", trusted_proxies=LOOPBACK
    )
    anyone, other = {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.2"}
    for _ in range(2):
        assert (await gateway.ask("GET", "/api/v1/public/records", anyone)).status == 200
    put_off = await gateway.ask("GET", "/api/v1/public/records", anyone)
    await problem(put_off, 429, "too-many-requests")
    assert 0 < int(put_off.headers["Retry-After"]) <= 61
    assert (await gateway.ask("GET", "/api/v1/public/records", other)).status == 200

    first = gateway.let_in(officer("szjj", name="first"), "first")
    second = gateway.let_in(officer("szjj", name="second"), "second")
    for _ in range(3):
        assert (await gateway.ask("GET", "/api/v1/records", first)).status == 200
    await problem(await gateway.ask("GET", "/api/v1/records", first), 429, "too-many-requests")
    for _ in range(2):
        assert (await gateway.ask("POST", "/api/v1/uploads", second)).status == 200
    third = gateway.let_in(officer("szjj", name="third"), "third")
    await problem(await gateway.ask("POST", "/api/v1/uploads", third), 429, "too-many-requests")
    assert (await gateway.ask("GET", "/api/v1/uploads", third)).status == 200
    elsewhere = gateway.let_in(officer("ylj"), "elsewhere")
    assert (await gateway.ask("POST", "/api/v1/uploads", elsewhere)).status == 200


async def test_an_ipv6_network_of_64_bits_counts_as_one_address(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(
        public_rate="2/minute", refused_rate="2/minute", trusted_proxies=LOOPBACK, extranet_networks=["2001:db8::/32"]
    )
    one, other, stranger = ({"X-Forwarded-For": f"2001:db8:0:{host}"} for host in ("7::1", "7:8::2", "8::1"))
    guess = {"Authorization": "Bearer guess"}
    for caller in (one, other):
        assert (await gateway.ask("GET", "/api/v1/public/records", caller)).status == 200
        await problem(await gateway.ask("GET", "/api/v1/records", caller | guess), 401, "unauthenticated")
    await problem(await gateway.ask("GET", "/api/v1/public/records", one), 429, "too-many-requests")
    await problem(await gateway.ask("GET", "/api/v1/records", one | guess), 429, "too-many-requests")
    assert (await gateway.ask("GET", "/api/v1/public/records", stranger)).status == 200


async def test_who_guesses_credentials_is_put_off_and_nobody_else(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(refused_rate="2/minute", trusted_proxies=LOOPBACK)
    me = gateway.let_in(officer())
    guesser, other = {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.2"}
    for guess in ("a", "b"):
        answer = await gateway.ask("GET", "/api/v1/records", guesser | {"Authorization": f"Bearer {guess}"})
        await problem(answer, 401, "unauthenticated")
    asked = len(gateway.auth.asked)
    answer = await gateway.ask("GET", "/api/v1/records", guesser | {"Authorization": "Bearer c"})
    await problem(answer, 429, "too-many-requests")
    assert len(gateway.auth.asked) == asked
    assert (await gateway.ask("GET", "/api/v1/records", other | me)).status == 200


async def test_every_answer_carries_the_security_headers(gateway: Gateway) -> None:
    me = gateway.let_in(officer())
    answers = [
        await gateway.ask("GET", path, me) for path in ("/api/v1/records", "/api/v1/nothing", "/", "/api/docs", "/x.js")
    ]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers
        assert "Server" not in answer.headers
    assert answers[0].headers["Cache-Control"] == "no-store"
    for page in (answers[2], answers[3]):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        text = await page.text()
        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text


async def test_https_is_said_by_a_trusted_proxy_or_by_the_setting_only(make_gateway: MakeGateway) -> None:
    https = {"X-Forwarded-Proto": "https"}
    gateway = await make_gateway()
    assert "Strict-Transport-Security" not in (await gateway.ask("GET", "/", https)).headers
    await make_gateway(trusted_proxies=LOOPBACK)
    assert "Strict-Transport-Security" in (await gateway.ask("GET", "/", https)).headers
    assert "Strict-Transport-Security" not in (await gateway.ask("GET", "/")).headers
    await make_gateway(tls=True)
    assert "Strict-Transport-Security" in (await gateway.ask("GET", "/")).headers


async def test_without_a_build_the_first_page_says_where_the_interface_is(gateway: Gateway) -> None:
    page = await gateway.ask("GET", "/")
    assert (page.status, page.content_type) == (200, "text/html")
    assert 'href="/api/docs"' in await page.text()
    for name in ("docs.js", "docs.css"):
        assert (await gateway.ask("GET", f"/api/docs/{name}")).status == 200
    assert (await gateway.ask("GET", "/api/docs/app.py")).status == 404


async def test_a_build_is_served_as_it_lies_there(make_gateway: MakeGateway, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>信用上报平台</title>")
    (dist / "favicon.svg").write_text("<svg/>")
    (dist / "assets" / "index-1a2b.js").write_text("export {}")
    (dist / "assets" / "index-1a2b.js.gz").write_bytes(b"\x1f\x8b not really")
    (tmp_path / "secret.txt").write_text("not for the web")
    gateway = await make_gateway(web=str(dist))
    for deep in ("/", "/uploads", "/records/1/history"):
        page = await gateway.ask("GET", deep)
        assert (page.status, "信用上报平台" in await page.text()) == (200, True)
        assert page.headers["Cache-Control"] == "no-cache"
    asset = await gateway.ask("GET", "/assets/index-1a2b.js", {"Accept-Encoding": "identity"})
    assert (await asset.text(), asset.headers["Cache-Control"]) == ("export {}", "public, max-age=31536000, immutable")
    assert (await gateway.ask("GET", "/favicon.svg")).status == 200
    for missing in ("/assets/index-old.js", "/assets/index-1a2b.js.gz", "/nothing.png", "/secret.txt", "/assets/x/y"):
        answer = await gateway.ask("GET", missing)
        assert answer.status == 404 or "<title>" in await answer.text()
        assert "not for the web" not in await answer.text()
    await problem(await gateway.ask("GET", "/assets/index-old.js"), 404, "not-found")


async def test_it_says_that_it_lives_and_what_it_waits_for(gateway: Gateway) -> None:
    assert (await gateway.ask("GET", "/healthz")).status == 200
    answer = await gateway.ask("GET", "/readyz")
    assert (answer.status, (await answer.json())["failed"]) == (503, ["broker"])
    await gateway.servers["ingest"].cleanup()
    told = await (await gateway.ask("GET", "/metrics")).text()
    assert "credit_http_request_seconds" in told
    for check, ready in (("auth", 1), ("ingest", 0), ("broker", 0)):  # asked when scraped, with no probe in between
        assert f'credit_ready{{check="{check}"}} {ready}.0\n' in told
    assert (await (await gateway.ask("GET", "/readyz")).json())["failed"] == ["ingest", "broker"]


async def test_an_unexpected_answer_of_auth_is_not_shown(gateway: Gateway) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=500, text="Traceback: /srv/auth.py SELECT * FROM session")

    me = gateway.let_in(officer())
    gateway.auth.handle_identity = answer
    refused = await gateway.ask("GET", "/api/v1/records", me)
    assert "SELECT" not in await refused.text()
    await problem(refused, 503, "service-down")
