"""Lists: what is searched is exported and comes back with Back, many at once, choices and codes in words."""

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import xlrd
from playwright.async_api import Page, Request, Route, expect

from shared.clock import today
from tests.e2e.api import Api, id_card, licence, penalty, uscc, workbook
from tests.e2e.browser import Screen, choose, eventually

SEVERAL = "没收违法所得、没收非法财物"


async def seeded(screen: Screen, count: int = 3) -> Api:
    api = await screen.api()
    rows = [licence(number) for number in range(1, count + 1)]
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), rows))
    return api


def name(number: int) -> str:
    return licence(number)["XK_XDR"]


async def search(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="行政相对人名称").fill(text)
    await page.get_by_role("button", name="查询").click()


async def test_the_export_holds_what_the_list_shows(screen: Screen) -> None:
    await seeded(screen)
    page = await screen.page("reporter", "/licences")
    await page.get_by_role("row", name=name(3)).wait_for()
    await search(page, name(2))
    await expect(page.get_by_role("row", name=name(3))).to_be_hidden()
    assert name(2) not in page.url
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="导出").click()
    download = await downloading.value
    sheet = xlrd.open_workbook(file_contents=Path(await download.path()).read_bytes()).sheet_by_index(0)
    values = [str(cell.value) for row in sheet.get_rows() for cell in row]
    assert name(2) in values
    assert not {name(1), name(3)} & set(values)
    assert download.suggested_filename.endswith(".xls")


async def test_back_brings_the_search_back(screen: Screen) -> None:
    await seeded(screen)
    page = await screen.page("reporter", "/licences")
    await search(page, name(2))
    row = page.get_by_role("row", name=name(2))
    await expect(page.get_by_role("row", name=name(3))).to_be_hidden()
    await row.get_by_role("link").click()
    await page.wait_for_url("**/records/*")
    await page.go_back()
    await expect(page.get_by_role("textbox", name="行政相对人名称")).to_have_value(name(2))
    await row.wait_for()
    await expect(page.get_by_role("row", name=name(3))).to_be_hidden()


async def test_a_name_not_asked_for_yet_stays_while_another_filter_changes(screen: Screen) -> None:
    await seeded(screen)
    page = await screen.page("reporter", "/licences")
    box = page.get_by_role("textbox", name="行政相对人名称")
    await box.fill(name(2))
    await choose(page, "状态", "公示中")
    await expect(page).to_have_url(re.compile("state=published"))
    await expect(box).to_have_value(name(2))
    await page.get_by_role("button", name="查询").click()
    await expect(page.get_by_role("row", name=name(3))).to_be_hidden()
    await choose(page, "市区类型", "县区")
    await page.get_by_role("button", name="重置").click()
    await page.get_by_role("row", name=name(3)).wait_for()
    await expect(box).to_have_value("")
    await expect(page.get_by_label("市区", exact=True)).to_be_hidden()  # 县区 is taken back, too


async def test_one_refusal_of_many_is_named_and_the_rest_goes_on(screen: Screen) -> None:
    screen.provokes("DELETE /api/v1/records/", 409)
    api = await seeded(screen)
    page = await screen.page("reporter", "/licences")
    for number in (1, 2, 3):
        await page.get_by_role("row", name=name(number)).locator(".el-checkbox").click()
    found = await api.call("POST", "/records/search", {"dataset": "xzxk_fr", "q": name(2)})
    # Somebody else was quicker.
    assert (await api.call("DELETE", f"/records/{found.json['items'][0]['id']}", {"reason": "重复"})).status == 204
    await page.get_by_role("button", name="删除", exact=True).click()
    asked = page.get_by_role("dialog", name="删除")
    await asked.get_by_role("textbox").fill("上报有误")
    await asked.get_by_role("button", name="确认删除").click()
    told = page.get_by_role("dialog", name="1 条没有删除")
    await expect(told).to_contain_text(name(2))
    await expect(page.get_by_text("已删除 2 条")).to_be_visible()
    await told.get_by_role("button", name="知道了").click()
    await expect(page.get_by_text("没有符合条件的数据")).to_be_visible()


