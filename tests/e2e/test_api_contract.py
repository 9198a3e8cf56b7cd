"""api.md, line by line, from outside: one platform of real processes, one department after the other."""

import asyncio
import io
import itertools
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import xlrd
import xlwt

from tests.e2e.api import Api, Json, id_card, licence, penalty, workbook
from tests.fixtures.platform import Platform

pytestmark = pytest.mark.integration

PASSWORD = "Changzhi#2018ok"
numbers = itertools.count(1)


class Office:
    """A department with its three kinds of officers, signed in."""

    def __init__(self, code: str, name: str, manager: Api, reporter: Api, viewer: Api) -> None:
        self.code, self.name = code, name
        self.manager, self.reporter, self.viewer = manager, reporter, viewer


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def admin(http: aiohttp.ClientSession, platform: Platform) -> Api:
    api = Api(http, platform.url)
    await api.sign_in("admin", platform.admin_password)
    return api


async def make_office(admin: Api) -> Office:
    number = next(numbers)
    code, name = f"zjj{uuid4().hex[:8]}", f"市质监局{number}"
    await admin.post(
        "/departments",
        {"code": code, "name": name, "short_name": name, "region": "140400", "credit_code": None, "active": True},
    )
    apis = []
    for role in ("manager", "reporter", "viewer"):
        username = f"{role}_{code}"
        user = await admin.post(
            "/users",
            {
                "username": username,
                "display_name": f"{name}{role}",
                "department": code,
                "role": role,
                "password": "First#2018pass",
            },
        )
        assert user["must_change_password"] is True
        api = admin.other()
        await api.sign_in(username, "First#2018pass")
        refused = await api.call("GET", "/uploads")
        assert (refused.status, refused.json["type"]) == (403, "/problems/password-change-required")
        changed = await api.call("PUT", "/session/password", {"current": "First#2018pass", "new": PASSWORD})
        assert changed.status in (200, 204), changed
        if (await api.call("GET", "/session")).status != 200:
            await api.sign_in(username, PASSWORD)
        apis.append(api)
    return Office(code, name, *apis)


@pytest.fixture
async def office(admin: Api) -> Office:
    return await make_office(admin)


@pytest.fixture
async def xzxk_fr(office: Office) -> Json:
    definition: Json = await office.reporter.get("/datasets/xzxk_fr")
    return definition


def fresh(count: int, **changes: str) -> list[dict[str, str]]:
    return [licence(next(numbers) + 100_000, **changes) for _ in range(count)]


def problem(answer: Any, status: int, slug: str) -> Json:
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer
    body: Json = answer.json
    assert body["type"] == f"/problems/{slug}", answer
    assert body["status"] == status
    assert body["request_id"]
    assert any("一" <= c <= "鿿" for c in body["detail"]), answer
    return body


async def test_a_session_begins_and_ends(admin: Api, platform: Platform) -> None:
    stranger = admin.other()
    problem(await stranger.call("GET", "/uploads"), 401, "unauthenticated")
    problem(
        await stranger.call("POST", "/session", {"username": "admin", "password": "wrong-1A!"}),
        401,
        "wrong-credentials",
    )
    body = await stranger.sign_in("admin", platform.admin_password)
    assert body["user"]["username"] == "admin"
    assert body["user"]["role"] == "admin"
    assert body["user"]["must_change_password"] is False
    assert set(body["user"]) >= {"id", "username", "display_name", "department", "role", "active", "last_sign_in_at"}
    again = await stranger.get("/session")
    assert (again["csrf_token"], again["user"]["id"]) == (body["csrf_token"], body["user"]["id"])
    without = await stranger.call("POST", "/tokens", {"name": "x", "expires_in_days": 1}, **{"X-CSRF-Token": "no"})
    assert without.status == 403
    assert (await stranger.call("DELETE", "/session")).status in (200, 204)
    assert (await stranger.call("GET", "/session")).status == 401


async def test_a_token_needs_no_csrf_and_dies_with_its_user(admin: Api, office: Office) -> None:
    token = await office.reporter.post("/tokens", {"name": "接口", "expires_in_days": 30})
    machine = admin.other()
    machine.token = token["token"]
    assert (await machine.get("/uploads"))["total"] == 0
    listed = await office.reporter.get("/tokens")
    assert [item["id"] for item in listed["items"]] == [token["id"]]
    assert "token" not in listed["items"][0]
    user = (await office.reporter.get("/session"))["user"]
    disabled = await admin.call("PATCH", f"/users/{user['id']}", {"active": False})
    assert disabled.status == 200, disabled
    assert (await machine.call("GET", "/uploads")).status == 401
    assert (await office.reporter.call("GET", "/uploads")).status == 401


