"""Signing in, the first password, lockout, the end of a session on a page; the types of the interface."""

import asyncio
import re
import subprocess
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Error, Route, expect

from tests.e2e.browser import PASSWORD, Screen
from tests.fixtures.platform import Platform
from tests.fixtures.room import ROOT


async def test_the_page_that_was_asked_for_opens_after_signing_in(screen: Screen) -> None:
    screen.provokes("POST /api/v1/session", 401)
    page = await screen.blank()
    await page.goto("/statistics?group_by=month")
    await expect(page.get_by_role("heading", name="用户登录")).to_be_visible()
    await screen.accessible(page)
    await screen.picture(page, "sign-in")
    await page.get_by_label("用户名").fill(await screen.user())
    await page.get_by_label("密码", exact=True).fill("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("没有登录成功")
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("数据统计")
    assert page.url.endswith("/statistics?group_by=month")
    await expect(page.get_by_role("link", name="欢迎您")).to_contain_text(screen.department_name)


async def test_an_address_elsewhere_is_no_page_to_return_to(screen: Screen) -> None:
    page = await screen.blank()
    await page.goto("/portal?next=//evil.example/")
    await page.get_by_label("用户名").fill(await screen.user())
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{screen.url}/home")


async def test_a_first_password_must_be_changed(screen: Screen) -> None:
    screen.provokes("PUT /api/v1/session/password", 422)
    name = f"{screen.department}_new"
    body = {"username": name, "display_name": "新来的", "department": screen.department, "role": "reporter"}
    await screen.admin.post("/users", {**body, "password": "First#Password-2018"})
    page = await screen.blank()
    await page.goto("/uploads")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码", exact=True).fill("First#Password-2018")
    await page.get_by_role("button", name="登 录").click()
    await expect(page.get_by_role("heading", name="修改初始密码")).to_be_visible()
    await expect(page).to_have_title(re.compile("^修改初始密码 - .+"))
    await screen.accessible(page)
    await page.get_by_label("现在的密码").fill("First#Password-2018")
    await page.get_by_label("新密码", exact=True).fill("short")
    await page.get_by_label("再输入一次新密码").fill("short")
    await page.get_by_role("button", name="保存新密码").click()
    await expect(page.get_by_role("alert")).to_contain_text("密码")
    await page.get_by_label("新密码", exact=True).fill(PASSWORD)
    await page.get_by_label("再输入一次新密码").fill(PASSWORD)
    await page.get_by_role("button", name="保存新密码").click()
    await page.wait_for_url(f"{screen.url}/uploads")


async def test_lockout_says_how_long(screen: Screen) -> None:
    screen.provokes("POST /api/v1/session", 429)
    name = await screen.user()
    page = await screen.blank()
    await page.goto("/portal")
    for _ in range(5):
        answer = await page.context.request.post("/api/v1/session", data={"username": name, "password": "wrong"})
        assert answer.status == 401
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码", exact=True).fill("wrong again")
    await page.get_by_role("button", name="登 录").click()
    await expect(page.get_by_role("alert")).to_contain_text("登录暂时锁定")
    await expect(page.get_by_role("alert")).to_contain_text("分钟")


async def test_a_session_that_ends_asks_for_the_password_and_keeps_the_page(screen: Screen) -> None:
    screen.provokes("GET /api/v1/", 401)
    page = await screen.page("reporter", "/uploads")
    await page.context.clear_cookies()
    await page.get_by_role("menuitem", name="首页").click()
    dialog = page.get_by_role("dialog", name="登录已失效")
    await dialog.get_by_label("的密码").fill(PASSWORD)
    await screen.accessible(page)
    await screen.picture(page, "session-ended")
    await dialog.get_by_role("button", name="重新登录").click()
    await expect(dialog).to_be_hidden()
    assert page.url.endswith("/home")


async def test_a_tab_left_alone_does_not_end_the_session_of_another(screen: Screen) -> None:
    screen.provokes("GET /api/v1/", 401)  # what the page had just asked
    screen.provokes("DELETE /api/v1/session", 401)
    username = await screen.user("reporter")
    alone = await screen.blank()
    tabs = alone.context
    await tabs.clock.install()
    await tabs.request.post("/api/v1/session", data={"username": username, "password": PASSWORD})
    idle = int((await (await tabs.request.get("/api/v1/session")).json())["idle_seconds"])
    used = await tabs.new_page()
    for tab in (alone, used):
        await tab.goto("/home")
        await tab.locator("h1").first.wait_for()
    await tabs.clock.run_for((idle - 400) * 1000)
    async with used.expect_response("**/api/v1/session"):
        await used.locator("h1").first.click()
    await tabs.clock.run_for(300 * 1000)
    await expect(alone.get_by_role("dialog")).to_be_hidden()
    await tabs.clock.run_for((idle - 400) * 1000)
    await expect(alone.get_by_role("dialog", name="即将退出登录")).to_be_visible()
    await expect(alone).to_have_url(f"{screen.url}/home")

    # Nobody comes: it ends in both, and who signs in again in one goes on in both.
    await tabs.clock.run_for(200 * 1000)
    for tab in (alone, used):
        await expect(tab.get_by_role("dialog", name="登录已失效")).to_be_visible()
    async with alone.expect_response("**/api/v1/session"):
        await alone.get_by_label("的密码").fill(PASSWORD)
        await alone.get_by_role("button", name="重新登录").click()
    await expect(alone.get_by_role("dialog")).to_be_hidden()
    await tabs.clock.run_for(2000)
    await expect(used.get_by_role("dialog")).to_be_hidden()
    await used.goto("/account")
    await used.get_by_label("令牌用途").fill("试")
    await used.get_by_role("button", name="新建令牌").click()  # by the token of the new session
    await expect(used.get_by_label("新令牌", exact=True)).to_be_visible()


async def test_idling_ends_the_session_and_keeps_what_was_typed(screen: Screen) -> None:
    screen.provokes("GET /api/v1/", 401)  # what the page had just asked
    username = await screen.user("reporter")
    page = await screen.blank()
    await page.clock.install()
    # By the page itself: it knows how long its session may idle without asking once more.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(screen.url)}"))
    await page.goto("/portal?next=/licences")
    await page.get_by_label("用户名").fill(username)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    async with page.expect_response("**/api/v1/session") as signed_in:
        await page.keyboard.press("Enter")
    idle = int((await (await signed_in.value).json())["idle_seconds"])
    await page.get_by_role("button", name="新增").click()
    form = page.get_by_role("dialog", name="新增")
    await form.get_by_label("项目名称").first.fill("特种设备使用登记")
    await page.clock.run_for((idle - 100) * 1000)
    await expect(page.get_by_role("dialog", name="即将退出登录")).to_be_visible()
    asked.clear()
    await page.clock.run_for(60 * 1000)
    assert not [each for each in asked if each.endswith("/api/v1/session")]  # it was not taken for use
    await page.clock.run_for(60 * 1000)
    again = page.get_by_role("dialog", name="登录已失效")
    await expect(again).to_be_visible()
    assert "DELETE /api/v1/session" in asked
    curtain = page.locator(".curtain")
    await expect(curtain).to_have_css("background-color", "rgb(238, 242, 247)")
    assert await curtain.bounding_box() == {"x": 0, "y": 0, "width": 1366, "height": 768}
    assert (await page.context.request.get("/api/v1/session")).status == 401
    await screen.picture(page, "session-idle")
    await again.get_by_label("的密码").fill(PASSWORD)
    await again.get_by_role("button", name="重新登录").click()
    await expect(again).to_be_hidden()
    await expect(form.get_by_label("项目名称").first).to_have_value("特种设备使用登记")
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_text("必填项没有填写").first).to_be_visible()


