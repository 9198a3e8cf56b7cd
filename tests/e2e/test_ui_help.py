"""使用帮助: its anchors, its search, its print; and its pictures, taken here.

HELP_PICTURES=write puts the pictures where the page has them (services/gateway/web/src/pages/help/pictures).
"""

import base64
import json
import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.api import licence, penalty, uscc, workbook
from tests.e2e.browser import SETTLED, Screen, eventually, file_of
from tests.fixtures.room import ROOT

HELP = ROOT / "services" / "gateway" / "web" / "src" / "pages" / "help"
HEAVIEST = 60 * 1024
CALENDAR_YEAR = 2025  # with the make-up days of its holiday notice
ABOVE = 140  # what stands over a panel and under it
CALLED = {"display_name": "王晓明"}
# The bars grow for a second: the canvas is the same at two looks.
CHART_STANDS = """() => {
    const [before, now] = [window.chartBefore, document.querySelector('canvas').toDataURL()]
    window.chartBefore = now
    return before === now
}"""
# A PNG becomes a WebP in the browser itself: nothing else here can write one.
TO_WEBP = """async png => {
    const picture = new Image()
    picture.src = `data:image/png;base64,${png}`
    await picture.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height })
    canvas.getContext('2d').drawImage(picture, 0, 0)
    return [canvas.toDataURL('image/webp', 0.7).split(',')[1], picture.width, picture.height]
}"""


