"""Three RabbitMQ nodes on this machine that are one broker; which of them leads the most queues."""

import contextlib
import subprocess
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import processes
from deploy.local.rabbitmq import PORTS_NEEDED, RabbitMQ
from tests.fixtures.rabbitmq import ask
from tests.fixtures.room import room

NODES = 3
VHOST = "platform"
JOINED_SECONDS = 90.0


class Node(RabbitMQ):
    """One of several: its own name and ports, the others' secrets and epmd."""

    def __init__(self, folder: Path, port: int, epmd: int, number: int) -> None:
        super().__init__(folder, port, memory="512MiB", vhosts=("/", VHOST))
        self.epmd, self.name = epmd, name_of(number)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"RABBITMQ_NODENAME": self.name, "ERL_EPMD_PORT": str(self.epmd)}

    def prepare(self) -> None:
        super().prepare()
        lines = [
            "cluster_formation.peer_discovery_backend = classic_config",
            *(f"cluster_formation.classic_config.nodes.{at} = {name_of(at)}" for at in range(1, NODES + 1)),
            "cluster_partition_handling = pause_minority",
        ]
        with (self.folder / "rabbitmq.conf").open("a") as settings:
            settings.writelines(f"{line}\n" for line in lines)


def name_of(number: int) -> str:
    return f"credit{number}@localhost"


@contextlib.contextmanager
def open_cluster() -> Generator[Sequence[Node]]:
    """Started and joined."""
    (epmd,) = processes.free_ports(1)
    nodes: list[Node] = []
    for number in range(1, NODES + 1):
        node = Node(room() / f"node-{number}", processes.free_ports(PORTS_NEEDED)[0], epmd, number)
        first = nodes[0] if nodes else node
        processes.write_private(node.folder / "password", first.password)
        processes.write_private(node.folder / "home" / ".erlang.cookie", processes.secret(_cookie(first)))
        nodes.append(node)
    # Its own process: an epmd that a node has started would be killed with that node.
    names = subprocess.Popen(["epmd", "-address", "127.0.0.1", "-port", str(epmd)], stdin=subprocess.DEVNULL)
    try:
        nodes[0].start()
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda node: node.start(), nodes[1:]))
        if not processes.wait_until(lambda: _running(nodes[0]) == NODES, JOINED_SECONDS):
            raise processes.CouldNotStart("the three RabbitMQ nodes did not become a cluster")
        yield nodes
    finally:
        for node in nodes:
            node.wipe()
        processes.end([names.pid])
        names.wait()


def leader(nodes: Sequence[Node]) -> Node:
    """The node that leads the most quorum queues."""
    for node in nodes:
        try:
            told = ask(node, "list_queues", "--vhost", VHOST, "name", "leader")
        except subprocess.SubprocessError:  # this one is down or paused
            continue
        assert isinstance(told, list)
        led = Counter(queue["leader"] for queue in told if queue["leader"])
        most = led.most_common(1)[0][0]
        return next(one for one in nodes if one.name == most)
    raise AssertionError("no node of the cluster answers")


def _cookie(node: Node) -> Path:
    return node.folder / "home" / ".erlang.cookie"


def _running(node: Node) -> int:
    told = ask(node, "cluster_status")
    assert isinstance(told, dict)
    return len(told["running_nodes"])
