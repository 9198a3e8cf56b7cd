"""`python -m deploy.client upload|status|template|rejected`: departments' and operators' files from the command line.

Exit codes: 0 all stored, 1 some rows rejected, 2 a file failed, 3 the platform cannot be reached or does not accept us.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from deploy.client.api import Api, ClientProblem, NotAuthorised, Unreachable
from deploy.client.report import print_problems, print_uploads, terminal
from deploy.client.uploads import FINAL, Bar, Outcome, Parcel, follow, progress_bars, send_all

STORED, ROWS_REJECTED, FILE_FAILED, NOT_SERVED = range(4)
WRONG_USE = 64
console = terminal()


class Parser(argparse.ArgumentParser):
    """argparse would exit with 2, which here means that a file failed."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def arguments() -> argparse.Namespace:
    common = Parser(add_help=False)
    common.add_argument("--url", default=os.environ.get("CREDIT_URL", "http://127.0.0.1:8080"), help="平台地址")
    common.add_argument("--token-file", type=Path, help="令牌文件；不给时用环境变量 CREDIT_TOKEN")
    parser = Parser(
        prog="python -m deploy.client",
        description="批量上报 .xls 文件。退出码：0 全部入库，1 有行被退回，2 有文件读取失败，3 连不上或未获授权。",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    upload = verbs.add_parser("upload", parents=[common], help="上报文件，等待结果")
    upload.add_argument("--dataset", required=True, help="数据集代码，如 xzxk_fr")
    upload.add_argument(
        "--mode", choices=["partial", "atomic"], default="partial", help="atomic：有一行不合格就都不入库"
    )
    upload.add_argument("--on-duplicate", choices=["update", "skip", "reject"], default="update", help="已有同一条时")
    upload.add_argument("--dry-run", action="store_true", help="只校验，不入库")
    upload.add_argument("--confirm", action="store_true", help="配合 --dry-run：没有退回的行时自动确认入库")
    upload.add_argument("--rejected-dir", type=Path, help="把退回的行下载到这个文件夹，改好后可再上报")
    upload.add_argument("--parallel", type=int, default=4, help="同时发送几个文件")
    upload.add_argument("files", nargs="+", type=Path)
    status = verbs.add_parser("status", parents=[common], help="查看上报的状态")
    status.add_argument("ids", nargs="+")
    status.add_argument("--wait", action="store_true", help="等到有结果")
    template = verbs.add_parser("template", parents=[common], help="下载空白模板")
    template.add_argument("dataset")
    template.add_argument("--out", type=Path)
    rejected = verbs.add_parser("rejected", parents=[common], help="下载退回的行")
    rejected.add_argument("id")
    rejected.add_argument("--out", type=Path)
    given = parser.parse_args()
    if not given.url.startswith(("http://", "https://")):
        parser.error(f"平台地址 {given.url} 要以 http:// 或 https:// 开头，例如 http://127.0.0.1:8080")
    return given


def read_token(file: Path | None) -> str:
    """Raises NotAuthorised when there is none. Never from the command line: every user of a machine can read that."""
    if file is None:
        token = os.environ.get("CREDIT_TOKEN", "").strip()
    else:
        try:
            token = file.read_text().strip()
        except OSError as error:
            raise NotAuthorised(f"读不到令牌文件 {file}：{error.strerror}。") from error
    if not token or not token.isascii() or not token.isprintable():
        raise NotAuthorised(
            "没有令牌。请在平台“我的账号 → 接口令牌”里新建，放进文件用 --token-file 给出，或设环境变量 CREDIT_TOKEN。"
        )
    return token


async def upload(api: Api, given: argparse.Namespace) -> int:
    missing = [str(file) for file in given.files if not file.is_file()]
    if missing:
        console.print(f"[red]没有这样的文件：{'、'.join(missing)}[/red]")
        return FILE_FAILED
    fields = {
        "dataset": given.dataset,
        "mode": given.mode,
        "on_duplicate": given.on_duplicate,
        "dry_run": str(given.dry_run).lower(),
    }
    with progress_bars() as progress:
        parcels = [Parcel(api, file, fields) for file in given.files]
        outcomes = await send_all(parcels, progress, parallel=max(given.parallel, 1), confirm=given.confirm)
    print_uploads(console, outcomes)
    await print_problems(console, outcomes)
    if given.rejected_dir is not None:
        for outcome in outcomes:
            if outcome.rejected:
                name = f"{outcome.file.stem}-退回-{outcome.upload['id'][:8]}.xls"
                await save(api, f"/uploads/{outcome.upload['id']}/rejected.xls", given.rejected_dir / name)
    return exit_code(outcomes)


def exit_code(outcomes: list[Outcome]) -> int:
    if any(outcome.failed for outcome in outcomes):
        return FILE_FAILED
    return ROWS_REJECTED if any(outcome.rejected for outcome in outcomes) else STORED


async def status(api: Api, given: argparse.Namespace) -> int:
    outcomes = []
    with progress_bars() as progress:
        for upload_id in given.ids:
            found = await api.get(f"/uploads/{upload_id}")
            if given.wait and found["state"] not in FINAL:
                found = await follow(api, found, Bar(progress, found["file"]["name"]), every=0.5)
            outcomes.append(Outcome(Path(found["file"]["name"]), api, found))
    print_uploads(console, outcomes)
    await print_problems(console, outcomes)
    return exit_code(outcomes)


async def save(api: Api, path: str, file: Path) -> None:
    content = await api.fetch(path)
    await asyncio.to_thread(write, file, content)
    console.print(f"已保存 {file}")


def write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


async def run(given: argparse.Namespace) -> int:
    async with Api.open(given.url, read_token(given.token_file)) as api:
        if given.verb == "upload":
            return await upload(api, given)
        if given.verb == "status":
            return await status(api, given)
        if given.verb == "template":
            await save(api, f"/datasets/{given.dataset}/template.xls", given.out or Path(f"{given.dataset}.xls"))
            return STORED
        await save(api, f"/uploads/{given.id}/rejected.xls", given.out or Path(f"退回-{given.id[:8]}.xls"))
        return STORED


def main() -> None:
    try:
        code = asyncio.run(run(arguments()))
    except (Unreachable, NotAuthorised) as problem:
        console.print(str(problem), style="red", markup=False)
        code = NOT_SERVED
    except ClientProblem as problem:
        console.print(str(problem), style="red", markup=False)
        code = FILE_FAILED
    except OSError as problem:
        console.print(f"文件读不出来或存不下：{problem.filename}（{problem.strerror}）。", style="red", markup=False)
        code = FILE_FAILED
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