async def test_the_last_page_that_became_empty_leads_to_the_one_before(screen: Screen) -> None:
    await seeded(screen, 11)
    page = await screen.page("reporter", "/licences?page=2")
    row = page.get_by_role("row").nth(1)
    await row.locator(".el-checkbox").click()
    await page.get_by_role("button", name="删除", exact=True).click()
    asked = page.get_by_role("dialog", name="删除")
    await asked.get_by_role("textbox").fill("上报有误")
    await asked.get_by_role("button", name="确认删除").click()
    await expect(page.get_by_role("row")).to_have_count(11)  # ten, and the head


async def test_a_county_is_chosen_by_its_name(screen: Screen) -> None:
    api = await screen.api()
    rows = [licence(1), licence(2, DFBM="140403")]
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), rows))
    page = await screen.page("reporter", "/licences")
    await choose(page, "市区类型", "县区")
    county = page.get_by_label("市区", exact=True)
    await county.locator("xpath=ancestor::div[contains(@class,'el-select__wrapper')]").click()
    await page.get_by_role("option", name="潞州区（140403）").click()
    await page.get_by_role("row", name=name(2)).wait_for()
    await expect(page.get_by_role("row", name=name(1))).to_be_hidden()
    await choose(page, "市区类型", "市本级（140400）")
    await page.get_by_role("row", name=name(1)).wait_for()
    await expect(page.get_by_role("row", name=name(2))).to_be_hidden()


async def test_a_choice_with_a_comma_in_it_stays_whole(screen: Screen) -> None:
    api = await screen.api()
    punished = penalty(1, CF_CFLB2=f"罚款；{SEVERAL}")
    await api.upload("xzcf_fr", workbook(await screen.definition("xzcf_fr"), [punished]))
    page = await screen.page("reporter", "/penalties")
    await page.get_by_role("row", name=punished["CF_XDR_MC"]).locator(".el-checkbox").click()
    await page.get_by_role("button", name="修改").click()
    form = page.get_by_role("dialog")
    await expect(form.locator(".el-select__tags-text", has_text=SEVERAL)).to_be_visible()


async def test_the_public_reads_words_and_searches_all_of_a_kind(screen: Screen) -> None:
    api = await screen.api()
    newer = licence(
        2, XK_XDR_MC=name(2), XK_XDR_LB="法人及非法人组织", XK_FRDB="张三", XK_XKWS="使用登记证", XK_XKLB="普通"
    )
    newer |= {
        "XK_YXQZ": "2018-01-15",
        "XK_YXQZI": "2099-12-31",
        "XK_XKJG": "长治市质量技术监督局",
        "XK_XKJGDM": uscc(9),
    }
    newer |= {"XK_LYDW": "长治市质量技术监督局", "XK_LYDWDM": uscc(9), "XK_ZT": "1"}
    for dataset, row in (("xzxk_fr", licence(1)), ("xzxk_fr_2018", newer)):
        definition = await screen.definition(dataset)
        assert (await api.upload(dataset, workbook(definition, [row])))["state"] == "stored"
    page = await screen.blank()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(_words(request)))
    await page.goto("/")
    box = page.get_by_role("searchbox")
    await box.fill("长治市第")
    await page.get_by_role("button", name="查询").click()
    for number in (1, 2):
        await eventually(page.get_by_role("link", name=name(number)).first)
    await box.fill(id_card(1))
    await page.get_by_role("button", name="查询").click()
    await page.get_by_text("不能用居民身份证号查询").wait_for()
    assert id_card(1) not in asked
    await box.fill(name(1))
    await page.get_by_role("button", name="查询").click()
    await page.get_by_role("link", name=name(1)).first.click()
    state = page.locator("dt", has_text="当前状态").locator("xpath=following-sibling::dd[1]")
    await expect(state).to_have_text("正常")


