"""One platform with servers of its own for all fault tests, whole again after each of them."""

from collections.abc import AsyncGenerator, Generator

import pytest

from tests.faults.town import Town, open_town
from tests.fixtures.platform import Fragile, open_fragile

# Stands still for 3 s: published again. A worker that is alive gives a sign of life far more often.
SETTINGS = {"RECORDS_SWEEP_SECONDS": "1", "RECORDS_STALL_SECONDS": "3"}


@pytest.fixture(scope="package")
def whole() -> Generator[Fragile]:
    with open_fragile(settings=SETTINGS) as made:
        yield made


@pytest.fixture
async def town(whole: Fragile) -> AsyncGenerator[Town]:
    """What a test breaks it starts again; a test that failed half-way leaves that to `heal`."""
    async with open_town(whole) as town:
        try:
            yield town
        finally:
            await town.heal()
