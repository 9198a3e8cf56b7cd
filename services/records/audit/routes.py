"""The HTTP surface of the audit."""

from services.records.audit import handlers
from shared.contracts.audit import AuditFilter, AuditPage
from shared.http.operations import ADMIN, Group, Operation

OPERATIONS = [
    Operation(
        "GET",
        "/api/v1/audit",
        handlers.list_audit,
        "操作日志",
        Group.AUDIT,
        roles=ADMIN,
        query=AuditFilter,
        answer=AuditPage,
    ),
]
