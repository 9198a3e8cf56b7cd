"""An engine that is too old is told what to do, on every entry; a good one never sees it."""

import pytest
from playwright.async_api import expect

from services.gateway.network import is_public
from tests.e2e.browser import Screen

# What engines before our build target lack, and the hint therefore looks for.
LACKS = {
    "modules": "delete HTMLScriptElement.prototype.noModule",
    "replaceAll": "delete String.prototype.replaceAll",
    "css": "CSS.supports = () => false",
}


@pytest.mark.parametrize("path", ["/", "/platform", "/portal", "/uploads/new"])
async def test_an_old_engine_is_told_to_switch(screen: Screen, path: str) -> None:
    page = await screen.blank()
    await page.add_init_script(LACKS["modules"])
    await page.goto(path)
    hint = page.get_by_role("alert").filter(has_text="请换用新一些的浏览器内核")
    await expect(hint).to_contain_text("极速模式")
    await expect(hint).to_contain_text("Chrome 87")
    await expect(page.locator("#app")).to_be_hidden()
    await expect(page.get_by_role("button", name="仍然打开")).to_have_count(0)
    await screen.accessible(page)
    await screen.picture(page, f"old-browser{path.replace('/', '-')}")


@pytest.mark.parametrize("lack", ["replaceAll", "css"])
async def test_an_engine_a_little_too_old_may_try(screen: Screen, lack: str) -> None:
    page = await screen.blank()
    await page.add_init_script(LACKS[lack])
    await page.goto("/platform")
    await page.get_by_role("button", name="仍然打开").click()
    await expect(page.locator("#old-browser")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("信用信息共享平台")


async def test_a_good_engine_sees_the_page_alone(screen: Screen) -> None:
    page = await screen.blank()
    await page.goto("/portal")
    await expect(page.get_by_role("heading", name="用户登录")).to_be_visible()
    await expect(page.locator("#old-browser")).to_have_count(0)


def test_the_public_gets_the_hint_too() -> None:
    assert is_public("/old-browser.js")
