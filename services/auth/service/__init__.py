"""The use cases of auth, by what they are about. Each owns its transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.auth.service.audit import Audit
from services.auth.service.departments import Departments
from services.auth.service.gatekeeper import Gatekeeper
from services.auth.service.identities import Identities
from services.auth.service.passwords import OwnPassword
from services.auth.service.retention import Retention
from services.auth.service.sessions import Sessions
from services.auth.service.signing import SigningKeys
from services.auth.service.tokens import Tokens
from services.auth.service.users import Users


@dataclass(frozen=True)
class AuthService:
    gatekeeper: Gatekeeper
    sessions: Sessions
    identities: Identities
    own_password: OwnPassword
    tokens: Tokens
    users: Users
    departments: Departments
    audit: Audit
    keys: SigningKeys
    retention: Retention
    ready: Callable[[], Awaitable[None]]  # raises when the database does not answer, or is older than this code
