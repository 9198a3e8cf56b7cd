"""The keyboard alone, from signing in to a mended row: Tab, Enter, arrows, Space and letters."""

import asyncio

from playwright.async_api import FileChooser, Page, expect

from tests.e2e.api import licence, workbook
from tests.e2e.browser import PASSWORD, Screen, eventually, file_of

# Of the focused element: what a reader is told, and its role.
FOCUSED = """() => {
    const element = document.activeElement
    const labels = [...(element.labels ?? [])].map(one => one.getAttribute('aria-label') || one.textContent).join(' ')
    const label = element.getAttribute('aria-label') || labels
    const role = element.getAttribute('role') || element.type || element.tagName.toLowerCase()
    return { name: (label || element.textContent || element.placeholder || '').replace(/\\s+/g, ''), role }
}"""
# All by which an element could look focused: its frame may stand around it or beside it.
LOOK = """element => {
    const looks = []
    for (let each = element, up = 0; each && up < 4; each = each.parentElement, up += 1) {
        const style = getComputedStyle(each)
        looks.push(style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color, style.left)
    }
    for (const part of element.parentElement?.querySelectorAll('*') ?? []) {
        const style = getComputedStyle(part)
        looks.push(style.outline, style.boxShadow, style.borderColor)
    }
    return looks.join('|')
}"""
# The policy of the page allows no style sheet from a script; one made as an object it does not forbid.
STILL = """() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }')
    document.adoptedStyleSheets = [sheet]
}"""
FURTHEST = 90


