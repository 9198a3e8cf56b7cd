"""数据集管理 and 工作日历: a dataset from nothing to its next version, two admins at once, the working days."""

import asyncio
import re
from uuid import uuid4

import xlrd
from playwright.async_api import Page, Route, expect

from tests.e2e.browser import Screen, choose


async def tab(page: Page, name: str) -> None:
    await page.get_by_role("tab", name=name).click()


async def started(screen: Screen) -> str:
    """A dataset of two fields made without a browser; its code."""
    code = f"t_{uuid4().hex[:8]}"
    body = {
        "code": code,
        "name": f"演练名录{code[2:6]}",
        "category": "red_list",
        "subject": "legal_person",
        "key": ["NAME"],
        "fields": [
            {"code": "NAME", "label": "机构全称", "required": True, "visibility": "public", "in_list": True},
            {"code": "MEMO", "label": "备注", "visibility": "hidden"},
            {"code": "DAY", "label": "认定日期", "type": "date", "visibility": "public"},
        ],
    }
    await screen.admin.post("/datasets", body)
    return code


async def test_an_admin_makes_a_dataset_and_its_next_version(screen: Screen) -> None:  # noqa: PLR0915
    code = f"t_{uuid4().hex[:8]}"
    page = await screen.page("admin", "/admin/datasets")
    await page.get_by_role("button", name="新建数据集").click()

    # What is missing is said where it is missing, with a way there.
    await page.get_by_role("button", name="检查并保存").click()
    troubles = page.get_by_role("alert").filter(has_text="改好才能保存")
    await expect(troubles).to_contain_text("请填写数据集的名称")
    await screen.accessible(page)
    await page.get_by_role("textbox", name=re.compile("^名称")).fill("演练质量奖")
    await page.get_by_role("textbox", name=re.compile("^编码")).fill("1x")
    await expect(page.get_by_text("编码须以字母开头").first).to_be_visible()
    await page.get_by_role("textbox", name=re.compile("^编码")).fill(code)
    await expect(troubles).to_be_hidden()
    await choose(page, "类别", "红名单")

    await tab(page, "字段")
    await page.get_by_role("button", name="增加字段").click()
    await expect(page.get_by_label("中文名称")).to_be_focused()
    await page.get_by_label("中文名称").fill("奖项级别")
    await page.get_by_label("字段名称").fill("JB")
    await choose(page.get_by_role("region", name="字段：奖项级别"), "类型", "代码表")
    await expect(page.get_by_text("代码表至少要有一个选项").first).to_be_visible()
    await page.get_by_role("button", name="成批填写").click()
    dialog = page.get_by_role("dialog", name="成批填写选项")
    await dialog.get_by_label("选项，一行一个").fill("省级\n2 市级")
    await dialog.get_by_role("button", name="用这些选项").click()
    await expect(page.get_by_label("第 2 个选项的名称")).to_have_value("市级")
    await page.get_by_label("必填", exact=True).press("Space")
    await page.get_by_label("奖项级别 的公开属性").select_option("公开")
    await screen.accessible(page)
    await screen.picture(page, "designer-fields")

    await tab(page, "模板预览")
    await expect(page.get_by_role("cell", name="奖项级别（必填）")).to_be_visible()
    await screen.accessible(page)
    await tab(page, "填写预览")
    await page.get_by_label("统一社会信用代码").fill("91140400000000078A")
    await expect(page.get_by_text("最后一位校验不通过")).to_be_visible()
    await screen.accessible(page)
    await screen.picture(page, "designer-form")
    await tab(page, "公众所见")
    await expect(page.get_by_role("row", name="奖项级别")).to_contain_text("看到")
    await screen.accessible(page)

    await page.get_by_role("button", name="检查并保存").click()
    dialog = page.get_by_role("dialog", name="新建数据集")
    await expect(dialog).to_contain_text("3 个字段，其中必填 3 个")
    await screen.accessible(page)
    await dialog.get_by_role("button", name="新建").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("演练质量奖")
    await expect(page).to_have_url(f"{screen.url}/admin/datasets/{code}?tab=template")

    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载现行的第 1 版模板").click()
    book = await asyncio.to_thread(xlrd.open_workbook, str(await (await download.value).path()))
    headings = book.sheet_by_index(0).row_values(1)
    assert headings == ["机构全称（必填）", "统一社会信用代码（必填）", "奖项级别（必填）"]

    # The next version: what changes and what that means is said before it is kept.
    await tab(page, "字段")
    await page.get_by_role("button", name="增加字段").click()
    await page.get_by_label("中文名称").fill("颁奖日期")
    await page.get_by_label("字段名称").fill("BJRQ")
    await choose(page.get_by_role("region", name="字段：颁奖日期"), "类型", "日期")
    await page.get_by_label("必填", exact=True).press("Space")
    await tab(page, "规则")
    await page.get_by_role("button", name="增加规则").click()
    await page.get_by_role("menuitem", name="不能晚于上报当天").click()
    await choose(page, "规则 1 的日期", "颁奖日期")
    await expect(page.get_by_role("listitem", name="规则 1")).to_contain_text("“颁奖日期”不能晚于上报当天。")
    await screen.accessible(page)
    await page.get_by_role("button", name="检查并保存").click()
    dialog = page.get_by_role("dialog", name="保存为第 2 版")
    await expect(dialog).to_contain_text("新增字段“颁奖日期”（BJRQ），必填")
    await expect(dialog).to_contain_text("新增规则：“颁奖日期”不能晚于上报当天")
    await expect(dialog).to_contain_text("用旧模板上报会整个文件退回")
    await screen.accessible(page)
    await screen.picture(page, "designer-review")
    await dialog.get_by_role("button", name="保存为第 2 版").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("第 2 版")
    await tab(page, "版本记录")
    await expect(page.get_by_role("row", name="第 2 版")).to_contain_text("新增字段“颁奖日期”（BJRQ）")
    kept = await screen.definition(code)
    assert [field["code"] for field in kept["fields"]] == ["JGQC", "TYSHXYDM", "JB", "BJRQ"]
    assert kept["rules"] == [{"kind": "not_in_future", "field": "BJRQ"}]
    await page.goto(f"/admin/datasets?name={code}")
    await expect(page.get_by_role("row", name=code)).to_contain_text("第 2 版")
    await expect(page.get_by_role("row", name=code)).to_contain_text("还没有数据")


