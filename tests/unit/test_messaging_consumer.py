"""What becomes of a message, and that it is counted."""

import pytest
from prometheus_client import REGISTRY

from shared.messaging.consumer import Consumer, PermanentError


class Message:
    """One delivery, and what the consumer answered."""

    def __init__(self, type_: str) -> None:
        self.body = b"{}"
        self.type: str | None = type_
        self.message_id: str | None = "1"
        self.headers: dict[str, object] = {}
        self.answers: list[str] = []

    async def ack(self) -> None:
        self.answers.append("ack")

    async def reject(self, requeue: bool = False) -> None:
        self.answers.append("again" if requeue else "park")


@pytest.mark.parametrize(
    ("error", "answer", "outcome"),
    [(None, "ack", "done"), (PermanentError("x"), "park", "parked"), (ValueError("x"), "again", "retried")],
)
async def test_every_message_is_answered_once_and_counted(error: Exception | None, answer: str, outcome: str) -> None:
    async def handle(_type: str, _body: bytes) -> None:
        if error is not None:
            raise error

    message = Message(f"test.{outcome}")
    await Consumer([], handle, retry_pause=0).settle(message)
    assert message.answers == [answer]
    labels = {"type": message.type or "", "outcome": outcome}
    assert REGISTRY.get_sample_value("credit_messages_total", labels) == 1


def test_what_will_come_is_counted_from_nothing() -> None:
    """A counter that appears with its first message shows no increase for it."""

    async def handle(_type: str, _body: bytes) -> None: ...

    Consumer([], handle, types=["test.expected"])
    for outcome in ("done", "retried", "parked"):
        assert REGISTRY.get_sample_value("credit_messages_total", {"type": "test.expected", "outcome": outcome}) == 0
