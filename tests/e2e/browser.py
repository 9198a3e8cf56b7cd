"""A real Chromium on the real platform: pages of people of a department made for the test.

What no page may do is checked for every page when the test ends: an error in the console (the content policy
reports there too), an exception, or an answer of 400 and more that the test did not provoke.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Response, async_playwright

from tests.e2e.api import Api, Json, uscc
from tests.fixtures.platform import ADMIN_PASSWORD, Platform
from tests.fixtures.room import ROOT

PICTURES = ROOT / "var" / "screens"
DIST = ROOT / "services" / "gateway" / "web" / "dist" / "index.html"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PASSWORD = "Officer#Walks-2018"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# Two false positives (design/frontend.md §4): the overlay taken for the background, and Element Plus's select-all box.
KNOWN = (("color-contrast", "el-select__placeholder"), ("aria-allowed-attr", 'aria-checked="mixed"'))
# Finite animations only: a spinner never ends.
SETTLED = """Promise.all(document.getAnimations()
    .filter(each => each.effect?.getTiming().iterations !== Infinity)
    .map(each => each.finished.catch(() => 0)))"""
# What is wider than it shows. In the console <main> scrolls, not the page; a table scrolls within itself.
SIDEWAYS = """[...document.querySelectorAll(
    'html, #main, header, nav, .panel, .el-dialog, .el-dialog__body, .el-drawer, .el-drawer__body')]
    .filter(each => each.clientWidth && each.scrollWidth > each.clientWidth)
    .map(each => `${each.tagName}#${each.id}.${each.className}: ${each.scrollWidth} in ${each.clientWidth}`)"""
# The browser itself writes a line for each answer of 400 and more. The answers are judged, not the lines.
REFUSED = "the server responded with a status of"
# Whether somebody is signed in is asked by the first page of a visit.
NOBODY_YET = ("GET /api/v1/session", 401)


class Screen:
    """`page(role)`: a signed-in page of the test's own department; `api(role)` and `admin`: without a browser."""

    def __init__(self, browser: Browser, platform: Platform, http: aiohttp.ClientSession) -> None:
        self._browser, self._http = browser, http
        self.platform, self.url = platform, platform.url
        self.department = f"ui{uuid4().hex[:8]}"
        self.department_name = f"市演练局{self.department[2:6]}"
        self.faults: list[str] = []
        self._refused: list[tuple[str, int]] = []
        self._provoked = {NOBODY_YET}
        self._users: dict[str, str] = {}

    def provokes(self, request: str, status: int) -> None:
        """The test wants this refusal: `request` is such as `POST /api/v1/records`, or its beginning."""
        assert request.partition(" ")[2].startswith("/api/")
        self._provoked.add((request, status))

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            path = response.url.removeprefix(self.url).partition("?")[0]
            self._refused.append((f"{response.request.method} {path}", response.status))

    def judge(self) -> None:
        """At the end of the test: no fault of any page, and each refusal was provoked."""
        unforeseen = [
            f"{request} was answered {status}"
            for request, status in self._refused
            if not any(status == known and request.startswith(beginning) for beginning, known in self._provoked)
        ]
        assert not [*self.faults, *unforeseen], "\n".join([*self.faults, *unforeseen])

    async def open(self) -> None:
        self.admin = Api(self._http, self.url)
        await self.admin.sign_in("admin", ADMIN_PASSWORD)
        credit_code = uscc(int(uuid4().hex[:6], 16) % 10**8, head="11140400")
        await self.admin.post(
            "/departments", {"code": self.department, "name": self.department_name, "credit_code": credit_code}
        )

    async def user(self, role: str = "reporter") -> str:
        """The user name of the department's person of that role; made when first asked for."""
        if role == "admin":
            return "admin"
        if role not in self._users:
            name = f"{self.department}_{role}"
            body = {"username": name, "display_name": f"演练{role}", "department": self.department, "role": role}
            await self.admin.post("/users", {**body, "password": "First#Password-2018"})
            api = self.admin.other()
            await api.sign_in(name, "First#Password-2018")
            changed = await api.call("PUT", "/session/password", {"current": "First#Password-2018", "new": PASSWORD})
            assert changed.status == 204, changed
            self._users[role] = name
        return self._users[role]

    def password(self, role: str) -> str:
        return ADMIN_PASSWORD if role == "admin" else PASSWORD

    async def api(self, role: str = "reporter") -> Api:
        api = self.admin.other()
        await api.sign_in(await self.user(role), self.password(role))
        return api

    async def blank(self, *, width: int = 1366, height: int = 768) -> Page:
        """A page of nobody, in a browser context of its own."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=self.url
        )
        context.set_default_timeout(15_000)
        page = await context.new_page()
        context.on("response", self._answered)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and REFUSED not in message.text:
            self.faults.append(f"{message.page.url if message.page else ''}: {message.text}")

    async def page(self, role: str = "reporter", path: str = "/home", **size: int) -> Page:
        page = await self.blank(**size)
        username = await self.user(role)
        answer = await page.context.request.post(
            "/api/v1/session", data={"username": username, "password": self.password(role)}
        )
        assert answer.ok, await answer.text()
        await page.goto(path)
        await page.locator("h1").first.wait_for()
        return page

    async def picture(self, page: Page, name: str) -> Path:
        """Kept under var/screens; dialogs fade in, so a moment later."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        await page.evaluate(SETTLED)
        path = PICTURES / f"{name}.png"
        await page.screenshot(path=path)
        return path

    async def accessible(self, page: Page) -> None:
        """No violation of WCAG 2.1 A and AA, and no sideways scrolling of the page."""
        await page.evaluate(SETTLED)  # a colour in the middle of a fade is nobody's fault
        result = await Axe().run(page, options={"runOnly": RULES})
        bad = [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in result.response["violations"]
            for node in violation["nodes"]
            if not any(violation["id"] == rule and part in node["html"] for rule, part in KNOWN)
        ]
        assert not bad, f"{page.url}\n" + "\n".join(bad)
        wide = await page.evaluate(SIDEWAYS)
        assert not wide, f"{page.url} scrolls sideways: {wide}"

    async def definition(self, dataset: str) -> Json:
        definition: Json = await self.admin.get(f"/datasets/{dataset}")
        return definition


async def choose(scope: Page | Locator, label: str, option: str) -> None:
    """In an Element Plus select: its input lies under its placeholder, so the wrapper is pressed."""
    await scope.get_by_label(label).locator("xpath=ancestor::div[contains(@class,'el-select__wrapper')]").click()
    page = scope if isinstance(scope, Page) else scope.page
    await page.get_by_role("option", name=option, exact=True).locator("visible=true").click()


@asynccontextmanager
async def open_screen(platform: Platform) -> AsyncGenerator[Screen]:
    assert DIST.is_file(), "make web builds the pages first"
    async with aiohttp.ClientSession() as http, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        screen = Screen(browser, platform, http)
        await screen.open()
        yield screen
        await browser.close()
        screen.judge()


@pytest.fixture
async def screen(platform: Platform) -> AsyncGenerator[Screen]:
    async with open_screen(platform) as screen:
        yield screen


def file_of(content: bytes, name: str) -> Any:
    """What a file chooser takes."""
    return {"name": name, "mimeType": "application/vnd.ms-excel", "buffer": content}


async def eventually(locator: Locator, *, within: float = 30.0) -> None:
    async with asyncio.timeout(within + 1):
        await locator.wait_for(timeout=within * 1000)
