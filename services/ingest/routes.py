"""The HTTP surface of ingest: files in, workbooks out."""

from services.ingest import handlers
from shared.contracts.records import RecordSearch
from shared.contracts.uploads import Upload
from shared.http.operations import REPORTING, XLS, Group, Operation

UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
ONE_UPLOAD = f"/api/v1/uploads/{{upload_id:{UUID}}}"
CODE = "{code:[A-Za-z][A-Za-z0-9_]{0,63}}"

_UUID = {"type": "string", "format": "uuid"}
_UPLOAD_FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["dataset", "file"],
    "properties": {
        "dataset": {"type": "string", "description": "Code of the dataset, such as xzxk_fr."},
        "file": {"type": "string", "format": "binary", "description": "An .xls workbook."},
        "mode": {"type": "string", "enum": ["partial", "atomic"], "default": "partial"},
        "on_duplicate": {"type": "string", "enum": ["update", "skip", "reject"], "default": "update"},
        "dry_run": {"type": "boolean", "default": False},
    },
}

OPERATIONS = [
    Operation(
        "POST",
        "/api/v1/uploads",
        handlers.create_upload,
        "上报一个 .xls 文件",
        Group.UPLOADS,
        roles=REPORTING,
        multipart=_UPLOAD_FORM,
        answer=Upload,
        status=202,
        problems=(404, 409, 413, 415),
    ),
    Operation(
        "GET", f"/api/v1/datasets/{CODE}/template.xls", handlers.get_template, "下载模板", Group.DATASETS, answer=XLS
    ),
    Operation(
        "GET",
        f"{ONE_UPLOAD}/file",
        handlers.get_file,
        "下载上报的原文件",
        Group.UPLOADS,
        answer=XLS,
        path_types={"upload_id": _UUID},
    ),
    Operation(
        "GET",
        f"{ONE_UPLOAD}/rejected.xls",
        handlers.get_rejected,
        "下载退回数据表",
        Group.UPLOADS,
        answer=XLS,
        path_types={"upload_id": _UUID},
    ),
    Operation(
        "GET",
        "/api/v1/records/export.xls",
        handlers.export_records,
        "导出数据（条件同数据列表）",
        Group.RECORDS,
        answer=XLS,
        problems=(404, 422),
    ),
    Operation(
        "POST",
        "/api/v1/records/export.xls",
        handlers.export_found,
        "导出查到的数据（条件同查询记录）",
        Group.RECORDS,
        body=RecordSearch,
        answer=XLS,
        problems=(404, 422),
        reads=True,
    ),
]
