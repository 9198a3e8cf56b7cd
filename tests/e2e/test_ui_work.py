"""What people do besides reporting: settle a lost race, read messages and the audit, make tokens and users."""

from playwright.async_api import expect

from tests.e2e.api import Api, Json, licence, workbook
from tests.e2e.browser import Screen


async def _changed(api: Api, record_id: str, **changes: str) -> None:
    """Saved by somebody else, on whatever revision there is."""
    record: Json = await api.get(f"/records/{record_id}")
    body = {"revision": record["revision"], "values": {**record["values"], **changes}}
    answer = await api.call("PUT", f"/records/{record_id}", body)
    assert answer.status == 200, answer


async def test_a_lost_race_is_settled_field_by_field(screen: Screen) -> None:
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
