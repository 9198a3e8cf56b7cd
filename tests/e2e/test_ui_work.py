"""What people do besides reporting: settle a lost race, read messages and the audit, make tokens and users."""

import asyncio
import re

from playwright.async_api import Locator, expect

from deploy.client.uploads import STATES
from shared.contracts.uploads import STATE_NAMES
from tests.e2e.api import Api, Json, licence, penalty, uscc, workbook
from tests.e2e.browser import PASSWORD, Screen, choose
from tests.fixtures.room import ROOT

FIRST_PASSWORD = "First#Password-2018"
AUDITED = re.compile(r"(?:audit\.add|record|_audit)\(\s*conn,[^\"]*?\"([a-z]+\.[a-z_]+)\"")


async def _changed(api: Api, record_id: str, **changes: str) -> None:
    """Saved by somebody else, on whatever revision there is."""
    record: Json = await api.get(f"/records/{record_id}")
    body = {"revision": record["revision"], "values": {**record["values"], **changes}}
    answer = await api.call("PUT", f"/records/{record_id}", body)
    assert answer.status == 200, answer


async def test_a_lost_race_is_settled_field_by_field(screen: Screen) -> None:
    screen.provokes("PUT /api/v1/records/", 409)
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    other = await screen.api("manager")
    page = await screen.page("reporter", f"/records/{record['id']}")
    await page.get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("法定代表人").first.fill("王五")
    await dialog.get_by_label("许可内容").first.fill("压力容器和锅炉")
    await dialog.get_by_label("许可决定日期").first.fill("2018-01-12")
    await _changed(other, record["id"], XK_FR="赵六", XK_JDRQ="2018-01-11", XK_XMMC="特种设备使用登记证")
    await dialog.get_by_role("button", name="保存").click()

    race = dialog.get_by_role("group", name="演练manager")
    await expect(race).to_contain_text("有 2 项你们都改了")
    await expect(race.get_by_role("table", name="采用对方的")).to_contain_text("特种设备使用登记证")
    await expect(race.get_by_role("table", name="保留您的")).to_contain_text("压力容器和锅炉")
    done = race.get_by_role("button", name="按所选合并并保存")
    await expect(done).to_be_disabled()
    await race.get_by_role("radio", name="用我的：王五").check()
    await race.get_by_role("radio", name="用对方的：2018-01-11").check()
    await screen.accessible(page)
    await screen.picture(page, "lost-race")

    await _changed(other, record["id"], XK_FR="孙七")  # and again, while the choice was made
    await done.click()
    await expect(race).to_contain_text("孙七")
    await race.get_by_role("radio", name="用我的：王五").check()
    await done.click()
    await expect(dialog).to_be_hidden()
    values = (await api.get(f"/records/{record['id']}"))["values"]
    assert values["XK_FR"] == "王五"
    assert values["XK_JDRQ"] == "2018-01-11"
    assert values["XK_XMMC"] == "特种设备使用登记证"
    assert values["XK_NR"] == "压力容器和锅炉"


async def _saved(dialog: Locator) -> int:
    """The status of the answer."""
    async with dialog.page.expect_response(lambda answer: answer.request.method == "PUT") as answer:
        await dialog.get_by_role("button", name="保存").click()
    return (await answer.value).status


async def test_two_officers_press_the_button_at_once(screen: Screen) -> None:
    """One is stored; the other, whoever that is, sees what the first did and loses nothing of what was typed."""
    screen.provokes("PUT /api/v1/records/", 409)
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    dialogs = []
    theirs = ("王五", "压力容器和锅炉")
    for role, field, value in zip(("reporter", "manager"), ("法定代表人", "许可内容"), theirs, strict=True):
        page = await screen.page(role, f"/records/{record['id']}")
        await page.get_by_role("button", name="修改").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label(field).first.fill(value)
        dialogs.append(dialog)
    answers = await asyncio.gather(*(_saved(dialog) for dialog in dialogs))
    assert sorted(answers) == [200, 409]
    late = dialogs[answers.index(409)]
    await expect(late.get_by_role("group", name="演练")).to_contain_text(theirs[answers.index(200)])
    await late.get_by_role("button", name="按所选合并并保存").click()
    for dialog in dialogs:
        await expect(dialog).to_be_hidden()
    values = (await api.get(f"/records/{record['id']}"))["values"]
    assert (values["XK_FR"], values["XK_NR"]) == ("王五", "压力容器和锅炉")


