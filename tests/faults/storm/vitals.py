"""What every process holds: memory, descriptors, connections; and whether that grows."""

import asyncio
from typing import NamedTuple

import asyncpg
import psutil

from deploy.local import processes
from deploy.local.rabbitmq import RabbitMQ
from tests.fixtures.platform import Platform
from tests.fixtures.rabbitmq import ask
from tests.fixtures.room import room

CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Vital(NamedTuple):
    pid: int
    megabytes: float
    files: int


class Vitals(NamedTuple):
    processes: dict[str, Vital]
    connections: int  # to PostgreSQL
    amqp_connections: int
    amqp_channels: int
    strays: int  # processes of ours that nobody has as a child


class Slack(NamedTuple):
    megabytes: float
    files: int
    connections: int


# Kept-alive connections come and go, pools fill when they are needed, a process just started holds less than others.
EVER = Slack(40.0, 40, 15)
# The same processes before and after some hundred uploads, warm both times.
CALM = Slack(5.0, 8, 4)


async def look(platform: Platform, conn: asyncpg.Connection, broker: RabbitMQ) -> Vitals:
    held, amqp = await asyncio.gather(asyncio.to_thread(_processes, platform), asyncio.to_thread(_amqp, broker))
    return Vitals(held, await conn.fetchval(CONNECTIONS), *amqp, _strays(platform))


def _processes(platform: Platform) -> dict[str, Vital]:
    found = {}
    for name in platform.names:
        process = psutil.Process(platform.pid(name))
        found[name] = Vital(process.pid, process.memory_info().rss / 2**20, process.num_fds())
    return found


def _amqp(broker: RabbitMQ) -> tuple[int, int]:
    """Connections and channels as the broker counts them."""
    connections = ask(broker, "list_connections", "pid", "channels")
    assert isinstance(connections, list)
    return len(connections), sum(one["channels"] for one in connections)


def _strays(platform: Platform) -> int:
    ours = set(processes.started_with("CREDIT_VAR", str(room())))
    for name in platform.names:
        process = psutil.Process(platform.pid(name))
        ours -= {process.pid, *(child.pid for child in process.children(recursive=True))}
    return len(ours)


def compare(early: Vitals, late: Vitals, slack: Slack = EVER) -> list[str]:
    faults = []
    for name, now in late.processes.items():
        then = early.processes[name]
        if now.megabytes > then.megabytes + slack.megabytes:
            faults.append(f"{name} holds {now.megabytes:.0f} MB, earlier {then.megabytes:.0f} MB")
        if now.files > then.files + slack.files:
            faults.append(f"{name} has {now.files} descriptors open, earlier {then.files}")
    if late.connections > early.connections + slack.connections:
        faults.append(f"{late.connections} connections to PostgreSQL, earlier {early.connections}")
    # Each process opens its own at the start, and no more.
    if late.amqp_connections > early.amqp_connections:
        faults.append(f"{late.amqp_connections} connections to RabbitMQ, earlier {early.amqp_connections}")
    if late.amqp_channels > early.amqp_channels:
        faults.append(f"{late.amqp_channels} channels in RabbitMQ, earlier {early.amqp_channels}")
    if late.strays:
        faults.append(f"{late.strays} processes are nobody's")
    return faults


def leaks(early: Vitals, warm: Vitals, late: Vitals) -> list[str]:
    """Before a storm; and after it, warmed up and after more work, by the same processes."""
    restarted = [
        f"{name} was started anew in the calm: its growth is not known"
        for name, now in late.processes.items()
        if now.pid != warm.processes[name].pid
    ]
    return [*restarted, *compare(early, late), *compare(warm, late, CALM)]