async def test_a_computer_that_slept_shows_nothing_when_it_wakes(screen: Screen) -> None:
    screen.provokes("GET /api/v1/", 401)  # what the page had just asked
    page = await screen.blank()
    await page.clock.install()
    body = {"username": await screen.user("reporter"), "password": PASSWORD}
    await page.context.request.post("/api/v1/session", data=body)
    await page.goto("/account")
    await page.get_by_label("令牌用途").fill("许可系统自动上报")
    await page.clock.fast_forward(8 * 3600 * 1000)
    await page.mouse.click(600, 400)  # the first thing somebody does
    await expect(page.get_by_role("dialog", name="登录已失效")).to_be_visible()
    await expect(page.get_by_label("令牌用途")).to_have_value("许可系统自动上报")


async def test_what_a_page_asks_by_itself_is_not_taken_for_use(screen: Screen) -> None:
    page = await screen.blank()
    await page.clock.install()
    body = {"username": await screen.user("reporter"), "password": PASSWORD}
    await page.context.request.post("/api/v1/session", data=body)
    await page.goto("/home")
    await page.wait_for_load_state("networkidle")
    async with page.expect_response(lambda response: "/api/v1/messages" in response.url):
        await page.clock.run_for(61_000)
    async with page.expect_request(lambda request: "/api/v1/messages" in request.url) as polled:
        await page.clock.run_for(60_000)
    assert "x-unattended" in (await polled.value).headers
    await page.locator("h1").first.click()
    async with page.expect_request(lambda request: "/api/v1/uploads" in request.url) as wanted:
        await page.get_by_role("menuitem", name="上传记录").click()
    assert "x-unattended" not in (await wanted.value).headers


