"""`python -m deploy.local VERB`, on the platform in VAR (var/ beside the code unless set). The verbs: USAGE below."""

import sys
from pathlib import Path

from deploy import parked
from deploy.local import databases, runner
from deploy.local.processes import CouldNotStart
from deploy.local.room import Room, var_folder

USAGE = """用法：python -m deploy.local
    up | down | status | clean
    backup [存到哪里] | restore 备份
    parked [again | drop] | psql auth或records | reset-admin | end-sessions 用户名或--all"""


def main() -> None:
    verb, *words = sys.argv[1:] or [""]
    if len(words) > 1 or (words and verb not in {"backup", "restore", "parked", "psql", "end-sessions"}):
        verb = ""
    folder = var_folder()
    try:
        if verb == "up":
            room = runner.up(folder)
            print(f"已就绪：{room.url}    管理员 admin，密码在 {room.folder / 'admin-password'}")
        elif verb == "down":
            runner.down(folder)
            print("已停止。")
        elif verb == "clean":
            runner.clean(folder)
            print(f"已删除 {folder}。")
        elif verb == "status":
            text, well = runner.status(folder)
            print(text)
            sys.exit(0 if well else 1)
        elif verb == "reset-admin" or (verb == "end-sessions" and words):
            print(_accounts(folder, *words))
        elif verb == "backup":
            saved = runner.save(folder, Path(words[0]) if words else folder / "backups")
            print(f"备份已存到 {saved}。恢复：make restore FROM={saved}")
        elif verb == "parked" and (not words or words[0] in {"again", "drop"}):
            print(parked.report(Room.open(folder).amqp_url, words[0] if words else "list"))
        elif verb == "psql" and words and words[0] in databases.SERVICES:
            runner.psql(folder, words[0])
        elif verb == "restore" and words:
            room = runner.restore(folder, Path(words[0]))
            print(f"已恢复到 {words[0]} 的内容并启动：{room.url}。所有人需要重新登录。")
        else:
            sys.exit(USAGE)
    except CouldNotStart as problem:
        sys.exit(f"没有成功：{problem}")


def _accounts(folder: Path, whose: str = "") -> str:
    if not whose:
        return f"admin 的新密码在 {runner.reset_admin(folder).folder / 'admin-password'}，登录后要修改。"
    runner.end_sessions(folder, whose)
    return f"{'所有人' if whose == '--all' else whose}的登录和令牌已全部结束；密码没有变，可以重新登录。"


if __name__ == "__main__":
    main()
