"""What a person is told by (numbers, names, telephones) stands in no log, metric, queue, file name or refusal.

Marked persons go the ways a person goes: files good and bad, entries by hand, searches, signing in, refusals, a
database and a broker that go away. Then everything that is kept, but for the databases, the files themselves and the
log of the broker's queues, is searched for the marks.
"""

import asyncio
import json
import os
import stat
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import aio_pika
import aiohttp
import pytest

from shared.messaging.topology import PERSISTER, QUEUES, persister_queue
from tests.e2e.api import Answer, Api, id_card, licence, penalty, workbook
from tests.faults.town import UNREACHABLE
from tests.fixtures.platform import Fragile, open_fragile
from tests.offices import make_reporter

NAME = "欧阳鹊桥"
CARD = id_card(7, born="19830917")
WRONG_CARD = CARD[:-1] + ("1" if CARD[-1] != "1" else "2")
PHONE = "13903557788"
MARKS = {"name": NAME, "identity number": CARD, "wrong identity number": WRONG_CARD, "telephone": PHONE}
PERSON = {
    "XK_XDR": NAME,
    "XK_XDR_SFZ": CARD,
    "XK_FR": "",
    "XK_XDR_SHXYM": "",
    "XK_NR": f"准予{NAME}（电话{PHONE}）经营",
}


def spellings(mark: str) -> set[bytes]:
    """The mark as logs, addresses, JSON and Excel may write it."""
    escaped = json.dumps(mark)[1:-1]
    return {
        mark.encode(),
        mark.encode("gb18030"),
        mark.encode("utf-16-le"),
        quote(mark).encode(),
        quote(mark).lower().encode(),
        escaped.encode(),
        escaped.upper().encode(),
        ascii(mark.encode())[2:-1].encode(),
    }


SPELLED = {what: spellings(mark) for what, mark in MARKS.items()}


def found_in(text: bytes) -> list[str]:
    return [what for what, written in SPELLED.items() if any(each in text for each in written)]


