"""The private PostgreSQL and RabbitMQ, and the fixtures every other test leans on."""

import json
import re
import signal
import subprocess

import aio_pika
import asyncpg
import pytest

from deploy import secrets
from deploy.local import processes
from deploy.local.postgres import Postgres, execute
from deploy.local.rabbitmq import HOLD_SECONDS, PORTS_NEEDED, RabbitMQ, answers, binaries
from shared.messaging.topology import PERSISTER, declare_persister_queue, persister_queue
from tests.fixtures.room import ROOT, room

pytestmark = pytest.mark.integration


async def test_postgres_keeps_its_data_through_a_kill(own_postgres: Postgres) -> None:
    await execute(own_postgres.url(), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)", "CHECKPOINT")
    own_postgres.kill()
    assert processes.is_free(own_postgres.port)
    own_postgres.start()
    conn = await asyncpg.connect(own_postgres.url())
    assert await conn.fetchval("SELECT n FROM kept") == 7
    assert await conn.fetchval("SELECT datctype FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
    await conn.close()


def test_postgres_starts_over_a_pid_file_that_now_names_a_stranger(own_postgres: Postgres) -> None:
    pid_file = own_postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    own_postgres.kill()
    pid_file.write_text("\n".join(["1", *lines[1:]]) + "\n")
    own_postgres.start()
    assert pid_file.read_text().splitlines()[0] != "1"


def test_a_second_postgres_on_the_same_folder_replaces_one_whose_parent_is_gone(own_postgres: Postgres) -> None:
    heir = Postgres(own_postgres.folder, own_postgres.port, durable=False)
    heir.start()
    heir.stop()
    assert processes.is_free(own_postgres.port)


def test_passwords_are_strong_and_readable_only_by_their_owner(own_postgres: Postgres) -> None:
    file = own_postgres.folder / "password"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text()) >= 32


class OfCompose(RabbitMQ):
    """A node of this machine on the files that docker-compose.yml mounts; ports and limits apart."""

    def prepare(self) -> None:
        super().prepare()
        secrets.make(self.folder / "secrets")
        mounted = {"/etc/rabbitmq/definitions.json": self.folder / "secrets" / "rabbitmq_definitions.json"}
        shipped = (ROOT / "deploy" / "rabbitmq" / "rabbitmq.conf").read_text()
        for where, file in mounted.items():
            shipped = shipped.replace(where, str(file))
        (self.folder / "rabbitmq.conf").write_text(f"{shipped}\nlisteners.tcp.1 = 127.0.0.1:{self.port}\n")

    def url(self, vhost: str = "/") -> str:
        told = (self.folder / "secrets" / "amqp").read_text()
        return told.replace("@rabbitmq:5672/", f"@127.0.0.1:{self.port}/{vhost.removeprefix('/')}")


async def told_of_parked(node: RabbitMQ, vhost: str) -> None:
    """The user signs in, and what is parked goes after two weeks."""
    connection = await aio_pika.connect(node.url(vhost))
    await declare_persister_queue(await connection.channel(), "small")
    await connection.close()

    def told(*words: str) -> list[dict[str, str]]:
        command = [str(binaries() / "rabbitmqctl"), *words, "-p", vhost, "--formatter=json", "-q"]
        done = subprocess.run(command, env=node.environment(), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        listed: list[dict[str, str]] = json.loads(done.stdout)
        return listed

    queues = {one["name"]: one["policy"] for one in told("list_queues", "name", "policy")}
    assert queues == {f"{PERSISTER}.parked": "parked", persister_queue("small"): ""}
    [policy] = told("list_policies")
    assert json.loads(policy["definition"]) == {"message-ttl": 14 * 24 * 3_600_000}


async def test_what_is_parked_goes_after_two_weeks_and_what_waits_does_not(own_rabbitmq: RabbitMQ) -> None:
    await told_of_parked(own_rabbitmq, "platform")


async def test_so_it_does_with_docker_compose_whose_user_signs_in_and_no_other() -> None:
    node = OfCompose(room() / "rabbitmq-compose", processes.free_ports(PORTS_NEEDED)[0])
    node.start()
    try:
        await told_of_parked(node, "/")
        with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
            await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{node.port}/")
    finally:
        node.wipe()


def test_no_broker_takes_back_what_is_held_through_an_outage(own_rabbitmq: RabbitMQ) -> None:
    """After the fifth time it would park it; a weekend without PostgreSQL must not do that."""
    shipped = (ROOT / "deploy" / "rabbitmq" / "rabbitmq.conf").read_text()
    for settings in (shipped, (own_rabbitmq.folder / "rabbitmq.conf").read_text()):
        [held] = re.findall(r"^consumer_timeout = (\d+)$", settings, flags=re.M)
        assert int(held) == HOLD_SECONDS * 1000 >= 3 * 24 * 3_600_000


async def test_rabbitmq_keeps_durable_messages_through_a_kill_and_loses_them_when_wiped(own_rabbitmq: RabbitMQ) -> None:
    connection = await aio_pika.connect(own_rabbitmq.url("platform"))
    channel = await connection.channel(publisher_confirms=True)
    await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
    await channel.default_exchange.publish(aio_pika.Message(b"x", delivery_mode=2), "kept")
    await connection.close()
    # RabbitMQ writes the names of new quorum queues down half a second later; killed before, they never find a leader.
    names = own_rabbitmq.data / "credit@localhost" / "quorum" / "credit@localhost" / "names.dets"
    assert processes.wait_until(lambda: b"kept" in names.read_bytes(), 10.0)
    own_rabbitmq.kill()
    assert not answers(own_rabbitmq.port)
    own_rabbitmq.start()
    assert await waiting(own_rabbitmq.url("platform"), "kept") == [b"x"]
    own_rabbitmq.wipe()
    own_rabbitmq.start()
    with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
        await waiting(own_rabbitmq.url("platform"), "kept")


async def test_rabbitmq_has_no_user_but_ours(own_rabbitmq: RabbitMQ) -> None:
    with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
        await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{own_rabbitmq.port}/")
    mode = (own_rabbitmq.folder / "rabbitmq.conf").stat().st_mode
    assert mode & 0o077 == 0


def test_no_process_of_a_stopped_node_stays(own_rabbitmq: RabbitMQ) -> None:
    processes.send([own_rabbitmq._process.pid] if own_rabbitmq._process else [], signal.SIGKILL)
    own_rabbitmq.stop()
    assert processes.started_with("RABBITMQ_MNESIA_BASE", str(own_rabbitmq.data)) == []


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_finds_the_queues_empty(broker: str, turn: int) -> None:
    queue = persister_queue("small")
    assert await waiting(broker, queue) == []
    connection = await aio_pika.connect(broker)
    async with connection, connection.channel() as channel:
        await channel.default_exchange.publish(aio_pika.Message(b"left behind"), queue)
    assert await waiting(broker, queue) == [b"left behind"]


async def waiting(url: str, name: str) -> list[bytes]:
    """The messages in the queue; they stay there."""
    found = []
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(name)
        while (message := await queue.get(fail=False)) is not None:
            found.append(message.body)
    return found
