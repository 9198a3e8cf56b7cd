"""From the template to a mended upload, by what the screen says alone: 数据上传, 失败日志, 上传记录, 试运行."""

import asyncio
import math
import re
from pathlib import Path

import xlrd
import xlwt
from playwright.async_api import Dialog, Route, expect

from tests.e2e.api import licence, uscc, workbook
from tests.e2e.browser import Screen, choose, eventually, file_of

NAME = "市演练局许可法人.xls"


async def test_an_officer_uploads_mends_and_brings_back(screen: Screen, tmp_path: Path) -> None:  # noqa: PLR0915
    definition = await screen.definition("xzxk_fr")
    rows = [
        licence(1),
        licence(2, XK_XDR=""),
        licence(3, XK_JDRQ="2018-02-30"),
        licence(4, XK_SPLB="一般"),
        licence(5, XK_SPLB="一般"),
    ]
    page = await screen.page("reporter", "/uploads/new")
    await screen.accessible(page)
    await choose(page, "数据类型", definition["name"])
    await page.get_by_role("button", name="上报数据").click()
    await expect(page.get_by_role("alert")).to_contain_text("请先选择要上传的文件")
    chooser = page.locator("input[type=file]")
    await chooser.set_input_files(file_of(b"not a workbook", "数据.xlsx"))
    await expect(page.get_by_role("alert")).to_contain_text("另存为")
    await chooser.set_input_files(file_of(workbook(definition, rows), NAME))
    await screen.picture(page, "upload-chosen")
    await page.get_by_role("button", name="上报数据").click()
    await eventually(page.get_by_text("部分入库：1 行已保存，4 行退回"))
    await screen.picture(page, "upload-result")
    await screen.accessible(page)

    await page.get_by_role("link", name="查看失败日志").click()
    await expect(page.get_by_role("heading", level=2)).to_have_count(4)
    await screen.accessible(page)
    await screen.picture(page, "failures")
    await expect(page.get_by_text("必填项没有填写")).to_be_visible()

    # One row in place, by the form that checks while one types.
    await page.get_by_role("button", name="改正第 5 行").click()
    drawer = page.get_by_role("dialog", name="改正第 5 行")
    await expect(drawer.get_by_text("日历上不存在")).to_be_visible()
    await drawer.get_by_label("许可决定日期").fill("2018-01-14")
    await expect(drawer.get_by_text("日历上不存在")).to_be_hidden()
    await screen.picture(page, "mend")
    await screen.accessible(page)
    await drawer.get_by_role("button", name="保存并入库").click()
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("heading", level=2)).to_have_count(3)

    # One wrong value of a column in all rows.
    await page.get_by_role("listitem").filter(has_text="第 6 行").get_by_role("button", name="批量替换").click()
    dialog = page.get_by_role("dialog", name="批量替换")
    await expect(dialog).to_contain_text("共 2 行。")
    await choose(dialog, "改为", "普通")
    await expect(dialog).to_contain_text("共 2 行，改后全部合格")
    await screen.picture(page, "replace")
    await dialog.get_by_role("button", name="全部替换（2 行）").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("heading", level=2)).to_have_count(1)

    # The last one in the workbook.
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载退回数据表").click()
    rejected = tmp_path / "rejected.xls"
    await (await download.value).save_as(rejected)
    mended = await asyncio.to_thread(_fill, rejected, "行政相对人名称", "长治市第2煤层气有限公司")
    await page.get_by_role("link", name="上传这个表").click()
    await page.locator("input[type=file]").set_input_files(file_of(mended, "退回数据改后.xls"))
    await page.get_by_role("button", name="上报数据").click()
    await eventually(page.get_by_text("全部入库：1 行已保存"))

    await page.get_by_role("menuitem", name="失败日志").click()
    await expect(page.get_by_text("没有待改正的数据")).to_be_visible()
    await page.get_by_role("menuitem", name="上传记录").click()
    await expect(page.get_by_role("row", name=NAME)).to_contain_text("无异常数据")
    await screen.accessible(page)
    await screen.picture(page, "uploads")


