"""What the storm test would not let pass: leaks, crashes, parked messages, weather that did not come."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from shared.messaging.consumer import Consumer, PermanentError
from shared.telemetry import logs
from tests.faults.storm import parked
from tests.faults.storm.forecast import forecast
from tests.faults.storm.outages import AFTERWARDS_SECONDS, BROKER, DATABASE, Outages
from tests.faults.storm.vitals import Vital, Vitals, leaks
from tests.unit.test_messaging_consumer import Message

CALM = Vitals({"worker-1": Vital(7, 80.0, 20)}, connections=9, amqp_connections=6, amqp_channels=12, strays=0)


def grown(pid: int = 7, megabytes: float = 80.0, files: int = 20, **more: int) -> Vitals:
    return CALM._replace(processes={"worker-1": Vital(pid, megabytes, files)}, **more)


def test_processes_that_stay_as_they_are_leak_nothing() -> None:
    assert leaks(CALM, CALM, grown(megabytes=81.0, files=22, connections=10)) == []


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (grown(megabytes=90.0), "worker-1 holds 90 MB"),
        (grown(files=35), "worker-1 has 35 descriptors"),
        (grown(connections=15), "15 connections to PostgreSQL"),
        (grown(amqp_connections=7), "7 connections to RabbitMQ"),
        (grown(amqp_channels=13), "13 channels in RabbitMQ"),
        (grown(pid=8), "worker-1 was started anew"),
        (grown(strays=1), "1 processes are nobody's"),
    ],
)
def test_growth_in_the_calm_is_a_fault(late: Vitals, told: str) -> None:
    found = leaks(CALM, CALM, late)
    assert found
    assert all(fault.startswith(told) for fault in found)


def test_a_connection_left_by_an_outage_is_a_fault_though_it_does_not_grow_in_the_calm() -> None:
    left = grown(amqp_connections=7, amqp_channels=14)
    assert leaks(CALM, left, left) == ["7 connections to RabbitMQ, earlier 6", "14 channels in RabbitMQ, earlier 12"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_worker_that_crashes_again_and_again_is_told_however_many_outages_there_were() -> None:
    clock = Clock()
    outages = Outages(clock)
    for clock.now in range(0, 100, 10):
        with outages.of(DATABASE):
            outages.ended("worker-1", "ValueError")
    assert len(outages.unexplained) == 10
    assert outages.unexplained[3].startswith("worker-1 ended by itself 30 s after the beginning")
    assert outages.unexplained[3].endswith("ValueError")


def test_an_outage_explains_one_end_of_each_process_that_needs_the_server_while_it_lasts_or_soon_after() -> None:
    clock = Clock()
    outages = Outages(clock)
    with outages.of(BROKER):
        outages.ended("worker-1", "")
        outages.ended("gateway", "")
    assert outages.unexplained == []
    outages.ended("worker-1", "twice")
    outages.ended("auth", "has no broker")
    clock.now += AFTERWARDS_SECONDS
    outages.ended("worker-2", "")
    clock.now += 1
    outages.ended("persister", "too late")
    assert [told.rpartition(": ")[2] for told in outages.unexplained] == ["twice", "has no broker", "too late"]


async def test_what_a_process_has_parked_is_read_from_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def handle(_type: str, _body: bytes) -> None:
        raise PermanentError("it cannot be")

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("worker")
    try:
        logging.getLogger("other").warning("nothing is parked here")
        await Consumer([], handle, retry_pause=0).settle(Message("UploadAccepted"))
    finally:
        root.handlers[:], root.level = handlers, level
    (tmp_path / "worker-1.log").write_text(capsys.readouterr().out + '{"event": "parked Half')
    assert parked.in_logs(tmp_path) == ["worker-1 says: parked UploadAccepted: it cannot be"]


EVERY = {
    "worker killed", "persister killed", "gateway restarted", "gateway killed", "ingest killed", "records killed",
    "auth killed", "database killed", "blobs full", "broker killed", "broker paused", "broker wiped",
}  # fmt: skip


@pytest.mark.parametrize("seconds", [12.0, 600.0])
@pytest.mark.parametrize("seed", range(20))
def test_everything_happens_in_every_storm(seed: int, seconds: float) -> None:
    events = forecast(seed, seconds, cluster=False)
    times = Counter(event.kind for event in events)
    assert set(times) == EVERY
    assert times["broker wiped"] == 1
    assert all(0 < event.at < seconds for event in events)
    assert events == forecast(seed, seconds, cluster=False)
    cluster = {event.kind for event in forecast(seed, seconds, cluster=True)}
    assert cluster == {*EVERY - {"broker killed", "broker paused", "broker wiped"}, "leader killed", "leader paused"}


def test_without_a_disk_all_other_weather_is_the_same() -> None:
    with_disk = forecast(7, 600.0, cluster=False)
    without = forecast(7, 600.0, cluster=False, disk=False)
    assert without == [event for event in with_disk if event.kind != "blobs full"]


def test_whom_an_event_hits_is_drawn_with_it() -> None:
    event = forecast(7, 12.0, cluster=False)[0]
    assert event._replace(lot=0.0).choose(("a", "b")) == "a"
    assert event._replace(lot=0.99).choose(("a", "b")) == "b"
