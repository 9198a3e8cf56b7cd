"""Verifies the identity on every request: an Ed25519 token that auth signed and the gateway put in Authorization.

Services trust nothing else: not the network, not a header of names, not each other.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from shared.contracts.identity import ALGORITHM, ISSUER, Identity, Role, Service, is_meant_for
from shared.errors import Forbidden, Unauthenticated, Unavailable

FetchKeys = Callable[[], Awaitable[KeySetSerialization]]

# A key set is fetched again for an unknown key at most this often (seconds): a forger cannot make us hammer auth.
REFETCH_SECONDS = 5.0
# After an attempt that failed, those who need new keys are told so for this long; the keys we have go on verifying.
FAILED_SECONDS = 1.0
LEEWAY_SECONDS = 5
# Verified tokens are remembered until they expire: verifying costs 130 µs, and the same one comes for a while.
REMEMBERED = 4096

IDENTITY: web.RequestKey[Identity] = web.RequestKey("IDENTITY", Identity)


class IdentityVerifier:
    def __init__(
        self,
        service: Service,
        fetch_keys: FetchKeys,
        *,
        refetch_seconds: float = REFETCH_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`service`: who verifies; what is meant for others only is refused."""
        self._service = service
        self._fetch_keys = fetch_keys
        self._refetch_seconds = refetch_seconds
        self._clock = clock
        self._keys: KeySet | None = None
        self._again_at = float("-inf")
        self._failed = False
        self._lock = asyncio.Lock()
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True},
            exp={"essential": True},
        )
        self._known: dict[str, tuple[float, Identity]] = {}

    async def verify(self, token: str) -> Identity:
        """The caller that `token` names.

        Raises:
            Unauthenticated: forged, expired, or for somebody else.
            Unavailable: the keys cannot be fetched.
        """
        known = self._known.get(token)
        if known is not None and known[0] > self._clock():
            return known[1]
        decoded = await self._decode(token)
        try:
            self._claims.validate(decoded.claims)
            identity = Identity.model_validate(decoded.claims)
        except (JoseError, ValueError):
            raise Unauthenticated("身份已失效，请重新登录。") from None
        if not is_meant_for(self._service, decoded.claims["aud"]):
            raise Unauthenticated("身份不适用于这项服务，请重新登录。")
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[token] = (float(decoded.claims["exp"]), identity)
        return identity

    async def _decode(self, token: str) -> jwt.Token:
        for attempt in (1, 2):
            keys = await self._key_set(refetch=attempt == 2)
            try:
                return jwt.decode(token, keys, algorithms=[ALGORITHM])
            except (JoseError, ValueError):
                continue
        raise Unauthenticated("身份无法识别，请重新登录。")

    async def _key_set(self, *, refetch: bool) -> KeySet:
        if self._keys is not None and not refetch:
            return self._keys
        async with self._lock:
            if time.monotonic() < self._again_at:
                if self._failed or self._keys is None:
                    raise KeysDown
                return self._keys
            try:
                keys = KeySet.import_key_set(await self._fetch_keys())
            except BaseException:  # whoever asked may also have gone away
                self._failed, self._again_at = True, time.monotonic() + FAILED_SECONDS
                raise
            self._failed, self._again_at = False, time.monotonic() + self._refetch_seconds
            self._keys = keys
            return keys


async def identify(request: web.Request, verifier: IdentityVerifier) -> Identity:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Unauthenticated("请先登录。")
    return await verifier.verify(token)


def require(identity: Identity, *roles: Role) -> None:
    """Raises Forbidden unless the caller has one of `roles`. Admin is not implied: name it."""
    if identity.role not in roles:
        raise Forbidden("您的账号没有这项权限；如有需要，请联系本部门管理员或市信用办。")


def require_reporting(identity: Identity) -> None:
    """Raises Forbidden for a caller who may only read."""
    require(identity, Role.ADMIN, Role.MANAGER, Role.REPORTER)


class KeysDown(Unavailable):
    slug = "auth-down"
    title = "认证服务暂时连不上"