async def test_messages_are_filtered_and_lead_to_their_thing(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    upload = await api.upload("xzxk_fr", workbook(definition, [licence(1), licence(2, XK_XDR="")]))
    await api.upload("xzxk_fr", workbook(definition, [licence(3)]))
    page = await screen.page("reporter", "/messages")
    messages = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("button"))
    await choose(page, "消息种类", "待改正")
    await expect(messages).to_have_count(1)
    assert page.url.endswith("/messages?kind=rows_waiting")
    await screen.accessible(page)
    await screen.picture(page, "messages")
    await messages.get_by_role("button").click()
    await page.wait_for_url(f"{screen.url}/uploads/{upload['id']}")
    # What was done meanwhile is said where the message stands.
    mended = await api.call(
        "PATCH", f"/uploads/{upload['id']}/rows/4", {"values": {"XK_XDR": "长治市第2煤层气有限公司"}}
    )
    assert mended.status == 200
    await page.goto("/messages?kind=rows_waiting")
    await expect(messages).to_contain_text("已全部改正。")
    await screen.accessible(page)
    await screen.picture(page, "messages-settled")
    await expect(messages).to_have_count(1)
    await expect(messages.get_by_text("未读")).to_have_count(0)
    await page.get_by_text("未读", exact=True).click()
    await expect(page.get_by_text("没有未读的消息")).to_be_visible()
    await page.goto("/messages?unread=1")
    await expect(messages.first).to_contain_text("上报完成")
    await page.get_by_role("button", name="全部已读").click()
    await expect(page.get_by_text("没有未读的消息")).to_be_visible()
    assert (await api.get("/messages"))["unread"] == 0


async def test_a_token_is_made_copied_and_used(screen: Screen) -> None:
    page = await screen.page("reporter", "/account")
    purpose = page.get_by_label("令牌用途")
    await purpose.fill("许可系统自动上报")
    await page.get_by_role("button", name="新建令牌").click()
    await page.get_by_role("button", name="复制新令牌").click()
    await expect(page.get_by_text("已复制。")).to_be_visible()
    await screen.accessible(page)
    await screen.picture(page, "token")
    await purpose.focus()
    await page.keyboard.press("Control+v")
    api = screen.admin.other()
    api.token = await purpose.input_value()
    assert api.token == await page.get_by_label("新令牌", exact=True).input_value()
    upload = await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    assert upload["state"] == "stored"
    await page.get_by_role("button", name="停用 许可系统自动上报").click()
    await page.get_by_role("dialog", name="停用令牌").get_by_role("button", name="停用", exact=True).click()
    await expect(page.get_by_text("已停用。")).to_be_visible()
    assert (await api.call("GET", "/uploads")).status == 401