async def test_deleting_says_what_it_will_do_and_what_it_did(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2), licence(3, XK_SPLB="一般")]))
    page = await screen.page("reporter", "/uploads")
    row = page.get_by_role("row", name="许可法人.xls")
    await expect(row).to_contain_text("1 行待改正")
    await page.get_by_role("button", name="的数据").click()
    await expect(page.get_by_role("dialog")).to_contain_text("删除这次新增的 2 条数据")
    await expect(page.get_by_role("dialog")).to_contain_text("删除后不再公示。")
    await screen.picture(page, "undo")
    await page.get_by_role("dialog").get_by_role("button", name="删除数据").click()
    await expect(page.get_by_text("已删除 2 条，恢复 0 条。")).to_be_visible()
    await expect(row).to_contain_text("数据已删")
    # What is left cannot be mended any more, and nobody is told to.
    await expect(row).not_to_contain_text("待改正")
    await row.get_by_role("link", name="1 行退回").click()
    await expect(page.get_by_text("已经撤回（删除数据），不能再改正")).to_be_visible()
    await expect(page.get_by_role("heading", name="第 5 行")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("改正|忽略|改为|替换"))).to_have_count(0)
    await page.get_by_role("link", name="上报结果", exact=True).click()
    await expect(page.get_by_text("1 行退回。", exact=False).first).to_be_visible()
    await expect(page.get_by_text("请在失败日志里改正")).to_have_count(0)
    await page.goto("/uploads")
    await page.get_by_role("button", name="的记录").click()
    await page.get_by_role("dialog").get_by_role("button", name="删除记录").click()
    await expect(page.get_by_text("这里还没有上报过的文件")).to_be_visible()


async def test_a_dry_run_shows_before_and_after_and_is_confirmed(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2)]))
    page = await screen.page("reporter", "/uploads/new?dataset=xzxk_fr")
    await page.get_by_text("先试运行").click()
    changed = workbook(definition, [licence(1, XK_XZJG="长治市市场监督管理局"), licence(2), licence(3)])
    await page.locator("input[type=file]").set_input_files(file_of(changed, "试运行.xls"))
    await page.get_by_role("button", name="上传并试运行").click()
    await eventually(page.get_by_text("试运行完成，还没有入库"))
    await page.get_by_role("link", name="看对比并确认").click()
    await page.get_by_role("tab", name="更新（1）").click()
    await expect(page.get_by_text("长治市质量技术监督局", exact=True).first).to_be_visible()
    await expect(page.get_by_text("长治市市场监督管理局", exact=True).first).to_be_visible()
    # A row says whom it is about, and its key.
    await expect(page.get_by_text(f"{licence(1)['XK_XDR']} · {licence(1)['XK_WSH']}", exact=False)).to_be_visible()
    await screen.picture(page, "comparison")
    await screen.accessible(page)
    await page.get_by_role("button", name="确认入库").click()
    await page.get_by_role("dialog").get_by_role("button", name="确认入库").click()
    await eventually(page.get_by_text("全部入库：2 行已保存，1 行与已有数据相同"))


async def test_a_chosen_file_is_not_lost_without_a_word(screen: Screen) -> None:
    page = await screen.page("reporter", "/uploads/new?dataset=xzxk_fr")
    await page.locator("input[type=file]").set_input_files(file_of(b"workbook", NAME))
    await expect(page.get_by_text(NAME)).to_be_visible()
    await page.get_by_role("link", name="看填写说明").click()
    question = page.get_by_role("dialog", name="还没有上报")
    await question.get_by_role("button", name="取消").click()
    await expect(page.get_by_text(NAME)).to_be_visible()
    async with page.expect_event("dialog") as asked:
        await page.evaluate("void setTimeout(() => location.reload())")
    dialog: Dialog = await asked.value
    assert dialog.type == "beforeunload"
    await dialog.dismiss()
    await expect(page.get_by_text(NAME)).to_be_visible()
    await page.get_by_role("link", name="看填写说明").click()
    await question.get_by_role("button", name="不上报，离开").click()
    await page.wait_for_url("**/templates")


