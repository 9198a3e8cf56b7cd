"""What a page may weigh (design/frontend.md §2): the script bytes that cross the wire, compressed by gzip."""

import pytest
from playwright.async_api import Page, Request

from tests.e2e.api import licence, workbook
from tests.e2e.browser import Screen
from tests.e2e.test_ui_pages import ADMIN, OFFICER

LIGHT, TABLE = 150, 240  # KiB of script: sign-in and the public site; a page with a table
# A chart beside the table (design/frontend.md §2: 327 KB), and the designer.
HEAVIER = {"/statistics", "/admin/datasets/new", "/admin/datasets/xzxk_fr"}


async def script_bytes(page: Page, path: str) -> dict[str, int]:
    """By file name. On plain http, as on the extranet, Chromium asks for gzip and never for brotli."""
    await page.goto("about:blank")
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Network.enable")
    await cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await page.set_extra_http_headers({"Accept-Encoding": "gzip"})
    done: list[Request] = []
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108  # a bound C method is refused
    await page.goto(path)
    await page.locator("h1, h2").first.wait_for()
    await page.wait_for_load_state("networkidle")
    scripts = [request for request in done if request.resource_type == "script"]
    return {request.url.rsplit("/", 1)[-1]: (await request.sizes())["responseBodySize"] for request in scripts}


def within(path: str, sizes: dict[str, int], kib: int) -> None:
    assert sizes, f"{path}: no script at all"
    total = sum(sizes.values()) / 1024
    heavy = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    print(f"{path}: {total:.1f} KiB of script in {len(sizes)} files")
    assert total <= kib, f"{path}: {total:.0f} KiB of script, at most {kib}: {heavy}"


@pytest.mark.parametrize("path", ["/", "/?category=penalty", "/platform", "/portal"])
async def test_sign_in_and_public_pages_are_light(screen: Screen, path: str) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    within(path, await script_bytes(await screen.blank(), path), LIGHT)


async def test_a_published_record_is_light(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    found = await api.get("/public/records?dataset=xzxk_fr&size=1")
    path = f"/public/records/{found['items'][0]['id']}"
    within(path, await script_bytes(await screen.blank(), path), LIGHT)


@pytest.mark.parametrize(("role", "pages"), [("reporter", OFFICER), ("admin", ADMIN)])
async def test_pages_with_tables_stay_within_their_budget(screen: Screen, role: str, pages: list[str]) -> None:
    api = await screen.api()
    rows = [licence(1), licence(2, XK_XDR="")]
    upload = await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), rows))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    page = await screen.page(role, "/messages")
    for path in pages:
        if path.partition("?")[0] not in HEAVIER:
            within(path, await script_bytes(page, path.format(upload=upload["id"], record=record["id"])), TABLE)