async def test_an_upload_keeps_good_rows_and_names_every_problem(office: Office, xzxk_fr: Json) -> None:
    rows = fresh(8)
    rows[3] |= {"XK_XDR_SHXYM": rows[3]["XK_XDR_SHXYM"][:-1] + "*", "XK_JDRQ": "2099-01-01", "XK_XMMC": ""}
    rows[5]["XK_SPLB"] = "不知道"
    upload = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows))
    assert upload["state"] == "partly_stored"
    counts = {k: upload["counts"][k] for k in ("total", "inserted", "updated", "unchanged", "rejected")}
    assert counts == {"total": 8, "inserted": 6, "updated": 0, "unchanged": 0, "rejected": 2}
    assert upload["department"] == {"code": office.code, "name": office.name}
    assert upload["dataset"]["code"] == "xzxk_fr"
    assert upload["finished_at"]
    ledger = await office.viewer.get(f"/uploads/{upload['id']}/rows?outcome=rejected&size=50")
    assert [row["row"] for row in ledger["items"]] == [6, 8]
    first = {item["field"]: item for item in ledger["items"][0]["problems"] if item["severity"] == "error"}
    assert {"XK_XMMC", "XK_XDR_SHXYM", "XK_JDRQ"} <= set(first)
    assert first["XK_XMMC"]["code"] == "required"
    assert first["XK_JDRQ"]["code"] == "in_future"
    assert first["XK_XDR_SHXYM"]["code"] in ("bad_check_digit", "bad_format")
    assert first["XK_JDRQ"]["cell"][1:] == "6"
    [choice] = [p for p in ledger["items"][1]["problems"] if p["severity"] == "error"]
    assert (choice["code"], choice["field"], choice["value"]) == ("not_in_list", "XK_SPLB", "不知道")
    good = await office.viewer.get(f"/uploads/{upload['id']}/rows?outcome=inserted&size=50")
    assert good["total"] == 6
    assert all(row["record_id"] for row in good["items"])
    records = await office.viewer.get("/records?dataset=xzxk_fr&size=50")
    assert records["total"] == 6
    record = await office.viewer.get(f"/records/{good['items'][0]['record_id']}")
    assert record["source"] == {"upload_id": upload["id"], "row": 3}
    assert record["state"] == "published"
    assert record["revision"] == 1
    assert record["values"]["XK_JDRQ"] == "2018-01-15"


async def test_a_row_is_mended_in_place_ignored_or_brought_back(office: Office, xzxk_fr: Json) -> None:
    rows = fresh(5)
    for index in (0, 1, 2):
        rows[index]["XK_SPLB"] = "乱填"
    upload = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows))
    where = f"/uploads/{upload['id']}"
    still = await office.reporter.call("PATCH", f"{where}/rows/3", {"values": {"XK_SPLB": "还是乱填"}})
    assert (still.status, still.json["outcome"]) == (200, "rejected")
    mended = await office.reporter.call("PATCH", f"{where}/rows/3", {"values": {"XK_SPLB": "普通"}})
    assert (mended.status, mended.json["outcome"], mended.json["problems"]) == (200, "corrected", [])
    assert mended.json["record_id"]
    assert (await office.viewer.call("PATCH", f"{where}/rows/4", {"values": {"XK_SPLB": "普通"}})).status == 403
    ignored = await office.reporter.call("POST", f"{where}/rows/4/ignore")
    assert (ignored.status, ignored.json["outcome"]) == (200, "ignored")
    sheet = await office.reporter.call("GET", f"{where}/rejected.xls")
    assert sheet.status == 200
    page = xlrd.open_workbook(file_contents=sheet.body, formatting_info=True).sheet_by_index(0)
    labels = page.row_values(1)
    reason = next(i for i, label in enumerate(labels) if "原因" in label)
    category = next(i for i, label in enumerate(labels) if "审批类别" in label)
    assert page.nrows == 3
    assert page.cell_value(2, category) == "乱填"
    assert "审批类别" in page.cell_value(2, reason)
    book = xlwt.Workbook(encoding="utf-8")
    copy = book.add_sheet("Sheet1")
    for r in range(page.nrows):
        for c in range(page.ncols):
            copy.write(r, c, "普通" if (r, c) == (2, category) else page.cell_value(r, c))
    book.save(stream := io.BytesIO())
    again = await office.reporter.upload("xzxk_fr", stream.getvalue())
    assert again["state"] == "stored"
    assert again["counts"]["inserted"] == 1
    before = await office.reporter.get(where)
    assert before["counts"]["rejected"] == 1
    assert (await office.reporter.get(f"{where}/rows?outcome=corrected"))["total"] == 2
    assert (await office.reporter.get("/records?dataset=xzxk_fr"))["total"] == 4


