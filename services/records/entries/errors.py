"""What can be said against a record, or a change of it."""

from shared.errors import Conflict, Invalid, NotFound


class RecordNotFound(NotFound):
    slug = "record-not-found"
    title = "没有这条记录"


class RecordChanged(Conflict):
    slug = "record-changed"
    title = "记录已被他人修改"


class RecordDeleted(Conflict):
    slug = "record-deleted"
    title = "记录已被删除"


class AlreadyRevoked(Conflict):
    slug = "already-revoked"
    title = "记录已经撤销"


class NotRevoked(Conflict):
    slug = "not-revoked"
    title = "记录没有被撤销"


class DuplicateExisting(Conflict):
    slug = "duplicate_existing"
    title = "已有相同的记录"


class ValuesInvalid(Invalid):
    slug = "invalid-values"
    title = "填写的内容有误"


class ExportNeedsDataset(Invalid):
    slug = "export-needs-dataset"
    title = "请先选择数据集"
