"""What an upload that has come to an end says to the people of its department."""

from typing import NamedTuple

from shared.contracts.uploads import STATE_NAMES, Counts, Upload, UploadState


class Notice(NamedTuple):
    kind: str
    user_id: str | None  # None: everybody of the department
    title: str
    body: str
    fact: str


def messages_of(upload: Upload) -> list[Notice]:
    if upload.state not in {
        UploadState.STORED,
        UploadState.PARTLY_STORED,
        UploadState.REJECTED,
        UploadState.FAILED,
        UploadState.AWAITING_CONFIRMATION,
    }:
        return []
    name = STATE_NAMES[upload.state]
    notices = [
        Notice(
            "import_finished",
            upload.uploaded_by.id,
            f"“{upload.file.name}”{name}",
            upload.failure.message if upload.failure else _figures(upload.counts, upload.state),
            f"upload:{upload.id}:{upload.state}",
        )
    ]
    waiting = upload.counts.rejected - upload.counts.ignored
    if waiting > 0 and upload.state in {UploadState.PARTLY_STORED, UploadState.REJECTED}:
        notices.append(
            Notice(
                "rows_waiting",
                None,
                f"“{upload.file.name}”有 {waiting} 行待改正",
                "可以在失败日志里逐行改正，也可以下载退回数据表，改好后再上传。",
                f"upload:{upload.id}:waiting",
            )
        )
    return notices


def _figures(counts: Counts, state: UploadState) -> str:
    if state is UploadState.AWAITING_CONFIRMATION:
        return (
            f"试运行共 {counts.total} 行：将新增 {counts.inserted} 行，更新 {counts.updated} 行，"
            f"重复未变 {counts.unchanged} 行，退回 {counts.rejected} 行。请确认入库或取消。"
        )
    return (
        f"共 {counts.total} 行：新增 {counts.inserted} 行，更新 {counts.updated} 行，"
        f"重复未变 {counts.unchanged} 行，退回 {counts.rejected} 行。"
    )