async def test_the_longest_a_session_may_last_is_told_before_it_is_over(screen: Screen) -> None:
    screen.provokes("GET /api/v1/", 401)  # what the page had just asked
    page = await screen.blank()
    await page.clock.install()

    async def nearly_over(route: Route) -> None:
        if route.request.method == "DELETE":  # the sign-out at the end has no body
            await route.continue_()
            return
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "idle_seconds": 150})

    body = {"username": await screen.user("reporter"), "password": PASSWORD}
    await page.context.request.post("/api/v1/session", data=body)
    await page.goto("/home")
    await page.locator("h1").first.wait_for()
    await page.route("**/api/v1/session", nearly_over)
    await page.clock.run_for(70_000)
    await page.locator("h1").first.click()
    dialog = page.get_by_role("dialog", name="即将退出登录")
    await expect(dialog).to_contain_text("秒后需要重新输入密码")
    await dialog.get_by_role("button", name="知道了").click()
    await expect(dialog).to_be_hidden()
    await page.clock.run_for(160_000)
    await expect(page.get_by_role("dialog", name="登录已失效")).to_be_visible()


async def test_a_password_that_was_reset_is_changed_over_the_page(screen: Screen) -> None:
    screen.provokes("POST /api/v1/records/check", 401)
    screen.provokes("GET /api/v1/", 401)
    screen.provokes("PUT /api/v1/session/password", 422)
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("button", name="新增").click()
    form = page.get_by_role("dialog", name="新增")
    await form.get_by_label("项目名称").first.fill("特种设备使用登记")
    name = await screen.user("reporter")
    user = next(each for each in (await screen.admin.get(f"/users?q={name}"))["items"])
    await screen.admin.post(f"/users/{user['id']}/password-reset", {"password": "Reset#Password-2018"}, status=204)
    await form.get_by_label("许可内容").first.fill("压力容器")
    await page.get_by_role("dialog", name="登录已失效").get_by_label("的密码").fill("Reset#Password-2018")
    await page.keyboard.press("Enter")
    change = page.get_by_role("dialog", name="修改初始密码")
    await change.get_by_label("新密码", exact=True).fill("short")
    await change.get_by_label("再输入一次新密码").fill("short")
    await page.keyboard.press("Enter")
    await expect(change.get_by_role("alert")).to_contain_text("密码")
    await screen.picture(page, "session-first-password")
    await change.get_by_label("新密码", exact=True).fill(PASSWORD + "x")
    await change.get_by_label("再输入一次新密码").fill(PASSWORD + "x")
    await page.keyboard.press("Enter")
    await expect(change).to_be_hidden()
    await expect(form.get_by_label("项目名称").first).to_have_value("特种设备使用登记")
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_text("必填项没有填写").first).to_be_visible()