class Keyboard:
    """Walks by Tab; each stop on the way must look different while it has the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.invisible: set[str] = set()

    async def press(self, key: str) -> None:
        await self.page.keyboard.press(key)

    async def step(self, key: str = "Tab") -> tuple[str, str]:
        await self.page.evaluate(STILL)
        before = await self.page.evaluate_handle("document.activeElement")
        shown = await before.evaluate(LOOK)
        name = (await self.page.evaluate(FOCUSED))["name"]
        await self.press(key)
        connected = await before.evaluate("element => element.isConnected && element !== document.body")
        moved = await before.evaluate("element => element !== document.activeElement")
        if connected and moved and await before.evaluate(LOOK) == shown:
            self.invisible.add(f"{self.page.url} {name[:60]}")
        now = await self.page.evaluate(FOCUSED)
        return now["name"], now["role"]

    async def reach(self, wanted: str, *roles: str) -> None:
        """Tab until what is called `wanted` (spaces do not count) has the focus."""
        stops = []
        for _ in range(FURTHEST):
            name, role = await self.step()
            if wanted in name and (not roles or role in roles):
                return
            stops.append(f"{role}:{name[:24]}")
        raise AssertionError(f"{wanted} is not reached by Tab: {stops}")

    async def choose(self, option: str) -> None:
        """In the select that has the focus."""
        await self.press("Enter")
        wanted = self.page.get_by_role("option", name=option, exact=True).locator("visible=true")
        await wanted.wait_for()
        for _ in range(20):
            if "is-hovering" in (await wanted.get_attribute("class") or ""):
                break
            await self.press("ArrowDown")
        await self.press("Enter")


async def test_from_signing_in_to_a_mended_row(screen: Screen) -> None:  # noqa: PLR0915
    definition = await screen.definition("xzxk_fr")
    page = await screen.blank()
    keys = Keyboard(page)
    # Listened for from the start: the browser must know before the key is pressed that nobody sees its own window.
    chosen: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
    page.on("filechooser", lambda chooser: chosen.set_result(chooser))  # noqa: PLW0108  # Playwright takes no built-in
    await page.goto("/portal")
    await expect(page.get_by_label("用户名")).to_be_focused()
    await page.keyboard.type(await screen.user())
    await keys.reach("密码", "password")
    await page.keyboard.type(PASSWORD)
    await keys.press("Enter")
    await page.wait_for_url("**/home")
    await page.get_by_role("heading", level=1).wait_for()

    # The first stop of a page: over the menus to what it is about.
    await page.reload()
    await page.get_by_role("heading", level=1).wait_for()
    assert (await keys.step())[0] == "跳到主要内容"
    await expect(page.get_by_role("link", name="跳到主要内容")).to_be_in_viewport(ratio=1)
    await keys.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await keys.reach("数据上传", "a")
    await keys.press("Enter")
    await page.wait_for_url("**/uploads/new")

    await page.get_by_role("heading", name="选择类型").wait_for()
    await keys.reach("数据类型")
    await keys.choose(definition["name"])
    await expect(page.locator(".chosen-line")).to_contain_text(definition["name"])
    await keys.reach("选择文件", "button")
    await keys.press("Enter")
    rows = [licence(1), licence(2, XK_XDR="")]
    async with asyncio.timeout(15):
        await (await chosen).set_files(file_of(workbook(definition, rows), "许可法人.xls"))
    await expect(page.get_by_text("许可法人.xls")).to_be_visible()
    # Arrows choose, Space ticks.
    await keys.reach("合格的先入库", "radio")
    await keys.press("ArrowDown")
    await expect(page.get_by_role("radio", name="全部合格才入库")).to_be_checked()
    await keys.press("ArrowUp")
    await expect(page.get_by_role("radio", name="合格的先入库")).to_be_checked()
    await keys.reach("先试运行", "checkbox")
    await keys.press("Space")
    await expect(page.get_by_role("checkbox", name="先试运行")).to_be_checked()
    await keys.press("Space")
    await keys.reach("上报数据", "button")
    await keys.press("Enter")
    await eventually(page.get_by_text("部分入库：1 行已保存，1 行退回"))
    await keys.reach("查看失败日志", "a")
    await keys.press("Enter")

    await page.get_by_role("heading", name="第 4 行").wait_for()
    await keys.reach("改正第4行", "button")
    await keys.press("Enter")
    drawer = page.get_by_role("dialog", name="改正第 4 行")
    await drawer.wait_for()
    await keys.reach("行政相对人名称")
    await page.keyboard.type("长治市第2煤层气有限公司")
    await keys.reach("保存并入库", "button")
    await screen.picture(page, "keyboard")
    await keys.press("Enter")
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_text("没有待改正的行了")).to_be_visible()
    assert not keys.invisible, "\n".join(sorted(keys.invisible))


async def test_a_dialog_keeps_the_focus_and_gives_it_back(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    page = await screen.page("reporter", "/uploads")
    keys = Keyboard(page)
    await page.get_by_role("row", name="许可法人.xls").wait_for()
    await keys.reach("许可法人.xls的数据", "button")
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.wait_for()
    for _ in range(6):
        await keys.step()
        assert await dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    assert "许可法人.xls的数据" in (await page.evaluate(FOCUSED))["name"]
    assert not keys.invisible, "\n".join(sorted(keys.invisible))


async def test_the_menu_is_walked_by_arrows(screen: Screen) -> None:
    page = await screen.page("reporter", "/home")
    keys = Keyboard(page)
    await keys.reach("首页", "menuitem")  # the page's own item is the menu's one stop
    assert (await keys.step("ArrowDown"))[0] == "数据统计"
    assert (await keys.step("ArrowDown"))[0].startswith("双公示信息管理")
    await keys.press("ArrowLeft")  # closes the group
    licences = page.get_by_role("menuitem", name="行政许可信息管理")
    await expect(licences).to_be_hidden()
    await keys.press("ArrowRight")
    await expect(licences).to_be_visible()
    assert (await keys.step("ArrowDown"))[0] == "行政许可信息管理"
    await keys.press("Enter")
    await page.wait_for_url("**/licences")
    await page.get_by_role("heading", level=1, name="行政许可信息管理").wait_for()
    assert (await keys.step("Home"))[0] == "便捷查询"
    await keys.press("Space")
    await page.wait_for_url("**/subjects")
    await keys.reach("名称或代码")
    await page.keyboard.type("没有这家公司")
    await keys.press("Enter")
    await expect(page.get_by_text("没有找到")).to_be_visible()
    assert not keys.invisible, "\n".join(sorted(keys.invisible))


async def test_a_record_is_entered_and_revoked(screen: Screen) -> None:
    definition = await screen.definition("xzxk_fr")
    page = await screen.page("reporter", "/licences")
    keys = Keyboard(page)
    await page.get_by_role("heading", level=1, name="行政许可信息管理").wait_for()
    await keys.reach("新增", "button")
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("许可决定日期").first.wait_for()
    for field in definition["fields"]:
        value = licence(1).get(field["code"])
        if not value:
            continue
        await keys.reach("".join(field["label"].split()))
        if field["type"] == "choice":
            label = next(choice["label"] for choice in field["choices"] if choice["value"] == value)
            await keys.choose(label if label == value else f"{label}（{value}）")
        else:
            await page.keyboard.type(value)
    await keys.reach("保存", "button")
    await keys.press("Enter")
    await expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name=licence(1)["XK_XDR"])
    await expect(row).to_contain_text("公示中")

    await keys.reach("选择当前行", "checkbox")
    await keys.press("Space")
    await keys.reach("撤销", "button")
    await keys.press("Enter")
    opinion = page.get_by_role("dialog", name="撤销意见")
    await opinion.wait_for()
    await page.keyboard.type("公示期已满")
    await keys.reach("确认撤销", "button")
    await keys.press("Enter")
    await expect(row).to_contain_text("已撤销")
    assert not keys.invisible, "\n".join(sorted(keys.invisible))
