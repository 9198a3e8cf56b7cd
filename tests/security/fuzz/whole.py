"""Mutated workbooks from the door to what an officer is told: gateway, blob store, broker, one worker, persister.

Each file gets one answer; the worker is the same process at the end and holds no more than early on; no limit is
exceeded; the bytes of a file stand in no log, queue or refusal.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable

import aio_pika
import aiohttp
import asyncpg
import psutil

from services.ingest.settings import Settings
from shared.messaging.topology import QUEUES
from tests import odd_workbooks as odd
from tests.e2e.api import Api
from tests.faults.storm import vitals
from tests.fixtures.platform import Fragile, Platform
from tests.offices import make_reporter
from tests.security.mutations import CANARY, mutated

AT_ONCE = 4
EARLY = 40  # files until pools are full and caches warm
SECONDS = 60.0  # for one file, in a queue of AT_ONCE
ALL = -1  # the place of a fault that no single file has
SPELLINGS = [CANARY.encode(code) for code in ("utf-8", "utf-16-le", "gb18030")]
MOST_HELD = Settings.model_fields["child_memory_mb"].default << 20
Faults = dict[int, str]


def fault_of_words(told: str) -> str:
    """What is wrong with what a person is told of a file; "" for nothing."""
    if "请" not in told:
        return "it does not say what to do"
    told = told.replace("\n", "")
    return "the refusal repeats the file" if CANARY[:4] in told or not told.isprintable() else ""


async def run(made: Fragile, seeds: Iterable[int], until: float = float("inf")) -> tuple[Counter[str], Faults]:
    """Outcomes, and by seed what was wrong; under ALL what was wrong with the platform afterwards."""
    outcomes, faults, left = Counter[str](), Faults(), iter(seeds)
    worker = made.platform.pid("worker-1")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        admin = Api(http, made.platform.url)
        await admin.sign_in("admin", made.platform.admin_password)
        offices = [(await make_reporter(admin))[1] for _ in range(AT_ONCE)]
        conn = await asyncpg.connect(made.platform.databases["records"])

        async def work(api: Api, most: int | None) -> None:
            for number, seed in enumerate(left):
                outcome, fault = await judged(api, seed)
                outcomes[outcome] += 1
                if fault:
                    faults[seed] = fault
                if time.monotonic() > until or (most is not None and number + 1 >= most):
                    return

        watch = asyncio.create_task(_largest_child(worker))
        try:
            await asyncio.gather(*(work(api, EARLY // AT_ONCE) for api in offices))
            early = await vitals.look(made.platform, conn, made.rabbitmq)
            await asyncio.gather(*(work(api, None) for api in offices))
            late = await vitals.look(made.platform, conn, made.rabbitmq)
        finally:
            watch.cancel()
            await conn.close()
    # Other platforms of the same test run are not this one's.
    wrong = vitals.compare(early, late._replace(strays=max(0, late.strays - early.strays)))
    if made.platform.pid("worker-1") != worker or not psutil.pid_exists(worker):
        wrong.append("the worker ended")
    [grown] = await asyncio.gather(watch, return_exceptions=True)
    if isinstance(grown, AssertionError):
        wrong.append(str(grown))
    wrong += [f"{count} messages in {queue}" for queue, count in (await _left_in_queues(made.platform)).items()]
    return outcomes, faults | ({ALL: "; ".join(wrong)} if wrong else {})


async def judged(api: Api, seed: int) -> tuple[str, str]:
    """What became of the file of this seed, and what was wrong about that; "" for nothing."""
    answer = await api.send(odd.CODE, mutated(seed), name=f"{seed}.xls")
    if answer.status in (413, 415, 422):  # 413: what was added by damage made it too large
        return f"door {answer.json['type'].rpartition('/')[2]}", fault_of_words(answer.json["detail"])
    if answer.status != 202:
        return f"door {answer.status}", f"the door answered {answer.status}"
    try:
        upload = await api.finished(answer.json["id"], within=SECONDS)
    except TimeoutError:
        return "nothing", "no answer"
    if upload["state"] != "failed":
        counts = upload["counts"]
        whole = counts["total"] == counts["inserted"] + counts["updated"] + counts["unchanged"] + counts["rejected"]
        return str(upload["state"]), "" if whole else f"counts do not add up: {counts}"
    return str(upload["failure"]["code"]), fault_of_words(upload["failure"]["message"])


async def _largest_child(worker: int) -> None:
    """Raises AssertionError as soon as a child of the worker holds more than it may."""
    parent = psutil.Process(worker)
    while True:
        for child in parent.children(recursive=True):
            try:
                held = child.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            assert held <= MOST_HELD, f"a child held {held >> 20} MB"
        await asyncio.sleep(0.1)


async def _left_in_queues(platform: Platform) -> dict[str, int]:
    """Messages anywhere once all is quiet; the parked ones are those that broke something."""
    connection = await aio_pika.connect(platform.amqp)
    async with connection, connection.channel() as channel:
        declared = [(await channel.declare_queue(name, passive=True)).declaration_result for name in QUEUES]
    return {one.queue or "": one.message_count for one in declared if one.message_count}


def traces(made: Fragile) -> list[str]:
    """Files with bytes of a workbook in them: logs of all processes and servers."""
    logs = [*made.platform.folder.glob("*.log"), made.postgres.log, *(made.rabbitmq.folder / "log").iterdir()]
    return [path.name for path in logs if any(each in path.read_bytes() for each in SPELLINGS)]
