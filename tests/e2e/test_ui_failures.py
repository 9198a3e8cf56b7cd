"""失败日志 with ten thousand rows stays quick; a failed-rows workbook that LibreOffice has changed closes its rows."""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

from playwright.async_api import expect

from tests.bench.files import shipped
from tests.e2e.api import licence, workbook
from tests.e2e.browser import Screen, eventually, file_of
from tests.workbooks import good_rows, make_workbook, spoiled

MANY = 10_000
QUICK = 5.0  # seconds; under 1 s on a quiet machine


async def within(what: str, seen: Awaitable[None], since: float) -> None:
    """Measured to the moment the page shows it."""
    await seen
    took = time.monotonic() - since
    print(f"{what}: {took:.2f} s")
    assert took < QUICK, f"{what} took {took:.1f} s"


async def test_ten_thousand_failed_rows_stay_quick(screen: Screen) -> None:
    api = await screen.api()
    rows = spoiled(good_rows("xzxk_fr", MANY, seed=77), 1)
    answer = await api.send("xzxk_fr", make_workbook(shipped("xzxk_fr"), rows))
    upload = await api.finished(answer.json["id"], within=120)
    assert upload["counts"]["rejected"] == MANY
    page = await screen.page("reporter", "/home")

    begun = time.monotonic()
    await page.goto(f"/uploads/{upload['id']}/failures")
    await within("opened", page.get_by_role("heading", name="第 3 行").wait_for(), begun)
    await expect(page.get_by_text("共 10,000 条记录")).to_be_visible()
    begun = time.monotonic()
    await page.get_by_role("button", name="下一页").click()
    await within("next page", page.get_by_role("heading", name="第 13 行").wait_for(), begun)
    begun = time.monotonic()
    await page.get_by_label("页", exact=True).fill("1000")
    await page.keyboard.press("Enter")
    await within("last page", page.get_by_role("heading", name=f"第 {MANY + 2} 行").wait_for(), begun)
    begun = time.monotonic()
    await page.get_by_text(f"整行内容：第 {MANY + 2} 行").click()
    await within("whole row", page.get_by_role("definition").last.wait_for(), begun)
    begun = time.monotonic()
    await page.get_by_role("button", name=f"改正第 {MANY + 2} 行").click()
    await within("form", page.get_by_role("dialog").get_by_role("button", name="保存并入库").wait_for(), begun)
    await page.keyboard.press("Escape")
    begun = time.monotonic()
    await page.goto("/failures")
    await within("waiting", page.get_by_text("10000 行", exact=True).wait_for(), begun)


async def soffice(profile: Path, kind: str, file: Path) -> Path:
    """`file` as LibreOffice writes it in another format, in a folder of its own."""
    out = file.parent / kind.split(":", maxsplit=1)[0]
    words = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", kind]
    process = await asyncio.create_subprocess_exec(*words, "--outdir", str(out), str(file))
    async with asyncio.timeout(90):
        assert await process.wait() == 0
    return out / f"{file.stem}.{kind.split(':', maxsplit=1)[0]}"


async def test_a_workbook_changed_by_libreoffice_closes_its_rows(screen: Screen, tmp_path: Path) -> None:
    definition = await screen.definition("xzxk_fr")
    wrong = [licence(1), licence(2, XK_SPLB="一般"), licence(3, XK_SPLB="一般"), licence(4, XK_JDRQ="2018-02-30")]
    api = await screen.api()
    upload = await api.upload("xzxk_fr", workbook(definition, wrong))
    page = await screen.page("reporter", f"/uploads/{upload['id']}/failures")
    await expect(page.get_by_role("heading", level=2)).to_have_count(3)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载退回数据表").click()
    rejected = tmp_path / "rejected.xls"
    await (await download.value).save_as(rejected)

    # An officer corrects two of three in LibreOffice Calc and saves as Excel 97-2003.
    flat = await soffice(tmp_path / "profile", "fods", rejected)
    cells = flat.read_text()
    assert cells.count("<text:p>一般</text:p>") == 2
    flat.write_text(cells.replace("<text:p>一般</text:p>", "<text:p>普通</text:p>"))
    mended = await soffice(tmp_path / "profile", "xls:MS Excel 97", flat)

    await page.get_by_role("link", name="上传这个表").click()
    await page.locator("input[type=file]").set_input_files(file_of(mended.read_bytes(), "退回数据改后.xls"))
    await page.get_by_role("button", name="上报数据").click()
    await eventually(page.get_by_text("部分入库：2 行已保存，1 行退回"))

    await page.goto(f"/uploads/{upload['id']}/failures?view=corrected")
    await expect(page.get_by_role("heading", level=2)).to_have_count(2)
    await screen.picture(page, "failures-libreoffice")
    records = await api.get("/records?dataset=xzxk_fr&size=50")
    assert {record["values"]["XK_WSH"] for record in records["items"]} == {row["XK_WSH"] for row in wrong[:3]}

    # The third row, still wrong, is corrected in its new upload: then nothing waits any more, in the first neither.
    await page.goto("/failures")
    await page.get_by_role("link", name="改正 退回数据改后.xls", exact=True).click()
    await page.get_by_role("button", name="改正第 5 行").click()
    drawer = page.get_by_role("dialog", name="改正第 5 行")
    await drawer.get_by_label("许可决定日期").fill("2018-01-14")
    await drawer.get_by_role("button", name="保存并入库").click()
    await expect(drawer).to_be_hidden()
    await page.get_by_role("menuitem", name="失败日志").click()
    await expect(page.get_by_text("没有待改正的数据")).to_be_visible()
