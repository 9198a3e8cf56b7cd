"""What another site can make an officer's browser do, or slip into it: the gateway before the real auth."""

from typing import Any

import pytest

from services.gateway.cookies import csrf_token
from tests.fixtures.auth import ADMIN_PASSWORD, USER_PASSWORD, AuthWorld
from tests.fixtures.gateway import Gateway, MakeGateway, problem
from tests.integration.test_gateway_sessions import SESSION, browser, cookie, make_front, sign_in

pytestmark = pytest.mark.integration

DRAFT = {"code": "made-elsewhere", "name": "部门"}
TEXT = '{"code": "made-elsewhere", "name": "部门"}'
RIGHT = f'{{"username": "admin", "password": "{ADMIN_PASSWORD}"}}'
# All that a form or a script of another site can send without asking first (CORS).
SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
# What browsers say of where a request comes from; the oldest say nothing but the Referer, or nothing at all.
ELSEWHERE = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Referer": "http://evil.example/page"},
    {"Referer": "http://127.0.0.1.evil.example/"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null", "Referer": "http://evil.example/"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
]


@pytest.fixture
async def front(make_gateway: MakeGateway, auth: AuthWorld) -> Gateway:
    return await make_front(make_gateway, auth)


async def departments(front: Gateway, me: dict[str, str]) -> set[str]:
    answer = await front.ask("GET", "/api/v1/departments", me)
    return {item["code"] for item in (await answer.json())["items"]}


@pytest.mark.parametrize("content_type", [*SIMPLE, "application/json", ""])
async def test_a_cookie_alone_changes_nothing_whatever_the_content(front: Gateway, content_type: str) -> None:
    """SameSite=Lax keeps it at home in browsers that know of it; here the browser does not."""
    me = await browser(front)
    for said in (*ELSEWHERE, {}):
        headers = {"Cookie": me["Cookie"], "Content-Type": content_type, **said}
        await problem(await front.ask("POST", "/api/v1/departments", headers, data=TEXT), 403, "csrf")
    assert "made-elsewhere" not in await departments(front, me)


async def test_neither_does_a_token_of_another_session_or_in_another_place(front: Gateway) -> None:
    me, other = await browser(front), await browser(front)
    session = me["Cookie"].partition("=")[2]
    wrong = [
        other["X-CSRF-Token"],
        me["X-CSRF-Token"][:-1],
        me["X-CSRF-Token"] + "=",
        session,
        csrf_token(""),
        "undefined",
    ]
    for token in wrong:
        headers = {"Cookie": me["Cookie"], "X-CSRF-Token": token}
        await problem(await front.ask("POST", "/api/v1/departments", headers, json=DRAFT), 403, "csrf")
    for path in (f"?csrf_token={me['X-CSRF-Token']}", f"?X-CSRF-Token={me['X-CSRF-Token']}"):
        answer = await front.ask("POST", "/api/v1/departments" + path, {"Cookie": me["Cookie"]}, json=DRAFT)
        await problem(answer, 403, "csrf")
    assert (await front.ask("POST", "/api/v1/departments", me, json=DRAFT)).status == 201


async def test_no_header_turns_a_get_into_something_that_changes(front: Gateway) -> None:
    me = await browser(front)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = await front.ask("GET", "/api/v1/departments", {"Cookie": me["Cookie"], name: "POST"}, data=TEXT)
        assert answer.status in (200, 400)
    assert (await front.ask("GET", f"{SESSION}?_method=DELETE", {"Cookie": me["Cookie"]})).status == 200
    assert "made-elsewhere" not in await departments(front, me)


@pytest.mark.parametrize("said", ELSEWHERE)
async def test_nobody_is_signed_in_by_another_site(front: Gateway, said: dict[str, str]) -> None:
    """Else the officer would report into an account of the other's."""
    answer = await front.ask("POST", SESSION, {"Content-Type": "application/json", **said}, data=RIGHT)
    await problem(answer, 403, "csrf")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("content_type", SIMPLE)