async def test_what_was_typed_survives_a_list_that_cannot_be_loaded_anew(screen: Screen) -> None:
    screen.provokes("POST /api/v1/records/check", 401)
    screen.provokes("GET /api/v1/", 401)
    screen.provokes("GET /api/v1/datasets", 503)
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("button", name="新增").click()
    form = page.get_by_role("dialog", name="新增")
    await form.get_by_label("项目名称").first.fill("特种设备使用登记")

    async def down(route: Route) -> None:
        await route.fulfill(status=503, json={"title": "暂时没有回答", "status": 503, "detail": "请稍后再试。"})

    await page.route("**/api/v1/datasets?*", down)
    await page.context.clear_cookies()
    await form.get_by_label("许可内容").first.fill("压力容器")
    again = page.get_by_role("dialog", name="登录已失效")
    await again.get_by_label("的密码").fill(PASSWORD)
    await page.keyboard.press("Enter")  # everything is asked anew then
    await expect(again).to_be_hidden()
    outage = page.get_by_role("alert").filter(has_text="请稍后再试")
    await expect(outage).to_be_attached(timeout=20_000)
    await screen.picture(page, "form-over-an-outage")
    await expect(form.get_by_label("项目名称").first).to_have_value("特种设备使用登记")
    await expect(form.get_by_label("许可内容").first).to_have_value("压力容器")
    await page.unroute("**/api/v1/datasets?*")
    await form.get_by_role("button", name="返回").click()
    await page.get_by_role("dialog", name="没有保存").get_by_role("button", name="不保存，离开").click()
    await screen.accessible(page)
    await outage.get_by_role("button", name="再试一次").click()
    await expect(outage).to_have_count(0)


async def test_nobody_sees_what_another_one_was_shown(screen: Screen) -> None:
    page = await screen.page("admin", "/admin/datasets/xzxk_fr?tab=basics")
    await page.get_by_role("textbox", name=re.compile("^名称")).fill("演练")
    await expect(page.get_by_text("有修改，未保存")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("有没有保存的修改")).to_be_visible()
    admin = (await screen.admin.get("/session"))["user"]["id"]
    assert await page.evaluate("Object.keys(sessionStorage)") == [f"dataset-design:{admin}:xzxk_fr"]
    await page.get_by_role("menuitem", name="消息提醒").click()
    await page.get_by_role("heading", level=1, name="消息提醒").wait_for()
    await page.get_by_role("button", name="退出").click()
    await page.wait_for_url(f"{screen.url}/portal")

    async def late(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/api/v1/home", late)
    await page.get_by_label("用户名").fill(await screen.user("reporter"))
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{screen.url}/home")
    await expect(page.get_by_label("正在加载").first).to_be_visible()


async def test_a_viewer_is_told_that_a_page_is_not_for_him(screen: Screen) -> None:
    page = await screen.page("viewer", "/uploads/new")
    await expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")
    await expect(page.get_by_role("menuitem", name="数据上传")).to_have_count(0)


async def test_signing_out_ends_it_though_the_page_still_asks(screen: Screen) -> None:
    page = await screen.page("reporter", "/help")
    asked, gone, refused = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(route: Route) -> None:
        asked.set()
        await gone.wait()
        with suppress(Error):  # nobody waits for it any more
            await route.fulfill(response=await route.fetch())
        refused.set()

    async def leave(route: Route) -> None:
        answer = await route.fetch()
        if route.request.method == "DELETE":
            gone.set()
            await refused.wait()
        await route.fulfill(response=answer)

    await page.route("**/api/v1/statistics?*", slow, times=1)
    await page.route("**/api/v1/session", leave)
    await page.goto("/home")
    await asked.wait()
    await page.get_by_role("button", name="退出").click()
    await page.wait_for_url(f"{screen.url}/portal")
    await page.unroute_all(behavior="wait")
    await page.goto("/home")
    await expect(page.get_by_role("heading", name="用户登录")).to_be_visible()


async def test_the_types_are_those_of_the_running_interface(platform: Platform, tmp_path: Path) -> None:
    made = tmp_path / "schema.d.ts"
    words = [str(ROOT / "deploy" / "local" / "web.sh"), "types", platform.url, str(made)]
    await asyncio.to_thread(subprocess.run, words, check=True, capture_output=True)
    committed = ROOT / "services" / "gateway" / "web" / "src" / "api" / "schema.d.ts"
    assert made.read_text() == committed.read_text(), "make web-types writes the types anew"
