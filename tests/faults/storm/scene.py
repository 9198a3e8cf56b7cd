"""Where a storm takes place: servers and a platform of its own, and a small file system for the files of officers."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from deploy.local import processes
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.storm.cluster import VHOST, open_cluster
from tests.fixtures.platform import Platform, open_platform
from tests.fixtures.postgres import Databases
from tests.fixtures.rabbitmq import private_node
from tests.fixtures.room import ROOT, room

APART = "CREDIT_STORM_APART"


class Scene(NamedTuple):
    platform: Platform
    postgres: Postgres
    brokers: Sequence[RabbitMQ]  # one, or the nodes of a cluster
    blobs: Path  # with a disk, on a small file system of its own


@functools.cache
def unshare() -> list[str]:
    """What begins a program in a mount name space of its own; nothing where nobody may mount anything."""
    if shutil.which("unshare") is None:
        return []
    for user in ([], ["--user", "--map-root-user"]):
        words = ["unshare", "--mount", *user]
        tried = [*words, "mount", "-t", "tmpfs", "tmpfs", str(ROOT / "tests")]
        if subprocess.run(tried, check=False, capture_output=True).returncode == 0:
            return words
    return []


def go_apart() -> None:
    """Begin anew in a mount name space of our own: what is mounted there goes when we go, however that happens.

    Returns when we are there already, and where that is not allowed.
    """
    if APART not in os.environ and (words := unshare()):
        words = [*words, sys.executable, "-m", "tests.faults.storm", *sys.argv[1:]]
        os.execvpe(words[0], words, {**os.environ, APART: "yes"})


def may_mount() -> bool:
    return APART in os.environ


@contextmanager
def open_scene(minutes: float, settings: dict[str, str], *, cluster: bool, disk: bool) -> Generator[Scene]:
    with open_disk(minutes) if disk else open_folder() as folder:
        postgres = Postgres(room() / f"postgres-{uuid4().hex[:6]}", processes.free_ports(1)[0], durable=True)
        with open_cluster() if cluster else open_broker() as brokers:
            try:
                postgres.start()
                amqp = ",".join(broker.url(VHOST) for broker in brokers)
                blobs = {"INGEST_BLOBS": (folder / "blobs").as_uri()}
                platform = open_platform(Databases(postgres.url()), amqp, settings=settings | blobs)
                try:
                    yield Scene(platform, postgres, brokers, folder / "blobs")
                finally:
                    platform.close()
            finally:
                postgres.wipe()


@contextmanager
def open_folder() -> Generator[Path]:
    folder = room() / "disk"
    folder.mkdir()
    yield folder


@contextmanager
def open_disk(minutes: float) -> Generator[Path]:
    """A file system with as much room as the files of so many minutes need, and not much more."""
    with open_folder() as disk:
        size = f"size={200 + round(120 * minutes)}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=True)
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)


@contextmanager
def open_broker() -> Generator[Sequence[RabbitMQ]]:
    node = private_node(f"rabbitmq-{uuid4().hex[:6]}")
    try:
        node.start()
        yield [node]
    finally:
        node.wipe()