async def test_the_same_rows_again_are_unchanged_updated_skipped_or_refused(office: Office, xzxk_fr: Json) -> None:
    rows = fresh(4)
    content = workbook(xzxk_fr, rows)
    first = await office.reporter.upload("xzxk_fr", content)
    second = await office.reporter.upload("xzxk_fr", content)
    assert second["same_file_as"] == first["id"]
    assert (second["counts"]["unchanged"], second["state"]) == (4, "stored")
    rows[0]["XK_FR"] = "王五"
    third = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows))
    assert (third["counts"]["updated"], third["counts"]["unchanged"]) == (1, 3)
    rows[0]["XK_FR"] = "赵六"
    skipped = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows), on_duplicate="skip")
    assert skipped["counts"]["unchanged"] == 4
    row = (await office.reporter.get(f"/uploads/{skipped['id']}/rows"))["items"][0]
    assert ("warning", "duplicate_existing") in {(p["severity"], p["code"]) for p in row["problems"]}
    refused = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows), on_duplicate="reject")
    assert (refused["state"], refused["counts"]["rejected"]) == ("rejected", 4)
    twice = fresh(1) * 2
    doubled = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, twice))
    [bad] = (await office.reporter.get(f"/uploads/{doubled['id']}/rows?outcome=rejected"))["items"]
    assert (bad["row"], bad["problems"][0]["code"]) == (4, "duplicate_in_file")
    record = (await office.reporter.get("/records?dataset=xzxk_fr&q=" + rows[0]["XK_XDR"]))["items"][0]
    history = await office.reporter.get(f"/records/{record['id']}/history")
    actions = [item["action"] for item in sorted(history["items"], key=lambda item: item["revision"])]
    assert actions == ["created", "updated"]
    changed = next(item for item in history["items"] if item["action"] == "updated")
    assert (changed["before"]["XK_FR"], changed["after"]["XK_FR"]) == ("张三", "王五")


async def test_undo_gives_back_what_was(office: Office, xzxk_fr: Json) -> None:
    rows = fresh(3)
    await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows))
    changed = [{**row, "XK_FR": "王五"} for row in rows] + fresh(2)
    second = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, changed))
    records = {r["values"]["XK_WSH"]: r for r in (await office.reporter.get("/records?dataset=xzxk_fr"))["items"]}
    edited = records[rows[2]["XK_WSH"]]
    put = await office.reporter.call(
        "PUT", f"/records/{edited['id']}", {"revision": edited["revision"], "values": {**rows[2], "XK_FR": "手改"}}
    )
    assert put.status == 200, put
    stale = await office.reporter.call(
        "PUT", f"/records/{edited['id']}", {"revision": edited["revision"], "values": rows[2]}
    )
    assert stale.status == 409
    undone = await office.reporter.call("DELETE", f"/uploads/{second['id']}/data")
    assert undone.status == 200, undone
    assert undone.json == {"removed": 2, "restored": 2, "kept": [{"record_id": edited["id"], "row": 5}]}
    after = {r["values"]["XK_WSH"]: r for r in (await office.reporter.get("/records?dataset=xzxk_fr"))["items"]}
    assert {k: v["values"]["XK_FR"] for k, v in after.items()} == {
        rows[0]["XK_WSH"]: "张三",
        rows[1]["XK_WSH"]: "张三",
        rows[2]["XK_WSH"]: "手改",
    }
    entry = await office.reporter.get(f"/uploads/{second['id']}")
    assert entry["data_deleted_at"]
    assert (await office.reporter.call("DELETE", f"/uploads/{second['id']}")).status in (200, 204)
    listed = await office.reporter.get("/uploads")
    assert second["id"] not in {item["id"] for item in listed["items"]}
    shown = await office.reporter.get("/uploads?deleted=true")
    assert second["id"] in {item["id"] for item in shown["items"]}


