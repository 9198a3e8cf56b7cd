"""The gateway as a process of its own: it stops also while the broker is away and streams are open."""

import asyncio
import time

from tests.fixtures.gateway import gateway_process, officer, open_services


async def test_it_stops_within_a_second_with_the_broker_away_and_a_stream_open() -> None:
    async with open_services() as gateway, gateway_process(gateway) as process:
        headers = gateway.let_in(officer())
        async with gateway.http.get(gateway.url + "/api/v1/events", headers=headers) as stream:
            assert stream.status == 200
            began = time.monotonic()
            process.terminate()
            async with asyncio.timeout(5):
                await stream.content.read()  # to its end
                code = await process.wait()
        assert code == 0
        assert time.monotonic() - began < 1.5  # a second, and some for a busy machine
