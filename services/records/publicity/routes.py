"""The HTTP surface of the public view."""

from services.records.publicity import handlers
from shared.contracts.public import (
    PublicDatasetPage,
    PublicDatasetQuery,
    PublicDepartmentPage,
    PublicDepartmentQuery,
    PublicQuery,
    PublicRecord,
    PublicRecordPage,
    PublicStatistics,
)
from shared.http.operations import Group, Operation

PATH = "/api/v1/public"

OPERATIONS = [
    Operation(
        "GET",
        f"{PATH}/datasets",
        handlers.list_public_datasets,
        "公示的数据集",
        Group.PUBLIC,
        roles=None,
        query=PublicDatasetQuery,
        answer=PublicDatasetPage,
    ),
    Operation(
        "GET",
        f"{PATH}/departments",
        handlers.list_public_departments,
        "公示部门",
        Group.PUBLIC,
        roles=None,
        query=PublicDepartmentQuery,
        answer=PublicDepartmentPage,
    ),
    Operation(
        "GET",
        f"{PATH}/records",
        handlers.list_public_records,
        "公示信息",
        Group.PUBLIC,
        roles=None,
        query=PublicQuery,
        answer=PublicRecordPage,
    ),
    Operation(
        "GET",
        PATH + r"/records/{record_id:\d{1,18}}",
        handlers.get_public_record,
        "一条公示信息",
        Group.PUBLIC,
        roles=None,
        answer=PublicRecord,
        path_types={"record_id": {"type": "string", "pattern": r"^\d{1,18}$"}},
    ),
    Operation(
        "GET",
        f"{PATH}/statistics",
        handlers.get_public_statistics,
        "公示统计",
        Group.PUBLIC,
        roles=None,
        answer=PublicStatistics,
    ),
]
