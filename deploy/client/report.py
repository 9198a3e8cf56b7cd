"""Prints what was stored, what was not, why, and how to mend it."""

import re
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.client.api import Json
from deploy.client.uploads import STATES, Outcome

PROBLEMS_SHOWN = 20
_PERSON = re.compile(r"[1-8]\d{5}(18|19|20)\d{9}[\dX]|[1-8]\d{14}")


def terminal() -> Console:
    """Where nobody looks (a pipe, a log), lines are long enough for a table."""
    return Console() if sys.stdout.isatty() else Console(width=150)


def print_uploads(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table(title="上报结果", title_justify="left")
    for name in ("文件", "数据集", "部门", "状态"):
        table.add_column(name, overflow="fold")
    for name in ("总数", "新增", "更新", "未变", "退回", "提醒"):
        table.add_column(name, justify="right")
    for outcome in outcomes:
        upload = outcome.upload
        if outcome.refusal:
            table.add_row(escape(outcome.file.name), "", "", f"[red]{outcome.verdict}[/red]")
            continue
        counts = [str(upload["counts"][k]) for k in ("total", "inserted", "updated", "unchanged", "rejected", "warned")]
        table.add_row(
            escape(upload["file"]["name"]),
            escape(upload["dataset"]["name"]),
            escape(upload["department"]["name"]),
            STATES.get(upload["state"], upload["state"]),
            *counts,
        )
    console.print(table)
    for outcome in outcomes:
        if outcome.refusal:
            console.print(f"[red]{escape(outcome.file.name)}[/red]：{escape(outcome.refusal)}")
        elif outcome.upload.get("failure"):
            console.print(f"[red]{escape(outcome.file.name)}[/red]：{escape(outcome.upload['failure']['message'])}")
        if outcome.upload.get("same_file_as"):
            console.print(
                f"{escape(outcome.file.name)}：与以前上报过的文件内容相同（{outcome.upload['same_file_as']}）。"
            )


async def print_problems(console: Console, outcomes: Sequence[Outcome], shown: int = PROBLEMS_SHOWN) -> None:
    """The first `shown` problems of each file with rejected rows: cell, reason, remedy."""
    for outcome in outcomes:
        if not outcome.rejected:
            continue
        path = f"/uploads/{outcome.upload['id']}/rows?outcome=rejected&page=1&size=200"
        rows = (await outcome.api.get(path))["items"]
        problems = [problem for row in rows for problem in row["problems"] if problem["severity"] == "error"]
        console.print(problem_table(outcome.upload, problems[:shown]))
        more = len(problems) - shown
        if more > 0 or outcome.rejected > len(rows):
            console.print(f"还有更多，全部见退回数据表：/api/v1/uploads/{outcome.upload['id']}/rejected.xls")


def problem_table(upload: Json, problems: Sequence[Json]) -> Table:
    title = f"{upload['file']['name']}：退回 {upload['counts']['rejected']} 行"
    table = Table(title=escape(title), title_justify="left")
    for name in ("单元格", "原因和怎样改", "建议改为"):
        table.add_column(name, overflow="fold")
    for problem in problems:
        words = (problem["cell"] or "", problem["message"], _without_person(problem["suggestion"] or ""))
        table.add_row(*(escape(word) for word in words))
    return table


def _without_person(text: str) -> str:
    """A terminal's output ends up in logs: an identity number stays in the workbook of failed rows."""
    return f"{text[:6]}…（见退回数据表）" if _PERSON.fullmatch(text) else text