async def test_a_field_is_moved_by_the_keyboard_alone(screen: Screen) -> None:
    code = await started(screen)
    page = await screen.page("admin", f"/admin/datasets/{code}?tab=fields")
    rows = page.get_by_role("region", name="字段列表").locator("tbody tr")
    await page.get_by_role("button", name="上移 认定日期").focus()
    await page.keyboard.press("Enter")
    await expect(rows.nth(1)).to_contain_text("认定日期")
    await expect(page.get_by_role("button", name="上移 认定日期")).to_be_focused()
    await expect(page.get_by_text("“认定日期”移到第 2 列，共 3 列")).to_be_attached()
    await page.keyboard.press("Enter")
    await expect(rows.nth(0)).to_contain_text("认定日期")
    await expect(page.get_by_role("button", name="下移 认定日期")).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(rows.nth(1)).to_contain_text("认定日期")

    # Leaving asks; what was typed outlives a reload of the page.
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await page.get_by_role("button", name="接着改").click()
    await expect(rows.nth(1)).to_contain_text("认定日期")
    await page.get_by_role("menuitem", name="工作日历").click()
    box = page.get_by_role("dialog", name="没有保存")
    await expect(box).to_contain_text("离开就会丢失")
    await box.get_by_role("button", name="取消").click()
    await page.get_by_role("button", name="检查并保存").click()
    dialog = page.get_by_role("dialog", name="保存为第 2 版")
    await expect(dialog).to_contain_text("字段的展示顺序有变化")
    await dialog.get_by_role("button", name="保存为第 2 版").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("第 2 版")
    assert [field["code"] for field in (await screen.definition(code))["fields"]] == ["NAME", "DAY", "MEMO"]
    await page.get_by_role("menuitem", name="工作日历").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("工作日历")


async def test_two_admins_change_one_dataset(screen: Screen) -> None:
    screen.provokes("PUT /api/v1/datasets/", 409)
    code = await started(screen)
    page = await screen.page("admin", f"/admin/datasets/{code}?tab=fields")
    await page.get_by_label("备注 的公开属性").select_option("公开")
    theirs = await screen.definition(code)
    theirs.pop("version")
    theirs["name"] = "对方改的名称"
    assert (await screen.admin.call("PUT", f"/datasets/{code}", theirs)).status == 200
    await page.get_by_role("button", name="检查并保存").click()
    await page.get_by_role("dialog", name="保存为第 2 版").get_by_role("button", name="保存为第 2 版").click()
    dialog = page.get_by_role("dialog", name="保存为第 3 版")
    await expect(dialog.get_by_role("alert")).to_contain_text("对方改的名称")
    await expect(dialog).to_contain_text("已公示的数据里“备注”立即对公众公开")
    await screen.accessible(page)
    await screen.picture(page, "designer-conflict")
    await dialog.get_by_role("button", name="保留我的，保存为第 3 版").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("第 3 版")
    kept = await screen.definition(code)
    assert (kept["version"], kept["fields"][1]["visibility"]) == (3, "public")

    # A field that something depends on is not taken out in silence.
    await page.get_by_role("button", name="去掉 机构全称").click()
    box = page.get_by_role("dialog", name="去掉字段“机构全称”")
    await expect(box).to_contain_text("判断同一条数据")
    await box.get_by_role("button", name="去掉").click()
    await page.get_by_role("button", name="检查并保存").click()
    await expect(page.get_by_role("alert").filter(has_text="请至少选择一个字段，用来判断")).to_be_visible()
    await page.get_by_role("button", name="放弃修改").click()
    await page.get_by_role("dialog", name="放弃修改").get_by_role("button", name="放弃修改").click()
    await tab(page, "字段")
    await expect(page.get_by_role("button", name="去掉 机构全称")).to_be_visible()


