"""A department with a reporter who has an API token: what fault tests and benchmarks report through."""

from uuid import uuid4

from tests.e2e.api import Api

FIRST, PASSWORD = "First#2018pass", "Changzhi#2018ok"


async def make_reporter(admin: Api) -> tuple[str, Api]:
    """The code of the new department, and its reporter's machine."""
    code = f"office{uuid4().hex[:8]}"
    name = f"市测试局{code[-4:]}"
    names = {"code": code, "name": name, "short_name": name}
    await admin.post("/departments", {**names, "region": "140400", "credit_code": None, "active": True})
    user = {"username": code, "display_name": name, "department": code, "role": "reporter", "password": FIRST}
    await admin.post("/users", user)
    browser = admin.other()
    await browser.sign_in(code, FIRST)
    changed = await browser.call("PUT", "/session/password", {"current": FIRST, "new": PASSWORD})
    assert changed.status in (200, 204), changed
    if (await browser.call("GET", "/session")).status != 200:
        await browser.sign_in(code, PASSWORD)
    machine = admin.other()
    machine.token = (await browser.post("/tokens", {"name": "接口", "expires_in_days": 1}))["token"]
    return code, machine