async def test_a_file_that_is_gone_is_said_in_words(screen: Screen) -> None:
    screen.provokes("GET /api/v1/uploads/", 404)
    api = await screen.api()
    upload = await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    page = await screen.page("reporter", f"/uploads/{upload['id']}")
    (screen.platform.folder / "blobs" / "uploads" / upload["id"]).unlink()
    await page.get_by_role("link", name="许可法人.xls").click()
    await expect(page.get_by_role("alert").filter(has_text="文件")).to_be_visible()
    assert page.url.endswith(upload["id"])


async def test_each_template_tells_its_size(screen: Screen) -> None:
    page = await screen.page("reporter", "/templates")
    row = page.get_by_role("row", name="行政许可-法人.xls").first
    await expect(row).to_contain_text(re.compile(r"\d+ KB"))
    shown = int(re.findall(r"(\d+) KB", await row.inner_text())[0])
    async with page.expect_download() as download:
        await row.get_by_role("link", name="下载").click()
    size = Path(await (await download.value).path()).stat().st_size
    assert shown == math.ceil(size / 1024)


def _fill(path: Path, label: str, value: str) -> bytes:
    """As an officer would: the one empty cell of the column is filled in, all else stays."""
    book = xlrd.open_workbook(str(path))
    sheet = book.sheet_by_index(0)
    out = xlwt.Workbook(encoding="utf-8")
    page = out.add_sheet("Sheet1")
    heads = [sheet.cell_value(1, column) for column in range(sheet.ncols)]
    column = next(number for number, head in enumerate(heads) if label in str(head))
    for row in range(sheet.nrows):
        for number in range(sheet.ncols):
            found = sheet.cell_value(row, number)
            page.write(row, number, value if row >= 2 and number == column and not found else found)
    done = path.with_name("mended.xls")
    out.save(str(done))
    return done.read_bytes()


async def test_a_double_click_sends_one_file(screen: Screen) -> None:
    definition = await screen.definition("xzxk_fr")
    page = await screen.page("reporter", "/uploads/new?dataset=xzxk_fr")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.locator("input[type=file]").set_input_files(file_of(workbook(definition, [licence(1)]), NAME))
    await page.get_by_role("button", name="上报数据").dblclick()
    await eventually(page.get_by_text("全部入库：1 行已保存"))
    assert [url for url in sent if url.endswith("/uploads")] == [f"{screen.url}/api/v1/uploads"]
    api = await screen.api()
    assert (await api.get("/uploads"))["total"] == 1


