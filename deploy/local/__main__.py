"""`python -m deploy.local VERB`, on the platform in VAR (var/ beside the code unless set). The verbs: USAGE below."""

import sys
from pathlib import Path

from deploy import parked
from deploy.local import databases, runner
from deploy.local.processes import CouldNotStart
from deploy.local.room import Room, read_settings, var_folder

DATA = {"backup", "restore", "parked", "psql"}
NEED_IT_RUNNING = {"backup", "parked", "psql", "reset-admin", "end-sessions"}
USAGE = """用法：
    make up | down | status | clean | reset-admin
    make backup [TO=存到哪里] | restore FROM=备份
    make parked [ARGS=again | ARGS=drop] | psql [DB=records | DB=auth]
    make end-sessions USERNAME=用户名 | ALL=yes（所有人）"""


def main() -> None:
    verb, *words = sys.argv[1:] or [""]
    if len(words) > 1 or (words and verb not in {*DATA, "end-sessions"}):
        sys.exit(USAGE)
    try:
        read_settings()
        folder = var_folder()
        if verb in NEED_IT_RUNNING:
            runner.require_running(folder)
        print((_data if verb in DATA else _platform)(verb, words, folder))
    except CouldNotStart as problem:
        sys.exit(f"没有成功：{problem}")


def _platform(verb: str, words: list[str], folder: Path) -> str:
    match verb, words:
        case "up", []:
            room = runner.up(folder)
            return f"已就绪：{room.url}    管理员 admin，最初的密码在 {room.folder / 'admin-password'}"
        case "down", []:
            runner.down(folder)
            return "已停止。"
        case "clean", []:
            runner.clean(folder)
            return f"已删除 {folder}。"
        case "status", []:
            text, well = runner.status(folder)
            print(text)
            sys.exit(0 if well else 1)
        case "reset-admin", []:
            return f"admin 的新密码在 {runner.reset_admin(folder).folder / 'admin-password'}，登录后要修改。"
        case "end-sessions", [whose]:
            runner.end_sessions(folder, whose)
            return f"{'所有人' if whose == '--all' else whose}的登录和令牌已全部结束；密码没有变，可以重新登录。"
        case _:
            sys.exit(USAGE)


def _data(verb: str, words: list[str], folder: Path) -> str:
    match verb, words:
        case "backup", _:
            saved = runner.save(folder, Path(words[0]) if words else folder / "backups")
            return f"备份已存到 {saved}。恢复：make restore FROM={saved}"
        case "restore", []:
            sys.exit("没有说恢复哪一份。" + runner.backups(folder))
        case "restore", [saved]:
            room = runner.restore(folder, Path(saved))
            return (
                f"已恢复到 {saved} 的内容并启动：{room.url}。所有人需要重新登录，密码是备份那时的；"
                f"admin 的忘了就用 make reset-admin 换一个（{room.folder / 'admin-password'} 里的可能不是那时的）。"
            )
        case "parked", [] | ["again" | "drop"]:
            return parked.report(Room.open(folder).amqp_url, words[0] if words else "list")
        case "psql", [service] if service in databases.SERVICES:
            runner.psql(folder, service)
        case _:
            pass
    sys.exit(USAGE)


if __name__ == "__main__":
    main()
