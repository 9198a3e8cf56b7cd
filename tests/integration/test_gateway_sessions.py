"""The session as a browser has it: the gateway before the real auth service and its database."""

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from services.gateway.cookies import csrf_token
from tests.fixtures.auth import ADMIN_PASSWORD, GATEWAY_KEY, USER_PASSWORD, AuthWorld
from tests.fixtures.gateway import Gateway, MakeGateway, problem

SESSION = "/api/v1/session"


@pytest.fixture
async def front(make_gateway: MakeGateway, auth: AuthWorld) -> Gateway:
    return await make_front(make_gateway, auth)


async def make_front(make_gateway: MakeGateway, auth: AuthWorld, **settings: object) -> Gateway:
    client: TestClient[Any, Any] = auth.client
    return await make_gateway(auth_url=str(client.make_url("")), auth_key=GATEWAY_KEY, **settings)


async def sign_in(front: Gateway, username: str = "admin", password: str = ADMIN_PASSWORD) -> ClientResponse:
    return await front.ask("POST", SESSION, json={"username": username, "password": password})


def cookie(answer: ClientResponse, name: str = "session") -> Any:
    [kept] = [one[name] for line in answer.headers.getall("Set-Cookie") if name in (one := SimpleCookie(line))]
    return kept


async def browser(front: Gateway, username: str = "admin", password: str = ADMIN_PASSWORD) -> dict[str, str]:
    answer = await sign_in(front, username, password)
    assert answer.status == 200, await answer.text()
    return {"Cookie": f"session={cookie(answer).value}", "X-CSRF-Token": (await answer.json())["csrf_token"]}


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(front: Gateway) -> None:
    answer = await sign_in(front)
    assert answer.status == 200
    body = await answer.json()
    assert (body["user"]["username"], body["user"]["role"]) == ("admin", "admin")
    kept = cookie(answer)
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["secure"], kept["domain"]) == (
        True, "Lax", "/", "", "",
    )  # fmt: skip
    assert int(kept["max-age"]) > 0
    assert kept.value not in await answer.text()
    assert body["csrf_token"] == csrf_token(kept.value)
    again = await front.ask("GET", SESSION, {"Cookie": f"session={kept.value}"})
    assert body["idle_seconds"] == 1800
    assert await again.json() == body


async def test_what_a_page_asks_while_nobody_is_there_keeps_no_session_alive(front: Gateway, auth: AuthWorld) -> None:
    alone = {"X-Unattended": "true"}
    me = await browser(front)
    auth.clock.advance(timedelta(minutes=20))
    left = await (await front.ask("GET", SESSION, me | alone)).json()
    assert left["idle_seconds"] == 10 * 60
    auth.clock.advance(timedelta(minutes=11))
    await problem(await front.ask("GET", SESSION, me), 401, "unauthenticated")
    me = await browser(front)
    auth.clock.advance(timedelta(minutes=20))
    assert (await front.ask("GET", SESSION, me)).status == 200
    auth.clock.advance(timedelta(minutes=11))
    assert (await front.ask("GET", SESSION, me | alone)).status == 200


async def test_the_cookie_is_secure_behind_tls(make_gateway: MakeGateway, auth: AuthWorld) -> None:
    front = await make_front(make_gateway, auth, tls=True)
    assert cookie(await sign_in(front), "__Host-session")["secure"]
    front = await make_front(make_gateway, auth, trusted_proxies=["127.0.0.0/8"])
    body = {"username": "admin", "password": ADMIN_PASSWORD}
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    assert cookie(await front.ask("POST", SESSION, said, json=body), "__Host-session")["secure"]
    assert not cookie(await front.ask("POST", SESSION, json=body))["secure"]


async def test_a_browser_keeps_that_somebody_signed_in_and_shows_it_where_one_signs_in_only(front: Gateway) -> None:
    kept = cookie(await sign_in(front), "device")
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", SESSION)
    for _ in range(5):
        await problem(await sign_in(front, password="wrong"), 401, "wrong-credentials")
    await problem(await sign_in(front), 429, "too-many-attempts")
    body = {"username": "admin", "password": ADMIN_PASSWORD}
    for forged in (kept.value[:-1], "\u00e9" + kept.value, kept.value * 9, "1.9999999999." + "0" * 64):
        refused = await front.ask("POST", SESSION, {"Cookie": f"device={forged}"}, json=body)
        await problem(refused, 429, "too-many-attempts")
    known = await front.ask("POST", SESSION, {"Cookie": f"device={kept.value}"}, json=body)
    assert known.status == 200
    for credential in ({"Cookie": f"session={kept.value}"}, {"Authorization": f"Bearer {kept.value}"}):
        await problem(await front.ask("GET", SESSION, credential), 401, "unauthenticated")


