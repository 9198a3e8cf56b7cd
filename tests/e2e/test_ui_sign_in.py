"""Signing in, the first password, lockout, the end of a session on a page; the types of the interface."""

import asyncio
import subprocess
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.browser import PASSWORD, Screen
from tests.fixtures.platform import Platform
from tests.fixtures.room import ROOT


async def test_the_page_that_was_asked_for_opens_after_signing_in(screen: Screen) -> None:
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
    name = f"{screen.department}_new"
    body = {"username": name, "display_name": "新来的", "department": screen.department, "role": "reporter"}
    await screen.admin.post("/users", {**body, "password": "First#Password-2018"})
    page = await screen.blank()
    await page.goto("/uploads")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码", exact=True).fill("First#Password-2018")
    await page.get_by_role("button", name="登 录").click()
    await expect(page.get_by_role("heading", name="修改初始密码")).to_be_visible()
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
    page = await screen.page("reporter", "/uploads")
    await page.context.clear_cookies()
    await page.get_by_role("menuitem", name="首页").click()
    dialog = page.get_by_role("dialog", name="登录已失效")
    await dialog.get_by_label("的密码").fill(PASSWORD)
    await screen.picture(page, "session-ended")
    await dialog.get_by_role("button", name="重新登录").click()
    await expect(dialog).to_be_hidden()
    assert page.url.endswith("/home")


async def test_a_tab_left_alone_does_not_end_the_session_of_another(screen: Screen) -> None:
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
    await used.locator("h1").first.click()
    await tabs.clock.run_for(300 * 1000)
    await expect(alone.get_by_role("dialog")).to_be_hidden()
    await tabs.clock.run_for((idle - 400) * 1000)
    await expect(alone.get_by_role("dialog")).to_be_visible()
    await expect(alone).to_have_url(f"{screen.url}/home")


async def test_a_viewer_is_told_that_a_page_is_not_for_him(screen: Screen) -> None:
    page = await screen.page("viewer", "/uploads/new")
    await expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")
    await expect(page.get_by_role("menuitem", name="数据上传")).to_have_count(0)


async def test_signing_out_ends_it(screen: Screen) -> None:
    page = await screen.page("reporter", "/home")
    await page.get_by_role("button", name="退出").click()
    await page.wait_for_url(f"{screen.url}/portal")
    await page.goto("/home")
    await expect(page.get_by_role("heading", name="用户登录")).to_be_visible()


async def test_the_types_are_those_of_the_running_interface(platform: Platform, tmp_path: Path) -> None:
    made = tmp_path / "schema.d.ts"
    words = [str(ROOT / "deploy" / "local" / "web.sh"), "types", platform.url, str(made)]
    await asyncio.to_thread(subprocess.run, words, check=True, capture_output=True)
    committed = ROOT / "services" / "gateway" / "web" / "src" / "api" / "schema.d.ts"
    assert made.read_text() == committed.read_text(), "make web-types writes the types anew"
