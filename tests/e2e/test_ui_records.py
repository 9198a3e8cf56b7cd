"""双公示信息管理: 新增 修改 删除 撤销 恢复."""

import asyncio

from playwright.async_api import Dialog, Page, Route, expect

from tests.e2e.api import licence, workbook
from tests.e2e.browser import PASSWORD, Screen, choose

NAME = "长治市第1煤层气有限公司"


async def _choose_row(page: Page, name: str) -> None:
    row = page.get_by_role("row", name=name)
    await row.locator(".el-checkbox").click()


async def test_a_record_by_hand_is_checked_while_one_types(screen: Screen) -> None:
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("button", name="新增").click()
    dialog = page.get_by_role("dialog")
    await screen.accessible(page)
    definition = await screen.definition("xzxk_fr")
    for field in definition["fields"]:
        value = licence(1, XK_JDRQ="2018-02-30").get(field["code"])
        if not value:
            continue
        if field["type"] == "choice":
            label = next(choice["label"] for choice in field["choices"] if choice["value"] == value)
            await choose(dialog, field["label"], label if label == value else f"{label}（{value}）")
        else:
            await dialog.get_by_label(field["label"]).first.fill(value)
    await expect(dialog.get_by_text("日历上不存在")).to_be_visible()
    await screen.picture(page, "record-form")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("还有不合格的内容")).to_be_visible()
    await dialog.get_by_label("许可决定日期").fill("2018-01-15")
    await expect(dialog.get_by_text("公众将看到")).to_be_visible()
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("row", name=NAME)).to_contain_text("公示中")


async def test_revoking_needs_a_reason_and_can_be_taken_back(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    page = await screen.page("reporter", "/licences")
    await _choose_row(page, NAME)
    await page.get_by_role("button", name="撤销").click()
    dialog = page.get_by_role("dialog", name="撤销意见")
    await dialog.get_by_role("button", name="确认撤销").click()
    await expect(dialog.get_by_text("请输入撤销原因").last).to_be_visible()
    await dialog.get_by_role("textbox").fill("公示期已满")
    await screen.picture(page, "revoke")
    await dialog.get_by_role("button", name="确认撤销").click()
    await expect(page.get_by_role("row", name=NAME)).to_contain_text("已撤销")
    await _choose_row(page, NAME)
    await page.get_by_role("button", name="恢复").click()
    dialog = page.get_by_role("dialog", name="恢复公示")
    await dialog.get_by_role("textbox").fill("撤销有误")
    # An outage leaves the dialog and the reason where they are.
    screen.provokes("DELETE /api/v1/records", 503)

    async def down(route: Route) -> None:
        await route.fulfill(status=503, json={"title": "暂时没有回答", "status": 503, "detail": "请稍后再试。"})

    await page.route("**/api/v1/records/*/revocation", down, times=1)
    await dialog.get_by_role("button", name="确认恢复").click()
    await expect(dialog.get_by_text("请稍后再试。")).to_be_visible()
    await expect(dialog.get_by_role("textbox")).to_have_value("撤销有误")
    await dialog.get_by_role("button", name="确认恢复").click()
    await expect(page.get_by_role("row", name=NAME)).to_contain_text("公示中")
    await page.get_by_role("row", name=NAME).get_by_role("link").first.click()
    await expect(page.get_by_text("撤销有误")).to_be_visible()
    await screen.picture(page, "record")


async def test_nothing_typed_is_lost_when_the_session_ends(screen: Screen) -> None:
    screen.provokes("POST /api/v1/records/check", 401)
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("button", name="新增").click()
    form = page.get_by_role("dialog", name="新增")
    await form.get_by_label("项目名称").first.fill("特种设备使用登记")
    await page.context.clear_cookies()
    await form.get_by_label("许可内容").first.fill("压力容器")  # asks the server, which knows nobody now
    again = page.get_by_role("dialog", name="登录已失效")
    await again.get_by_label("的密码").fill(PASSWORD)
    await again.get_by_role("button", name="重新登录").click()
    await expect(again).to_be_hidden()
    await expect(form.get_by_label("项目名称").first).to_have_value("特种设备使用登记")
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_text("必填项没有填写").first).to_be_visible()


async def test_nothing_typed_is_lost_by_going_elsewhere(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("row", name=NAME).get_by_role("link").first.click()
    await page.wait_for_url(f"{screen.url}/records/{record['id']}")
    await page.get_by_role("button", name="修改").click()
    form = page.get_by_role("dialog", name="修改")
    await form.get_by_label("许可内容").first.fill("压力容器和锅炉")
    ask = page.get_by_role("dialog", name="没有保存")
    await page.go_back()
    await ask.get_by_role("button", name="取消").click()
    await expect(ask).to_have_count(0)
    await expect(form.get_by_label("许可内容").first).to_have_value("压力容器和锅炉")
    assert page.url.endswith(f"/records/{record['id']}")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.close(run_before_unload=True)
    await expect(form.get_by_label("许可内容").first).to_have_value("压力容器和锅炉")
    assert asked == ["beforeunload"]
    await page.go_back()
    await ask.get_by_role("button", name="不保存，离开").click()
    await page.wait_for_url(f"{screen.url}/licences")


async def test_nothing_is_typed_into_a_form_on_its_way(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    page = await screen.page("reporter", f"/records/{record['id']}")
    go = asyncio.Event()

    async def wait(route: Route) -> None:
        if route.request.method == "PUT":
            await go.wait()
        await route.continue_()

    await page.route("**/api/v1/records/*", wait)
    await page.get_by_role("button", name="修改").click()
    form = page.get_by_role("dialog", name="修改")
    await form.get_by_label("许可内容").first.fill("压力容器和锅炉")
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_label("许可内容").first).to_be_disabled()
    await page.keyboard.press("Escape")
    await expect(form).to_be_visible()
    go.set()
    await expect(form).to_be_hidden()