async def test_a_department_and_its_first_officer(screen: Screen) -> None:
    screen.provokes("POST /api/v1/departments", 422)
    code, name, username = f"n{screen.department[2:]}", f"新设局{screen.department[2:]}", f"n{screen.department[2:]}_1"
    page = await screen.page("admin", "/admin/departments")
    await page.get_by_role("button", name="新建部门").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("编码", exact=True).fill(code)
    await dialog.get_by_label("名称", exact=True).fill(name)
    await dialog.get_by_label("统一社会信用代码").fill("123")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_label("统一社会信用代码").fill(uscc(int(screen.department[2:8], 16) % 10**8, head="12140400"))
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_be_hidden()
    await page.get_by_label("部门名称或编码").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name=name)).to_contain_text("使用中")

    await page.goto("/admin/users")
    await page.get_by_role("button", name="新建账号").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("用户名").fill(username)
    await dialog.get_by_label("姓名").fill("新来的")
    await choose(dialog, "部门", name)
    await dialog.get_by_label("初始密码").fill(FIRST_PASSWORD)
    await screen.accessible(page)
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_be_hidden()
    await choose(page, "部门", name)
    await expect(page.get_by_role("row", name=username)).to_contain_text("填报员")
    assert page.url.endswith(f"/admin/users?department={code}")
    await screen.accessible(page)
    await screen.picture(page, "users-filtered")
    await choose(page, "按角色筛选", "查询员")
    await expect(page.get_by_text("没有符合条件的账号")).to_be_visible()

    page = await screen.blank()
    await page.goto("/home")
    await page.get_by_label("用户名").fill(username)
    await page.get_by_label("密码", exact=True).fill(FIRST_PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_label("现在的密码").fill(FIRST_PASSWORD)
    await page.get_by_label("新密码", exact=True).fill(PASSWORD)
    await page.get_by_label("再输入一次新密码").fill(PASSWORD)
    await page.get_by_role("button", name="保存新密码").click()
    await page.wait_for_url(f"{screen.url}/home")
    await expect(page.get_by_role("link", name="欢迎您")).to_contain_text(name)


async def test_a_dialog_of_the_office_keeps_what_was_typed_and_takes_enter(screen: Screen) -> None:
    screen.provokes("POST /api/v1/departments", 422)
    screen.provokes("POST /api/v1/users", 422)
    page = await screen.page("admin", "/admin/departments")
    for path, button, label in (("departments", "新建部门", "名称"), ("users", "新建账号", "姓名")):
        await page.goto(f"/admin/{path}")
        await page.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog", name=button)
        await page.keyboard.press("Escape")  # nothing was typed
        await expect(dialog).to_be_hidden()
        await page.get_by_role("button", name=button).click()
        await dialog.get_by_label(label, exact=True).fill("新设局")
        await page.keyboard.press("Escape")
        await page.get_by_role("dialog", name="没有保存").get_by_role("button", name="取消").click()
        await expect(dialog.get_by_label(label, exact=True)).to_have_value("新设局")
        await dialog.get_by_label(label, exact=True).press("Enter")
        await expect(dialog.get_by_role("alert")).to_be_visible()  # the server was asked
        await dialog.get_by_role("button", name="取消").click()
        await page.get_by_role("dialog", name="没有保存").get_by_role("button", name="不保存，离开").click()
        await expect(dialog).to_be_hidden()


async def test_a_manager_opens_and_closes_an_account_of_the_own_department(screen: Screen) -> None:
    await screen.user("reporter")
    page = await screen.page("manager", "/home")
    await page.get_by_role("link", name="系统管理").click()
    await expect(page.get_by_role("menuitem", name="部门管理")).to_have_count(0)
    await page.get_by_role("menuitem", name="用户管理").click()
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows.filter(has_text="演练reporter")).to_be_visible()
    await expect(page.get_by_role("row", name="系统管理员")).to_have_count(0)
    username = f"{screen.department}_new"
    await page.get_by_role("button", name="新建账号").click()
    dialog = page.get_by_role("dialog", name="新建账号")
    await expect(dialog.get_by_label("部门")).to_have_count(0)
    await dialog.get_by_label("用户名").fill(username)
    await dialog.get_by_label("姓名").fill("新来的")
    await dialog.get_by_label("初始密码").fill(FIRST_PASSWORD)
    await dialog.get_by_role("button", name="保存").click()
    row = page.get_by_role("row", name=username)
    await expect(row).to_contain_text("填报员")
    made = (await screen.admin.get(f"/users?q={username}"))["items"][0]
    assert made["department"]["code"] == screen.department
    await row.get_by_role("button", name="停用").click()
    await page.get_by_role("dialog", name="停用账号").get_by_role("button", name="停用", exact=True).click()
    await expect(row.get_by_role("button", name="启用")).to_be_visible()
    assert not (await screen.admin.get(f"/users?q={username}"))["items"][0]["active"]
    await screen.picture(page, "manager-users")
    # A name that is looked for is in no address, and Back brings it.
    await page.get_by_label("姓名或用户名").fill("新来的")
    await page.keyboard.press("Enter")
    await expect(rows.filter(has_text="演练reporter")).to_have_count(0)
    assert page.url.endswith("/admin/users")
    await page.get_by_role("menuitem", name="我的账号").click()
    await page.get_by_role("heading", name="我的账号").wait_for()
    await page.go_back()
    await expect(page.get_by_label("姓名或用户名")).to_have_value("新来的")
    await expect(row).to_be_visible()
    await expect(rows.filter(has_text="演练reporter")).to_have_count(0)


