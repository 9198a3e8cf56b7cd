"""Sending a file: the same one twice, leaving meanwhile, the live stream of its progress; which types are offered."""

import asyncio
import re

from playwright.async_api import Page, Route, expect

from tests.e2e.api import Json, licence, workbook
from tests.e2e.browser import PASSWORD, Screen, choose, eventually, file_of

NAME = "市演练局许可法人.xls"
# How many live streams a page has opened and closed.
COUNTED = """
window.streams = { opened: 0, closed: 0 }
window.EventSource = class extends EventSource {
  constructor(...given) { super(...given); window.streams.opened += 1 }
  close() { window.streams.closed += 1; super.close() }
}"""


async def test_the_same_content_is_noticed_under_any_name_and_other_content_is_not(screen: Screen) -> None:
    definition = await screen.definition("xzxk_fr")
    api = await screen.api()
    content = workbook(definition, [licence(1)])
    first = await api.upload("xzxk_fr", content)
    page = await screen.page("reporter", "/uploads/new?dataset=xzxk_fr")
    chooser, report = page.locator("input[type=file]"), page.get_by_role("button", name="上报数据")
    await chooser.set_input_files(file_of(content, "改了名字.xls"))
    await report.click()
    question = page.get_by_role("dialog", name="这个文件已经上报过")
    await expect(question).to_contain_text(
        re.compile(r"与 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 上报的“许可法人.xls”内容完全相同")
    )
    await screen.picture(page, "upload-same-content")
    await question.get_by_role("button", name="取消").click()
    await expect(report).to_be_enabled()
    assert [each["id"] for each in (await api.get("/uploads"))["items"]] == [first["id"]]

    other = workbook(definition, [licence(2)])
    assert len(other) == len(content)
    await chooser.set_input_files(file_of(other, "许可法人.xls"))
    await report.click()
    await eventually(page.get_by_text("全部入库：1 行已保存"))
    assert (await api.get("/uploads"))["total"] == 2


async def test_who_leaves_without_reporting_reports_nothing(screen: Screen) -> None:
    page = await screen.blank()
    await page.add_init_script(COUNTED)
    await page.context.request.post("/api/v1/session", data={"username": await screen.user(), "password": PASSWORD})
    await page.goto("/uploads/new?dataset=xzxk_fr")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(route: Route) -> None:
        asked.set()
        await go.wait()
        await route.continue_()

    await page.route("**/api/v1/uploads?*sha256=*", slow)
    content = workbook(await screen.definition("xzxk_fr"), [licence(1)])
    await page.locator("input[type=file]").set_input_files(file_of(content, NAME))
    await page.get_by_role("button", name="上报数据").click()
    await asyncio.wait_for(asked.wait(), 15)
    await page.get_by_role("menuitem", name="首页").click()
    await page.get_by_role("dialog", name="还没有上报").get_by_role("button", name="不上报，离开").click()
    await page.wait_for_url("**/home")
    go.set()
    await page.wait_for_load_state("networkidle")
    assert not [url for url in sent if url.endswith("/uploads")]
    assert await page.evaluate("streams") == {"opened": 0, "closed": 0}
    assert (await (await screen.api()).get("/uploads"))["total"] == 0


async def test_what_the_server_has_is_not_called_back(screen: Screen) -> None:
    page = await screen.page("reporter", "/uploads/new?dataset=xzxk_fr")
    content = workbook(await screen.definition("xzxk_fr"), [licence(1)])
    cdp = await page.context.new_cdp_session(page)
    paused: asyncio.Queue[Json] = asyncio.Queue()
    cdp.on("Fetch.requestPaused", paused.put_nowait)
    # The answer is held up: every byte has gone by then.
    await cdp.send("Fetch.enable", {"patterns": [{"urlPattern": "*/api/v1/uploads", "requestStage": "Response"}]})
    await page.locator("input[type=file]").set_input_files(file_of(content, NAME))
    await page.get_by_role("button", name="上报数据").click()
    held = await asyncio.wait_for(paused.get(), 15)
    await expect(page.get_by_role("button", name="取消上传")).to_be_disabled()
    await expect(page.get_by_text("正在等服务器回答，不能再取消")).to_be_visible()
    await cdp.send("Fetch.continueRequest", {"requestId": held["requestId"]})
    await eventually(page.get_by_text("全部入库：1 行已保存"))


