"""Figures lead to their rows: those of 首页 and those of 数据统计."""

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from shared.clock import today
from tests.e2e.api import Api, Json, licence, penalty, workbook
from tests.e2e.browser import Screen


async def seed(screen: Screen) -> Api:
    """Licences stored, one to mend, one revoked; a penalty by hand; a dry run to confirm; an entry taken off."""
    api = await screen.api()
    definition: Json = await screen.definition("xzxk_fr")
    day = (today() - timedelta(days=20)).isoformat()
    rows = [
        licence(1, XK_JDRQ=today().isoformat(), SJC=today().isoformat()),
        licence(2),
        licence(3, XK_XDR="", XK_JDRQ=day),
    ]
    await api.upload("xzxk_fr", workbook(definition, rows))
    gone = await api.upload("xzxk_fr", workbook(definition, [licence(7)]))
    await api.call("DELETE", f"/uploads/{gone['id']}")
    await api.post("/records", {"dataset": "xzcf_fr", "values": penalty(1)})
    listed = (await api.get("/records?dataset=xzxk_fr"))["items"]
    await api.post(f"/records/{listed[-1]['id']}/revocation", {"reason": "撤销"}, status=200)
    await api.upload("xzxk_fr", workbook(definition, [licence(9)]), dry_run="true")
    return api


async def total(page: Page) -> int:
    """How many the list says it has."""
    text = page.get_by_text(re.compile(r"共 (约 )?[\d,]+ 条记录|没有符合条件的数据"))
    await text.first.wait_for()
    found = re.search(r"共 (?:约 )?([\d,]+) 条", await text.first.inner_text())
    return int(found[1].replace(",", "")) if found else 0


async def test_every_figure_of_the_statistics_leads_to_as_many_rows(screen: Screen) -> None:
    await seed(screen)
    page = await screen.page("reporter", "/statistics?group_by=month")
    await page.get_by_role("radio", name="本年").wait_for()
    for column, rows in (("手工录入", 1), ("入库量", 4), ("迟报", 3), ("撤销", 1)):
        link = page.get_by_role("link", name=re.compile(rf"{column} \d+$"))
        await expect(link).to_have_text(str(rows))
        await link.click()
        await expect(page).to_have_url(re.compile(r"/records\?"))
        assert await total(page) == rows, column
        await page.go_back()
    await page.get_by_role("link", name=re.compile(r"上报量 5$")).click()
    await expect(page.get_by_role("row", name="记录已删")).to_have_count(1)
    assert await total(page) == 2, "the entry taken off the list is there, the dry run that counts nowhere is not"
    await expect(page.get_by_text("计入统计的")).to_be_visible()
    await page.go_back()
    await page.get_by_role("link", name=re.compile(r"退回 1$")).click()
    await expect(page.get_by_role("row", name="1 行")).to_have_count(1)
    assert await total(page) == 1, "the one upload with a row that waits"
    await page.go_back()
    await page.get_by_text("去年", exact=True).click()
    await expect(page.get_by_text("这段时间没有上报")).to_be_visible()


async def test_the_cards_of_the_home_page_lead_to_what_they_count(screen: Screen) -> None:
    await seed(screen)
    page = await screen.page("reporter", "/home")

    async def card(title: str, value: int) -> None:
        link = page.get_by_role("link", name=re.compile(f"^{title}"))
        await expect(link.locator("b")).to_have_text(str(value))
        await link.click()
        await expect(page).not_to_have_url(re.compile("/home$"))

    await page.get_by_role("link", name=re.compile("本月待改正 1$")).click()
    await expect(page).to_have_url(re.compile("waiting=rows"))
    await expect(page.get_by_role("row", name="1 行")).to_have_count(1)
    await page.go_back()
    await card("待改正的行", 1)
    await expect(page.get_by_role("row", name="1 行")).to_have_count(1)
    await page.go_back()
    await card("等待确认的试运行", 1)
    assert await total(page) == 1
    await expect(page.get_by_role("row", name="待确认")).to_have_count(1)
    await page.go_back()
    await card("临近或超过七个工作日", 1)
    await expect(page.get_by_role("row", name="1 行已超过")).to_have_count(1)
    await page.go_back()
    await card("公示即将到期", 0)
    await expect(page.get_by_text("没有符合条件的数据")).to_be_visible()
    await screen.accessible(page)