async def test_a_dry_run_waits_and_atomic_is_all_or_nothing(office: Office, xzxk_fr: Json) -> None:
    rows = fresh(3)
    dry = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows), dry_run="true")
    assert dry["state"] == "awaiting_confirmation"
    assert (await office.reporter.get("/records?dataset=xzxk_fr"))["total"] == 0
    confirmed = await office.reporter.call("POST", f"/uploads/{dry['id']}/confirm")
    assert confirmed.status in (200, 202), confirmed
    done = await office.reporter.finished(dry["id"], states={"stored"})
    assert done["counts"]["inserted"] == 3
    other = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, fresh(2)), dry_run="true")
    cancelled = await office.reporter.call("POST", f"/uploads/{other['id']}/cancel")
    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    assert (await office.reporter.call("POST", f"/uploads/{other['id']}/confirm")).status == 409
    mixed = fresh(3)
    mixed[1]["XK_SPLB"] = "乱填"
    atomic = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, mixed), mode="atomic")
    assert atomic["state"] == "rejected"
    outcomes = [row["outcome"] for row in (await office.reporter.get(f"/uploads/{atomic['id']}/rows"))["items"]]
    assert outcomes == ["pending", "rejected", "pending"]
    assert (await office.reporter.get("/records?dataset=xzxk_fr"))["total"] == 3


async def test_a_department_sees_only_its_own(admin: Api, office: Office, xzxk_fr: Json) -> None:
    rival = await make_office(admin)
    upload = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, fresh(2)))
    record = (await office.reporter.get("/records?dataset=xzxk_fr"))["items"][0]
    for method, path in [
        ("GET", f"/uploads/{upload['id']}"),
        ("GET", f"/uploads/{upload['id']}/rows"),
        ("GET", f"/uploads/{upload['id']}/file"),
        ("GET", f"/uploads/{upload['id']}/rejected.xls"),
        ("DELETE", f"/uploads/{upload['id']}"),
        ("DELETE", f"/uploads/{upload['id']}/data"),
        ("GET", f"/records/{record['id']}"),
        ("GET", f"/records/{record['id']}/history"),
        ("DELETE", f"/records/{record['id']}"),
    ]:
        answer = await rival.manager.call(method, path)
        assert answer.status == 404, (method, path, answer)
    assert (await rival.manager.get("/records?dataset=xzxk_fr"))["total"] == 0
    assert (await rival.manager.get("/uploads"))["total"] == 0
    original = await office.viewer.call("GET", f"/uploads/{upload['id']}/file")
    assert original.body[:4] == b"\xd0\xcf\x11\xe0"
    assert (await office.viewer.send("xzxk_fr", workbook(xzxk_fr, fresh(1)))).status == 403
    assert (await office.reporter.send("no_such_set", workbook(xzxk_fr, fresh(1)))).status == 404


async def test_the_door_tells_files_apart(office: Office, xzxk_fr: Json) -> None:
    zipped = await office.reporter.send("xzxk_fr", b"PK\x03\x04" + b"\0" * 200)
    if zipped.status == 202:
        assert (await office.reporter.finished(zipped.json["id"]))["failure"]["code"] == "not_xls"
    else:
        problem(zipped, 415, "not_xls")
    form = aiohttp.FormData({"dataset": "xzxk_fr"}, default_to_multipart=True)
    assert (await office.reporter.call("POST", "/uploads", data=form)).status == 422
    empty = await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, []))
    assert (empty["state"], empty["failure"]["code"]) == ("failed", "no_rows")


