"""Users and departments: who may do what, and what is refused."""

from typing import NamedTuple
from uuid import uuid4

import pytest

from tests.fixtures.auth import USER_PASSWORD, AuthWorld, Caller, Json

pytestmark = pytest.mark.integration

USERS = "/api/v1/users"
DEPARTMENTS = "/api/v1/departments"


class Cast(NamedTuple):
    """One caller of each role, all but the admin in one department, and a stranger of another."""

    callers: dict[str, Caller]
    department: str
    stranger: Caller
    elsewhere: str

    @property
    def admin(self) -> Caller:
        return self.callers["admin"]

    @property
    def manager(self) -> Caller:
        return self.callers["manager"]


@pytest.fixture
async def cast(auth: AuthWorld) -> Cast:
    admin = await auth.sign_in()
    department, elsewhere = await auth.department(admin, "szjj"), await auth.department(admin, "sjtj")
    callers = {role: await auth.user(admin, role, department) for role in ("manager", "reporter", "viewer")}
    return Cast({"admin": admin, **callers}, department, await auth.user(admin, "reporter", elsewhere), elsewhere)


def draft(department: str, role: str = "reporter", **changes: object) -> Json:
    return {
        "username": f"n-{uuid4().hex[:8]}",
        "display_name": "新人",
        "department": department,
        "role": role,
        "password": USER_PASSWORD,
        **changes,
    }


# method, path, body → what admin, manager, reporter and viewer are answered.
RIGHTS = [
    ("GET", "/api/v1/tokens", None, (200, 200, 200, 200)),
    ("POST", "/api/v1/tokens", {"name": "t", "expires_in_days": 1}, (201, 201, 201, 201)),
    ("GET", DEPARTMENTS, None, (200, 403, 403, 403)),
    ("POST", DEPARTMENTS, {"code": "new", "name": "新部门"}, (201, 403, 403, 403)),
    ("GET", f"{DEPARTMENTS}/szjj", None, (200, 200, 200, 200)),
    ("GET", f"{DEPARTMENTS}/sjtj", None, (200, 404, 404, 404)),
    ("PATCH", f"{DEPARTMENTS}/szjj", {"short_name": "住建"}, (200, 403, 403, 403)),
    ("GET", USERS, None, (200, 200, 403, 403)),
    ("POST", USERS, "own", (201, 201, 403, 403)),
    ("POST", USERS, "elsewhere", (201, 403, 403, 403)),
    ("POST", USERS, "admin", (201, 403, 403, 403)),
    ("GET", f"{USERS}/<colleague>", None, (200, 200, 403, 403)),
    ("GET", f"{USERS}/<stranger>", None, (200, 404, 403, 403)),
    ("GET", f"{USERS}/<admin>", None, (200, 404, 403, 403)),
    ("PATCH", f"{USERS}/<colleague>", {"display_name": "改名"}, (200, 200, 403, 403)),
    ("PATCH", f"{USERS}/<stranger>", {"active": False}, (200, 404, 403, 403)),
    ("PATCH", f"{USERS}/<admin>", {"display_name": "改名"}, (200, 404, 403, 403)),
    ("PATCH", f"{USERS}/<colleague>", {"department": "sjtj"}, (200, 403, 403, 403)),
    ("PATCH", f"{USERS}/<colleague>", {"role": "admin"}, (200, 403, 403, 403)),
    ("POST", f"{USERS}/<colleague>/password-reset", {"password": "An0ther-one!"}, (204, 204, 403, 403)),
    ("POST", f"{USERS}/<stranger>/password-reset", {"password": "An0ther-one!"}, (204, 404, 403, 403)),
    ("GET", "/internal/audit", None, (200, 403, 403, 403)),
    ("GET", "/internal/session", None, (200, 200, 200, 200)),
]


@pytest.mark.parametrize(("role", "column"), [("viewer", 3), ("reporter", 2), ("manager", 1), ("admin", 0)])
async def test_each_role_may_do_just_this(auth: AuthWorld, cast: Cast, role: str, column: int) -> None:
    caller = cast.callers[role]
    found, expected = [], []
    for method, path, body, statuses in RIGHTS:
        colleague = (await cast.admin.post(USERS, draft(cast.department, "viewer")))["id"]
        names = {"colleague": colleague, "stranger": cast.stranger.user["id"], "admin": cast.admin.user["id"]}
        for name, user_id in names.items():
            path = path.replace(f"<{name}>", user_id)  # noqa: PLW2901
        bodies = {
            "own": draft(cast.department, "manager"),
            "elsewhere": draft(cast.elsewhere),
            "admin": draft(cast.department, "admin"),
        }
        answer = await caller.call(method, path, bodies[body] if isinstance(body, str) else body)
        found.append((method, path, answer.status))
        expected.append((method, path, statuses[column]))
    assert found == expected


