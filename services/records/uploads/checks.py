"""What the state of an upload allows."""

from services.records.uploads.errors import UploadBusy, WrongState
from services.records.uploads.policy import UNFINISHED
from shared.contracts.uploads import STATE_NAMES, UploadState
from shared.db.database import Row

MENDABLE = frozenset({UploadState.STORED, UploadState.PARTLY_STORED, UploadState.REJECTED})


def require_ended(upload: Row) -> None:
    if upload["state"] in UNFINISHED:
        raise UploadBusy("这次上报还在处理，请等它结束后再试。")


def require_mendable(upload: Row) -> None:
    """Raises UploadBusy or WrongState unless rows may be mended."""
    require_ended(upload)
    if upload["data_deleted_at"] is not None:
        raise WrongState("这次上报的数据已被删除，不能再改正；请重新上报。")
    if upload["emptied_at"] is not None:
        raise WrongState("这次上报的明细已超过保存期，不能再改正；请重新上报。")
    if upload["state"] not in MENDABLE | {UploadState.AWAITING_CONFIRMATION}:
        raise WrongState(f"这次上报{STATE_NAMES[UploadState(upload['state'])]}，没有可以改正的行。")


def require_awaiting(upload: Row) -> None:
    """Raises UploadBusy or WrongState unless a dry run waits to be confirmed."""
    require_ended(upload)
    if upload["state"] != UploadState.AWAITING_CONFIRMATION:
        raise WrongState("只有待确认的试运行可以确认或取消；这次上报不在待确认状态。")


def require_undoable(upload: Row) -> None:
    """Raises UploadBusy or WrongState unless there may be data to delete."""
    require_ended(upload)
    if upload["data_deleted_at"] is not None:
        raise WrongState("这次上报的数据已经删除过了。")
    if upload["state"] not in MENDABLE:
        raise WrongState("这次上报没有数据入库，不需要删除数据。")


def require_deletable(upload: Row) -> None:
    require_ended(upload)
    if upload["state"] == UploadState.AWAITING_CONFIRMATION:
        raise WrongState("这次试运行还在等待确认，请先确认入库或取消。")
