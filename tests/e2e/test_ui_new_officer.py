"""The first day of an officer, by what the screens say alone: from the public site to a mended upload."""

import asyncio
import io
from pathlib import Path

import xlrd
import xlwt
from playwright.async_api import Page, expect

from tests.e2e.api import Json, licence
from tests.e2e.browser import PASSWORD, Screen, choose, eventually, file_of

FIRST = "First#Password-2018"


def filled(template: Path, definition: Json, rows: list[dict[str, str]]) -> bytes:
    """The template with `rows` typed below its two rows of heads, each cell under its own head."""
    sheet = xlrd.open_workbook(str(template)).sheet_by_index(0)
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet.name)
    heads = [str(sheet.cell_value(1, column)) for column in range(sheet.ncols)]
    for row in range(2):
        for column in range(sheet.ncols):
            page.write(row, column, sheet.cell_value(row, column))
    labels = {field["code"]: field["label"] for field in definition["fields"]}
    for number, values in enumerate(rows, start=2):
        for code, value in values.items():
            column = next(column for column, head in enumerate(heads) if head.startswith(labels[code]))
            page.write(number, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def signed_in_for_the_first_time(screen: Screen) -> Page:
    """By the second way of the manual (1.2.2): 信用长治 → 信用信息共享平台 → 政务登录."""
    name = f"{screen.department}_new"
    body = {"username": name, "display_name": "新来的", "department": screen.department, "role": "reporter"}
    await screen.admin.post("/users", {**body, "password": FIRST})
    page = await screen.blank()
    await page.goto("/")
    await page.get_by_role("link", name="信用信息共享平台").click()
    await page.get_by_role("link", name="政务登录").click()
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码", exact=True).fill(FIRST)
    await page.get_by_role("button", name="登 录").click()
    await page.get_by_label("现在的密码").fill(FIRST)
    await page.get_by_label("新密码", exact=True).fill(PASSWORD)
    await page.get_by_label("再输入一次新密码").fill(PASSWORD)
    await screen.picture(page, "first-day-password")
    await page.get_by_role("button", name="保存新密码").click()
    await page.wait_for_url(f"{screen.url}/home")
    return page


async def test_the_first_day_of_an_officer(screen: Screen, tmp_path: Path) -> None:
    definition = await screen.definition("xzxk_fr")
    page = await signed_in_for_the_first_time(screen)
    await screen.picture(page, "first-day-home")

    await page.get_by_role("link", name="下载模板").click()
    row = page.get_by_role("row", name=definition["name"]).first
    await expect(row.get_by_role("link", name="上报")).to_be_in_viewport(ratio=1)
    async with page.expect_download() as download:
        await row.get_by_role("link", name="下载").click()
    template = tmp_path / "template.xls"
    await (await download.value).save_as(template)
    await screen.picture(page, "first-day-templates")
    rows = [licence(1), licence(2, XK_JDRQ="2018年2月30日"), licence(3, XK_XDR_SHXYM="91140400000000003X")]
    content = await asyncio.to_thread(filled, template, definition, rows)

    await page.get_by_role("menuitem", name="数据上传").click()
    await choose(page, "数据类型", definition["name"])
    await page.locator("input[type=file]").set_input_files(file_of(content, "一月许可.xls"))
    await page.get_by_role("button", name="上报数据").click()
    await eventually(page.get_by_text("部分入库：1 行已保存，2 行退回"))
    await screen.picture(page, "first-day-result")

    # What is wrong, where, and what to do stands there.
    await page.get_by_role("link", name="查看失败日志").click()
    await expect(page.get_by_role("main")).to_contain_text("日历上不存在")
    await expect(page.get_by_role("main")).to_contain_text("校验")
    await screen.picture(page, "first-day-failures")
    for number, label, value in ((4, "许可决定日期", "2018-01-12"), (5, "统一社会信用代码", rows[0]["XK_XDR_SHXYM"])):
        await page.get_by_role("button", name=f"改正第 {number} 行").click()
        drawer = page.get_by_role("dialog", name=f"改正第 {number} 行")
        await drawer.get_by_label(label).first.fill(value)
        await screen.picture(page, f"first-day-mend-{number}")
        await drawer.get_by_role("button", name="保存并入库").click()
        await expect(drawer).to_be_hidden()
    await expect(page.get_by_text("没有待改正的行了")).to_be_visible()

    await page.get_by_role("menuitem", name="上传记录").click()
    await expect(page.get_by_role("row", name="一月许可.xls")).to_contain_text("无异常数据")
    await page.get_by_role("menuitem", name="首页").click()
    await expect(page.get_by_role("main").get_by_role("link", name="一月许可.xls")).to_be_visible()
    await screen.picture(page, "first-day-evening")
