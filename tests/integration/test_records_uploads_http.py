"""Uploads over HTTP: who may, what the statuses are, what goes out as NDJSON."""

import json
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest

from services.records.uploads.storing.service import StoringService
from shared.contracts.base import Message
from shared.contracts.identity import Role
from shared.contracts.ingest import CheckingStarted, UploadChecked
from tests.fixtures.postgres import MakeDatabase
from tests.integration.records_http import LICENCES, Caller, Json, World, licence, open_world
from tests.integration.records_room import checked, columns_of

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncGenerator[World]:
    async with open_world(await make_database("records")) as opened:
        yield opened


def wanted(**other: object) -> Json:
    body = {"id": str(uuid4()), "dataset": "t_licences", "file_name": "许可.xls", "file_size": 9000, "sha256": "a" * 64}
    return {**body, **other}


async def register(caller: Caller, **other: object) -> Json:
    answer: Json = await caller.post("/internal/uploads", wanted(**other), status=201)
    return answer


async def upload(world: World, caller: Caller, rows: list[dict[str, str]], **other: object) -> str:
    """Registered over HTTP, read by a worker, applied; its id."""

    async def announce(_message: Message) -> None: ...

    registered = (await register(caller, **other))["upload"]
    upload_id = UUID(registered["id"])
    storing = StoringService(world.db, announce)
    await storing.start(CheckingStarted(upload_id=upload_id, rows_total=len(rows), columns=columns_of(LICENCES)))
    await storing.store(checked(upload_id, rows, dataset=LICENCES))
    await storing.end(UploadChecked(upload_id=upload_id, batches=1, rows=len(rows), rejected=0, warned=0))
    return str(upload_id)


async def test_registering_answers_with_the_upload_and_its_definition(world: World) -> None:
    body = wanted(mode="atomic", on_duplicate="skip", dry_run=True)
    answer = await world.caller("d1").post("/internal/uploads", body, status=201)
    shown = answer["upload"]
    assert (shown["id"], shown["state"], shown["mode"]) == (body["id"], "received", "atomic")
    assert (shown["on_duplicate"], shown["dry_run"]) == ("skip", True)
    assert shown["dataset"] == {"code": "t_licences", "name": "许可-法人", "version": 1}
    assert shown["file"] == {"name": "许可.xls", "size": 9000, "sha256": "a" * 64}
    assert shown["department"] == {"code": "d1", "name": "单位d1"}
    assert shown["progress"] == {"rows_total": None, "rows_done": 0}
    assert (shown["failure"], shown["finished_at"], shown["same_file_as"]) == (None, None, None)
    assert answer["definition"]["code"] == "t_licences"
    again = await world.caller("d1").post("/internal/uploads", body, status=201)
    assert again["upload"]["uploaded_at"] == shown["uploaded_at"], "a repeat registers nothing new"
    foreign = await world.caller("d2").call("POST", "/internal/uploads", body)
    assert (foreign.status, foreign.json["type"]) == (409, "/problems/upload-id-taken")


async def test_a_long_list_offers_its_next_page_though_the_planner_thinks_it_short(world: World) -> None:
    await world.fetch(
        """INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id,
                               user_name, file_name, file_size, sha256, mode, on_duplicate, dry_run, state)
           SELECT gen_random_uuid(), 't_licences', 1, 'd1', 'd1', 'u', '张三', 'a.xls', 1, 'x', 'partial', 'update',
                  false, 'stored' FROM generate_series(1, 10400)"""
    )
    await world.fetch("ANALYZE upload")
    await world.fetch("UPDATE upload SET state = 'partly_stored'")  # which the planner has not seen
    caller = world.caller("d1")
    listed = await caller.get("/uploads?state=partly_stored&size=200&page=51")
    assert (len(listed["items"]), listed["total_exact"]) == (200, False)
    assert listed["total"] > 51 * 200
    for last in ("size=200&page=52", "size=100&page=104"):
        listed = await caller.get(f"/uploads?state=partly_stored&{last}")
        assert (listed["total"], listed["total_exact"], len(listed["items"])) == (10_400, True, int(last[5:8]))


