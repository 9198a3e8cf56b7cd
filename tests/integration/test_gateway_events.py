"""Live events: from a real RabbitMQ to the browsers that may hear them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.gateway.live import WAITING, Event, Listener, Live
from shared.contracts.base import Message
from shared.contracts.identity import DepartmentRef, Identity, Role
from shared.contracts.ingest import UploadChanged, UserMessaged
from shared.contracts.uploads import Counts, DatasetRef, FileRef, Progress, Upload, UploadState, UserRef
from shared.messaging.connection import open_channel, open_connection
from shared.messaging.publisher import Publisher
from shared.messaging.topology import declare_exchange
from tests.fixtures.gateway import Gateway, MakeGateway, officer, problem
from tests.fixtures.live import EVENTS, Relay, listening


def changed(department: str = "szjj", *, name: str = "许可.xls") -> UploadChanged:
    upload = Upload(
        id=uuid4(),
        dataset=DatasetRef(code="xzxk_fr", name="行政许可-法人", version=1),
        file=FileRef(name=name, size=1, sha256="0" * 64),
        department=DepartmentRef(code=department, name="单位"),
        uploaded_by=UserRef(id="u", name="填报员"),
        uploaded_at=datetime.now(UTC),
        mode="partial",
        on_duplicate="update",
        dry_run=False,
        state=UploadState.STORING,
        progress=Progress(rows_total=10, rows_done=3),
        counts=Counts(),
    )
    return UploadChanged(department=department, upload=upload)


def messaged(department: str, user_id: str | None, message_id: str = "1") -> UserMessaged:
    return UserMessaged(
        department=department, user_id=user_id, id=message_id, kind="import_finished", title="许可.xls 导入完成"
    )


@pytest.fixture
async def relay(amqp_url: str) -> AsyncGenerator[Relay]:
    line = Relay(amqp_url)
    await line.mend()
    yield line
    await line.cut()


@pytest.fixture
async def announce(amqp_url: str) -> AsyncGenerator[Publisher]:
    async with open_connection(amqp_url) as connection:
        yield Publisher(await declare_exchange(await open_channel(connection)))


@pytest.fixture
async def live_gateway(make_gateway: MakeGateway, amqp_url: str) -> Gateway:
    gateway = await make_gateway(amqp=amqp_url)
    await until_ready(gateway)
    return gateway


async def until_ready(gateway: Gateway, *, ready: bool = True) -> None:
    async with asyncio.timeout(15):
        while ((await gateway.ask("GET", "/readyz")).status == 200) is not ready:
            await asyncio.sleep(0.05)


async def say(publisher: Publisher, *messages: Message) -> None:
    for message in messages:
        await publisher.announce(message)


@asynccontextmanager
async def saying(publisher: Publisher, message: Message) -> AsyncGenerator[None]:
    """Again and again: between the connection and its queue being back, an event is lost, and that is right."""

    async def repeat() -> None:
        while True:
            await say(publisher, message)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(repeat())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_an_officer_hears_of_the_own_departments_uploads_only(live_gateway: Gateway, announce: Publisher) -> None:
    mine, other = changed("szjj"), changed("ylj")
    async with (
        listening(live_gateway, live_gateway.let_in(officer("szjj"), "one")) as one,
        listening(live_gateway, live_gateway.browser(officer("ylj"), "two")) as two,
        listening(live_gateway, live_gateway.let_in(officer("xyb", Role.ADMIN), "admin")) as admin,
    ):
        await say(announce, other, mine)
        first = await one.next()
        assert first is not None
        assert (first.name, Upload.model_validate_json(first.data)) == ("upload", mine.upload)
        heard = await two.next()
        assert heard is not None
        assert Upload.model_validate_json(heard.data) == other.upload
        all_of_it = [await admin.next(), await admin.next()]
        assert [Upload.model_validate_json(one.data).id for one in all_of_it if one] == [
            other.upload.id, mine.upload.id,
        ]  # fmt: skip
        ids = [one.id for one in all_of_it if one]
        assert len(set(ids)) == 2
        assert all(ids)


async def test_a_message_is_heard_by_whom_it_is_for(live_gateway: Gateway, announce: Publisher) -> None:
    async with (
        listening(live_gateway, live_gateway.let_in(officer(name="wang"), "wang")) as wang,
        listening(live_gateway, live_gateway.let_in(officer(name="li"), "li")) as li,
    ):
        await say(announce, messaged("szjj", "wang", "1"), messaged("ylj", None, "2"), messaged("szjj", None, "3"))
        first, second = await wang.next(), await wang.next()
        assert first is not None
        assert second is not None
        assert first.name == second.name == "message"
        assert ('"id":"1"' in first.data, '"id":"3"' in second.data) == (True, True)
        only = await li.next()
        assert only is not None
        assert '"id":"3"' in only.data


async def test_a_stream_ends_with_its_session(make_gateway: MakeGateway, amqp_url: str, announce: Publisher) -> None:
    gateway = await make_gateway(amqp=amqp_url, heartbeat_seconds=0.2)
    await until_ready(gateway)
    async with listening(gateway, gateway.browser(officer())) as stream:
        asked = len(gateway.auth.asked)
        await say(announce, changed())
        assert await stream.next() is not None
        async with asyncio.timeout(5):
            while len(gateway.auth.asked) < asked + 2:
                await asyncio.sleep(0.05)
        assert [one["used"] for one in gateway.auth.asked[asked:]] == [False] * (len(gateway.auth.asked) - asked)
        gateway.auth.people.clear()
        assert await stream.next() is None
        assert stream.comments >= 1


async def test_a_stream_follows_the_officer_to_another_department(
    make_gateway: MakeGateway, amqp_url: str, announce: Publisher
) -> None:
    gateway = await make_gateway(amqp=amqp_url, heartbeat_seconds=0.2)
    await until_ready(gateway)
    async with listening(gateway, gateway.browser(officer("szjj"))) as stream:
        gateway.browser(officer("ylj"))
        asked = len(gateway.auth.asked)
        async with asyncio.timeout(5):
            while len(gateway.auth.asked) < asked + 2:
                await asyncio.sleep(0.05)
        await say(announce, changed("szjj"), changed("ylj"))
        heard = await stream.next()
        assert heard is not None
        assert Upload.model_validate_json(heard.data).department.code == "ylj"


async def test_auth_being_away_for_a_while_ends_no_stream(
    make_gateway: MakeGateway, amqp_url: str, announce: Publisher
) -> None:
    gateway = await make_gateway(amqp=amqp_url, heartbeat_seconds=0.1)
    await until_ready(gateway)
    async with listening(gateway, gateway.browser(officer())) as stream:
        await gateway.servers["auth"].cleanup()
        await stream.beats(3)
        await say(announce, changed())
        assert await stream.next() is not None


async def test_a_user_may_not_open_any_number_of_streams(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(live_streams=2)
    me = gateway.let_in(officer())
    async with listening(gateway, me):
        async with listening(gateway, me):
            await problem(await gateway.ask("GET", EVENTS, me), 429, "too-many-requests")
            async with listening(gateway, gateway.let_in(officer(name="li"), "li")):
                pass
        async with asyncio.timeout(5):
            while True:  # the second has gone: as soon as that is noticed there is room again
                async with gateway.http.get(gateway.url + EVENTS, headers=me) as answer:
                    if answer.status == 200:
                        return
                await asyncio.sleep(0.05)


async def test_streams_end_when_the_gateway_stops(gateway: Gateway) -> None:
    async with listening(gateway, gateway.let_in(officer())) as stream:
        assert gateway.runner is not None
        stopping = asyncio.create_task(gateway.runner.cleanup())
        assert await stream.next(within=3) is None
        await asyncio.wait_for(stopping, 3)


async def test_the_broker_going_away_ends_no_stream_and_events_come_again(
    make_gateway: MakeGateway, relay: Relay, announce: Publisher
) -> None:
    gateway = await make_gateway(amqp=relay.url)
    await until_ready(gateway)
    async with listening(gateway, gateway.let_in(officer())) as stream:
        await say(announce, changed(name="before.xls"))
        assert await stream.next() is not None
        await relay.cut()
        await until_ready(gateway, ready=False)
        assert (await gateway.ask("GET", "/api/v1/records", gateway.let_in(officer()))).status == 200
        await relay.mend()
        await until_ready(gateway)
        async with saying(announce, changed(name="after.xls")):
            again = await stream.next(within=15)
        assert again is not None
        assert Upload.model_validate_json(again.data).file.name == "after.xls"


async def test_a_broker_that_comes_later_is_found(make_gateway: MakeGateway, relay: Relay, announce: Publisher) -> None:
    await relay.cut()
    gateway = await make_gateway(amqp=relay.url)
    async with listening(gateway, gateway.let_in(officer())) as stream:
        await relay.mend()
        async with saying(announce, changed()):
            assert await stream.next(within=15) is not None


async def test_a_message_that_cannot_be_read_hurts_nobody(
    live_gateway: Gateway, announce: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(live_gateway, live_gateway.let_in(officer())) as stream:
        key = UploadChanged.routing_key()
        body = b'{"department": "szjj", "upload": {"file": "110101199001011234"}}'
        await announce.publish_body(body, message_id=uuid4(), type_=key, routing_key=key)
        await say(announce, changed())
        assert await stream.next() is not None
    assert "110101199001011234" not in caplog.text


async def test_a_slow_browser_loses_the_oldest_events() -> None:
    listener = Listener(officer())
    for number in range(WAITING + 5):
        listener.put(Event(str(number), "upload", "{}"))
    event = await listener.next()
    assert event is not None
    assert event.id == "5"


async def test_a_stream_opened_while_the_gateway_stops_ends_too() -> None:
    live = Live(1)
    live.close()
    with live.listening(officer()) as listener:
        assert await listener.next() is None


@pytest.mark.parametrize(
    ("who", "hears"),
    [
        (officer("szjj"), [True, True, False, False]),
        (officer("szjj", name="wang"), [True, True, True, False]),
        (officer("xyb", Role.ADMIN), [True, True, False, True]),
    ],
)
def test_who_hears_what(who: Identity, hears: list[bool]) -> None:
    listener = Listener(who)
    asked = [("szjj", None), ("szjj", who.user_id), ("szjj", "wang"), ("ylj", None)]
    assert [listener.hears(department, user) for department, user in asked] == hears
