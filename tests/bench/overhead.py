"""What the gateway adds to a small read: the same request straight to the service, and through the gateway."""

import time

import aiohttp

from tests.bench.report import Figure, median
from tests.bench.system import System

READS = 600
PATH = "/api/v1/uploads?size=1"
RENEW_AFTER = 200  # reads; a signed identity lives 60 s


async def run(system: System) -> list[Figure]:
    direct_times, gateway_times = [], []
    async with system.offices(1) as (office,):
        http, token = office.api.http, office.api.token
        direct, through = system.platform.url_of("records") + PATH, office.api.base + PATH
        signed = ""
        for count in range(READS + 50):
            if count % RENEW_AFTER == 0:
                signed = await identity(http, system, token)
            took_direct = await read(http, direct, signed)
            took_gateway = await read(http, through, token)
            if count >= 50:  # warm by then
                direct_times.append(took_direct)
                gateway_times.append(took_gateway)
    direct_ms, gateway_ms = median(direct_times) * 1000, median(gateway_times) * 1000
    note = f"{direct_ms:.2f} ms at the service, {gateway_ms:.2f} ms through the gateway, p50 of {READS}"
    return [Figure("the gateway adds to a small read", gateway_ms - direct_ms, "ms", at_most=3, note=note)]


async def read(http: aiohttp.ClientSession, url: str, credential: str) -> float:
    begun = time.perf_counter()
    async with http.get(url, headers={"Authorization": f"Bearer {credential}"}) as answer:
        await answer.read()
        assert answer.status == 200, await answer.text()
    return time.perf_counter() - begun


async def identity(http: aiohttp.ClientSession, system: System, token: str) -> str:
    """The signed identity auth gives the gateway for this token."""
    url = f"{system.platform.url_of('auth')}/internal/identity?services=records"
    body = {"token": token, "address": "127.0.0.1"}
    async with http.post(url, json=body, headers={"X-Gateway-Key": system.platform.gateway_key}) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["identity"])