async def test_nothing_is_said_of_a_search_that_is_still_running(screen: Screen) -> None:
    await seeded(screen)
    page = await screen.page("reporter", "/subjects")
    answered = asyncio.Event()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    nothing = page.get_by_text(re.compile("^没有找到"))
    for path, label in (("/subjects", "名称或代码"), ("/", "名称、代码或决定书文号")):
        await page.goto(path)
        box = page.get_by_label(label)
        await box.fill("查无此企业")
        await page.get_by_role("button", name="查询").click()
        await nothing.wait_for()
        answered.clear()
        await page.route(re.compile("/api/v1/(subjects/search|public/records)"), late, times=1)
        await box.fill(name(1))
        await page.get_by_role("button", name="查询").click()
        await page.get_by_label("正在加载").wait_for()
        await expect(nothing).to_be_hidden()
        answered.set()
        await page.get_by_role("link", name=name(1)).first.wait_for()


async def test_a_page_beyond_the_last_leads_to_the_last(screen: Screen) -> None:
    await seeded(screen, 1)
    page = await screen.blank()
    await page.goto("/?page=999")
    await page.get_by_role("main").get_by_role("listitem").first.wait_for()
    await expect(page.get_by_text("暂时没有公示的信息")).to_be_hidden()
    assert "page=999" not in page.url


async def test_figures_that_could_not_be_had_are_asked_for_again(screen: Screen) -> None:
    await seeded(screen, 1)
    screen.provokes("GET /api/v1/public/statistics", 503)
    page = await screen.blank()

    async def down(route: Route) -> None:
        await route.fulfill(status=503, json={"title": "暂时没有回答", "status": 503, "detail": "请稍后再试。"})

    await page.route("**/api/v1/public/statistics", down)
    await page.goto("/")
    again = page.get_by_role("button", name="再试一次")
    await again.wait_for(timeout=20_000)
    await page.unroute("**/api/v1/public/statistics")
    await again.click()
    await page.get_by_text("本月新公示").first.wait_for()
    await expect(again).to_be_hidden()


async def test_the_public_narrows_the_list_also_on_a_phone(screen: Screen) -> None:
    api = await screen.api()
    firm = f"{screen.department_name}煤层气"
    rows = [
        licence(1, XK_XDR=f"{firm}一有限公司"),
        licence(2, XK_XDR=f"{firm}二有限公司", XK_JDRQ=today().isoformat(), SJC=today().isoformat()),
    ]
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), rows))
    honour = {"JGQC": f"{firm}三有限公司", "TYSHXYDM": uscc(3), "RYMC": "诚信企业", "RYNR": "守合同"}
    honour |= {"RDWH": "长信〔2018〕1号", "RDRQ": "2018-01-15", "RDBM": "长治市信用办"}
    await api.post("/records", {"dataset": "red_list_fr", "values": honour})
    for width in (1366, 390):
        page = await screen.blank(width=width, height=844)
        await page.goto("/")
        if width == 390:
            await expect(page.get_by_label("公示部门")).to_be_hidden()
            await page.get_by_role("button", name="筛选").click()
        await page.get_by_label("公示部门").select_option(screen.department_name)
        found = page.get_by_role("main").get_by_role("listitem")
        await expect(found).to_have_count(2)
        await page.get_by_label("决定日期从").fill(today().isoformat())
        await expect(found).to_have_count(1)
        await expect(found).to_contain_text("二有限公司")
        await page.get_by_label("市区").select_option("潞州区")
        await expect(page.get_by_text("没有符合条件的公示信息")).to_be_visible()
        await screen.accessible(page)
        await screen.picture(page, f"public-{width}-narrowed")
        await page.get_by_role("button", name="清除筛选").click()
        await page.get_by_role("searchbox").fill(firm)
        await page.keyboard.press("Enter")
        await expect(found).to_have_count(2)
        # What is published besides: the words of the form (公众将看到) are true.
        await page.get_by_role("link", name="其他信用信息").click()
        await found.get_by_role("link", name=honour["JGQC"]).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("法人红名单")
        await page.get_by_role("link", name="公示哪些内容、公示多久").click()
        await page.get_by_text(re.compile("^法人红名单（")).click()
        await expect(page.locator("details[open]")).to_contain_text("荣誉名称")
        await expect(page.get_by_role("row", name="2023 年 5 月 1 日起")).to_contain_text("国家发展改革委令第 58 号")
        await screen.accessible(page)
        await screen.picture(page, f"public-{width}-about")
        await page.close()


def _words(request: Request) -> str:
    return parse_qs(urlsplit(request.url).query).get("q", [""])[0]
