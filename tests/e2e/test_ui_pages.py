"""Every page: accessible, within its window, nothing in the console; for each role, the public site on a phone."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.api import licence, penalty, workbook
from tests.e2e.browser import Screen
from tests.fixtures.room import ROOT

ROUTER = ROOT / "services" / "gateway" / "web" / "src" / "router.ts"
# {upload} has a row to mend, {record} is one of its records.
OFFICER = [
    "/home",
    "/subjects",
    "/statistics",
    "/licences",
    "/penalties",
    "/records?dataset=xzxk_fr",
    "/uploads/new?dataset=xzxk_fr",
    "/uploads",
    "/reports/new",
    "/reports",
    "/failures",
    "/templates",
    "/templates?tab=other",
    "/messages",
    "/account",
    "/help",
    "/contacts",
    "/uploads/{upload}",
    "/uploads/{upload}/failures",
    "/records/{record}",
    "/subjects/{record}",
    "/no/such/page",
]
ADMIN = [
    "/home",
    "/statistics?group_by=department",
    "/licences",
    "/records",
    "/records?dataset=xzxk_fr",
    "/failures",
    "/reports",
    "/uploads",
    "/uploads/{upload}",
    "/uploads/{upload}/failures",
    "/records/{record}",
    "/subjects/{record}",
    "/account",
    "/admin/users",
    "/admin/departments",
    "/admin/audit",
    "/admin/datasets",
    "/admin/datasets/new",
    *(
        f"/admin/datasets/xzxk_fr?tab={tab}"
        for tab in ("basics", "fields", "rules", "template", "form", "public", "versions")
    ),
    "/admin/calendar",
]
MANAGER = ["/home", "/statistics", "/licences", "/uploads", "/failures", "/messages", "/account", "/admin/users"]
PUBLIC = ["/", "/?category=penalty", "/?category=other", "/about", "/platform", "/portal"]
# Each by the test that its words are in.
ELSEWHERE = ["/public/records/{record}", "/portal/password"]


@pytest.mark.parametrize(
    ("role", "paths"), [("reporter", OFFICER), ("viewer", OFFICER), ("manager", MANAGER), ("admin", ADMIN)]
)
async def test_every_page_of_a_role(screen: Screen, role: str, paths: list[str]) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    upload = await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2), licence(3, XK_XDR="")]))
    records = (await api.get("/records?dataset=xzxk_fr"))["items"]
    page = await screen.page(role, "/home")
    for path in paths:
        await page.goto(path.format(upload=upload["id"], record=records[0]["id"]))
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        await expect(page).to_have_title(re.compile(".+ - 长治市公共信用信息平台"))
        await page.wait_for_load_state("networkidle")
        await expect(page.get_by_label("正在加载")).to_have_count(0)
        await expect(page.get_by_role("alert").filter(has_text="再试一次")).to_have_count(0)
        await screen.accessible(page)
        await screen.picture(page, f"{role}{re.sub('[^a-z]+', '-', path)}")


def test_every_page_of_the_router_is_walked() -> None:
    walked = [path.partition("?")[0] for path in (*OFFICER, *ADMIN, *MANAGER, *PUBLIC, *ELSEWHERE)]
    for route in re.findall(r"path: '([^']*)'", ROUTER.read_text()):
        pattern = re.sub(r":\w+(\(\.\+\))?", lambda found: ".+" if found[1] else "[^/]+", f"/{route.lstrip('/')}")
        assert any(re.fullmatch(pattern, path) for path in walked), f"no test walks {route}"


async def test_the_public_site_also_on_a_phone(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzcf_fr")
    name = f"{screen.department_name}煤层气有限公司"
    await api.upload("xzcf_fr", workbook(definition, [penalty(1, CF_XDR_MC=name)]))
    for width in (1366, 390):
        page = await screen.blank(width=width, height=844)
        for path in PUBLIC:
            await page.goto(path)
            await page.wait_for_load_state("networkidle")
            await screen.accessible(page)
            await screen.picture(page, f"public-{width}-{PUBLIC.index(path)}")
        await page.goto("/?category=penalty")
        await page.get_by_role("searchbox").fill(name)
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("行政处罚")
        await expect(page.get_by_text(name)).to_be_visible()
        await screen.accessible(page)
        await screen.picture(page, f"public-{width}-record")


async def test_the_way_of_the_manual_leads_to_the_portal(screen: Screen) -> None:
    page = await screen.blank()
    await page.goto("/")
    await page.get_by_role("link", name="信用信息共享平台").click()
    await page.get_by_role("link", name="政务登录").click()
    await expect(page.get_by_role("heading", name="用户登录")).to_be_visible()
    assert page.url == f"{screen.url}/portal"