async def test_a_viewer_reads_everything_and_changes_nothing(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1), licence(2, XK_SPLB="一般")]))
    page = await screen.page("viewer", "/home")
    await expect(page.get_by_role("link", name="数据上传")).to_have_count(0)
    await page.get_by_role("menuitem", name="上传记录").click()
    row = page.get_by_role("row", name="许可法人.xls")
    await expect(row).to_contain_text("1 行待改正")
    await expect(row.get_by_role("button")).to_have_count(0)
    await row.get_by_role("link", name="1 行待改正").click()
    await expect(page.get_by_text("不在可填的范围内")).to_be_visible()
    await expect(page.get_by_text("您的账号只能查看")).to_be_visible()
    await page.get_by_role("link", name="上报结果", exact=True).click()
    await expect(page.get_by_text("请在失败日志里查看退回的行。")).to_be_visible()
    await page.get_by_role("menuitem", name="失败日志").click()
    await page.get_by_role("link", name="查看 许可法人.xls", exact=True).click()
    await expect(page.get_by_role("link", name="上传这个表")).to_have_count(0)
    await page.get_by_text("整行内容").click()
    await expect(page.get_by_role("definition").filter(has_text="长治市第2煤层气有限公司")).to_be_visible()
    await expect(page.get_by_role("definition").filter(has_text="一般")).to_have_text("有错：一般")
    await expect(page.get_by_role("button", name=re.compile("改正|忽略|改为|替换"))).to_have_count(0)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载退回数据表").click()
    assert (await download.value).suggested_filename.endswith(".xls")
    await page.get_by_role("menuitem", name="行政许可信息管理").click()
    await expect(page.get_by_role("button", name=re.compile("^(新增|修改|删除|撤销)"))).to_have_count(0)
    await page.get_by_role("row", name="长治市第1煤层气有限公司").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("数据详情")
    await expect(page.get_by_role("button", name="修改")).to_have_count(0)
    await screen.picture(page, "viewer-record")


async def test_the_audit_is_filtered_and_reads_in_words(screen: Screen) -> None:
    api = await screen.api()
    upload = await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    page = await screen.page("admin", f"/admin/audit?department={screen.department}")
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows.filter(has_text="上报文件")).to_contain_text("行政许可")
    await page.get_by_label("操作人姓名").fill("还没有查")
    await choose(page, "操作种类", "登录：全部")
    await expect(rows.filter(has_text="上报文件")).to_have_count(0)
    await expect(rows.filter(has_text=f"用户 {screen.department}_reporter").first).to_contain_text(
        screen.department_name
    )
    assert "action=session" in page.url
    await expect(page.get_by_label("操作人姓名")).to_have_value("还没有查")
    await choose(page, "操作种类", "上报文件")
    await page.get_by_label("操作人姓名").fill("演练reporter")
    await page.keyboard.press("Enter")
    await expect(rows.filter(has_text="演练reporter")).to_have_count(1)
    assert "reporter" not in page.url
    await screen.accessible(page)
    await screen.picture(page, "audit-filtered")
    await page.get_by_role("link", name=f"上报 {upload['id'][:8]}").click()
    await page.wait_for_url(f"{screen.url}/uploads/{upload['id']}")
    await page.go_back()
    await expect(rows.filter(has_text="上报文件").first).to_be_visible()
    assert "action=upload.registered" in page.url
    await expect(page.get_by_label("操作人姓名")).to_have_value("演练reporter")
    await expect(rows.filter(has_text="上报文件")).to_have_count(1)
    await page.get_by_role("button", name="清除条件").click()
    await expect(page.get_by_label("操作人姓名")).to_have_value("")
    assert page.url.endswith("/admin/audit")


def test_a_state_has_one_name_everywhere() -> None:
    """In the pages, in messages and errors, and in the client."""
    pages = (ROOT / "services/gateway/web/src/lib/format.ts").read_text()
    states = pages.partition("UPLOAD_STATES")[2].partition("RECORD_STATES")[0]
    shown = dict(re.findall(r"(\w+): \{ text: '([^']+)'", states))
    assert shown == {state.value: name for state, name in STATE_NAMES.items()} == STATES


