"""Secrets and signatures: session secrets, API tokens, signing keys and the identities made with them."""

import json
import secrets
import time
from collections.abc import Iterable
from hashlib import sha256
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization, OKPKey

from shared.contracts.identity import ALGORITHM, ISSUER, Identity, Service, audience_of

# So that a leaked token is recognised by whoever finds it, people and scanners alike.
TOKEN_PREFIX = "credit_"  # noqa: S105  # not a secret
IDENTITY_SECONDS = 60


def new_session_secret() -> str:
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret. 256 random bits need no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)


def key_to_json(key: OKPKey) -> str:
    return json.dumps(key.as_dict(private=True))


def key_from_json(stored: str) -> OKPKey:
    return OKPKey.import_key(json.loads(stored))


def public_keys(keys: list[OKPKey]) -> KeySetSerialization:
    return KeySet(list(keys)).as_dict(private=False)


def sign(identity: Identity, services: Iterable[Service], key: OKPKey, seconds: int = IDENTITY_SECONDS) -> str:
    """The identity as a JWT that is good for `seconds` from now, at `services` and nowhere else."""
    issued = int(time.time())
    claims = {
        **identity.model_dump(mode="json"),
        "iss": ISSUER,
        "aud": audience_of(services),
        "iat": issued,
        "exp": issued + seconds,
        "jti": uuid4().hex,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])
