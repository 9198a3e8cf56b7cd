"""Who did what, from records and auth together. One line: shared.contracts.accounts.AuditEntry."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.contracts.accounts import AuditEntry
from shared.contracts.base import LongPage, PageQuery


class AuditFilter(PageQuery):
    actor: Annotated[str, Field(max_length=100, description="Part of the display name.")] = ""
    action: Annotated[str | None, Field(max_length=64)] = None
    department: Annotated[str | None, Field(max_length=64)] = None
    from_: Annotated[date | None, Field(alias="from", ge=date(1900, 1, 1), le=date(2999, 12, 31))] = None
    to: Annotated[date | None, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))] = None


class AuditPage(LongPage[AuditEntry]):
    pass
