"""Publishes a message and returns only once the broker has it in a queue."""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

from aio_pika import DeliveryMode, Exchange
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError

from shared.contracts.base import Message
from shared.messaging.connection import DOWN, BrokerDown
from shared.telemetry.tracing import carried

log = logging.getLogger(__name__)

CONFIRM_SECONDS = 5.0
FULL_PAUSE = 0.05


class Publisher:
    """Needs a channel opened with publisher_confirms and on_return_raises (open_channel)."""

    def __init__(self, exchange: AbstractExchange) -> None:
        self._exchange = exchange

    async def publish(self, message: Message, *, suffix: str = "") -> None:
        """Publish under the message's routing key, followed by `.suffix` (a lane, a lane and shard).

        Raises:
            BrokerDown: not confirmed in time; it may have arrived all the same, so a repeat keeps the message id.
        """
        key = message.routing_key()
        await self.publish_body(
            message.model_dump_json().encode(),
            message_id=message.message_id,
            type_=key,
            routing_key=f"{key}.{suffix}" if suffix else key,
        )

    async def publish_body(self, body: bytes, *, message_id: UUID, type_: str, routing_key: str) -> None:
        """Publish encoded JSON; while the queue is full, wait and try again: that is the back-pressure."""
        raw = AmqpMessage(
            body,
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=str(message_id),
            type=type_,
            headers=dict(carried()),
        )
        while True:
            try:
                await self._exchange.publish(raw, routing_key=routing_key, mandatory=True, timeout=CONFIRM_SECONDS)
            except PublishError as error:  # returned: no queue is bound, the broker has been wiped
                raise BrokerDown from error
            except DeliveryError:  # nack: the queue is at its x-max-length
                await asyncio.sleep(FULL_PAUSE)
            except TimeoutError as error:
                await self._begin_anew()
                raise BrokerDown from error
            except DOWN as error:
                raise BrokerDown from error
            else:
                return

    async def _begin_anew(self) -> None:
        """Let the channel be opened again.

        The broker counts what a channel sends to a quorum queue; one that was made anew waits for what came before.
        """
        assert isinstance(self._exchange, Exchange)
        with suppress(*DOWN):
            async with asyncio.timeout(CONFIRM_SECONDS):
                channel = await self._exchange.channel.get_underlay_channel()
                await channel.close(ConnectionError("nothing was confirmed"))

    async def announce(self, message: Message) -> None:
        """Publish a fact nobody has to hear (live events): with no gateway listening it is lost, and that is right."""
        try:
            await self._exchange.publish(
                AmqpMessage(
                    message.model_dump_json().encode(),
                    content_type="application/json",
                    message_id=str(message.message_id),
                    type=message.routing_key(),
                    headers=dict(carried()),
                ),
                routing_key=message.routing_key(),
                mandatory=False,
                timeout=CONFIRM_SECONDS,
            )
        except DOWN as error:
            log.warning("live event %s was not sent: %s", message.routing_key(), type(error).__name__)
