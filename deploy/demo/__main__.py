"""`make demo`: the whole platform on this machine, five departments reporting at the same time, and what came of it.

Stays up until Ctrl-C, then stops what it had started; `--once` (or DEMO_ONCE=1) ends after the report.
"""

import asyncio
import os
import signal
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.table import Table

from deploy.client.api import Api, ClientProblem, NotAuthorised
from deploy.client.report import print_problems, print_uploads, terminal
from deploy.client.uploads import Outcome, Parcel, progress_bars, send_all
from deploy.demo.accounts import OFFICES, ROLES, Account, Register, make_accounts, reporting
from deploy.demo.workbooks import Writer, spoil, write
from deploy.local import runner
from deploy.local.processes import CouldNotStart
from deploy.local.room import Room, read_settings, var_folder
from deploy.local.supervision import Supervisor

console = terminal()


class Sheet(NamedTuple):
    """One file of the demonstration."""

    office: str
    dataset: str
    name: str
    rows: int
    mistakes: int


SHEETS = (
    Sheet("zjj", "xzxk_fr", "市质监局-行政许可（法人）.xls", 600, 8),
    Sheet("zjj", "xzcf_fr", "市质监局-行政处罚（法人）.xls", 80, 0),
    Sheet("hbj", "xzcf_fr", "市环保局-行政处罚（法人）.xls", 240, 3),
    Sheet("hbj", "xzxk_fr", "市环保局-排污许可（法人）.xls", 1500, 5),
    Sheet("syj", "xzxk_fr", "市食药监局-食品经营许可（法人）.xls", 3000, 6),
    Sheet("syj", "xzxk_zrr", "市食药监局-食品经营许可（自然人）.xls", 400, 4),
    Sheet("swj", "xzcf_zrr", "市税务局-行政处罚（自然人）.xls", 120, 2),
    Sheet("ajj", "xzxk_zrr", "市安监局-特种作业许可（自然人）.xls", 200, 0),
)
NOT_A_WORKBOOK = "市安监局-行政处罚（其实是文本）.xls"


async def demonstrate(room: Room) -> None:
    async with Api.open(room.url) as admin:
        try:
            await admin.sign_in("admin", room.admin_password)
        except NotAuthorised as problem:
            raise ClientProblem(
                f"admin 的密码不再是 {room.folder / 'admin-password'} 里的那个，这个平台已有人在用。"
                "演示请另用一个数据文件夹：make demo VAR=var/demo-only PORT=8090"
            ) from problem
        with console.status("建立演示部门和账号 …"):
            accounts = await make_accounts(admin, Register(room.folder / "demo" / "accounts.json"))
            officers = {a.office.code: await reporting(admin, a) for a in accounts if a.role == "reporter"}
        parcels = await _parcels(room.folder / "demo" / "files", officers)
        console.rule(f"{len(OFFICES)} 个部门同时上报 {len(parcels)} 个文件")
        with progress_bars() as progress:
            outcomes = await send_all(parcels, progress, parallel=len(parcels))
        await _report(outcomes)
    _print_accounts(room, accounts)


async def _parcels(files: Path, officers: dict[str, Api]) -> list[Parcel]:
    definitions = {code: await officers["zjj"].get(f"/datasets/{code}") for code in {sheet.dataset for sheet in SHEETS}}
    run, today = int(time.time()) % 10_000_000, datetime.now(ZoneInfo("Asia/Shanghai")).date()
    return await asyncio.to_thread(_write_files, files, officers, definitions, (run, today))


def _write_files(
    files: Path, officers: dict[str, Api], definitions: dict[str, dict[str, object]], when: tuple[int, date]
) -> list[Parcel]:
    files.mkdir(parents=True, exist_ok=True, mode=0o700)
    parcels = []
    full_names = {office.code: office.full_name for office in OFFICES}
    for number, sheet in enumerate(SHEETS):
        writer = Writer(full_names[sheet.office], when[0] * 10 + number, when[1])
        make = writer.licences if sheet.dataset.startswith("xzxk") else writer.penalties
        rows = spoil(make(sheet.rows, person=sheet.dataset.endswith("zrr")), sheet.mistakes)
        write(files / sheet.name, definitions[sheet.dataset], rows)
        parcels.append(Parcel(officers[sheet.office], files / sheet.name, {"dataset": sheet.dataset}))
    false = files / NOT_A_WORKBOOK
    false.write_text("行政处罚决定书文号,处罚名称\n长安罚〔2026〕1号,未按规定培训案\n")
    parcels.append(Parcel(officers["ajj"], false, {"dataset": "xzcf_fr"}))
    return parcels


async def _report(outcomes: list[Outcome]) -> None:
    console.rule("入库与退回")
    print_uploads(console, outcomes)
    await print_problems(console, outcomes, shown=8)


def _print_accounts(room: Room, accounts: list[Account]) -> None:
    console.rule("账号")
    table = Table()
    for name in ("部门", "角色", "用户名", "密码"):
        table.add_column(name)
    table.add_row("市信用办", "系统管理员", "admin", room.admin_password)
    for account in accounts:
        table.add_row(account.office.name, ROLES[account.role], account.username, account.password)
    console.print(table)
    console.print(f"地址：[bold]{room.url}[/bold]    接口说明：{room.url}/api/docs")


def main() -> None:
    once = "--once" in sys.argv[1:] or os.environ.get("DEMO_ONCE") == "1"
    try:
        read_settings()
        var = var_folder()
    except CouldNotStart as problem:
        console.print(str(problem), style="red", markup=False)
        sys.exit(1)
    was_running = var.exists() and Supervisor(Room.open(var)).pid() is not None
    # Also where whoever started us ignores them, as a shell does for what runs behind it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    code = 0
    try:
        with console.status("启动 PostgreSQL、RabbitMQ 和各服务（首次约一分钟） …"):
            room = runner.up(var)
        asyncio.run(demonstrate(room))
        if not once:
            console.print("按 Ctrl-C 结束。")
            signal.pause()
    except KeyboardInterrupt:
        console.print()
    except (CouldNotStart, ClientProblem) as problem:
        console.print(str(problem), style="red", markup=False)
        code = 1
    if not was_running:
        with console.status("停止 …"):
            runner.down(var)
        console.print("已停止，数据保留在 " + str(var) + "。")
    sys.exit(code)


if __name__ == "__main__":
    main()