def said(answer: Answer) -> bytes:
    """A refusal, but for what repeats the question to whoever asked: the address, names of unknown parameters."""
    problem = answer.json
    unknown = [error["field"] for error in problem.get("errors", []) if error["code"] == "extra_forbidden"]
    detail = problem["detail"]
    for name in unknown:
        detail = detail.replace(name, "")
    errors = [error for error in problem.get("errors", []) if error["field"] not in unknown]
    return json.dumps([problem["title"], detail, errors], ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def whole() -> Iterator[Fragile]:
    with open_fragile(settings={"RECORDS_SWEEP_SECONDS": "1", "RECORDS_STALL_SECONDS": "3"}) as made:
        yield made


@pytest.fixture
async def admin(whole: Fragile) -> AsyncGenerator[Api]:
    await asyncio.to_thread(whole.platform.start)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        api = Api(http, whole.platform.url)
        await api.sign_in("admin", whole.platform.admin_password)
        yield api


async def report(api: Api) -> list[Answer]:
    """Files with the person in them: stored, refused by row or whole; what is fetched of them. The refusals."""
    persons, firms = await api.get("/datasets/xzxk_zrr"), await api.get("/datasets/xzcf_fr")
    rows = [
        licence(1, **PERSON),
        licence(2, **{**PERSON, "XK_XDR_SFZ": WRONG_CARD}),
        licence(3, **{**PERSON, "XK_JDRQ": f"{NAME}{CARD}"}),
        licence(4, **{**PERSON, "XK_XZJG": ""}),
    ]
    upload = await api.upload("xzxk_zrr", workbook(persons, rows), name=f"{NAME}{CARD}.xls")
    assert (upload["counts"]["inserted"], upload["counts"]["rejected"]) == (1, 3), upload
    told = penalty(1, CF_SY=f"{NAME}，身份证{CARD}，电话{PHONE}", CF_FR=NAME)
    warned = await api.upload("xzcf_fr", workbook(firms, [told]))
    assert warned["counts"]["warned"] == 1, warned
    for path in ("rows", "rejected.xls", "file"):
        assert (await api.call("GET", f"/uploads/{upload['id']}/{path}")).status == 200
    assert (await api.call("GET", "/records/export.xls?dataset=xzxk_zrr")).status == 200
    mended = await api.call("PATCH", f"/uploads/{upload['id']}/rows/4", {"values": {"XK_XDR_SFZ": CARD, "XK_NR": NAME}})
    assert mended.status == 200, mended
    replaced = {"field": "XK_JDRQ", "from": f"{NAME}{CARD}", "to": "2018-01-15"}
    assert (await api.call("POST", f"/uploads/{upload['id']}/replacements", replaced)).status == 200
    refused = [
        await api.send("xzxk_zrr", f"{NAME},{CARD},{PHONE}\n".encode() * 50, name=f"{NAME}.xls"),
        await api.send(CARD, workbook(persons, rows), name=f"{NAME}.xls"),
        await api.send("xzxk_zrr", workbook(persons, rows), mode=CARD),
        await api.call("PATCH", f"/uploads/{upload['id']}/rows/5", {"values": {NAME: CARD}}),
    ]
    # The whole file is refused after it was taken in: cut short, but a workbook by its first bytes.
    broken = await api.upload("xzxk_zrr", workbook(persons, rows)[:-700], name=f"{NAME}.xls")
    assert broken["state"] == "failed", broken
    assert found_in(broken["failure"]["message"].encode()) == []
    return refused


async def enter_and_search(api: Api) -> list[Answer]:
    """By hand, found by name and number, changed, revoked; with bodies nobody can read. The refusals."""
    values = licence(5, **PERSON)
    made = await api.call("POST", "/records", {"dataset": "xzxk_zrr", "values": values})
    assert made.status == 201, made
    record = f"/records/{made.json['id']}"
    for body in ({"dataset": "xzxk_zrr", "q": NAME}, {"q": CARD}):
        assert (await api.call("POST", "/records/search", body)).json["total"] >= 1
    for path in (
        f"/records?dataset=xzxk_zrr&q={quote(NAME)}",
        f"/records?q={CARD}",
        f"/subjects?q={quote(NAME)}",
        f"/public/records?q={quote(NAME)}",
        f"/public/records?q={CARD}",
    ):
        assert (await api.call("GET", path, Referer=f"{api.base}/x?q={quote(NAME)}")).status == 200
    assert (await api.call("POST", "/subjects/search", {"q": CARD})).status == 200
    assert (await api.call("POST", f"{record}/revocation", {"reason": f"{NAME}申请"})).status == 200
    refused = [
        await api.call("POST", "/records", {"dataset": "xzxk_zrr", "values": {**values, "XK_XDR_SFZ": {"no": CARD}}}),
        await api.call("POST", "/records", {"dataset": "xzxk_zrr", "values": {**values, NAME: PHONE}, CARD: NAME}),
        await api.call("POST", "/records", data=f'{{"dataset": "{NAME}", "q": "{CARD}'.encode()),
        await api.call("POST", "/records", {"dataset": CARD, "values": {}}),
        await api.call("POST", "/records/search", {"q": NAME, CARD: PHONE}),
        await api.call("GET", f"/records/{CARD}"),
        await api.call("GET", f"/records/{quote(NAME)}"),
        await api.call("GET", f"/records?from={CARD}&{quote(NAME)}=1"),
        await api.call("GET", f"/datasets/{CARD}"),
    ]
    assert [answer.status for answer in refused] == [422, 422, 422, 404, 422, 404, 404, 422, 404], refused
    return refused


async def knock(api: Api) -> list[Answer]:
    nobody = api.other()
    tried = [
        ({"username": NAME, "password": CARD}),
        ({"username": CARD, "password": PHONE}),
        {"username": {CARD: NAME}},
    ]
    refused = [await nobody.call("POST", "/session", body) for body in tried]
    nobody.token = CARD
    return [*refused, await nobody.call("GET", f"/records?q={quote(NAME)}")]


async def while_servers_are_gone(whole: Fragile, api: Api) -> None:
    """The words of a failing statement and of an undelivered message."""
    body = {"dataset": "xzxk_zrr", "values": licence(6, **PERSON)}
    persons = await api.get("/datasets/xzxk_zrr")
    await asyncio.to_thread(whole.postgres.kill)
    for call in (api.call("POST", "/records", body), api.call("POST", "/records/search", {"q": CARD})):
        with suppress(*UNREACHABLE):
            assert (await call).status >= 500
    await asyncio.to_thread(whole.postgres.start)
    await asyncio.to_thread(whole.platform.wait_ready)
    await asyncio.to_thread(whole.rabbitmq.kill)
    accepted = await api.send("xzxk_zrr", workbook(persons, [licence(8, **PERSON)]), name=f"{NAME}.xls")
    assert accepted.status == 202, accepted
    await asyncio.to_thread(whole.rabbitmq.start)
    assert (await api.finished(accepted.json["id"], within=60))["state"] == "stored"


async def poison(whole: Fragile) -> None:
    """A message nobody can read, of a newer version say: parked, and spoken of without what it holds."""
    body = json.dumps({"upload_id": str(uuid4()), "batch": NAME, "rows": [{"values": {NAME: CARD, "phone": PHONE}}]})
    connection = await aio_pika.connect(whole.platform.amqp)
    async with connection, connection.channel() as channel:
        message = aio_pika.Message(body.encode(), type="RowsChecked", message_id=str(uuid4()))
        await channel.default_exchange.publish(message, persister_queue("small"))
        parked = await channel.get_queue(f"{PERSISTER}.parked", ensure=False)
        async with asyncio.timeout(30):
            while (taken := await parked.get(fail=False)) is None:
                await asyncio.sleep(0.1)
        # It holds what came, for whoever must mend it; read here, so that no queue keeps it.
        assert taken.body == body.encode()
        told = {str(value) for value in taken.headers.values()}
        assert not [value for value in told if found_in(value.encode())]
        await taken.ack()


async def test_no_trace_of_a_person(whole: Fragile, admin: Api) -> None:
    _, api = await make_reporter(admin)
    refused = [*await report(api), *await enter_and_search(api), *await knock(api)]
    await while_servers_are_gone(whole, api)
    await poison(whole)

    assert all(answer.status >= 400 for answer in refused), refused
    assert [answer for answer in refused if found_in(said(answer))] == []
    assert await traces_in_metrics(whole, api) == {}
    assert await left_in_queues(whole) == {}
    await asyncio.to_thread(whole.platform.stop)
    assert traces_in_files(whole) == {}
    await asyncio.to_thread(whole.rabbitmq.stop)  # so that nothing is written while we look
    assert traces_in_the_broker(whole) == {}
    await asyncio.to_thread(whole.rabbitmq.start)


async def traces_in_metrics(whole: Fragile, api: Api) -> dict[str, list[str]]:
    told = {}
    for name in whole.platform.names:
        answer = await api.other().call("GET", f"{whole.platform.url_of(name)}/metrics")
        assert answer.status == 200
        told[name] = found_in(answer.body)
    return {name: found for name, found in told.items() if found}


async def left_in_queues(whole: Fragile) -> dict[str, int]:
    """Bodies hold rows while they travel; once all is quiet nothing may lie anywhere."""
    connection = await aio_pika.connect(whole.platform.amqp)
    async with connection, connection.channel() as channel:
        declared = [(await channel.declare_queue(name, passive=True)).declaration_result for name in QUEUES]
    return {one.queue or "": one.message_count for one in declared if one.message_count}


def traces_in_files(whole: Fragile) -> dict[str, list[str]]:
    """Logs of every process and server, and the names of all files. Databases and blobs are where the data belongs."""
    platform = whole.platform.folder
    logs = [*platform.glob("*.log"), whole.postgres.log, *(whole.rabbitmq.folder / "log").iterdir()]
    assert len(logs) >= len(whole.platform.names) + 2
    assert b"POST /api/v1/" in (platform / "gateway.log").read_bytes()
    told = {path.name: found_in(path.read_bytes()) for path in logs}
    told |= {str(path): found_in(os.fsencode(path.name)) for path in platform.rglob("*")}
    return {name: found for name, found in told.items() if found}


def traces_in_the_broker(whole: Fragile) -> dict[str, list[str]]:
    """In all of its files but the log of its queues, which keeps what was consumed: deploy/THREATS.md says how long."""
    folder, data = whole.rabbitmq.folder, whole.rabbitmq.data
    assert _mode(data) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    log = {path for path in data.rglob("quorum/**/*") if path.suffix in (".wal", ".segment")}
    assert log
    told = {str(path.relative_to(folder)): found_in(path.read_bytes()) for path in files if path not in log}
    return {name: found for name, found in told.items() if found}


async def test_only_the_services_user_reads_the_blobs(whole: Fragile, admin: Api) -> None:
    _, api = await make_reporter(admin)
    await api.upload("xzxk_fr", workbook(await api.get("/datasets/xzxk_fr"), [licence(9)]))
    blobs = whole.platform.folder / "blobs"
    made = [blobs, *blobs.rglob("*")]
    assert any(path.is_file() for path in made)
    open_to_others = {str(path): oct(mode) for path in made if (mode := _mode(path)) & 0o077}
    assert open_to_others == {}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
