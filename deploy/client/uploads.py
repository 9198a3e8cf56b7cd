"""Sends many workbooks at the same time, waits for each to end, and shows how far they are."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.client.api import Api, ClientProblem, Json, Refused, Unclear

STATES = {
    "received": "等待检查",
    "checking": "正在检查",
    "storing": "正在入库",
    "stored": "全部入库",
    "partly_stored": "部分入库",
    "rejected": "未入库",
    "failed": "读取失败",
    "awaiting_confirmation": "待确认",
    "cancelled": "已取消",
}
WAITING = "awaiting_confirmation"
FINAL = frozenset({"stored", "partly_stored", "rejected", "failed", "cancelled", WAITING})
# Sending is the first tenth of a bar, checking and storing the rest.
SENDING = 10


@dataclass
class Outcome:
    """What became of one file: `upload` as the platform last told it, or the `refusal` at the door.

    A file of which it is not clear whether it arrived counts as failed, with `verdict` saying so.
    """

    file: Path
    api: Api
    upload: Json = field(default_factory=dict)
    refusal: str = ""
    verdict: str = "拒收"

    @property
    def failed(self) -> bool:
        return bool(self.refusal) or self.upload.get("state") in ("failed", "cancelled")

    @property
    def rejected(self) -> int:
        return int(self.upload.get("counts", {}).get("rejected", 0))


@dataclass(frozen=True)
class Parcel:
    """One file of one caller. `fields` are those of POST /uploads but the file."""

    api: Api
    file: Path
    fields: Mapping[str, str]
    label: str = ""


def progress_bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    )


class Bar:
    """One file's progress bar."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress, self._task = progress, progress.add_task(name, total=100, state="等待")

    def show(self, percent: float, state: str) -> None:
        self._progress.update(self._task, completed=percent, state=state)


async def send_all(
    parcels: Sequence[Parcel], progress: Progress, *, parallel: int = 4, confirm: bool = False
) -> list[Outcome]:
    """Every parcel ends as an Outcome; at most `parallel` are being sent at a moment.

    `confirm` confirms a dry run that rejected nothing.

    Raises:
        Unreachable, NotAuthorised: none of the rest would fare better.
    """
    gate = asyncio.Semaphore(parallel)
    bars = [Bar(progress, parcel.label or parcel.file.name) for parcel in parcels]
    every = max(0.4, 0.05 * len(parcels))

    async def one(parcel: Parcel, bar: Bar) -> Outcome:
        outcome = Outcome(parcel.file, parcel.api)
        try:
            async with gate:
                outcome.upload = await _send(parcel, bar)
            outcome.upload = await follow(parcel.api, outcome.upload, bar, every=every)
            if confirm and outcome.upload["state"] == WAITING and not outcome.rejected:
                await parcel.api.call("POST", f"/uploads/{outcome.upload['id']}/confirm")
                outcome.upload = await follow(parcel.api, outcome.upload, bar, every=every, final=FINAL - {WAITING})
        except Refused as refusal:
            outcome.refusal = str(refusal)
            bar.show(100, f"[red]{outcome.verdict}[/red]")
        except Unclear as unclear:
            outcome.refusal, outcome.verdict = str(unclear), "不清楚"
            bar.show(100, f"[red]{outcome.verdict}[/red]")
        return outcome

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(parcel, bar)) for parcel, bar in zip(parcels, bars, strict=True)]
    except* ClientProblem as problems:
        raise problems.exceptions[0] from None
    return [task.result() for task in tasks]


async def _send(parcel: Parcel, bar: Bar) -> Json:
    size = max(parcel.file.stat().st_size, 1)
    return await parcel.api.upload(
        parcel.file, parcel.fields, lambda sent: bar.show(SENDING * min(sent / size, 1.0), "发送")
    )


async def follow(api: Api, upload: Json, bar: Bar, *, every: float, final: Set[str] = FINAL) -> Json:
    """Ask every `every` seconds until the upload is in one of the `final` states."""
    while True:
        upload = await api.get(f"/uploads/{upload['id']}")
        state: str = upload["state"]
        total = upload["progress"]["rows_total"] or 0
        share = upload["progress"]["rows_done"] / total if total else 0.0
        bar.show(100 if state in final else SENDING + (95 - SENDING) * share, STATES.get(state, state))
        if state in final:
            return upload
        await asyncio.sleep(every)
