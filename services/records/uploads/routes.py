"""The HTTP surface of uploads."""

from services.records.uploads import handlers
from shared.contracts.base import Page
from shared.contracts.ingest import RegisteredUpload
from shared.contracts.uploads import RegisterUpload, Upload, UploadFilter
from shared.http.operations import REPORTING, Operation

PATH = "/api/v1/uploads"
UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
ONE = f"{PATH}/{{upload_id:{UUID}}}"
TAG = "uploads"

OPERATIONS = [
    Operation(
        "POST",
        "/internal/uploads",
        handlers.register_upload,
        "登记一次上报",
        TAG,
        roles=REPORTING,
        body=RegisterUpload,
        answer=RegisteredUpload,
        status=201,
        problems=(404, 409),
        internal=True,
    ),
    Operation("GET", PATH, handlers.list_uploads, "我的上报", TAG, query=UploadFilter, answer=Page[Upload]),
    Operation("GET", ONE, handlers.get_upload, "一次上报", TAG, answer=Upload),
]
