"""How often somebody may ask. Counted per process: with n gateways the limits are n times as wide."""

import math
import time
from typing import NoReturn

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.gateway.errors import TooManyRequests
from services.gateway.settings import Settings


class Limits:
    """Kinds: signed_in (user), public (address), upload (department), sign_in (address), refused (address).

    An address is one as `counted_as` says.
    """

    def __init__(self, settings: Settings) -> None:
        self._strategy = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem] = {
            "signed_in": parse(settings.signed_in_rate),
            "public": parse(settings.public_rate),
            "upload": parse(settings.upload_rate),
            "sign_in": parse(settings.sign_in_rate),
            "refused": parse(settings.refused_rate),
        }

    async def hit(self, kind: str, who: str) -> None:
        """Count one request; raises TooManyRequests with the seconds to wait when there have been too many."""
        item = self._items[kind]
        if not await self._strategy.hit(item, kind, who):
            await self._refuse(item, kind, who)

    async def require(self, kind: str, who: str) -> None:
        """Like hit(), but this request is not counted."""
        item = self._items[kind]
        if not await self._strategy.test(item, kind, who):
            await self._refuse(item, kind, who)

    async def _refuse(self, item: RateLimitItem, kind: str, who: str) -> NoReturn:
        stats = await self._strategy.get_window_stats(item, kind, who)
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooManyRequests(f"操作过于频繁，请 {wait} 秒后再试。", retry_after=wait)