def test_every_action_of_the_audit_has_its_name() -> None:
    pages = (ROOT / "services/gateway/web/src/pages/admin/audit.ts").read_text()
    sources = [*ROOT.glob("services/records/**/*.py"), *ROOT.glob("services/auth/**/*.py")]
    written = {action for source in sources for action in AUDITED.findall(source.read_text())}
    assert {"record.revoked", "session.refused", "user.password_reset", "rows.replaced"} <= written
    assert not [action for action in sorted(written) if f"'{action}'" not in pages]


async def test_back_on_the_public_list(screen: Screen) -> None:
    api = await screen.api()
    name = f"{screen.department_name}煤层气"
    rows = [penalty(number, CF_XDR_MC=f"{name}{number}有限公司") for number in range(1, 13)]
    await api.upload("xzcf_fr", workbook(await screen.definition("xzcf_fr"), rows))
    page = await screen.blank()
    await page.goto("/?category=penalty")
    await page.get_by_role("searchbox").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("第 1 / 2 页，共 12 条")).to_be_visible()
    await page.get_by_role("button", name="下一页").click()
    await expect(page.get_by_text("第 2 / 2 页")).to_be_visible()
    found = page.get_by_role("main").get_by_role("listitem")
    await expect(found).to_have_count(2)
    await found.first.get_by_role("link").click()
    await page.wait_for_url("**/public/records/*")
    await page.go_back()
    await expect(page.get_by_text("第 2 / 2 页，共 12 条")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("第 2 / 2 页，共 12 条")).to_be_visible()
    await expect(page.get_by_role("searchbox")).to_have_value(name)
    assert page.url == f"{screen.url}/?category=penalty&page=2"
    await page.go_back()
    await expect(page.get_by_text("第 1 / 2 页，共 12 条")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("searchbox")).to_have_value("")
    for number in ("14040219800101123X", "140402800101123"):
        await page.get_by_role("searchbox").fill(number)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("不能用居民身份证号查询")).to_be_visible()
        assert number not in page.url


async def test_an_enterprise_is_found_by_its_code_and_read_as_a_timeline(screen: Screen) -> None:
    api = await screen.api()
    code = uscc(int(screen.department[2:8], 16) % 10**8)
    name = f"{screen.department_name}建材有限公司"
    await api.upload(
        "xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1, XK_XDR=name, XK_XDR_SHXYM=code)])
    )
    rows = [penalty(1, CF_XDR_MC=name, CF_XDR_SHXYM=code), penalty(2, CF_XDR_MC=name, CF_XDR_SHXYM=code)]
    await api.upload("xzcf_fr", workbook(await screen.definition("xzcf_fr"), rows))
    page = await screen.page("reporter", "/subjects")
    await page.get_by_role("textbox", name="名称或代码").fill(" ".join(re.findall(".{1,4}", code)))
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=name).click()
    await expect(page.get_by_text("共 3 条")).to_contain_text("行政处罚-法人 2 条")
    days = page.locator("ol.timeline > li b.num")
    await expect(days).to_have_text(["2026-11-10", "2026-11-10", "2018-01-15"])
    await screen.accessible(page)
    await screen.picture(page, "subject")
    await page.go_back()
    await expect(page.get_by_role("link", name=name)).to_be_visible()
    assert page.url == f"{screen.url}/subjects"


async def test_a_long_history_has_pages(screen: Screen) -> None:
    api = await screen.api()
    await api.upload("xzxk_fr", workbook(await screen.definition("xzxk_fr"), [licence(1)]))
    record = (await api.get("/records?dataset=xzxk_fr"))["items"][0]
    for number in range(20):
        await _changed(api, record["id"], XK_NR=f"压力容器{number}台")
    page = await screen.page("reporter", f"/records/{record['id']}")
    await expect(page.locator("ol.history > li")).to_have_count(20)
    await page.get_by_role("button", name="2", exact=True).or_(page.get_by_label("第 2 页")).first.click()
    await expect(page.locator("ol.history > li")).to_have_count(1)
    await expect(page.locator("ol.history > li")).to_contain_text("新增")
    await screen.accessible(page)