async def test_without_an_identity_nothing_is_answered(auth: AuthWorld) -> None:
    for path in ("/api/v1/tokens", USERS, DEPARTMENTS, f"{DEPARTMENTS}/xyb", "/internal/session", "/internal/audit"):
        for headers in ({}, {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}):
            answer = await auth.client.get(path, headers=headers)
            assert answer.status == 401, path


async def test_a_manager_sees_the_own_department_without_its_admins(auth: AuthWorld, cast: Cast) -> None:
    await cast.admin.post(USERS, draft(cast.department, "admin"))
    page = await cast.manager.get(f"{USERS}?size=200")
    assert {user["department"]["code"] for user in page["items"]} == {cast.department}
    assert {user["role"] for user in page["items"]} == {"manager", "reporter", "viewer"}
    assert page["total"] == 3
    assert (await cast.manager.get(f"{USERS}?department={cast.elsewhere}"))["total"] == 0


async def test_a_user_is_made_as_named_and_must_change_the_password(auth: AuthWorld, cast: Cast) -> None:
    wanted = draft(cast.department)
    made = await cast.manager.post(USERS, wanted)
    assert made == {
        "id": made["id"],
        "username": wanted["username"],
        "display_name": "新人",
        "department": {"code": "szjj", "name": "部门 szjj"},
        "role": "reporter",
        "active": True,
        "must_change_password": True,
        "last_sign_in_at": None,
    }
    assert await cast.manager.get(f"{USERS}/{made['id']}") == made


