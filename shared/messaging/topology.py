"""Exchanges and queues, declared the same way by every process that uses them.

events (topic)
├── ingest.upload.accepted.v1.<lane>.<shard>  → ingest.worker.<lane>.<shard>  (quorum; ingest.worker.parked beside)
├── ingest.upload.accepted.v1.<lane>.*        → one exclusive queue a worker, only to wake it
├── ingest.*.v1.<lane>                        → records.persister.<lane>      (quorum; records.persister.parked beside)
└── records.*                                 → one exclusive queue a gateway

Two lanes, small and bulk, all the way: a small file never waits behind bulk. Within a lane the departments are dealt to
SHARDS queues by their code; a worker takes one message of each queue in turn, so a department with two hundred files
waiting holds up only what shares its shard.
"""

from typing import get_args
from uuid import uuid4
from zlib import crc32

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue

from shared.contracts.ingest import Lane

EVENTS = "events"
PARKED = "parked"
DELIVERY_LIMIT = 5
SHARDS = 16
LANES: tuple[Lane, ...] = get_args(Lane)

WORKER = "ingest.worker"
PERSISTER = "records.persister"
# Batches that may wait for the persister, in each lane, before a worker must slow down (500 rows each).
PERSISTER_BACKLOG = 200


def shard_of(department: str) -> int:
    return crc32(department.encode()) % SHARDS


def worker_queue(lane: Lane, shard: int) -> str:
    return f"{WORKER}.{lane}.{shard:02d}"


def persister_queue(lane: Lane) -> str:
    return f"{PERSISTER}.{lane}"


# Where the messages end that nobody can handle.
PARKED_QUEUES = (f"{WORKER}.parked", f"{PERSISTER}.parked")
# Every durable queue.
QUEUES = (
    *PARKED_QUEUES,
    *(persister_queue(lane) for lane in LANES),
    *(worker_queue(lane, shard) for lane in LANES for shard in range(SHARDS)),
)


async def declare_exchange(channel: AbstractChannel) -> AbstractExchange:
    return await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)


async def declare_queue(
    channel: AbstractChannel,
    name: str,
    parked_as: str,
    *routing_keys: str,
    max_length: int | None = None,
) -> AbstractQueue:
    """A quorum queue bound to `routing_keys`; what it gives up on goes to the queue `<parked_as>.parked`.

    A full queue (max_length) refuses the publish: the publisher waits and tries again.
    """
    events = await declare_exchange(channel)
    parked = await channel.declare_exchange(PARKED, ExchangeType.DIRECT, durable=True)
    parking = await channel.declare_queue(f"{parked_as}.parked", durable=True, arguments={"x-queue-type": "quorum"})
    await parking.bind(parked, routing_key=parked_as)
    arguments: dict[str, str | int] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": PARKED,
        "x-dead-letter-routing-key": parked_as,
    }
    if max_length is not None:
        arguments |= {"x-max-length": max_length, "x-overflow": "reject-publish"}
    queue = await channel.declare_queue(name, durable=True, arguments=dict(arguments))
    for routing_key in routing_keys:
        await queue.bind(events, routing_key=routing_key)
    return queue


async def declare_worker_queue(channel: AbstractChannel, lane: Lane, shard: int) -> AbstractQueue:
    return await declare_queue(
        channel, worker_queue(lane, shard), WORKER, f"ingest.upload.accepted.v1.{lane}.{shard:02d}"
    )


async def declare_worker_bell(channel: AbstractChannel, lane: Lane) -> AbstractQueue:
    """A queue of the process's own with a copy of each file's message: not to work on, to hear that there is one."""
    # Named by us: one that the broker has named cannot be declared again after the broker's restart.
    name = f"{WORKER}.{lane}.bell.{uuid4().hex}"
    bell = await channel.declare_queue(name, exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
    await bell.bind(await declare_exchange(channel), routing_key=f"ingest.upload.accepted.v1.{lane}.*")
    return bell


async def declare_persister_queue(channel: AbstractChannel, lane: Lane) -> AbstractQueue:
    keys = [
        f"ingest.{what}.v1.{lane}" for what in ("checking.started", "rows.checked", "upload.checked", "upload.failed")
    ]
    return await declare_queue(channel, persister_queue(lane), PERSISTER, *keys, max_length=PERSISTER_BACKLOG)


async def declare_all(channel: AbstractChannel) -> None:
    """All of QUEUES. Idempotent; called by each process that publishes or consumes, so that no order of starting
    and no wiped broker leaves a message without a queue."""
    for lane in LANES:
        await declare_persister_queue(channel, lane)
        for shard in range(SHARDS):
            await declare_worker_queue(channel, lane, shard)
