"""The frame of the console: top menus, where a page stands, the date; lists that keep up by themselves."""

import asyncio
import re

from playwright.async_api import Page, Route, expect

from tests.e2e.api import Json, licence, workbook
from tests.e2e.browser import PASSWORD, Screen


async def stands(page: Page, menu: str, item: str, crumbs: str) -> None:
    await expect(page.locator(".top-menu.on")).to_have_text(menu)
    await expect(page.locator(".el-menu-item.is-active")).to_have_text(item)
    await expect(page.get_by_role("navigation", name="当前位置")).to_have_text(re.compile(rf"^\s*{crumbs}\s*$"))


async def test_a_page_stands_where_it_was_opened_from(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1), licence(2, XK_XDR="")]))
    datasets = (await api.get("/datasets?size=200"))["items"]
    other = next(each for each in datasets if each["category"] == "red_list")
    key = other["key"][0]
    reported = await api.upload(other["code"], workbook(other, [{key: "演练"}]))
    page = await screen.page("reporter", "/licences")
    await stands(page, "信用应用", "行政许可信息管理", "首页 / 双公示信息管理 / 行政许可信息管理")
    await page.get_by_role("row", name="长治市第1煤层气有限公司").get_by_role("link").first.click()
    await stands(page, "信用应用", "行政许可信息管理", "首页 / 双公示信息管理 / 行政许可信息管理 / 数据详情")

    await page.get_by_role("link", name="数据征集").click()
    await stands(page, "数据征集", "我的上报", "首页 / 我的上报")
    await page.get_by_role("menuitem", name="失败日志").click()
    await stands(page, "数据征集", "失败日志", "首页 / 失败日志")
    await page.goto(f"/uploads/{reported['id']}")
    await stands(page, "数据征集", "我的上报", "首页 / 我的上报 / 上报结果")
    await page.goto(f"/uploads/{reported['id']}/failures")
    await stands(page, "数据征集", "我的上报", "首页 / 我的上报 / 上报结果 / 失败日志详情")

    await page.get_by_role("link", name="数据管理", exact=True).first.click()
    await page.get_by_role("menuitem", name="便捷查询").click()
    await stands(page, "数据管理", "便捷查询", "首页 / 便捷查询")
    await page.get_by_role("link", name="系统管理").click()
    await page.get_by_role("menuitem", name="消息提醒").click()
    await stands(page, "系统管理", "消息提醒", "首页 / 消息提醒")


async def test_below_the_top_menus_is_what_the_manual_names(screen: Screen) -> None:
    page = await screen.page("reporter", "/home")
    two = page.get_by_role("link", name="双公示", exact=True)
    await expect(two).to_have_count(0)
    await page.wait_for_load_state("networkidle")  # what arrives later may move what is under the pointer
    await page.get_by_role("link", name="信用应用").hover()
    await screen.picture(page, "top-menu")
    await screen.accessible(page)
    await two.click()
    await page.wait_for_url(f"{screen.url}/uploads/new")
    await expect(two).to_have_count(0)
    # By keyboard: shown where the focus is, put away by Esc.
    await page.get_by_role("link", name="数据征集").focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Tab")
    report = page.get_by_role("link", name="数据报送", exact=True)
    await expect(report).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(report).to_have_count(0)
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(report).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{screen.url}/reports")

    page = await screen.page("viewer", "/home")
    await page.wait_for_load_state("networkidle")
    await page.get_by_role("link", name="信用应用").hover()
    await page.get_by_role("link", name="双公示", exact=True).click()
    await page.wait_for_url(f"{screen.url}/licences")


async def test_the_date_is_shown_and_is_today_s_after_midnight(screen: Screen) -> None:
    page = await screen.blank()
    await page.clock.install(time="2018-01-31T23:58:00+08:00")
    body = {"username": await screen.user(), "password": PASSWORD}
    await page.context.request.post("/api/v1/session", data=body)
    await page.goto("/contacts")
    await expect(page.get_by_text("2018年1月31日星期三")).to_be_visible()
    await page.clock.run_for(180_000)
    await expect(page.get_by_text("2018年2月1日星期四")).to_be_visible()
    await screen.picture(page, "frame-1366")


async def test_lists_follow_what_runs(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    await api.upload("xzxk_fr", workbook(definition, [licence(1)]))
    page = await screen.blank()
    await page.clock.install()
    body = {"username": await screen.user(), "password": PASSWORD}
    await page.context.request.post("/api/v1/session", data=body)

    async def running(route: Route) -> None:
        answer = await route.fetch()
        listed: Json = await answer.json()
        for upload in listed["items"]:
            upload["state"] = "checking"
        await route.fulfill(response=answer, json=listed)

    for path in ("/uploads", "/home"):
        await page.route("**/api/v1/uploads?*", running)
        await page.goto(path)
        row = page.get_by_role("row", name="许可法人.xls")
        await expect(row).to_contain_text("正在检查")
        await page.unroute("**/api/v1/uploads?*")
        async with page.expect_response(lambda response: "/api/v1/uploads?" in response.url):
            await page.clock.run_for(6_000)
        await expect(row).to_contain_text("全部入库")
    # And what came meanwhile, a little later.
    await api.upload("xzxk_fr", workbook(definition, [licence(2)]), mode="atomic")
    async with page.expect_response(lambda response: "/api/v1/uploads?" in response.url):
        await page.clock.run_for(61_000)
    await expect(page.get_by_role("row", name="许可法人.xls")).to_have_count(2)


async def test_what_runs_out_is_not_none_because_nobody_knows(screen: Screen) -> None:
    screen.provokes("GET /api/v1/home", 503)
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    upload = await api.upload("xzxk_fr", workbook(definition, [licence(1, XK_XDR="")]))
    page = await screen.page("reporter", "/failures")
    go = asyncio.Event()

    async def down(route: Route) -> None:
        await go.wait()
        await route.fulfill(status=503, json={"title": "暂时没有回答", "status": 503, "detail": "请稍后再试。"})

    await page.route("**/api/v1/home", down)
    await page.goto("/failures?near=true")
    await expect(page.get_by_label("正在加载")).to_be_visible()
    await expect(page.get_by_text("没有临近或超过")).to_have_count(0)
    go.set()
    await expect(page.get_by_role("alert")).to_contain_text("请稍后再试", timeout=20_000)
    # The whole list does not need it.
    await page.get_by_text("全部待改正").click()
    await page.get_by_role("row", name="许可法人.xls").wait_for()
    await page.get_by_text("临近或超过期限").click()
    await expect(page.get_by_role("alert")).to_contain_text("请稍后再试", timeout=20_000)
    await page.unroute("**/api/v1/home")

    # Far down a long list of waiting uploads it is found, too.
    async def late(route: Route) -> None:
        answer = await route.fetch()
        deadline = {"upload_id": upload["id"], "next_due_on": "2018-01-24", "near": 0, "late": 1}
        await route.fulfill(response=answer, json={**await answer.json(), "deadlines": [deadline]})

    async def long(route: Route) -> None:
        first = "page=1&" in route.request.url
        items = [] if first else [upload]
        await route.fulfill(json={"items": items, "page": 1 if first else 2, "size": 200, "total": 201})

    await page.route("**/api/v1/home", late)
    await page.route("**/api/v1/uploads?*size=200*", long)
    await page.get_by_role("button", name="再试一次").click()
    await expect(page.get_by_role("row", name="许可法人.xls")).to_contain_text("1 行已超过")
