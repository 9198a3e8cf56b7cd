"""What can be said against an upload or one of its rows."""

from shared.errors import Conflict, Invalid, NotFound


class UploadNotFound(NotFound):
    slug = "upload-not-found"
    title = "没有这次上报"


class RowNotFound(NotFound):
    slug = "row-not-found"
    title = "没有这一行"


class UploadBusy(Conflict):
    slug = "upload-busy"
    title = "这次上报还在处理"


class WrongState(Conflict):
    slug = "wrong-state"
    title = "现在的状态不能这样做"


class UploadIdTaken(Conflict):
    slug = "upload-id-taken"
    title = "上报编号已被使用"


class RowNotWaiting(Conflict):
    slug = "row-not-waiting"
    title = "这一行不是待改正的"


class ValuesInvalid(Invalid):
    slug = "invalid-values"
    title = "改正的内容有误"
