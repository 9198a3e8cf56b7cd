"""Messages nobody could handle: in the queues for them, and in the logs of those who gave them up."""

import asyncio
import json
import time
from pathlib import Path

from aio_pika.exceptions import AMQPError

from deploy import parked

GIVEN_UP = "parked "  # how shared/messaging/consumer.py begins the line
MOST_QUOTED = 200
# A broker that was started a moment ago knows its queues a little later than it answers.
KNOWN_SECONDS = 30.0
DOWN = (AMQPError, OSError, TimeoutError)


async def in_queues(amqp: str, when: str) -> list[str]:
    """Looking takes nothing away. Raises what the broker says, when it does not answer for long."""
    deadline = time.monotonic() + KNOWN_SECONDS
    while True:
        try:
            async with asyncio.timeout(10):
                messages = await parked.work(amqp, "list")
        except DOWN:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return [f"parked {when}: {message.line()}" for message in messages]


def in_logs(folder: Path) -> list[str]:
    """A queue that is wiped forgets; logs do not."""
    found = []
    for log in sorted(folder.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            event = _event(line)
            if event.startswith(GIVEN_UP):
                found.append(f"{log.stem} says: {event[:MOST_QUOTED]}")
    return found


def _event(line: str) -> str:
    """What a structured line says; "" for one that is none, such as the end of a killed process."""
    try:
        return str(json.loads(line)["event"])
    except (ValueError, KeyError, TypeError):
        return ""