async def test_lists_are_filtered_and_paged(auth: AuthWorld, cast: Cast) -> None:
    for number in range(12):
        await cast.admin.post(USERS, draft(cast.elsewhere, "viewer", display_name=f"张_{number}"))
    page = await cast.admin.get(f"{USERS}?q=张_&page=2&size=10")
    assert (page["total"], page["page"], page["size"], len(page["items"])) == (12, 2, 10, 2)
    assert (await cast.admin.get(f"{USERS}?q=张%25"))["total"] == 0  # a literal %, not a wildcard
    assert (await cast.admin.get(f"{USERS}?role=viewer&department={cast.elsewhere}"))["total"] == 12
    await cast.admin.patch(f"{USERS}/{page['items'][0]['id']}", {"active": False})
    assert (await cast.admin.get(f"{USERS}?active=false"))["total"] == 1
    assert (await cast.admin.get(f"{DEPARTMENTS}?q=SZJ"))["items"][0]["code"] == "szjj"
    assert (await cast.admin.get(f"{DEPARTMENTS}?size=2"))["total"] == 3
    for wrong in ("size=0", "size=201", "page=0", "page=x", "role=king", "surprise=1"):
        assert (await cast.admin.call("GET", f"{USERS}?{wrong}")).status == 422, wrong


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short1"}, "password"),
        ({"password": "12345678901"}, "password"),
        ({"password": "Password1"}, "password"),
        ({"username": "zhang.san1", "password": "Zhang.San1"}, "password"),
        ({"department": "nowhere"}, "department"),
        ({"role": "king"}, "role"),
        ({"username": "a"}, "username"),
        ({"username": "with blank"}, "username"),
        ({"display_name": ""}, "display_name"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_bad_user_is_refused_by_field(auth: AuthWorld, changes: Json, field: str) -> None:
    admin = await auth.sign_in()
    answer = await admin.call("POST", USERS, {**draft("xyb"), **changes})
    assert answer.status == 422
    assert [error["field"] for error in (await answer.json())["errors"]] == [field]


async def test_a_user_name_is_given_once_whatever_its_capitals(auth: AuthWorld, cast: Cast) -> None:
    for answer in (
        await cast.admin.call("POST", USERS, draft(cast.department, username="ADMIN")),
        await cast.manager.call("PATCH", f"{USERS}/{cast.manager.user['id']}", {"username": "Admin"}),
    ):
        assert answer.status == 409
        problem = await answer.json()
        assert [error["field"] for error in problem["errors"]] == ["username"]
    renamed = await cast.admin.patch(f"{USERS}/{cast.admin.user['id']}", {"username": "Admin"})
    assert renamed["username"] == "Admin"


async def test_an_admin_cannot_disable_or_demote_himself_nor_reset_his_password(auth: AuthWorld, cast: Cast) -> None:
    await cast.admin.post(USERS, draft("xyb", "admin"))
    own = f"{USERS}/{cast.admin.user['id']}"
    for change in ({"active": False}, {"role": "viewer"}, {"password": "An0ther-one!"}):
        answer = await cast.admin.call("PATCH", own, change)
        assert answer.status == 409, change
    assert (await cast.admin.call("POST", f"{own}/password-reset", {"password": "An0ther-one!"})).status == 409
    assert await cast.admin.alive()


async def test_the_last_admin_stays(auth: AuthWorld, cast: Cast) -> None:
    second = await auth.user(cast.admin, "admin", cast.elsewhere)
    assert (await second.patch(f"{USERS}/{cast.admin.user['id']}", {"active": False}))["active"] is False
    assert not await cast.admin.alive()
    for change in ({"active": False}, {"role": "manager"}):
        answer = await second.call("PATCH", f"{USERS}/{second.user['id']}", change)
        assert answer.status == 409
    assert (await second.call("PATCH", f"{DEPARTMENTS}/{cast.elsewhere}", {"active": False})).status == 409
    assert await second.alive()


async def test_a_password_in_a_patch_is_a_reset(auth: AuthWorld, cast: Cast) -> None:
    reporter = cast.callers["reporter"]
    changed = await cast.manager.patch(f"{USERS}/{reporter.user['id']}", {"password": "An0ther-one!"})
    assert changed["must_change_password"] is True
    assert not await reporter.alive()


async def test_ids_that_cannot_be_ours_are_simply_not_there(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    for user_id in ("1", "nobody", str(uuid4())):
        assert (await admin.call("GET", f"{USERS}/{user_id}")).status == 404
        assert (await admin.call("PATCH", f"{USERS}/{user_id}", {"active": False})).status == 404
        assert (
            await admin.call("POST", f"{USERS}/{user_id}/password-reset", {"password": USER_PASSWORD})
        ).status == 404
        assert (await admin.call("DELETE", f"/api/v1/tokens/{user_id}")).status == 404


async def test_a_department_is_made_read_and_changed(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    wanted = {
        "code": "sghj",
        "name": "市规划局",
        "short_name": "规划局",
        "region": "140402",
        "credit_code": "11140400MB1500000X",
        "active": True,
    }
    assert await admin.post(DEPARTMENTS, wanted) == wanted
    assert await admin.get(f"{DEPARTMENTS}/sghj") == wanted
    changed = await admin.patch(f"{DEPARTMENTS}/sghj", {"name": "市规划和自然资源局", "credit_code": None})
    assert changed == {**wanted, "name": "市规划和自然资源局", "credit_code": None}
    plain = await admin.post(DEPARTMENTS, {"code": "plain", "name": "只有名称"})
    assert plain == {**plain, "short_name": "只有名称", "region": "140400", "credit_code": None, "active": True}


async def test_a_department_code_is_given_once_and_for_good(auth: AuthWorld) -> None:
    admin = await auth.sign_in()
    await auth.department(admin, "one")
    answer = await admin.call("POST", DEPARTMENTS, {"code": "one", "name": "另一个"})
    assert answer.status == 409
    assert [error["field"] for error in (await answer.json())["errors"]] == ["code"]
    assert (await admin.call("PATCH", f"{DEPARTMENTS}/one", {"code": "two"})).status == 422
    renamed = await admin.patch(f"{DEPARTMENTS}/one", {"code": "one", "name": "改了名称"})
    assert renamed["name"] == "改了名称"
    assert (await admin.call("PATCH", f"{DEPARTMENTS}/none", {"name": "无"})).status == 404
    assert (await admin.call("PATCH", f"{DEPARTMENTS}/xyb", {"active": False})).status == 409  # the caller's own


async def test_nobody_is_put_into_a_closed_department(auth: AuthWorld, cast: Cast) -> None:
    await cast.admin.patch(f"{DEPARTMENTS}/{cast.elsewhere}", {"active": False})
    assert (await cast.admin.call("POST", USERS, draft(cast.elsewhere))).status == 422
    path = f"{USERS}/{cast.callers['viewer'].user['id']}"
    assert (await cast.admin.call("PATCH", path, {"department": cast.elsewhere})).status == 422
