"""Every route × every role × own and another department × nobody. A route without a line here fails."""

import re
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio

from tests.e2e.api import Api, Json, licence, workbook
from tests.e2e.browser import PASSWORD
from tests.fixtures.platform import ADMIN_PASSWORD, Platform

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

EVERYBODY = "public viewer reporter manager admin"
SIGNED_IN = "viewer reporter manager admin"
REPORTING = "reporter manager admin"
MANAGING = "manager admin"
ADMIN = "admin"

# Who may. What is of one department is not found by another's people; the admin sees all.
MAY: dict[str, str] = {
    "GET /api/v1/public/site": EVERYBODY,
    "GET /api/v1/public/datasets": EVERYBODY,
    "GET /api/v1/public/departments": EVERYBODY,
    "GET /api/v1/public/records": EVERYBODY,
    "GET /api/v1/public/records/{record_id}": EVERYBODY,
    "GET /api/v1/public/statistics": EVERYBODY,
    "POST /api/v1/session": EVERYBODY,
    "GET /api/v1/session": SIGNED_IN,
    "DELETE /api/v1/session": SIGNED_IN,
    "PUT /api/v1/session/password": SIGNED_IN,
    "GET /api/v1/tokens": SIGNED_IN,
    "POST /api/v1/tokens": SIGNED_IN,
    "DELETE /api/v1/tokens/{token_id}": SIGNED_IN,
    "GET /api/v1/events": SIGNED_IN,
    "GET /api/v1/home": SIGNED_IN,
    "GET /api/v1/contacts": SIGNED_IN,
    "GET /api/v1/messages": SIGNED_IN,
    "POST /api/v1/messages/read": SIGNED_IN,
    "POST /api/v1/messages/{message_id}/read": SIGNED_IN,
    "GET /api/v1/calendar": SIGNED_IN,
    "PUT /api/v1/calendar/{day}": ADMIN,
    "POST /api/v1/calendar/{year}/settlement": ADMIN,
    "GET /api/v1/datasets": SIGNED_IN,
    "GET /api/v1/datasets/{code}": SIGNED_IN,
    "GET /api/v1/datasets/{code}/versions": SIGNED_IN,
    "GET /api/v1/datasets/{code}/template.xls": SIGNED_IN,
    "POST /api/v1/datasets": ADMIN,
    "POST /api/v1/datasets/trial": ADMIN,
    "PUT /api/v1/datasets/{code}": ADMIN,
    "GET /api/v1/statistics": SIGNED_IN,
    "GET /api/v1/subjects": SIGNED_IN,
    "POST /api/v1/subjects/search": SIGNED_IN,
    "GET /api/v1/subjects/{record_id}": SIGNED_IN,
    "GET /api/v1/records": SIGNED_IN,
    "POST /api/v1/records/search": SIGNED_IN,
    "GET /api/v1/records/export.xls": SIGNED_IN,
    "POST /api/v1/records/export.xls": SIGNED_IN,
    "GET /api/v1/records/{record_id}": SIGNED_IN,
    "GET /api/v1/records/{record_id}/history": SIGNED_IN,
    "POST /api/v1/records": REPORTING,
    "POST /api/v1/records/check": REPORTING,
    "PUT /api/v1/records/{record_id}": REPORTING,
    "DELETE /api/v1/records/{record_id}": REPORTING,
    "POST /api/v1/records/revocations": REPORTING,
    "POST /api/v1/records/{record_id}/revocation": REPORTING,
    "DELETE /api/v1/records/{record_id}/revocation": REPORTING,
    "GET /api/v1/uploads": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/dataset": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/rows": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/comparison": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/undo": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/file": SIGNED_IN,
    "GET /api/v1/uploads/{upload_id}/rejected.xls": SIGNED_IN,
    "POST /api/v1/uploads": REPORTING,
    "POST /api/v1/uploads/{upload_id}/confirm": REPORTING,
    "POST /api/v1/uploads/{upload_id}/cancel": REPORTING,
    "POST /api/v1/uploads/{upload_id}/replacements": REPORTING,
    "PATCH /api/v1/uploads/{upload_id}/rows/{row}": REPORTING,
    "POST /api/v1/uploads/{upload_id}/rows/{row}/check": REPORTING,
    "POST /api/v1/uploads/{upload_id}/rows/{row}/ignore": REPORTING,
    "DELETE /api/v1/uploads/{upload_id}": REPORTING,
    "DELETE /api/v1/uploads/{upload_id}/data": REPORTING,
    "GET /api/v1/departments": ADMIN,
    "GET /api/v1/departments/{code}": SIGNED_IN,
    "POST /api/v1/departments": ADMIN,
    "PATCH /api/v1/departments/{code}": ADMIN,
    "GET /api/v1/users": MANAGING,
    "GET /api/v1/users/{user_id}": MANAGING,
    "POST /api/v1/users": MANAGING,
    "PATCH /api/v1/users/{user_id}": MANAGING,
    "POST /api/v1/users/{user_id}/password-reset": MANAGING,
    "GET /api/v1/audit": ADMIN,
}
# Bodies that are right as far as a stranger can know: a refusal is about who asks, not about what.
BODIES: dict[str, Json] = {
    "POST /api/v1/messages/read": {},
    "POST /api/v1/records/search": {},
    "POST /api/v1/subjects/search": {"q": "煤层气"},
    "PUT /api/v1/calendar/{day}": {"is_workday": True},
    "PUT /api/v1/records/{record_id}": {"revision": 1, "values": {}},
    "DELETE /api/v1/records/{record_id}": {"reason": "x"},
    "POST /api/v1/records/{record_id}/revocation": {"reason": "x"},
    "DELETE /api/v1/records/{record_id}/revocation": {"reason": "x"},
    "POST /api/v1/uploads/{upload_id}/replacements": {"field": "XK_SPLB", "from": "一般", "to": "普通"},
    "PATCH /api/v1/uploads/{upload_id}/rows/{row}": {"values": {"XK_SPLB": "普通"}},
    "POST /api/v1/uploads/{upload_id}/rows/{row}/check": {"values": {"XK_SPLB": "普通"}},
    "POST /api/v1/uploads/{upload_id}/rows/{row}/ignore": {"reason": "x"},
    "PATCH /api/v1/users/{user_id}": {"display_name": "改名"},
    "PATCH /api/v1/departments/{code}": {"name": "改名"},
    "POST /api/v1/users/{user_id}/password-reset": {"password": "Reset#Password-2018"},
}
ENDLESS = {"GET /api/v1/events"}  # only refusals are asked for
OWNED = re.compile(r"\{(upload_id|record_id|message_id|token_id|user_id)\}")
SEEN_BY_ALL = {"GET /api/v1/public/records/{record_id}", "GET /api/v1/subjects/{record_id}"}  # what is published