class Album:
    """Pictures in a folder, with their sizes: a page that knows them does not jump while they load."""

    def __init__(self, folder: Path, darkroom: Page) -> None:
        self.folder, self._darkroom = folder, darkroom
        self.sizes: dict[str, list[int]] = {}

    async def take(self, name: str, of: Page | Locator) -> None:
        page = of if isinstance(of, Page) else of.page
        await page.mouse.move(0, 0)
        size = page.viewport_size
        assert size
        if isinstance(of, Locator):  # all of it at once: what the page would scroll is cut off in its picture
            box = await of.bounding_box()
            assert box
            await page.set_viewport_size({**size, "height": max(size["height"], round(box["height"]) + ABOVE)})
        await page.evaluate(SETTLED)
        png = await of.screenshot(animations="disabled", caret="hide")
        await page.set_viewport_size(size)
        webp, width, height = await self._darkroom.evaluate(TO_WEBP, base64.b64encode(png).decode())
        (self.folder / f"{name}.webp").write_bytes(base64.b64decode(webp))
        self.sizes[name] = [width, height]

    def close(self) -> None:
        lines = (f'  "{name}": {size}' for name, size in sorted(self.sizes.items()))
        (self.folder / "sizes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def named_pictures() -> list[str]:
    return [name for part in HELP.glob("manual*.ts") for name in re.findall(r"picture: '([a-z-]+)'", part.read_text())]


def recent(number: int, **changes: str) -> dict[str, str]:
    """A licence of the last days, of which nothing is late."""
    day = date.today() - timedelta(days=number % 4 + 1)  # noqa: DTZ011  # the picture shows a day, no more
    names = ("煤层气", "建筑安装", "食品加工", "医药连锁", "物流运输", "机械制造", "餐饮服务")
    mine = {
        "XK_WSH": f"长质监许可〔{day.year}〕{number}号",
        "XK_XDR": f"长治市{names[number % 7]}第{number}有限公司",
        "XK_JDRQ": day.isoformat(),
        "SJC": day.isoformat(),
    }
    return licence(number, **{**mine, **changes})


async def test_the_pictures_of_the_help(screen: Screen, tmp_path: Path) -> None:  # noqa: PLR0915
    write = os.environ.get("HELP_PICTURES") == "write"
    album = Album(HELP / "pictures" if write else tmp_path, await screen.blank())
    licences, penalties = await screen.definition("xzxk_fr"), await screen.definition("xzcf_fr")
    api = await screen.api()
    me = (await api.get("/session"))["user"]["id"]
    for path, named in ((f"/departments/{screen.department}", {"name": "市质监局"}), (f"/users/{me}", CALLED)):
        assert (await screen.admin.call("PATCH", path, named)).status == 200
    await api.upload("xzxk_fr", workbook(licences, [recent(n) for n in range(1, 13)]), name="许可法人11月上旬.xls")
    today = date.today().isoformat()  # noqa: DTZ011
    punished = penalty(1, CF_XDR_MC=recent(3)["XK_XDR"], CF_XDR_SHXYM=uscc(3), CF_JDRQ=today, SJC=today)
    await api.upload("xzcf_fr", workbook(penalties, [punished]), name="处罚法人.xls")

    blank = await screen.blank()
    await blank.goto("/portal")
    await blank.get_by_label("用户名").wait_for()
    await blank.wait_for_load_state("networkidle")
    await album.take("sign-in", blank)

    page = await screen.page("reporter", "/templates")
    main = page.locator("main .panel").first
    await page.get_by_role("row", name="行政许可").first.wait_for()
    await album.take("templates", main)

    bad = [
        recent(21),
        recent(22, XK_XDR=""),
        recent(23, XK_SPLB="一般"),
        recent(24, XK_XDR_SFZ="14040219800101001x"),
        recent(25),
        recent(26),
    ]
    await page.goto("/uploads/new?dataset=xzxk_fr")
    await page.locator("input[type=file]").set_input_files(file_of(workbook(licences, bad), "许可法人11月中旬.xls"))
    await album.take("upload", main)
    await page.get_by_role("button", name="上报数据").click()
    await eventually(page.get_by_text("部分入库"))
    await album.take("result", main)
    await page.get_by_role("link", name="查看失败日志").click()
    await page.get_by_role("button", name="改正第 4 行").wait_for()
    await album.take("failures", main)
    await page.get_by_role("button", name="改正第 4 行").click()
    drawer = page.get_by_role("dialog", name="改正第 4 行")
    await drawer.get_by_text("必填项没有填写").wait_for()
    await album.take("mend", drawer)

    await page.goto("/uploads/new?dataset=xzxk_fr")
    await page.get_by_text("先试运行").click()
    changed = [recent(1, XK_XZJG="长治市市场监督管理局"), recent(2), recent(31)]
    await page.locator("input[type=file]").set_input_files(file_of(workbook(licences, changed), "试运行.xls"))
    await page.get_by_role("button", name="上传并试运行").click()
    await page.get_by_role("link", name="看对比并确认").click()
    await page.get_by_role("tab", name="更新（1）").click()
    await page.get_by_text("长治市市场监督管理局", exact=True).first.wait_for()
    await album.take("dry-run", main)

    await page.goto("/uploads")
    await page.get_by_role("row", name="许可法人11月上旬").wait_for()
    await album.take("uploads", main)
    await page.goto("/licences")
    await page.get_by_role("row", name="有限公司").first.wait_for()
    await album.take("records", main)
    await page.get_by_role("row", name="有限公司").first.get_by_role("checkbox").press("Space")
    await page.get_by_role("button", name="撤销", exact=True).click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("公示期满，企业申请撤销公示。")
    await album.take("revoke", page)
    await page.get_by_role("dialog").get_by_role("button", name="取消").click()
    await page.get_by_role("button", name="新增").click()
    form = page.get_by_role("dialog", name="新增")
    await form.get_by_label("项目名称").fill("特种设备使用登记")
    await album.take("form", form)
    await page.goto("/subjects")
    await page.get_by_role("textbox", name="名称或代码").fill(recent(3)["XK_XDR"])
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=recent(3)["XK_XDR"]).first.click()
    await page.get_by_role("heading", name="主体信用档案").wait_for()
    await page.get_by_text("使用未经检验的特种设备").first.wait_for()
    await album.take("subject", main)
    await page.goto("/statistics?group_by=dataset")
    await page.locator("canvas").wait_for()
    await page.get_by_role("row", name="行政许可").first.wait_for()
    await page.wait_for_function(CHART_STANDS, polling=400)
    await album.take("statistics", main)
    await page.goto("/home")
    await page.get_by_role("row", name="许可法人11月上旬").wait_for()
    await album.take("home", page)

    page = await screen.page("admin", "/admin/datasets/xzxk_fr")
    await page.get_by_role("row", name="行政许可决定书文号").wait_for()
    await album.take("designer", page)
    await page.goto(f"/admin/calendar?year={CALENDAR_YEAR}")
    await page.get_by_role("button", name=re.compile("10 ?月 ?1 ?日")).first.wait_for()
    await album.take("calendar", page)
    album.close()

    assert sorted(album.sizes) == sorted(named_pictures())
    weights = {name: (album.folder / f"{name}.webp").stat().st_size for name in album.sizes}
    assert max(weights.values()) <= HEAVIEST, weights


