"""Who is calling: the claims auth signs, the gateway forwards and every service verifies for itself."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

ISSUER = "credit.auth"
ALGORITHM = "Ed25519"

Service = Literal["auth", "records", "ingest"]
SERVICES: tuple[Service, ...] = get_args(Service)
# The one audience of the release before this: its services want it named, its auth names nothing else. While a release
# is replaced the two work together; this goes when PREVIOUS_RELEASE (tests/e2e/test_previous_release.py) has moved on.
ALL_SERVICES = "credit.services"


def audience_of(services: Iterable[Service]) -> list[str]:
    """The `aud` of an identity that may be shown to these; to nobody in particular: only what that release knows."""
    return [ALL_SERVICES, *(f"credit.{service}" for service in services)]


def is_meant_for(service: Service, audience: object) -> bool:
    """Whether an identity with this `aud` is good at `service`."""
    return audience in (ALL_SERVICES, [ALL_SERVICES]) or (
        isinstance(audience, list) and f"credit.{service}" in audience
    )


class Role(StrEnum):
    ADMIN = "admin"  # 市信用办: everything
    MANAGER = "manager"  # 部门管理员: the department's users and all its data
    REPORTER = "reporter"  # 填报员: reports and edits its department's data
    VIEWER = "viewer"  # 查询员: reads its department's data


class DepartmentRef(BaseModel):
    code: str
    name: str


class Identity(BaseModel):
    """The verified caller. Carried in the `Authorization: Bearer` header between our processes only."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    user_id: str
    user_name: str  # display name of the officer
    role: Role
    department: DepartmentRef
    region: str = ""  # six-digit region code of the department
    session_id: str = ""  # session or token the identity was made from
    address: str = ""  # client address as the gateway saw it, for the audit
    must_change_password: bool = False

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def department_scope(self) -> str | None:
        """The one department whose data the caller may touch; None for every department."""
        return None if self.is_admin else self.department.code
