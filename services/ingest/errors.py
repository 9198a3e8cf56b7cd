"""Why the ingest service refuses."""

from shared.contracts.problem import FieldError, Problem
from shared.contracts.uploads import FailureCode
from shared.errors import Invalid, NotFound, ServiceError, TooLarge, Unavailable, Unsupported


class FormInvalid(Invalid):
    slug = "invalid-upload"
    title = "上传的内容不完整"

    def __init__(self, detail: str, field: str, code: str) -> None:
        super().__init__(detail, errors=[FieldError(field=field, code=code, message=detail)])


class FileTooLarge(TooLarge):
    slug = "too_large"
    title = "文件太大"


class FileUnsupported(Unsupported):
    """Refused at the door; the slug is the failure code (api.md)."""

    title = "不是能导入的 .xls 工作簿"

    def __init__(self, code: FailureCode, detail: str) -> None:
        super().__init__(detail)
        self.slug = code.value  # type: ignore[misc]  # one class for all the codes


class FileMissing(NotFound):
    slug = "file-not-found"
    title = "原文件已不在"

    def __init__(self) -> None:
        super().__init__("服务器上没有这次上报的原文件：可能已经超过保存期。如果需要，请联系市信用办。")


class StoreDown(Unavailable):
    slug = "store-down"
    title = "文件存储暂时连不上"


class RecordsDown(Unavailable):
    slug = "records-down"
    title = "数据服务暂时连不上"


class WorkbookNotMade(Unavailable):
    slug = "workbook-not-made"
    title = "文件没有生成"

    def __init__(self) -> None:
        super().__init__("生成工作簿时中断了，请稍后再试；如果行数很多，请缩小范围后再导出。")


class TooManyDownloads(Unavailable):
    slug = "too-many-downloads"
    title = "同时下载的人太多"

    def __init__(self) -> None:
        super().__init__("现在同时下载工作簿的人太多，请稍后再试。")


class Passed(ServiceError):
    """A refusal of another service, handed on as it came."""

    def __init__(self, problem: Problem, retry_after: str | None = None) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.retry_after = retry_after