async def test_one_stream_is_open_while_an_upload_is_in_view_and_none_after(screen: Screen) -> None:
    page = await screen.blank()
    await page.add_init_script(COUNTED)
    await page.context.request.post("/api/v1/session", data={"username": await screen.user(), "password": PASSWORD})

    async def running(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "state": "checking"})

    async def silent(route: Route) -> None:
        await route.fulfill(content_type="text/event-stream", body=": nothing to tell\n\n")

    await page.route(re.compile(r"/api/v1/uploads/[0-9a-f-]{36}$"), running)
    await page.route("**/api/v1/events", silent)
    await page.goto("/uploads/new?dataset=xzxk_fr")
    content = workbook(await screen.definition("xzxk_fr"), [licence(1)])
    await page.locator("input[type=file]").set_input_files(file_of(content, NAME))
    await page.get_by_role("button", name="上报数据").click()
    await expect(page.get_by_text("文件已收到，可以离开这一页")).to_be_visible()
    await _streams(page, opened=1, closed=0)
    await page.get_by_role("menuitem", name="上传记录").click()
    await page.get_by_role("row", name=NAME).wait_for()
    await _streams(page, opened=1, closed=1)
    await page.get_by_role("menuitem", name="首页").click()
    await page.get_by_role("row", name=NAME).get_by_role("link").first.click()
    await expect(page.get_by_role("progressbar").first).to_be_visible()
    await _streams(page, opened=2, closed=1)
    await page.get_by_role("menuitem", name="首页").click()
    await page.get_by_role("row", name=NAME).wait_for()
    await _streams(page, opened=2, closed=2)


async def test_only_what_may_be_reported_is_offered_and_nothing_hidden_is_called_public(screen: Screen) -> None:
    page = await screen.page("reporter", "/home")
    definition = await screen.definition("xzcf_fr")

    async def as_elsewhere(route: Route) -> None:
        answer = await route.fetch()
        listed: Json = await answer.json()
        for dataset in listed["items"]:
            if dataset["code"] == "xzxk_fr":  # read for its old records; another department's now
                dataset["departments"] = ["elsewhere"]
            elif dataset["code"] == "xzcf_fr":
                dataset["fields"] = [{**field, "visibility": "hidden"} for field in dataset["fields"]]
        known = next(dataset for dataset in listed["items"] if dataset["code"] == "xzxk_fr")
        listed["items"].insert(0, {**known, "code": "a_licence", "name": "排在前面的许可", "standard": "另一标准"})
        await route.fulfill(response=answer, json=listed)

    await page.route("**/api/v1/datasets?*", as_elsewhere)
    await page.goto("/uploads/new?dataset=xzxk_fr")
    await choose(page, "数据类型", definition["name"])
    await expect(
        page.get_by_role("option", name=(await screen.definition("xzxk_fr"))["name"], exact=True)
    ).to_have_count(0)
    await expect(page.get_by_label("温馨提示")).to_contain_text("这一类数据不对外公示")
    # What was reported while one might may still be changed and revoked.
    await page.get_by_role("menuitem", name="行政许可信息管理").click()
    await expect(page.get_by_role("button", name="撤销", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="新增")).to_have_count(0)
    # Whichever sorts first, the list begins with the dataset that is always there; then with what was last chosen.
    standard = page.get_by_label("标准").locator("xpath=ancestor::div[contains(@class,'el-select__wrapper')]")
    await expect(standard).to_have_text((await screen.definition("xzxk_fr"))["standard"])
    await choose(page, "标准", "另一标准")
    await expect(page).to_have_url(re.compile("dataset=a_licence"))
    await page.get_by_role("menuitem", name="行政处罚信息管理").click()
    await expect(page.get_by_role("button", name="新增")).to_be_visible()
    await page.get_by_role("menuitem", name="行政许可信息管理").click()
    await expect(standard).to_have_text("另一标准")
    await page.goto("/reports/new")
    await expect(page.get_by_label("温馨提示")).to_contain_text("将按规定对外公示")
    for head in ("序号", "模板文件", "创建人", "创建时间", "操作"):
        await expect(page.get_by_role("columnheader", name=head, exact=True)).to_be_visible()
    await expect(page.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    await screen.accessible(page)
    await screen.picture(page, "report-types")


async def test_a_list_says_why_it_is_empty(screen: Screen) -> None:
    page = await screen.page("reporter", "/uploads")
    await expect(page.get_by_text("这里还没有上报过的文件")).to_be_visible()
    await page.goto("/uploads?state=failed")
    await expect(page.get_by_text("没有符合条件的上报")).to_be_visible()
    await expect(page.get_by_role("link", name="先下载模板")).to_have_count(0)


async def _streams(page: Page, *, opened: int, closed: int) -> None:
    assert await page.evaluate("streams") == {"opened": opened, "closed": closed}