async def test_a_record_lives_by_hand(office: Office) -> None:
    values = licence(next(numbers) + 500_000, XK_JDRQ="2018/1/15", XK_JZQ="长期")
    made = await office.reporter.call("POST", "/records", {"dataset": "xzxk_fr", "values": values})
    assert made.status == 201, made
    record = made.json
    assert (record["values"]["XK_JDRQ"], record["values"]["XK_JZQ"]) == ("2018-01-15", "2099-12-31")
    assert record["source"] is None
    bad = await office.reporter.call("POST", "/records", {"dataset": "xzxk_fr", "values": {"XK_WSH": "1"}})
    assert {e["code"] for e in problem(bad, 422, bad.json["type"].rsplit("/", 1)[1])["errors"]} >= {"required"}
    where = f"/records/{record['id']}"
    assert (await office.reporter.call("POST", f"{where}/revocation", {"reason": ""})).status == 422
    revoked = await office.reporter.call("POST", f"{where}/revocation", {"reason": "公示期已满"})
    assert revoked.status in (200, 201), revoked
    now = await office.reporter.get(where)
    assert (now["state"], now["revocation"]["reason"]) == ("revoked", "公示期已满")
    assert (await office.reporter.call("GET", f"/public/records/{record['id']}")).status == 404
    back = await office.reporter.call("DELETE", f"{where}/revocation", {"reason": "撤错了"})
    assert back.status in (200, 204), back
    assert (await office.reporter.get(where))["state"] == "published"
    many = await office.reporter.call("POST", "/records/revocations", {"ids": [record["id"]], "reason": "批量"})
    assert many.status == 200, many
    assert (await office.reporter.call("DELETE", where, {"reason": "录错"})).status in (200, 204)
    history = await office.reporter.get(f"{where}/history")
    actions = [item["action"] for item in sorted(history["items"], key=lambda item: item["revision"])]
    assert actions == ["created", "revoked", "restored", "revoked", "deleted"]


async def test_the_public_sees_published_masked_fields_only(office: Office) -> None:
    anyone = office.reporter.other()
    number = next(numbers)
    citizen = id_card(number)
    values = licence(number + 700_000, XK_XDR="王小明", XK_XDR_SFZ=citizen)
    del values["XK_XDR_SHXYM"], values["XK_FR"]
    made = await office.reporter.call("POST", "/records", {"dataset": "xzxk_zrr", "values": values})
    assert made.status == 201, made
    shown = await anyone.get(f"/public/records/{made.json['id']}")
    assert set(shown) >= {"id", "dataset", "department", "values", "published_at", "published_until"}
    text = str(shown)
    assert citizen not in text
    assert "19800101" not in text
    assert "王小明" not in text
    assert "王*" in text
    assert (await anyone.get(f"/public/records?dataset=xzxk_zrr&q={citizen}"))["total"] == 0
    old = penalty(number + 800_000, CF_JDRQ="2018-01-15", SJC="2018-01-16")
    over = await office.reporter.call("POST", "/records", {"dataset": "xzcf_fr", "values": old})
    assert over.json["state"] == "expired", over
    assert (await anyone.call("GET", f"/public/records/{over.json['id']}")).status == 404
    new = await office.reporter.call("POST", "/records", {"dataset": "xzcf_fr", "values": penalty(number + 900_000)})
    found = await anyone.get(f"/public/records?dataset=xzcf_fr&q={new.json['values']['CF_XDR_MC']}")
    assert [item["id"] for item in found["items"]] == [new.json["id"]]
    assert {item["code"] for item in (await anyone.get("/public/datasets"))["items"]} >= {"xzxk_fr", "xzcf_fr"}


async def test_figures_messages_subjects_and_audit(admin: Api, office: Office, xzxk_fr: Json) -> None:
    rows = fresh(10)
    rows[0]["XK_SPLB"] = rows[1]["XK_SPLB"] = "乱填"
    await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, rows))
    figures = await office.manager.get("/statistics?group_by=dataset")
    [line] = [item for item in figures["items"] if item["key"] == "xzxk_fr"]
    assert (line["reported"], line["stored"], line["stored_rate"]) == (10, 8, 0.8)
    assert set(line) >= {"key", "label", "qualified_rate", "on_time_rate", "late", "revoked"}
    messages = await office.reporter.get("/messages")
    assert messages["unread"] >= 1
    assert set(messages["items"][0]) >= {"id", "kind", "title", "body", "link", "created_at", "read_at"}
    await office.reporter.post(f"/messages/{messages['items'][0]['id']}/read", status=200)
    assert (await office.reporter.get("/messages"))["unread"] == messages["unread"] - 1
    await office.reporter.post("/messages/read", status=200)
    assert (await office.reporter.get("/messages?unread=true"))["total"] == 0
    subjects = await office.reporter.get(f"/subjects?q={rows[5]['XK_XDR_SHXYM']}")
    [subject] = subjects["items"]
    assert subject["name"] == rows[5]["XK_XDR"]
    whole = await office.reporter.get(f"/subjects/{subject['id']}")
    assert len(whole["records"]) == 1
    searched = await office.reporter.post("/subjects/search", {"q": rows[5]["XK_XDR"]}, status=200)
    assert searched["items"][0]["id"] == subject["id"]
    audit = await admin.get("/audit?size=200")
    assert set(audit["items"][0]) >= {"at", "actor", "action", "object", "department", "address"}
    assert (await office.manager.call("GET", "/audit")).status == 403


