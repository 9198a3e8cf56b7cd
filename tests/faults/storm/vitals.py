"""What every process holds: memory, descriptors, connections; early in the storm and when all is quiet again."""

import asyncio
from typing import NamedTuple

import asyncpg
import psutil

from deploy.local import processes
from tests.fixtures.platform import Platform
from tests.fixtures.room import room

MORE_MB = 40.0
MORE_FILES = 40  # kept-alive connections come and go
MORE_CONNECTIONS = 15  # pools fill when they are needed
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Vital(NamedTuple):
    megabytes: float
    files: int


class Vitals(NamedTuple):
    processes: dict[str, Vital]
    connections: int  # to PostgreSQL
    strays: int  # processes of ours that nobody has as a child


async def look(platform: Platform, conn: asyncpg.Connection) -> Vitals:
    return Vitals(await asyncio.to_thread(_processes, platform), await conn.fetchval(CONNECTIONS), _strays(platform))


def _processes(platform: Platform) -> dict[str, Vital]:
    found = {}
    for name in platform.names:
        process = psutil.Process(platform.pid(name))
        found[name] = Vital(process.memory_info().rss / 2**20, process.num_fds())
    return found


def _strays(platform: Platform) -> int:
    ours = set(processes.started_with("CREDIT_VAR", str(room())))
    for name in platform.names:
        process = psutil.Process(platform.pid(name))
        ours -= {process.pid, *(child.pid for child in process.children(recursive=True))}
    return len(ours)


def compare(early: Vitals, late: Vitals) -> list[str]:
    faults = []
    for name, now in late.processes.items():
        then = early.processes[name]
        if now.megabytes > then.megabytes + MORE_MB:
            faults.append(f"{name} holds {now.megabytes:.0f} MB, early {then.megabytes:.0f} MB")
        if now.files > then.files + MORE_FILES:
            faults.append(f"{name} has {now.files} descriptors open, early {then.files}")
    if late.connections > early.connections + MORE_CONNECTIONS:
        faults.append(f"{late.connections} connections to PostgreSQL, early {early.connections}")
    if late.strays:
        faults.append(f"{late.strays} processes are nobody's")
    return faults