async def test_a_form_signs_nobody_in_even_where_the_browser_says_nothing(front: Gateway, content_type: str) -> None:
    answer = await front.ask("POST", SESSION, {"Content-Type": content_type}, data=RIGHT)
    assert answer.status == 422
    assert "Set-Cookie" not in answer.headers


async def test_no_answer_lets_another_site_read_it(front: Gateway) -> None:
    me = await browser(front)
    ask = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    for method, path in (
        ("OPTIONS", "/api/v1/records"),
        ("GET", SESSION),
        ("GET", "/api/v1/public/site"),
        ("GET", "/"),
    ):
        answer = await front.ask(method, path, {"Cookie": me["Cookie"], **ask})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


async def test_a_session_that_somebody_else_chose_is_not_the_one_that_begins(front: Gateway, auth: AuthWorld) -> None:
    """Session fixation: the cookie was there before the password."""
    admin = await auth.sign_in()
    rival = await auth.user(admin, "viewer", await auth.department(admin))
    rivals = (await browser(front, rival.user["username"], USER_PASSWORD))["Cookie"]
    for planted in ("session=chosen-by-somebody-else", rivals):
        headers = {"Cookie": planted, "Content-Type": "application/json"}
        answer = await front.ask("POST", SESSION, headers, data=RIGHT)
        assert answer.status == 200
        begun = f"session={cookie(answer).value}"
        assert begun != planted
        assert (await session_of(front, begun))["user"]["username"] == "admin"
    await problem(
        await front.ask("GET", SESSION, {"Cookie": "session=chosen-by-somebody-else"}), 401, "unauthenticated"
    )
    assert (await session_of(front, rivals))["user"]["username"] == rival.user["username"]


async def session_of(front: Gateway, kept: str) -> Any:
    return await (await front.ask("GET", SESSION, {"Cookie": kept})).json()


async def test_the_secret_changes_with_each_sign_in_and_ends_with_its_sign_out(front: Gateway) -> None:
    first, second = await browser(front), await browser(front)
    assert first["Cookie"] != second["Cookie"]
    assert (await front.ask("DELETE", SESSION, first)).status == 204
    await problem(await front.ask("GET", SESSION, first), 401, "unauthenticated")
    assert (await front.ask("GET", SESSION, second)).status == 200


async def test_over_https_no_neighbour_slips_a_session_in(make_gateway: MakeGateway, auth: AuthWorld) -> None:
    """A site under the same domain may set a cookie `session` for all of it, but none that is called __Host-…"""
    front = await make_front(make_gateway, auth, tls=True)
    answer = await sign_in(front)
    kept = cookie(answer, "__Host-session")
    assert (kept["secure"], kept["httponly"], kept["path"], kept["domain"]) == (True, True, "/", "")
    assert (await front.ask("GET", SESSION, {"Cookie": f"__Host-session={kept.value}"})).status == 200
    await problem(await front.ask("GET", SESSION, {"Cookie": f"session={kept.value}"}), 401, "unauthenticated")
    both = {"Cookie": f"session=neighbours; __Host-session={kept.value}; session=neighbours"}
    assert (await front.ask("GET", SESSION, both)).status == 200


async def test_a_refused_sign_in_tells_nothing_of_the_account(front: Gateway, auth: AuthWorld) -> None:
    """Unknown, known or closed: the same status, headers and words, also when the door has been closed."""
    admin = await auth.sign_in()
    closed = await auth.user(admin, "viewer", await auth.department(admin))
    await admin.patch(f"/api/v1/users/{closed.user['id']}", {"active": False})
    seen = []
    for username in ("admin", "nobody-of-that-name", closed.user["username"]):
        answers = [await sign_in(front, username, "not-the-password") for _ in range(6)]
        bodies = [{**await answer.json(), "request_id": ""} for answer in answers]
        headers = [{k: v for k, v in answer.headers.items() if k not in ("Date", "X-Request-ID")} for answer in answers]
        seen.append([(answer.status, *pair) for answer, *pair in zip(answers, bodies, headers, strict=True)])
    known, unknown, gone = seen
    assert [status for status, *_ in known] == [401] * 5 + [429]
    assert known == unknown == gone
    right = await sign_in(front, closed.user["username"], USER_PASSWORD)
    assert right.status == 429
