"""失败日志 where something changed since: the dataset, what a save left behind, whether rows may be mended at all."""

import re
from uuid import uuid4

from playwright.async_api import Route, expect

from tests.e2e.api import Json, licence, workbook
from tests.e2e.browser import Screen, choose, eventually


async def unavailable(route: Route) -> None:
    await route.fulfill(status=503, json={"title": "暂时连不上", "detail": "请稍后再试。"})


def awards(code: str) -> Json:
    """A dataset of which the public sees nothing."""
    fields = [
        {"code": "NO", "label": "证书编号", "required": True},
        {"code": "MC", "label": "单位名称", "required": True, "in_list": True},
        {"code": "DJ", "label": "奖项等级", "required": True},
        {"code": "RQ", "label": "认定日期", "type": "date"},
    ]
    return {
        "code": code,
        "name": f"演练奖{code[-4:]}",
        "category": "other",
        "subject": "legal_person",
        "key": ["NO"],
        "roles": {"name": "MC", "document": "NO"},
        "fields": fields,
    }


async def test_rows_are_mended_by_their_version_when_the_dataset_is_anothers_today(screen: Screen) -> None:
    code = f"t_{uuid4().hex[:8]}"
    made = await screen.admin.post("/datasets", awards(code))
    rows = [{"NO": str(number), "MC": f"第{number}公司", "RQ": "2026-01-05"} for number in (1, 2)]
    api = await screen.api()
    rows.append({"NO": "3", "MC": "第3公司", "DJ": "一等", "RQ": "2026-02-30"})
    upload = await api.upload(code, workbook(made, rows))
    assert upload["counts"]["rejected"] == len(rows)
    later = awards(code)
    later["fields"].append({"code": "MORE", "label": "新加的列", "required": True})
    answer = await screen.admin.call("PUT", f"/datasets/{code}", later)
    assert answer.status == 200, answer
    page = await screen.page("reporter", f"/uploads/{upload['id']}/failures")
    await expect(page.get_by_text("上传的表按第 2 版检查")).to_be_visible()
    await expect(page.get_by_role("link", name="上传这个表")).to_be_visible()

    answer = await screen.admin.call("PUT", f"/datasets/{code}", {**later, "departments": ["another"]})
    assert answer.status == 200, answer
    await page.reload()
    await expect(page.get_by_text("本部门现在不再上报这类数据")).to_be_visible()
    await expect(page.get_by_role("link", name="上传这个表")).to_have_count(0)
    # All of a row, folded until somebody wants to see it.
    await expect(page.get_by_role("definition")).to_have_count(0)
    await page.get_by_text("整行内容").first.click()
    await expect(page.get_by_role("definition")).to_have_text(["1", "第1公司", "有错：（空）", "2026-01-05"])
    await screen.accessible(page)
    await screen.picture(page, "failures-whole-row")

    # What was left empty, in all rows at once.
    await page.get_by_role("button", name="批量替换").first.click()
    dialog = page.get_by_role("dialog", name="批量替换")
    await expect(dialog).to_contain_text("（空）")
    await dialog.get_by_label("改为").fill("二等")
    await dialog.get_by_role("button", name="全部替换（2 行）").click()
    await expect(dialog).to_be_hidden()

    await page.get_by_role("button", name="改正第 5 行").click()
    drawer = page.get_by_role("dialog", name="改正第 5 行")
    await expect(drawer.get_by_label("新加的列")).to_have_count(0)
    await drawer.get_by_label("认定日期").fill("2026-02-28")
    await drawer.get_by_role("button", name="保存并入库").click()
    await expect(drawer).to_be_hidden()
    await page.get_by_role("link", name="上报结果", exact=True).click()
    await expect(page.get_by_text("全部入库：3 行已保存。")).to_be_visible()

    # Nothing of it is public, and nothing is said of that.
    await page.goto("/reports")
    for button in ("的记录", "的数据"):
        await page.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("3 条")
        await expect(dialog).not_to_contain_text("公示")
        await dialog.get_by_role("button", name="取消").click()
        await expect(dialog).to_be_hidden()