class Cast(NamedTuple):
    """Callers by role of one department; those of another; what the first department owns."""

    callers: dict[str, Api]
    rivals: dict[str, Api]
    owned: dict[str, str]
    department: str

    def path(self, template: str, ids: dict[str, str]) -> str:
        known = {
            "code": self.department if "departments" in template else "xzxk_fr",
            "day": "2090-01-01",  # beyond the calendar, which is everybody's
            "year": "2090",
            "row": "4",
        }
        return re.sub(r"\{(\w+)\}", lambda name: {**known, **ids}[name[1]], template)


async def _token(admin: Api, role: str, department: str) -> tuple[Api, str, str]:
    """A caller by API token, the token's id, and the user's."""
    name = f"{department}_{role}"
    first = "First#Password-2018"
    body = {"username": name, "display_name": role, "department": department, "role": role, "password": first}
    user = await admin.post("/users", body)
    session = admin.other()
    await session.sign_in(name, first)
    changed = await session.call("PUT", "/session/password", {"current": first, "new": PASSWORD})
    assert changed.status == 204, changed
    made = await session.post("/tokens", {"name": "routes", "expires_in_days": 1})
    caller = admin.other()
    caller.token = made["token"]
    return caller, str(made["id"]), str(user["id"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(platform: Platform) -> AsyncGenerator[Cast]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        office = Api(http, platform.url)
        await office.sign_in("admin", ADMIN_PASSWORD)
        for code in ("routes", "rivals"):
            await office.post("/departments", {"code": code, "name": f"市{code}局", "region": "140400"})
        callers: dict[str, Api] = {"public": office.other()}
        owned: dict[str, str] = {}
        for role in ("viewer", "reporter", "manager"):
            callers[role], owned["token_id"], owned["user_id"] = await _token(office, role, "routes")
        admin = office.other()
        admin.token = (await office.post("/tokens", {"name": "routes", "expires_in_days": 1}))["token"]
        callers["admin"] = admin
        rivals = {role: (await _token(office, role, "rivals"))[0] for role in ("viewer", "reporter", "manager")}
        reporter = callers["reporter"]
        rows = [licence(71), licence(72, XK_SPLB="一般")]
        owned["upload_id"] = (await reporter.upload("xzxk_fr", workbook(await office.get("/datasets/xzxk_fr"), rows)))[
            "id"
        ]
        owned["record_id"] = (await reporter.get("/records"))["items"][0]["id"]
        owned["message_id"] = (await reporter.get("/messages"))["items"][0]["id"]
        yield Cast(callers, rivals, owned, "routes")


async def _ask(api: Api, cast: Cast, route: str, ids: dict[str, str]) -> Any:
    method, template = route.split()
    return await api.call(method, cast.path(template, ids), None if method == "GET" else BODIES.get(route, {}))


async def test_every_route_has_its_line(platform: Platform) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{platform.url}/api/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    described = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert described == set(MAY)


@pytest.mark.parametrize("route", MAY)
async def test_who_may_not_is_refused(cast: Cast, route: str) -> None:
    for role, caller in cast.callers.items():
        if role in MAY[route].split():
            continue
        answer = await _ask(caller, cast, route, cast.owned)
        assert answer.status == (401 if role == "public" else 403), (role, answer)


NOBODYS = {
    "upload_id": "00000000-0000-4000-8000-000000000000",
    "record_id": "999999999999",
    "message_id": "999999999999",
    "token_id": "00000000-0000-4000-8000-000000000000",
    "user_id": "00000000-0000-4000-8000-000000000000",
}


@pytest.mark.parametrize(
    "route", [route for route in MAY if route not in ENDLESS and route != "DELETE /api/v1/session"]
)
async def test_who_may_is_let_in(cast: Cast, route: str) -> None:
    """With ids of nothing, so that nothing changes: found missing or wrong, but not refused."""
    for role in MAY[route].split():
        if (role, route) == ("public", "POST /api/v1/session"):
            continue  # it refuses by its nature
        answer = await _ask(cast.callers[role], cast, route, NOBODYS)
        assert answer.status < 500, (role, answer)
        assert answer.status not in (401, 403) or route in SAID_OTHERWISE, (role, answer)


# Needs the session's own cookie, or refuses what this body holds in the words of a refusal.
SAID_OTHERWISE = {"PUT /api/v1/session/password", "POST /api/v1/session", "POST /api/v1/users"}


@pytest.mark.parametrize(
    "route", [route for route in MAY if OWNED.search(route) and route not in SEEN_BY_ALL and MAY[route] != ADMIN]
)
async def test_what_is_anothers_is_not_found(cast: Cast, route: str) -> None:
    for role, rival in cast.rivals.items():
        answer = await _ask(rival, cast, route, cast.owned)
        assert answer.status == (404 if role in MAY[route].split() else 403), (role, answer)
    upload = await cast.callers["reporter"].get(f"/uploads/{cast.owned['upload_id']}")
    assert (upload["state"], upload["counts"]["rejected"], upload["deleted_at"]) == ("partly_stored", 1, None)


@pytest.mark.parametrize("route", [route for route in MAY if OWNED.search(route) and route.startswith("GET")])
async def test_what_is_the_own_departments_is_shown(cast: Cast, route: str) -> None:
    """Else the refusals above could be for another reason."""
    for role in MAY[route].split():
        answer = await _ask(cast.callers[role], cast, route, cast.owned)
        shown = (200, 409) if route == "GET /api/v1/uploads/{upload_id}/comparison" else (200,)  # of a dry run only
        assert answer.status in shown, (role, answer)


async def test_a_token_is_its_owners_and_not_even_the_admins(cast: Cast) -> None:
    for role in cast.callers.keys() - {"manager", "public"}:
        answer = await _ask(cast.callers[role], cast, "DELETE /api/v1/tokens/{token_id}", cast.owned)
        assert answer.status == 404, (role, answer)


async def test_a_department_reads_of_another_nothing_but_its_name(cast: Cast) -> None:
    answer = await cast.rivals["manager"].call("GET", "/departments/routes")
    assert answer.status in (403, 404), answer


@pytest.mark.parametrize("path", ["/uploads", "/records", "/messages", "/tokens", "/users", "/statistics", "/home"])
@pytest.mark.parametrize("department", ["", "routes"])
async def test_lists_hold_nothing_of_another_department(cast: Cast, path: str, department: str) -> None:
    """Not even when the filter asks for it."""
    asked = f"{path}{'&' if '?' in path else '?'}department={department}" if department else path
    answer = await cast.rivals["manager"].call("GET", asked)
    assert answer.status in (200, 422), answer
    text = answer.body.decode()
    assert not any(text_of in text for text_of in (cast.owned["upload_id"], cast.owned["token_id"], "市routes局")), path