async def test_what_may_not_be_reported_is_refused(world: World) -> None:
    unknown = await world.caller("d1").call("POST", "/internal/uploads", wanted(dataset="no_such"))
    assert (unknown.status, unknown.json["type"]) == (404, "/problems/dataset-not-found")
    foreign = await world.caller("d2").call("POST", "/internal/uploads", wanted(dataset="t_secret"))
    assert (foreign.status, foreign.json["type"]) == (403, "/problems/not-your-dataset")
    assert (await world.caller("d1").call("POST", "/internal/uploads", wanted(dataset="t_secret"))).status == 201
    assert (await world.caller("d1", Role.VIEWER).call("POST", "/internal/uploads", wanted())).status == 403
    assert (await world.anyone.call("POST", "/internal/uploads", wanted())).status == 401
    assert (await world.caller("d1").call("POST", "/internal/uploads", wanted(sha256="x"))).status == 422


async def test_the_same_file_is_noticed_within_the_department_and_dataset(world: World) -> None:
    first = (await register(world.caller("d1")))["upload"]["id"]
    assert (await register(world.caller("d1")))["upload"]["same_file_as"] == first
    assert (await register(world.caller("d2")))["upload"]["same_file_as"] is None
    assert (await register(world.caller("d1"), dataset="t_penalties"))["upload"]["same_file_as"] is None
    assert (await register(world.caller("d1"), sha256="b" * 64))["upload"]["same_file_as"] is None


async def test_departments_see_their_own_uploads_and_the_admin_all(world: World) -> None:
    own, foreign = await register(world.caller("d1")), await register(world.caller("d2"))
    mine = await world.caller("d1").get("/uploads")
    assert [one["id"] for one in mine["items"]] == [own["upload"]["id"]]
    assert (mine["page"], mine["size"], mine["total"]) == (1, 10, 1)
    assert (await world.caller("d1").get("/uploads?department=d2"))["total"] == 1, "the parameter is the admin's"
    assert (await world.admin.get("/uploads"))["total"] == 2
    assert (await world.admin.get("/uploads?department=d2"))["items"][0]["id"] == foreign["upload"]["id"]
    assert (await world.caller("d1").call("GET", f"/uploads/{foreign['upload']['id']}")).status == 404
    assert (await world.admin.get(f"/uploads/{foreign['upload']['id']}"))["department"]["code"] == "d2"


async def test_the_list_is_filtered_and_paged(world: World) -> None:
    caller = world.caller("d1")
    for n in range(12):
        await register(caller, dataset="t_licences" if n % 2 else "t_penalties")
    assert (await caller.get("/uploads?dataset=t_penalties"))["total"] == 6
    assert (await caller.get("/uploads?state=received&size=5"))["total"] == 12
    assert (await caller.get("/uploads?state=stored"))["total"] == 0
    second = await caller.get("/uploads?page=2")
    assert (len(second["items"]), second["total"]) == (2, 12)
    assert (await caller.get("/uploads?page=9"))["total"] == 12
    today = (await world.fetch("SELECT current_date::text AS d"))[0]["d"]
    assert (await caller.get(f"/uploads?from={today}&to={today}"))["total"] == 12
    assert (await caller.get("/uploads?to=2020-01-01"))["total"] == 0
    await register(caller, sha256="b" * 64)
    assert (await caller.get(f"/uploads?sha256={'b' * 64}"))["total"] == 1
    assert (await caller.call("GET", "/uploads?sha256=b")).status == 422
    assert (await caller.call("GET", "/uploads?state=nonsense")).status == 422
    assert (await caller.call("GET", "/uploads?size=201")).status == 422