async def never_answered(_: Route) -> None:
    """Leaves the request open until the page gives it up."""


async def test_a_copy_starts_from_another_dataset(screen: Screen) -> None:
    screen.provokes("POST /api/v1/datasets", 409)
    code = f"t_{uuid4().hex[:8]}"
    page = await screen.page("admin", "/admin/datasets?name=xzxk_zrr_2018")
    await page.get_by_role("link", name="复制").click()
    await page.get_by_role("textbox", name=re.compile("^编码")).fill(code)
    await page.get_by_role("button", name="检查并保存").click()
    await page.get_by_role("dialog", name="新建数据集").get_by_role("button", name="新建").click()
    await expect(page).to_have_url(f"{screen.url}/admin/datasets/{code}?tab=template")
    made, model = await screen.definition(code), await screen.definition("xzxk_zrr_2018")
    same = ("fields", "rules", "key", "roles", "category", "subject", "standard")
    assert {name: made[name] for name in same} == {name: model[name] for name in same}
    # What the server alone knows is said at its place: the code is taken. What the page asks by itself while one
    # types would come later and wipe it out: it is given up.
    async with page.expect_response("**/api/v1/datasets/trial"):
        await page.goto("/admin/datasets/new?from=xzxk_zrr_2018")
    await page.route("**/api/v1/datasets/trial", never_answered, times=1)
    async with page.expect_request("**/api/v1/datasets/trial"):
        await page.get_by_role("textbox", name=re.compile("^编码")).fill(code)
    async with page.expect_event("requestfailed", lambda request: request.url.endswith("/datasets/trial")):
        await page.get_by_role("button", name="检查并保存").click()
    await page.get_by_role("dialog", name="新建数据集").get_by_role("button", name="新建").click()
    await expect(page.get_by_text("已经有数据集在用").first).to_be_visible()
    await expect(page.get_by_role("textbox", name=re.compile("^编码"))).to_be_focused()


async def test_a_day_of_the_calendar_is_changed_and_stays_so(screen: Screen) -> None:
    page = await screen.page("admin", "/admin/calendar?year=2030")
    await expect(page.get_by_role("alert")).to_contain_text("2030 年的放假安排还没有录入")
    await screen.accessible(page)
    await page.get_by_role("button", name="3 月 5 日 星期二，工作日").click()
    await expect(page.get_by_text("3 月 5 日已改为休息")).to_be_visible()
    await expect(page.get_by_text("作出的决定，报送期限推后")).to_be_visible()
    await page.reload()
    day = page.get_by_role("button", name="3 月 5 日 星期二，放假")
    await expect(day).to_be_visible()
    await screen.accessible(page)
    await screen.picture(page, "calendar")

    # A note that is typed waits with its day while another one is pressed, or another year opened.
    await page.get_by_label("说明").fill("清明节")
    named = await page.get_by_role("heading", level=2).inner_text()
    await page.get_by_role("button", name="3 月 6 日 星期三，工作日").click()
    await expect(page.get_by_text("3 月 6 日已改为休息")).to_be_visible()
    await expect(page.get_by_label("说明")).to_have_value("")
    await page.get_by_role("button", name="上一年").click()
    waits = page.get_by_role("status").filter(has_text="还没有保存的说明")
    await waits.get_by_role("button", name="2030 年").click()
    await expect(page.get_by_role("heading", level=2)).to_have_text(named)
    await expect(page.get_by_label("说明")).to_have_value("清明节")
    await expect(waits).to_have_count(0)
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_text("的说明已保存")).to_be_visible()
    assert (await screen.admin.call("PUT", "/calendar/2030-03-06", {"is_workday": True})).status == 200

    # By the keyboard: one stop of the tab key, arrows, Enter.
    await page.get_by_role("button", name="1 月 1 日 星期二").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("button", name="1 月 7 日 星期一，工作日")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="1 月 7 日 星期一，放假")).to_be_focused()
    await expect(page.get_by_text("1 月 7 日已改为休息")).to_be_visible()
    await page.get_by_role("button", name="撤回这次改动").click()
    await expect(page.get_by_role("button", name="1 月 7 日 星期一，工作日")).to_be_visible()

    await page.get_by_role("button", name="2030 年已录完").click()
    await page.get_by_role("dialog", name="2030 年已录完").get_by_role("button", name="确认录完").click()
    await expect(page.get_by_role("alert")).to_be_hidden()
    assert (await screen.admin.get("/calendar?year=2030"))["provisional"] is False
    assert (await screen.admin.call("PUT", "/calendar/2030-03-05", {"is_workday": True})).status == 200
    officer = await screen.page("manager", "/admin/calendar")
    await expect(officer.get_by_role("heading", level=1)).to_contain_text("没有权限")
