"""The HTTP surface of 便捷查询."""

from services.records.subjects import handlers
from shared.contracts.subjects import Subject, SubjectPage, SubjectQuery, SubjectSearch
from shared.http.operations import Group, Operation

PATH = "/api/v1/subjects"

OPERATIONS = [
    Operation("GET", PATH, handlers.list_subjects, "便捷查询", Group.SUBJECTS, query=SubjectQuery, answer=SubjectPage),
    Operation(
        "POST",
        f"{PATH}/search",
        handlers.search_subjects,
        "便捷查询（条件不进地址栏）",
        Group.SUBJECTS,
        body=SubjectSearch,
        answer=SubjectPage,
        reads=True,
    ),
    Operation(
        "GET",
        PATH + r"/{record_id:\d{1,18}}",
        handlers.get_subject,
        "一个企业或个人",
        Group.SUBJECTS,
        answer=Subject,
        path_types={"record_id": {"type": "string", "pattern": r"^\d{1,18}$"}},
    ),
]
