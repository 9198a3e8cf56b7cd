"""The gateway as a process of its own: it starts and stops also while the broker is away and streams are open."""

import asyncio
import os
import sys
import time

from deploy.local import processes
from tests.fixtures.gateway import KEY, NOWHERE, officer, open_services
from tests.fixtures.room import ROOT


async def test_it_stops_within_a_second_with_the_broker_away_and_a_stream_open() -> None:
    async with open_services() as gateway:
        headers = gateway.let_in(officer())
        [port] = processes.free_ports(1)
        gateway.url = f"http://127.0.0.1:{port}"
        environment = {
            "GATEWAY_AUTH_URL": gateway.auth.url,
            "GATEWAY_RECORDS_URL": gateway.records.url,
            "GATEWAY_INGEST_URL": gateway.ingest.url,
            "GATEWAY_AUTH_KEY": KEY,
            "GATEWAY_AMQP": NOWHERE,
            "GATEWAY_PORT": str(port),
            "GATEWAY_LOG_LEVEL": "ERROR",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.gateway", cwd=ROOT, env=os.environ | environment
        )
        try:
            async with asyncio.timeout(20):
                while not await answers(port):
                    await asyncio.sleep(0.05)
            async with gateway.http.get(gateway.url + "/api/v1/events", headers=headers) as stream:
                assert stream.status == 200
                began = time.monotonic()
                process.terminate()
                async with asyncio.timeout(5):
                    await stream.content.read()  # to its end
                    code = await process.wait()
            assert code == 0
            assert time.monotonic() - began < 1.5  # a second, and some for a busy machine
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
