"""The rules of auth that need no database."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from services.auth import policy, tokens
from services.auth.errors import NotTheGateway, OutOfReach, WeakPassword
from services.auth.passwords import Passwords
from services.auth.service.gatekeeper import Gatekeeper
from shared.contracts.identity import DepartmentRef, Identity, Role


def caller(role: Role) -> Identity:
    return Identity(user_id="u", user_name="某人", role=role, department=DepartmentRef(code="szjj", name="市住建局"))


@pytest.mark.parametrize(
    "password", ["Passw0rd!2026", "correct horse battery", "信用上报平台2026", "Aa1!Aa1?", "zhangsan-2026"]
)
def test_an_ordinary_password_is_taken(password: str) -> None:
    policy.check_password(password, username="zhangsan", field="new")


@pytest.mark.parametrize(
    "password", ["", "Aa1!", "12345678", "abcdefgh", "a1a1a1a1", "aa123456", "P@SSW0RD", "zhang-3san"]
)
def test_a_bad_password_is_not(password: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        policy.check_password(password, username="Zhang-3San", field="new")
    assert password == "" or password not in caught.value.detail


@pytest.mark.parametrize(
    ("role", "grant", "department", "allowed"),
    [
        (Role.ADMIN, Role.ADMIN, "elsewhere", True),
        (Role.MANAGER, Role.MANAGER, "szjj", True),
        (Role.MANAGER, Role.VIEWER, "szjj", True),
        (Role.MANAGER, Role.ADMIN, "szjj", False),
        (Role.MANAGER, Role.VIEWER, "elsewhere", False),
    ],
)
def test_a_manager_grants_up_to_manager_within_the_department(
    role: Role, grant: Role, department: str, allowed: bool
) -> None:
    if allowed:
        policy.check_grant(caller(role), grant, department)
    else:
        with pytest.raises(OutOfReach):
            policy.check_grant(caller(role), grant, department)


async def test_a_hash_verifies_its_password_and_says_when_it_is_outdated() -> None:
    old, new = Passwords(memory_kib=64, passes=1, threads=1), Passwords(memory_kib=128, passes=1, threads=1)
    hashed = await old.hash("Passw0rd!2026")
    assert "$argon2id$" in hashed
    assert await old.verify(hashed, "Passw0rd!2026") == (True, False)
    assert await new.verify(hashed, "Passw0rd!2026") == (True, True)
    assert await old.verify(hashed, "Passw0rd!2027") == (False, False)
    assert await old.verify("not a hash", "Passw0rd!2026") == (False, False)
    assert await old.verify(None, "nobody has this password") == (False, False)
    old.close()
    new.close()


def test_a_key_survives_being_stored_and_its_public_half_verifies_what_it_signed() -> None:
    key = tokens.key_from_json(tokens.key_to_json(tokens.new_key()))
    signed = tokens.sign(caller(Role.VIEWER), ["records"], key)
    public = tokens.public_keys([key])
    assert all("d" not in one for one in public["keys"])
    decoded = jwt.decode(signed, KeySet.import_key_set(public), algorithms=["Ed25519"])
    assert decoded.header["kid"] == key.kid
    assert Identity.model_validate(decoded.claims) == caller(Role.VIEWER)


def test_secrets_are_long_and_never_the_same() -> None:
    made = {tokens.new_api_token() for _ in range(50)} | {tokens.new_session_secret() for _ in range(50)}
    assert len(made) == 100
    assert min(len(secret) for secret in made) >= 43


@pytest.mark.parametrize("key", ["", "the-gateways-ke", "the-gateways-keyy", "\udc80"])
def test_only_the_gateways_own_key_is_admitted(key: str) -> None:
    gatekeeper = Gatekeeper("the-gateways-key")
    gatekeeper.admit("the-gateways-key")
    with pytest.raises(NotTheGateway):
        gatekeeper.admit(key)
