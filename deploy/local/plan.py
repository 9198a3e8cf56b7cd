"""The processes of the platform on one machine: their commands, settings and ports, in the order of the flow.

The runner (`make up`), the tests and the benchmarks start the very same ones.
"""

import sys
from collections.abc import Mapping
from typing import NamedTuple

# Ports of the internal processes, counted from the first; workers come last, one port each.
AUTH, RECORDS, PERSISTER, INGEST, WORKERS = range(5)
MAX_WORKERS = 32
PORTS_NEEDED = WORKERS + MAX_WORKERS


class Servers(NamedTuple):
    """Where everything the processes lean on is. `first_port` begins PORTS_NEEDED free ports."""

    auth_database: str
    records_database: str
    amqp: str
    blobs: str
    gateway_key: str
    gateway_port: int
    first_port: int


class Process(NamedTuple):
    name: str
    words: list[str]
    environment: dict[str, str]
    port: int

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/readyz"


def processes(servers: Servers, workers: int, extra: Mapping[str, str] | None = None) -> list[Process]:
    """`extra` are further settings (RECORDS_SWEEP_SECONDS, …), given to the processes whose prefix they carry."""
    auth, records, ingest = (servers.first_port + offset for offset in (AUTH, RECORDS, INGEST))
    auth_url, records_url, ingest_url = (f"http://127.0.0.1:{port}" for port in (auth, records, ingest))
    persister = servers.first_port + PERSISTER
    settings = {
        "auth": {
            "AUTH_DATABASE": servers.auth_database,
            "AUTH_PORT": str(auth),
            "AUTH_GATEWAY_KEY": servers.gateway_key,
        },
        "records": {
            "RECORDS_DATABASE": servers.records_database,
            "RECORDS_AMQP": servers.amqp,
            "RECORDS_AUTH_URL": auth_url,
            "RECORDS_PORT": str(records),
            "RECORDS_PERSISTER_PORT": str(persister),
        },
        "ingest": {
            "INGEST_AMQP": servers.amqp,
            "INGEST_BLOBS": servers.blobs,
            "INGEST_AUTH_URL": auth_url,
            "INGEST_RECORDS_URL": records_url,
            "INGEST_PORT": str(ingest),
        },
        "gateway": {
            "GATEWAY_AUTH_URL": auth_url,
            "GATEWAY_RECORDS_URL": records_url,
            "GATEWAY_INGEST_URL": ingest_url,
            "GATEWAY_AMQP": servers.amqp,
            "GATEWAY_PORT": str(servers.gateway_port),
            "GATEWAY_AUTH_KEY": servers.gateway_key,
        },
    }
    for name, value in (extra or {}).items():
        settings[name.partition("_")[0].lower()][name] = value

    def process(name: str, service: str, role: str, port: int, **more: str) -> Process:
        return Process(name, [sys.executable, "-m", f"services.{service}", role], settings[service] | more, port)

    def worker(number: int) -> Process:
        port = servers.first_port + WORKERS + number - 1
        return process(f"worker-{number}", "ingest", "worker", port, INGEST_WORKER_PORT=str(port))

    return [
        process("auth", "auth", "api", auth),
        process("records", "records", "api", records),
        process("persister", "records", "persister", persister),
        process("ingest", "ingest", "api", ingest),
        *(worker(number) for number in range(1, workers + 1)),
        process("gateway", "gateway", "api", servers.gateway_port),
    ]
