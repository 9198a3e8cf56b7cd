"""What has become of the thing a message is about: it stays in the list, but not as if it were still open."""

from typing import NamedTuple

from shared.contracts.uploads import STATE_NAMES, UploadState
from shared.db.database import Row

GONE = {"data_deleted_at": "这次上报的数据已经撤回", "deleted_at": "这条上传记录已经删除"}


class Standing(NamedTuple):
    words: str | None = None
    settled: bool = False


def standing(row: Row) -> Standing:
    """`row`: a message with its upload as it is now, whose columns are null where it is about none."""
    if row["state"] is None:
        return Standing()
    finished = row["kind"] == "import_finished"
    for column, words in GONE.items():
        if row[column] is not None:
            return Standing(f"{words}。" if finished else f"{words}，不用再改正。", settled=True)
    return _of_upload(row) if finished else _of_rows(row)


def _of_upload(row: Row) -> Standing:
    """A dry run asks to be confirmed; the other results ask for nothing."""
    state = UploadState(row["state"])
    undecided = {UploadState.AWAITING_CONFIRMATION, UploadState.STORING}
    if not row["fact"].endswith(f":{UploadState.AWAITING_CONFIRMATION}") or state in undecided:
        return Standing()
    if state is UploadState.CANCELLED:
        return Standing("试运行已取消，没有入库。", settled=True)
    return Standing(f"已确认，{STATE_NAMES[state]}。", settled=True)


def _of_rows(row: Row) -> Standing:
    if row["emptied_at"] is not None:
        return Standing("明细已超过保存期，不能再改正。", settled=True)
    waiting = row["rejected"] - row["ignored"]
    if waiting <= 0:
        return Standing("已全部改正或忽略。" if row["ignored"] else "已全部改正。", settled=True)
    done = row["corrected"] + row["ignored"] > 0
    return Standing(f"现在还有 {waiting} 行待改正。" if done else None)