async def test_live_events_follow_an_upload(office: Office, xzxk_fr: Json) -> None:
    reporter = office.reporter
    async with reporter.http.get(f"{reporter.base}/api/v1/events", headers={"Cookie": reporter.cookie}) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        upload = await reporter.upload("xzxk_fr", workbook(xzxk_fr, fresh(3)))
        async with asyncio.timeout(10):
            async for line in stream.content:
                if line.startswith(b"data:") and upload["id"].encode() in line and b'"stored"' in line:
                    break


async def test_templates_and_exports_are_workbooks(office: Office, xzxk_fr: Json) -> None:
    answer = await office.reporter.call("GET", "/datasets/xzxk_fr/template.xls")
    assert answer.status == 200
    book = xlrd.open_workbook(file_contents=answer.body)
    assert book.sheet_names()[1] == "填写说明"
    labels = book.sheet_by_index(0).row_values(1)
    assert len([label for label in labels if label]) == len(xzxk_fr["fields"])
    await office.reporter.upload("xzxk_fr", workbook(xzxk_fr, fresh(2, XK_FR="=cmd|' /C calc'!A0")))
    exported = await office.reporter.call("GET", "/records/export.xls?dataset=xzxk_fr")
    sheet = xlrd.open_workbook(file_contents=exported.body).sheet_by_index(0)
    cells = [sheet.cell(r, c) for r in range(sheet.nrows) for c in range(sheet.ncols)]
    assert [c.ctype for c in cells if "cmd|" in str(c.value)] == [xlrd.XL_CELL_TEXT] * 2


async def test_an_admin_makes_a_dataset_without_code(admin: Api, office: Office) -> None:
    code = f"test_set_{next(numbers)}"
    draft = {
        "code": code,
        "name": "名牌产品目录",
        "category": "other",
        "subject": "legal_person",
        "standard": "市标",
        "departments": [office.code],
        "key": ["MC", "RQ"],
        "fields": [
            {"code": "MC", "label": "企业名称", "type": "text", "required": True, "max_length": 50, "identifier": None,
             "choices": [], "hint": "", "example": "", "visibility": "public", "in_list": True, "in_filter": True},
            {"code": "RQ", "label": "认定日期", "type": "date", "required": True, "max_length": 10, "identifier": None,
             "choices": [], "hint": "", "example": "", "visibility": "public", "in_list": True, "in_filter": False},
        ],
        "rules": [{"kind": "not_in_future", "field": "RQ"}],
    }  # fmt: skip
    made = await admin.call("POST", "/datasets", draft)
    assert (made.status, made.json["version"]) == (201, 1), made
    assert (await admin.call("POST", "/datasets", draft)).status == 409
    upload = await office.reporter.upload(code, workbook(made.json, [{"MC": "甲公司", "RQ": "2018年1月5日"}]))
    assert upload["state"] == "stored"
    draft["fields"][0]["max_length"] = 2  # type: ignore[index]
    second = await admin.call("PUT", f"/datasets/{code}", draft)
    assert (second.status, second.json["version"]) == (200, 2), second
    again = await office.reporter.upload(code, workbook(made.json, [{"MC": "乙公司", "RQ": "2018-01-05"}]))
    assert (again["state"], again["dataset"]["version"]) == ("rejected", 2)
    record = (await office.reporter.get(f"/records?dataset={code}"))["items"][0]
    assert record["dataset"]["version"] == 1
    rival = await make_office(admin)
    assert (await rival.reporter.send(code, workbook(made.json, []))).status in (403, 404)


async def test_the_document_describes_the_interface(admin: Api) -> None:
    document = await admin.get("/api/openapi.json")
    assert document["openapi"].startswith("3.1")
    paths = {path.removeprefix("/api/v1") for path in document["paths"]}
    assert paths >= {
        "/session", "/session/password", "/tokens", "/departments", "/users", "/datasets", "/uploads", "/records",
        "/records/export.xls", "/subjects", "/subjects/search", "/statistics", "/messages", "/messages/read", "/events",
        "/audit", "/public/datasets", "/public/records", "/records/revocations", "/records/search",
    }  # fmt: skip
    assert (await admin.call("GET", "/api/docs")).status == 200