async def test_rows_are_mended_ignored_and_replaced(world: World) -> None:
    caller = world.caller("d1")
    rows = [licence(1), licence(2, MC=""), licence(3, MC=""), licence(4, JDRQ="x"), licence(5, JDRQ="x")]
    one = await upload(world, caller, rows)
    rejected = await caller.get(f"/uploads/{one}/rows?outcome=rejected")
    assert [row["row"] for row in rejected["items"]] == [4, 5, 6, 7]
    problem = rejected["items"][0]["problems"][0]
    assert (problem["cell"], problem["field"], problem["code"], problem["severity"]) == (
        "B4",
        "MC",
        "required",
        "error",
    )
    mended = await caller.call("PATCH", f"/uploads/{one}/rows/4", {"values": {"MC": "补上的公司"}})
    assert (mended.status, mended.json["outcome"], mended.json["row"]) == (200, "corrected", 4)
    ignored = await caller.post(f"/uploads/{one}/rows/5/ignore")
    assert ignored["outcome"] == "ignored"
    wanted = {"field": "JDRQ", "from": "x", "to": "2018/1/31"}
    for to, corrected in (("2018/1/31", 2), ("y", 0)):
        tried = await caller.post(f"/uploads/{one}/replacements", {**wanted, "to": to, "dry_run": True})
        assert (tried["rows"], tried["corrected"]) == (2, corrected)
    assert (await caller.get(f"/uploads/{one}"))["counts"]["corrected"] == 1
    assert (await caller.get(f"/uploads/{one}/rows?outcome=rejected"))["total"] == 2
    replaced = await caller.post(f"/uploads/{one}/replacements", wanted)
    assert (replaced["rows"], replaced["corrected"]) == (2, 2)
    counts = (await caller.get(f"/uploads/{one}"))["counts"]
    assert counts == {
        "total": 5,
        "inserted": 4,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "warned": 0,
        "ignored": 1,
        "corrected": 3,
    }
    first = (await caller.get(f"/uploads/{one}/rows?outcome=inserted"))["items"][0]
    record = await caller.get(f"/records/{first['record_id']}")
    assert record["source"] == {"upload_id": one, "row": 3}


async def test_nobody_else_changes_an_upload(world: World) -> None:
    caller = world.caller("d1")
    one = await upload(world, caller, [licence(1), licence(2, MC="")])
    changes: list[tuple[str, str, object]] = [
        ("PATCH", f"/uploads/{one}/rows/4", {"values": {"MC": "x"}}),
        ("POST", f"/uploads/{one}/rows/4/ignore", None),
        ("POST", f"/uploads/{one}/replacements", {"field": "MC", "from": "", "to": "x"}),
        ("POST", f"/uploads/{one}/confirm", None),
        ("POST", f"/uploads/{one}/cancel", None),
        ("DELETE", f"/uploads/{one}/data", None),
        ("DELETE", f"/uploads/{one}", None),
    ]
    for method, path, body in changes:
        assert (await world.caller("d1", Role.VIEWER).call(method, path, body)).status == 403, path
        assert (await world.caller("d2").call(method, path, body)).status == 404, path
        assert (await world.anyone.call(method, path, body)).status == 401, path
    for path in (f"/uploads/{one}/rows", f"/uploads/{one}/undo", f"/uploads/{one}/comparison"):
        assert (await world.caller("d2").call("GET", path)).status == 404, path
    assert (await world.caller("d1", Role.VIEWER).call("GET", f"/uploads/{one}/rows")).status == 200
    assert (await world.caller("d2").call("GET", f"/internal/uploads/{one}/rejected")).status == 404


async def test_a_dry_run_is_compared_and_confirmed(world: World) -> None:
    caller = world.caller("d1")
    await upload(world, caller, [licence(1)])
    one = await upload(world, caller, [licence(1), licence(2)], dry_run=True)
    compared = await caller.get(f"/uploads/{one}/comparison")
    assert [row["forecast"] for row in compared["items"]] == ["unchanged", "inserted"]
    assert (await caller.post(f"/uploads/{one}/confirm"))["state"] == "stored"
    again = await caller.call("POST", f"/uploads/{one}/confirm")
    assert (again.status, again.json["type"]) == (409, "/problems/wrong-state")
    assert (await caller.call("POST", f"/uploads/{one}/cancel")).status == 409