async def test_signing_out_ends_the_session_and_takes_the_cookie_back(front: Gateway) -> None:
    me = await browser(front)
    await problem(await front.ask("DELETE", SESSION, {"Cookie": me["Cookie"]}), 403, "csrf")
    answer = await front.ask("DELETE", SESSION, me)
    assert (answer.status, cookie(answer).value, cookie(answer)["max-age"]) == (204, "", "0")
    await problem(await front.ask("GET", SESSION, me), 401, "unauthenticated")


async def test_refusals_of_auth_come_through_in_its_own_words(front: Gateway) -> None:
    for _ in range(5):
        refused = await problem(await sign_in(front, password="wrong"), 401, "wrong-credentials")
        assert refused["instance"] == SESSION
    put_off = await sign_in(front)
    await problem(put_off, 429, "too-many-attempts")
    assert int(put_off.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b'{"username": "admin"}', 422),
        (b'{"username": "admin", "password": "x", "address": "10.0.0.1"}', 422),
        (b'{"username": "' + b"a" * 100_000 + b'", "password": "x"}', 413),
    ],
)
async def test_what_is_no_sign_in_is_refused(front: Gateway, body: bytes, status: int) -> None:
    answer = await front.ask("POST", SESSION, {"Content-Type": "application/json"}, data=body)
    assert (answer.status, answer.content_type) == (status, "application/problem+json")


async def test_an_officer_changes_the_first_password_before_anything_else(front: Gateway, auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    first = await auth.user(admin, "reporter", await auth.department(admin), settled=False)
    me = await browser(front, first.user["username"], USER_PASSWORD)
    for path in ("/api/v1/tokens", "/api/v1/events"):
        await problem(await front.ask("GET", path, me), 403, "password-change-required")
    assert (await (await front.ask("GET", SESSION, me)).json())["user"]["must_change_password"]
    change = {"current": USER_PASSWORD, "new": "Another-0ne-now"}
    assert (await front.ask("PUT", "/api/v1/session/password", me, json=change)).status == 204
    me = await browser(front, first.user["username"], "Another-0ne-now")
    assert (await front.ask("GET", "/api/v1/tokens", me)).status == 200


async def test_a_disabled_officer_is_out_at_once(front: Gateway, auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    officer = await auth.user(admin, "reporter", await auth.department(admin))
    me = await browser(front, officer.user["username"], USER_PASSWORD)
    boss = await browser(front)
    path = f"/api/v1/users/{officer.user['id']}"
    assert (await front.ask("PATCH", path, boss, json={"active": False})).status == 200
    await problem(await front.ask("GET", "/api/v1/tokens", me), 401, "unauthenticated")


async def test_a_token_signs_a_machine_in_without_cookie_and_csrf(front: Gateway) -> None:
    me = await browser(front)
    made = await front.ask("POST", "/api/v1/tokens", me, json={"name": "接口", "expires_in_days": 1})
    assert made.status == 201, await made.text()
    token = await made.json()
    machine = {"Authorization": f"Bearer {token['token']}"}
    whoami = await (await front.ask("GET", SESSION, machine)).json()
    assert (whoami["user"]["username"], whoami["csrf_token"]) == ("admin", "")
    assert (await front.ask("DELETE", f"/api/v1/tokens/{token['id']}", machine)).status == 204
    await problem(await front.ask("GET", SESSION, machine), 401, "unauthenticated")


async def test_what_the_services_get_is_signed_by_auth(front: Gateway, auth: AuthWorld) -> None:
    me = await browser(front)
    for path in ("/api/v1/records", "/api/v1/audit"):  # of the latter records asks auth
        await front.ask("GET", path, me)
    for_records, for_both = (seen.headers["Authorization"] for seen in front.records.seen)
    assert (await auth.client.get("/api/v1/tokens", headers={"Authorization": for_records})).status == 401
    headers = {"Authorization": for_both}
    answer = await auth.client.get("/api/v1/tokens", headers=headers)
    assert answer.status == 200
    forged = headers["Authorization"][:-8] + "AAAAAAAA"
    assert (await auth.client.get("/api/v1/tokens", headers={"Authorization": forged})).status == 401


async def test_a_sign_in_that_never_ends_is_cut(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(stall_seconds=0.2)
    head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
    raw = await gateway.raw(head + b"{")
    assert b"/problems/too-slow" in raw