async def test_a_row_set_aside_waits_no_more_and_can_be_taken_back(screen: Screen) -> None:
    definition = await screen.definition("xzxk_fr")
    api = await screen.api()
    rows = [licence(1, XK_XDR_SHXYM=uscc(1).lower()), licence(2, XK_SPLB="一般"), licence(3, XK_SPLB="一般")]
    upload = await api.upload("xzxk_fr", workbook(definition, rows))
    await api.post(f"/uploads/{upload['id']}/rows/4/ignore", {"reason": "重复录入"}, status=200)
    page = await screen.page("reporter", "/home")
    await expect(page.get_by_role("row", name="许可法人.xls")).to_contain_text(re.compile(r"1 行$"))
    await page.goto(f"/uploads/{upload['id']}")
    await expect(page.get_by_text("部分入库：1 行已保存，1 行退回，1 行已忽略。")).to_be_visible()
    await page.goto(f"/uploads/{upload['id']}/failures")
    for tab in ("待改正（1）", "有提醒（1）", "已改正（0）", "已忽略（1）"):
        await expect(page.get_by_role("tab", name=tab)).to_be_visible()
    await page.get_by_role("tab", name="有提醒（1）").click()
    await expect(page.get_by_text("显示 1 到 1 条，共 1 条记录")).to_be_visible()
    await page.get_by_role("tab", name="待改正（1）").click()
    await page.get_by_role("button", name="忽略第 5 行").click()
    dialog = page.get_by_role("dialog", name="忽略这一行")
    await dialog.get_by_role("textbox").fill("重复录入")
    # In an outage the reason stays.
    screen.provokes("POST /api/v1/uploads/", 503)
    await page.route("**/rows/5/ignore", lambda route: route.fulfill(status=503, json={"detail": "请稍后再试。"}))
    await dialog.get_by_role("button", name="确认忽略").click()
    await expect(dialog.get_by_text("请稍后再试。")).to_be_visible()
    await expect(dialog.get_by_role("textbox")).to_have_value("重复录入")
    await page.unroute("**/rows/5/ignore")
    await dialog.get_by_role("button", name="确认忽略").click()
    await expect(page.get_by_role("tab", name="待改正（0）")).to_be_visible()
    await expect(page.get_by_role("link", name="下载退回数据表")).to_have_count(0)
    await page.get_by_role("link", name="看上报结果").click()
    await expect(page.get_by_text("部分入库：1 行已保存，2 行已忽略。")).to_be_visible()
    await screen.picture(page, "upload-ignored")
    await page.get_by_role("link", name="查看失败日志").click()
    await expect(page.get_by_role("tab", name="已忽略", selected=True)).to_be_visible()
    await expect(page.get_by_role("button", name="忽略第")).to_have_count(0)
    await page.get_by_role("button", name="改正第 5 行").click()
    drawer = page.get_by_role("dialog", name="改正第 5 行")
    await choose(drawer, "审批类别", "普通")
    await drawer.get_by_role("button", name="保存并入库").click()
    await expect(drawer).to_be_hidden()
    assert (await api.get(f"/uploads/{upload['id']}"))["counts"]["corrected"] == 1


async def test_removing_an_entry_says_what_stays_and_a_dry_run_first_wants_a_word(screen: Screen) -> None:
    definition = await screen.definition("xzxk_fr")
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2), licence(3, XK_SPLB="一般")]))
    doubtful = licence(6, XK_NR="压力容器，电话13800138000")
    waiting = [licence(1, XK_FR="李四"), licence(4), licence(5, XK_SPLB="一般"), doubtful]
    dry = await api.upload("xzxk_fr", workbook(definition, waiting), dry_run="true")
    page = await screen.page("reporter", "/uploads")
    await expect(page.get_by_role("row", name="待确认")).to_be_visible()
    remove = page.get_by_role("button", name=re.compile("^删除 .* 的记录$"))
    await expect(remove).to_have_count(1)
    await remove.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("入库的 2 条数据（新增 2、更新 0）不变、仍然公示")
    await expect(dialog).to_contain_text("还有 1 行待改正，去掉以后不再提醒")
    await dialog.get_by_role("button", name="删除记录").click()
    await expect(page.get_by_text("已从列表里删除，2 条数据没有变动。")).to_be_visible()

    # What the dry run would not take is listed beside what it would.
    counts = dry["counts"]
    assert counts["rejected"] == 1
    assert counts["warned"] > 0
    await page.goto(f"/uploads/{dry['id']}")
    await page.get_by_role("tab", name="错误（1）").click()
    await expect(page.get_by_role("row", name="审批类别：一般")).to_contain_text("5")
    await screen.accessible(page)
    await screen.picture(page, "dry-run-errors")
    await page.get_by_role("tab", name=f"警告（{counts['warned']}）").click()
    await expect(page.locator(".el-table__body tr")).to_have_count(counts["warned"])
    await page.get_by_role("tab", name="新增（2）").click()
    await expect(page.get_by_role("row", name=waiting[1]["XK_WSH"])).to_be_visible()
    # Its rows are not shown in the columns of the next tab until that has its own.
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route(re.compile("size=10&forecast=updated"), hold)
    await page.get_by_role("tab", name="更新（1）").click()
    await expect(page.get_by_role("status", name="正在加载")).to_be_visible()
    await expect(page.get_by_role("row", name=waiting[1]["XK_WSH"])).to_have_count(0)
    held.set()
    await expect(page.get_by_role("row", name="李四")).to_be_visible()
