"""Departments, users, sessions and tokens: what auth answers to the public and to the gateway."""

from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from shared.contracts.base import Body, Page, PageQuery, Shape
from shared.contracts.identity import SERVICES, DepartmentRef, Role, Service

DepartmentCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.\-]+$")]
DepartmentName = Annotated[str, Field(min_length=1, max_length=100)]
ShortName = Annotated[str, Field(max_length=50)]
Region = Annotated[str, Field(pattern=r"^\d{6}$", description="Six-digit region code, such as 140400.")]
CreditCode = Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$", description="统一社会信用代码.")]
UserName = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[\w.@\-]+$")]
DisplayName = Annotated[str, Field(min_length=1, max_length=64)]
# Rules beyond the length are services/auth/policy.py: they answer with words of their own.
Password = Annotated[str, Field(max_length=128, json_schema_extra={"format": "password"})]
Address = Annotated[str, Field(max_length=64, description="Of the client, as the gateway sees it.")]


def _viewer() -> Role:
    return Role.VIEWER


class Department(Shape):
    code: str
    name: str
    short_name: str
    region: str
    credit_code: str | None
    active: bool


class DepartmentDraft(Body):
    code: DepartmentCode
    name: DepartmentName
    short_name: ShortName = ""
    region: Region | None = Field(None, description="The city's own when left out.")
    credit_code: CreditCode | None = None
    active: bool = True


class DepartmentChange(Body):
    """Only what is named changes. `code` may be repeated, not changed: data is filed under it."""

    code: DepartmentCode = Field(default_factory=str)
    name: DepartmentName = Field(default_factory=str)
    short_name: ShortName = Field(default_factory=str)
    region: Region = Field(default_factory=str)
    credit_code: CreditCode | None = Field(None)
    active: bool = Field(default_factory=bool)


class DepartmentQuery(PageQuery):
    q: Annotated[str, Field(max_length=100, description="Part of code or name.")] = ""
    active: bool | None = None


class User(Shape):
    id: str
    username: str
    display_name: str
    department: DepartmentRef
    role: Role
    active: bool
    must_change_password: bool
    last_sign_in_at: AwareDatetime | None


class UserDraft(Body):
    username: UserName
    display_name: DisplayName
    department: Annotated[str, Field(max_length=64, description="Code.")]
    role: Role
    password: Password
    active: bool = True


class UserChange(Body):
    """Only what is named changes. A `password` is a reset."""

    username: UserName = Field(default_factory=str)
    display_name: DisplayName = Field(default_factory=str)
    department: Annotated[str, Field(max_length=64, description="Code.")] = Field(default_factory=str)
    role: Role = Field(default_factory=_viewer)
    password: Password = Field(default_factory=str)
    active: bool = Field(default_factory=bool)


class UserQuery(PageQuery):
    q: Annotated[str, Field(max_length=100, description="Part of user name or display name.")] = ""
    department: Annotated[str, Field(max_length=64)] | None = None
    role: Role | None = None
    active: bool | None = None


class PasswordChange(Body):
    current: Password
    new: Password


class PasswordReset(Body):
    password: Password


class Token(Shape):
    id: str
    name: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    last_used_at: AwareDatetime | None


class TokenDraft(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] = 365


class NewToken(Shape):
    id: str
    name: str
    token: str = Field(description="The secret; shown this once.")
    expires_at: AwareDatetime


class SignIn(Body):
    """Gateway to auth: POST /internal/sessions."""

    username: Annotated[str, Field(max_length=256)]
    password: Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]
    address: Address
    device: Annotated[str, Field(max_length=256, description="What the browser kept of an earlier sign-in.")] | None = (
        None
    )


class SignedIn(Shape):
    session: str = Field(description="The secret for the cookie.")
    session_expires_in: int = Field(description="Seconds until it ends, used or not.")
    idle_seconds: int | None = Field(None, description="Seconds until it ends if left alone.")
    device: str = Field("", description="For the browser to keep: its attempts count apart from strangers'.")
    user: User


class Credential(Body):
    """Gateway to auth: POST /internal/identity. A session secret or an API token, not both."""

    session: Annotated[str, Field(max_length=512)] | None = None
    token: Annotated[str, Field(max_length=512)] | None = None
    address: Address
    seconds: Annotated[int, Field(ge=60, le=900, description="An upload streams for minutes: it must not expire.")] = 60
    used: Annotated[bool, Field(description="Somebody is there: false for what a page left open asks by itself.")] = (
        True
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "Credential":
        if (self.session is None) == (self.token is None):
            raise ValueError("session 和 token 必须给且只给一个")
        return self


class Services(Body):
    """The query of POST /internal/identity: an auth of the release before this passes it over."""

    services: Annotated[
        str,
        Field(
            pattern=r"^(auth|records|ingest)(,(auth|records|ingest))*$",
            description="To whom the identity will be shown: by the gateway, and by who gets it from the gateway.",
        ),
    ] = ""  # a gateway of the release before this names none

    @property
    def named(self) -> tuple[Service, ...]:
        return tuple(service for service in SERVICES if service in self.services.split(","))


class SignedIdentity(Shape):
    identity: str = Field(description="Ed25519 JWT; shared/contracts/identity.py has its claims.")
    expires_in: int = Field(description="Seconds the JWT is still good for.")
    session_expires_in: int = Field(description="Seconds the session or token is still good for if left alone.")


class AuditEntry(Shape):
    """One line of 谁做了什么. records answers with the same shape for what happens there."""

    at: AwareDatetime
    actor: str = Field(description="Display name; empty for somebody we do not know.")
    action: str = Field(description="Stable name, such as user.created.")
    object: str = Field(description="What it was done to, in words.")
    department: str = Field(description="Code of the actor's department.")
    address: str


class AuditQuery(Body):
    """Newest first; `before` is the time of the last entry that was seen."""

    before: AwareDatetime | None = None
    since: AwareDatetime | None = None
    actor: Annotated[str, Field(max_length=100, description="Part of the display name.")] = ""
    action: Annotated[str, Field(max_length=64)] | None = None
    department: Annotated[str, Field(max_length=64)] | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class AuditEntries(Shape):
    items: list[AuditEntry]
    total: int = Field(description="All that the filters match, whatever `limit`.")
    total_exact: bool = True


class DepartmentPage(Page[Department]):
    pass


class UserPage(Page[User]):
    pass


class TokenPage(Page[Token]):
    pass
