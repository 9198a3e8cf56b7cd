"""`python -m deploy.local up|down|status|clean`. The folder is VAR (var/ beside the code unless set)."""

import sys

from deploy.local import runner
from deploy.local.processes import CouldNotStart
from deploy.local.room import var_folder


def main() -> None:
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
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
        else:
            sys.exit("用法：python -m deploy.local up|down|status|clean")
    except CouldNotStart as problem:
        sys.exit(f"未能启动：{problem}")


if __name__ == "__main__":
    main()
