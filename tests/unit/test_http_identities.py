"""The keys that identities are verified with: asked of auth seldom, and never while the ones at hand will do."""

import asyncio
import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization, OKPKey

from shared.contracts.identity import ALGORITHM, ALL_SERVICES, ISSUER, audience_of
from shared.errors import Unauthenticated
from shared.http.identities import LEEWAY_SECONDS, IdentityVerifier, KeysDown
from tests.fixtures.gateway import officer

OURS, STRANGERS = (OKPKey.generate_key("Ed25519", {"kid": kid}) for kid in ("ours", "strangers"))


def token(key: OKPKey, number: int = 0, audience: object = None, ends: int | None = None) -> str:
    meant = audience_of(["records"]) if audience is None else audience
    claims = {**officer().model_dump(mode="json"), "iss": ISSUER, "aud": meant, "jti": str(number)}
    claims["exp"] = int(time.time()) + 60 if ends is None else ends
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


class Auth:
    """Answers, does not answer, or is away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.answering = asyncio.Event()
        self.answering.set()

    async def keys(self) -> KeySetSerialization:
        self.asked += 1
        await self.answering.wait()
        if self.away:
            raise KeysDown
        return KeySet([OURS]).as_dict(private=False)


async def test_who_has_a_good_identity_does_not_wait_for_the_keys_of_another() -> None:
    auth = Auth()
    verifier = IdentityVerifier("records", auth.keys, refetch_seconds=0)
    await verifier.verify(token(OURS))
    auth.answering.clear()
    forger = asyncio.create_task(verifier.verify(token(STRANGERS)))
    async with asyncio.timeout(5):
        while auth.asked < 2:
            await asyncio.sleep(0)
        await verifier.verify(token(OURS, 1))
    auth.answering.set()
    with pytest.raises(Unauthenticated):
        await forger


async def test_a_forger_makes_us_ask_an_auth_that_is_away_once() -> None:
    auth = Auth()
    auth.away = True
    verifier = IdentityVerifier("records", auth.keys)
    tokens = [token(STRANGERS, number) for number in range(20)]
    said = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
    assert {type(one) for one in said} == {KeysDown}
    assert auth.asked == 1


async def test_a_good_identity_is_let_in_soon_after_auth_is_back() -> None:
    auth = Auth()
    auth.away = True
    verifier = IdentityVerifier("records", auth.keys)
    with pytest.raises(KeysDown):
        await verifier.verify(token(OURS))
    auth.away = False
    async with asyncio.timeout(5):
        while True:
            try:
                await verifier.verify(token(OURS))
            except KeysDown:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.parametrize(
    ("audience", "good"),
    [
        (audience_of(["records"]), True),
        (audience_of(["ingest", "records"]), True),
        (ALL_SERVICES, True),  # of the release before: it knows no narrower one
        (audience_of([]), True),  # asked for by the gateway of the release before
        (audience_of(["auth"]), False),
        (audience_of(["auth", "ingest"]), False),
        ("credit.auth", False),
        (["credit.record"], False),
        ([["credit.records"]], False),
        ({"credit.records": 1}, False),
    ],
)
async def test_an_identity_is_good_where_it_is_meant_to_be_shown(audience: object, good: bool) -> None:
    verifier = IdentityVerifier("records", Auth().keys)
    shown = token(OURS, audience=audience)
    if good:
        assert await verifier.verify(shown) == officer()
        return
    for _ in range(2):  # what has been refused is not remembered either
        with pytest.raises(Unauthenticated):
            await verifier.verify(shown)


@pytest.mark.parametrize("remembered", [True, False])
async def test_an_identity_ends_when_it_says_and_the_leeway_for_clocks_later(remembered: bool) -> None:
    ends = 1_800_000_000
    clock: list[float] = []
    verifier = IdentityVerifier("records", Auth().keys, clock=lambda: clock[-1])
    shown = token(OURS, ends=ends)
    last = ends + LEEWAY_SECONDS - 0.1
    for moment in (ends - 60, ends - 0.1, ends, last) if remembered else (last,):
        clock.append(moment)
        assert await verifier.verify(shown) == officer()
    clock.append(ends + LEEWAY_SECONDS)
    with pytest.raises(Unauthenticated):
        await verifier.verify(shown)