async def test_data_and_entry_are_deleted_apart(world: World) -> None:
    caller = world.caller("d1")
    one = await upload(world, caller, [licence(1), licence(2)])
    assert (await caller.get(f"/uploads/{one}/undo")) == {"removed": 2, "restored": 0, "kept": []}
    gone = await caller.call("DELETE", f"/uploads/{one}/data")
    assert (gone.status, gone.json) == (200, {"removed": 2, "restored": 0, "kept": []})
    assert (await caller.get("/records?dataset=t_licences"))["total"] == 0
    assert (await caller.get("/uploads"))["items"][0]["data_deleted_at"] is not None
    assert (await caller.call("DELETE", f"/uploads/{one}/data")).status == 409
    assert (await caller.call("DELETE", f"/uploads/{one}")).status == 204
    assert (await caller.get("/uploads"))["total"] == 0
    assert (await caller.get("/uploads?deleted=true"))["total"] == 1
    assert (await caller.get(f"/uploads/{one}"))["deleted_at"] is not None
    objects = await world.fetch("SELECT action, object FROM audit ORDER BY audit_id")
    assert [tuple(row) for row in objects][1:] == [
        ("upload.undone", f"upload {one}"),
        ("upload.deleted", f"upload {one}"),
    ]


async def test_failed_rows_go_out_as_lines(world: World) -> None:
    caller = world.caller("d1")
    one = await upload(world, caller, [licence(1), licence(2, MC=""), licence(3, MC=""), licence(4, MC="")])
    await caller.post(f"/uploads/{one}/rows/5/ignore")
    answer = await caller.call("GET", f"/internal/uploads/{one}/rejected")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    head, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (head["upload"]["id"], head["definition"]["code"]) == (one, "t_licences")
    assert [line["row"] for line in lines] == [4, 6]
    assert lines[0]["values"]["WSH"] == licence(2)["WSH"]
    assert lines[0]["problems"][0]["code"] == "required"


async def test_a_row_that_is_not_there_and_a_body_that_does_not_fit(world: World) -> None:
    caller = world.caller("d1")
    one = await upload(world, caller, [licence(1), licence(2, MC="")])
    assert (await caller.call("PATCH", f"/uploads/{one}/rows/77", {"values": {"MC": "x"}})).status == 404
    assert (await caller.call("PATCH", f"/uploads/{one}/rows/3", {"values": {"MC": "x"}})).status == 409
    wrong = await caller.call("PATCH", f"/uploads/{one}/rows/4", {"values": {"XX": "x"}})
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, "XX")
    assert (await caller.call("PATCH", f"/uploads/{one}/rows/4", {"values": {"MC": 5}})).status == 422
    assert (await caller.call("GET", f"/uploads/{uuid4()}")).status == 404
    assert (await caller.call("GET", "/uploads/not-an-id")).status == 404


async def test_lists_of_what_waits_and_of_a_kind(world: World) -> None:
    caller = world.caller("d1")
    stored = await upload(world, caller, [{**licence(1)}])
    rows = await upload(world, caller, [licence(2), {**licence(3), "MC": ""}])
    dry = await upload(world, caller, [licence(4)], dry_run=True)
    running = (await register(caller))["upload"]["id"]

    async def listed(query: str) -> set[str]:
        return {one["id"] for one in (await caller.get(f"/uploads?{query}"))["items"]}

    assert await listed("waiting=rows") == {rows}
    assert await listed("waiting=confirmation") == {dry}
    assert await listed("waiting=processing") == {running}
    assert await listed("kind=two_publicity") == {stored, rows, dry, running}
    assert await listed("kind=other") == set()
    home = await caller.get("/home")
    assert (home["rows_waiting"], home["awaiting_confirmation"], home["uploads_running"]) == (1, 1, 1)
    await caller.post(f"/uploads/{rows}/rows/4/ignore", {"reason": "重复"})
    assert await listed("waiting=rows") == set()