async def test_a_save_that_leaves_the_row_rejected_is_what_the_next_one_starts_from(screen: Screen) -> None:
    definition, api = await screen.definition("xzxk_fr"), await screen.api()
    same = {"XK_XDR": licence(1)["XK_XDR"], "XK_XDR_SHXYM": licence(1)["XK_XDR_SHXYM"]}
    await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2, **same)]))
    bad = licence(3, XK_SPLB="一般", **same)
    upload = await api.upload("xzxk_fr", workbook(definition, [bad]), on_duplicate="reject")
    page = await screen.page("reporter", f"/uploads/{upload['id']}/failures")
    change, drawer = page.get_by_role("button", name="改正第 3 行"), page.get_by_role("dialog", name="改正第 3 行")
    number, save = drawer.get_by_label("行政许可决定书文号"), drawer.get_by_role("button", name="保存并入库")
    await change.click()
    await choose(drawer, "审批类别", "普通")
    await number.fill(licence(1)["XK_WSH"])
    await expect(drawer.get_by_text("重复即拒绝")).to_be_visible()  # said while one types

    # The check does not answer: only the save says so, and keeps what was typed.
    screen.provokes("POST /api/v1/uploads/", 503)
    await page.route("**/rows/3/check", unavailable)
    await save.click()
    await expect(drawer.get_by_role("alert").filter(has_text="重复即拒绝")).to_be_visible()
    await drawer.get_by_role("button", name="返回").click()
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("dialog")).to_have_count(0)  # all of it was saved

    await change.click()
    await number.fill(licence(2)["XK_WSH"])
    await save.click()
    await expect(drawer.get_by_role("alert").filter(has_text="重复即拒绝")).to_be_visible()
    await number.fill(licence(1)["XK_WSH"])  # what the drawer was opened with
    await save.click()
    await expect(save).to_be_enabled()
    kept = (await api.get(f"/uploads/{upload['id']}/rows?outcome=rejected"))["items"][0]
    assert kept["values"]["XK_WSH"] == licence(1)["XK_WSH"]
    await number.fill(bad["XK_WSH"])
    await save.click()
    await expect(drawer).to_be_hidden()
    assert (await api.get(f"/uploads/{upload['id']}"))["state"] == "stored"


async def test_a_dry_run_is_mended_until_it_is_cancelled_and_says_so(screen: Screen) -> None:
    definition, api = await screen.definition("xzxk_fr"), await screen.api()
    rows = [licence(1), licence(2, XK_SPLB="一般"), licence(3, XK_SPLB="一般")]
    upload = await api.upload("xzxk_fr", workbook(definition, rows), dry_run="true")
    page = await screen.page("reporter", f"/uploads/{upload['id']}/failures")
    await page.get_by_role("button", name="改正第 4 行").click()
    drawer = page.get_by_role("dialog", name="改正第 4 行")
    await choose(drawer, "审批类别", "普通")
    await drawer.get_by_role("button", name="保存改正").click()
    await expect(page.get_by_text("第 4 行已改正，确认入库后入库。")).to_be_visible()

    # Without its numbers nothing is confirmed, and no count is left open.
    screen.provokes("GET /api/v1/uploads/", 503)
    await page.route("**/comparison?*", unavailable)
    await page.goto(f"/uploads/{upload['id']}")
    await expect(page.get_by_role("button", name="再试一次")).to_be_visible()
    await page.get_by_role("button", name="确认入库").click()
    await eventually(page.locator(".el-message").filter(has_text="请稍后再试"))
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.unroute("**/comparison?*")
    await page.get_by_role("button", name="再试一次").click()
    await expect(page.get_by_role("tab", name="新增（2）")).to_be_visible()

    await page.get_by_role("button", name="放弃这次试运行").click()
    await page.get_by_role("dialog").get_by_role("button", name="取消这次上报").click()
    await expect(page.get_by_text("已取消，没有入库。").first).to_be_visible()
    await page.goto(f"/uploads/{upload['id']}/failures")
    await expect(page.get_by_text("这次上报已取消")).to_be_visible()
    await expect(page.get_by_role("tab", name="退回（1）")).to_be_visible()
    await expect(page.get_by_role("heading", name="第 5 行")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("改正|忽略|改为|替换"))).to_have_count(0)
    await screen.picture(page, "failures-cancelled")