def test_the_help_has_its_pictures() -> None:
    named = set(named_pictures())
    kept = {path.stem: path.stat().st_size for path in (HELP / "pictures").glob("*.webp")}
    assert set(kept) == named == set(json.loads((HELP / "pictures" / "sizes.json").read_text()))
    assert max(kept.values()) <= HEAVIEST


async def test_anchors_search_and_print(screen: Screen) -> None:
    page = await screen.page("viewer", "/help")
    contents = page.get_by_role("navigation", name="目录")
    await screen.accessible(page)
    await screen.picture(page, "help")
    pictures = await page.locator("article img").all()
    answer = await page.context.request.get(str(await pictures[0].get_attribute("src")))
    assert answer.headers["content-type"] == "image/webp"
    for picture in pictures:
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("each => each.naturalWidth") > 0
        assert await picture.get_attribute("alt")

    await contents.get_by_role("link", name="数据统计").click()
    await expect(page.locator("#statistics > h2")).to_be_in_viewport()
    await contents.get_by_role("link", name="七个工作日怎样算").click()
    await expect(page.get_by_role("heading", name="七个工作日怎样算")).to_be_in_viewport()
    await page.go_back()
    await expect(page.locator("#statistics > h2")).to_be_in_viewport()
    # From outside, to a place far down.
    await page.goto("/help#q-rounded")
    await expect(page.get_by_role("heading", name="变成了 0")).to_be_in_viewport()
    # Another page begins at its top.
    await page.get_by_role("menuitem", name="交流方式").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("交流方式")
    await expect(page.locator("#main")).to_have_js_property("scrollTop", 0)

    await page.goto("/help")
    await page.get_by_role("searchbox", name="在帮助里查找").fill("另存为")
    await expect(page.get_by_role("status").filter(has_text="找到")).to_be_visible()
    await expect(page.locator("article mark").first).to_have_text("另存为")
    await expect(page.get_by_role("heading", name="便捷查询")).to_have_count(0)
    await screen.accessible(page)
    await screen.picture(page, "help-search")
    await page.get_by_role("searchbox", name="在帮助里查找").fill("没有这样的词")
    await expect(page.get_by_text("没有找到，请换一个词")).to_be_visible()
    await page.get_by_role("searchbox", name="在帮助里查找").fill("")

    await page.emulate_media(media="print")
    await expect(page.get_by_role("menu")).to_be_hidden()
    await expect(page.get_by_role("navigation", name="目录")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollHeight") > 5000  # all of it, not one screenful
    await screen.picture(page, "help-print")


@pytest.mark.parametrize("role", ["admin", "reporter", "viewer"])
async def test_every_link_of_the_help_leads_to_a_page(screen: Screen, role: str) -> None:
    page = await screen.page(role, "/help")
    targets = await page.locator("article a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert ("/admin/departments" in targets) == (role == "admin")
    await expect(page.locator("article").get_by_text("打开部门管理，点新建部门")).to_be_visible()
    for target in sorted(set(targets)):
        await page.goto(target)
        await expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("没有这个页面|没有权限"))
