"""The HTTP surface of uploads."""

from services.records.uploads import handlers
from services.records.uploads.ledger import handlers as ledger
from services.records.uploads.mending import handlers as mending
from services.records.uploads.undoing import handlers as undoing
from shared.contracts.base import Page
from shared.contracts.ingest import RegisteredUpload
from shared.contracts.mending import CheckedMend, Comparison, ComparisonFilter, IgnoreRow, Replaced, ReplaceValue
from shared.contracts.uploads import (
    MendRow,
    RegisterUpload,
    Row,
    RowFilter,
    UndoResult,
    Upload,
    UploadFilter,
    UploadPage,
)
from shared.datasets.definition import Dataset
from shared.http.operations import REPORTING, Group, Operation, Schema

PATH = "/api/v1/uploads"
UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
UPLOAD = f"{{upload_id:{UUID}}}"
ONE = f"{PATH}/{UPLOAD}"
ROW = ONE + r"/rows/{row:\d{1,7}}"
TYPES: dict[str, Schema] = {
    "upload_id": {"type": "string", "format": "uuid"},
    "row": {"type": "integer", "minimum": 1},
}

_READING = [
    Operation("GET", PATH, handlers.list_uploads, "我的上报", Group.UPLOADS, query=UploadFilter, answer=UploadPage),
    Operation("GET", ONE, handlers.get_upload, "一次上报", Group.UPLOADS, answer=Upload, path_types=TYPES),
    Operation(
        "GET",
        f"{ONE}/dataset",
        handlers.get_upload_dataset,
        "上报所用的数据集版本",
        Group.UPLOADS,
        answer=Dataset,
        path_types=TYPES,
    ),
    Operation(
        "GET",
        f"{ONE}/rows",
        ledger.list_upload_rows,
        "逐行结果",
        Group.UPLOADS,
        query=RowFilter,
        answer=Page[Row],
        path_types=TYPES,
    ),
    Operation(
        "GET",
        f"{ONE}/comparison",
        ledger.compare_upload,
        "试运行对比：确认后会怎样",
        Group.UPLOADS,
        query=ComparisonFilter,
        answer=Page[Comparison],
        problems=(409,),
        path_types=TYPES,
    ),
    Operation(
        "GET",
        f"{ONE}/undo",
        undoing.preview_undo,
        "删除数据会怎样",
        Group.UPLOADS,
        answer=UndoResult,
        problems=(409,),
        path_types=TYPES,
    ),
]

_MENDING = [
    Operation(
        "POST",
        f"{ROW}/check",
        mending.check_row,
        "试改一行：只检查，不保存",
        Group.UPLOADS,
        roles=REPORTING,
        body=MendRow,
        answer=CheckedMend,
        problems=(409,),
        path_types=TYPES,
        reads=True,
    ),
    Operation(
        "PATCH",
        ROW,
        mending.mend_row,
        "改正一行",
        Group.UPLOADS,
        roles=REPORTING,
        body=MendRow,
        answer=Row,
        problems=(409,),
        path_types=TYPES,
    ),
    Operation(
        "POST",
        f"{ROW}/ignore",
        mending.ignore_row,
        "忽略一行",
        Group.UPLOADS,
        roles=REPORTING,
        body=IgnoreRow,
        body_optional=True,
        answer=Row,
        problems=(409,),
        path_types=TYPES,
    ),
    Operation(
        "POST",
        f"{ONE}/replacements",
        mending.replace_values,
        "批量改正同一个错误",
        Group.UPLOADS,
        roles=REPORTING,
        body=ReplaceValue,
        answer=Replaced,
        problems=(409,),
        path_types=TYPES,
    ),
    *(
        Operation(
            "POST",
            f"{ONE}/{word}",
            handler,
            summary,
            Group.UPLOADS,
            roles=REPORTING,
            answer=Upload,
            problems=(409,),
            path_types=TYPES,
        )
        for word, handler, summary in (
            ("confirm", mending.confirm_upload, "确认试运行"),
            ("cancel", mending.cancel_upload, "取消试运行"),
        )
    ),
]

_DELETING = [
    Operation(
        "DELETE",
        ONE,
        undoing.delete_upload,
        "删除（条目）",
        Group.UPLOADS,
        roles=REPORTING,
        status=204,
        problems=(409,),
        path_types=TYPES,
    ),
    Operation(
        "DELETE",
        f"{ONE}/data",
        undoing.delete_upload_data,
        "删除数据",
        Group.UPLOADS,
        roles=REPORTING,
        answer=UndoResult,
        problems=(409,),
        path_types=TYPES,
    ),
]

_INTERNAL = [
    Operation(
        "POST",
        "/internal/uploads",
        handlers.register_upload,
        "登记一次上报",
        Group.UPLOADS,
        roles=REPORTING,
        body=RegisterUpload,
        answer=RegisteredUpload,
        status=201,
        problems=(404, 409),
        internal=True,
    ),
    Operation(
        "GET",
        f"/internal/uploads/{UPLOAD}/rejected",
        ledger.stream_rejected_rows,
        "退回的行",
        Group.UPLOADS,
        answer="application/x-ndjson",
        internal=True,
    ),
]

OPERATIONS = [*_READING, *_MENDING, *_DELETING, *_INTERNAL]
