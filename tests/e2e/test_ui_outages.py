"""What cannot be reached is said where it was wanted, with what to do; nothing is done twice or given up in silence."""

from playwright.async_api import Route, expect

from tests.e2e.browser import PASSWORD, Screen

SAID = "请稍后再试。"


async def down(route: Route) -> None:
    await route.fulfill(status=503, json={"title": "暂时没有回答", "status": 503, "detail": SAID})


async def test_a_page_that_cannot_be_fetched_is_told_and_opens_later(screen: Screen) -> None:
    page = await screen.page("reporter", "/account")
    await page.wait_for_load_state("networkidle")
    await page.context.set_offline(True)
    await page.get_by_role("menuitem", name="消息提醒").click()
    await expect(page.get_by_role("alert").filter(has_text="“消息提醒”没有打开：连不上服务器")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的账号")
    await page.context.set_offline(False)
    await page.get_by_role("menuitem", name="消息提醒").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("消息提醒")
    assert await page.evaluate("sessionStorage.getItem('reloaded')") is None
    wanted = ("ERR_INTERNET_DISCONNECTED", "dynamically imported module", "Unable to preload CSS")
    screen.faults[:] = [fault for fault in screen.faults if not any(each in fault for each in wanted)]


async def test_who_could_not_sign_out_is_told(screen: Screen) -> None:
    screen.provokes("DELETE /api/v1/session", 503)
    screen.provokes("GET /api/v1/", 403)
    name = f"{screen.department}_new"
    body = {"username": name, "display_name": "新来的", "department": screen.department, "role": "reporter"}
    await screen.admin.post("/users", {**body, "password": "First#Password-2018"})
    page = await screen.blank()
    await page.context.request.post("/api/v1/session", data={"username": name, "password": "First#Password-2018"})
    await page.goto("/portal/password")

    async def no_sign_out(route: Route) -> None:
        await (down(route) if route.request.method == "DELETE" else route.continue_())

    await page.route("**/api/v1/session", no_sign_out)
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有退出，仍在登录中。")
    assert page.url.endswith("/portal/password")


async def test_staying_signed_in_that_fails_is_told_in_the_warning(screen: Screen) -> None:
    screen.provokes("GET /api/v1/session", 503)
    page = await screen.blank()
    await page.clock.install()
    await page.context.request.post("/api/v1/session", data={"username": await screen.user(), "password": PASSWORD})
    idle = int((await (await page.context.request.get("/api/v1/session")).json())["idle_seconds"])
    await page.goto("/account")
    await page.locator("h1").first.wait_for()
    await page.clock.run_for((idle - 100) * 1000)
    warning = page.get_by_role("dialog", name="即将退出登录")
    await page.route("**/api/v1/session", down)
    await warning.get_by_role("button", name="继续使用").click()
    await expect(warning.get_by_role("alert")).to_contain_text(SAID)
    await page.unroute("**/api/v1/session")
    await warning.get_by_role("button", name="继续使用").click()
    await expect(warning).to_be_hidden()


async def test_a_double_click_makes_one_token(screen: Screen) -> None:
    page = await screen.page("reporter", "/account")
    await page.get_by_label("令牌用途").fill("许可系统")
    await page.get_by_role("button", name="新建令牌").dblclick()
    await expect(page.get_by_label("新令牌", exact=True)).to_be_visible()
    await page.wait_for_load_state("networkidle")
    assert (await (await screen.api()).get("/tokens"))["total"] == 1


async def test_what_a_list_could_not_ask_is_said_there(screen: Screen) -> None:
    screen.provokes("GET /api/v1/datasets", 503)
    screen.provokes("HEAD /api/v1/datasets/", 503)
    page = await screen.page("reporter", "/templates")
    await page.route("**/xzxk_fr/template.xls", down)
    await page.goto("/templates")
    row = page.get_by_role("row", name="行政许可-法人.xls").first
    await expect(row).to_contain_text("未取到")
    await expect(page.get_by_role("row", name="行政处罚-法人.xls").first).to_contain_text("KB")
    await page.unroute("**/xzxk_fr/template.xls")
    await page.get_by_role("button", name="再试一次").click()
    await expect(row).to_contain_text("KB")
    await page.route("**/api/v1/datasets?*", down)
    await page.goto("/uploads")
    await page.get_by_label("数据类型").locator("xpath=ancestor::div[contains(@class,'el-select__wrapper')]").click()
    await expect(page.get_by_text(f"数据类型没有取到：{SAID}")).to_be_visible(timeout=20_000)


async def test_a_department_beyond_the_first_two_hundred_can_be_chosen(screen: Screen) -> None:
    async def province(route: Route) -> None:
        page = 2 if "page=2" in route.request.url else 1
        items = [
            {"code": f"d{number}", "name": f"第{number}局", "short_name": "", "region": "", "active": True}
            for number in range((page - 1) * 200 + 1, min(page * 200, 350) + 1)
        ]
        await route.fulfill(json={"items": items, "page": page, "size": 200, "total": 350})

    page = await screen.page("admin", "/account")
    await page.route("**/api/v1/departments?*", province)
    await page.goto("/statistics")
    box = page.get_by_role("combobox", name="部门", exact=True)
    await box.locator("xpath=ancestor::div[contains(@class,'el-select__wrapper')]").click()
    await expect(page.get_by_text("共 350 个部门，请输入名称查找")).to_be_visible()
    await box.fill("第349")
    await page.get_by_role("option", name="第349局").click()
    await page.wait_for_url("**department=d349*")
