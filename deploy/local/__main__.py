"""`python -m deploy.local up|down|status|clean|backup [TO]|restore FROM`, in VAR (var/ beside the code unless set)."""

import sys
from pathlib import Path

from deploy.local import runner
from deploy.local.processes import CouldNotStart
from deploy.local.room import var_folder


def main() -> None:
    verb, *words = sys.argv[1:] or [""]
    if len(words) > 1 or (words and verb not in {"backup", "restore"}):
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
        elif verb == "backup":
            saved = runner.save(folder, Path(words[0]) if words else folder / "backups")
            print(f"备份已存到 {saved}。恢复：make restore FROM={saved}")
        elif verb == "restore" and words:
            room = runner.restore(folder, Path(words[0]))
            print(f"已恢复到 {words[0]} 的内容并启动：{room.url}。所有人需要重新登录。")
        else:
            sys.exit("用法：python -m deploy.local up|down|status|clean|backup [存到]|restore 备份")
    except CouldNotStart as problem:
        sys.exit(f"没有成功：{problem}")


if __name__ == "__main__":
    main()
