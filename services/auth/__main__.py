"""`python -m services.auth [api | migrate | create-admin | reset-admin | end-sessions NAME or --all | rotate-key]`."""

import argparse
import asyncio
import logging

from services.auth.app import create_app
from services.auth.resources import MIGRATIONS
from services.auth.service.clock import utc_now
from services.auth.service.ending import NoSuchUser, end_sessions
from services.auth.service.first_admin import create_admin, reset_admin
from services.auth.service.signing import SigningKeys
from services.auth.settings import AdminSettings, DatabaseSettings, Settings
from shared.db.database import Database
from shared.db.migrations import migrate
from shared.process import serve
from shared.settings import read
from shared.telemetry import logs

log = logging.getLogger(__name__)

COMMANDS = ["api", "migrate", "create-admin", "reset-admin", "end-sessions", "rotate-key"]


async def _rotate_key(settings: DatabaseSettings) -> None:
    async with Database.open(settings.database.get_secret_value(), max_size=1) as db:
        await SigningKeys(db, utc_now).rotate()
    log.info("a new key signs from now on")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.auth")
    parser.add_argument("command", nargs="?", default="api", choices=COMMANDS)
    parser.add_argument("username", nargs="?", help="of end-sessions: whose")
    parser.add_argument("--all", action="store_true", help="of end-sessions: everybody's")
    given = parser.parse_args()
    command = given.command
    if (command == "end-sessions") != (bool(given.username) != given.all):
        parser.error("end-sessions, and nothing else, needs a user name or --all")
    if command == "api":
        settings = read(Settings)
        serve(create_app(settings), name="auth", host=settings.host, port=settings.port, log_level=settings.log_level)
        return
    database = read(DatabaseSettings)
    logs.configure("auth", database.log_level)
    if command == "migrate":
        migrate(database.database.get_secret_value(), MIGRATIONS)
    elif command == "create-admin":
        asyncio.run(create_admin(database, read(AdminSettings)))
    elif command == "reset-admin":
        asyncio.run(reset_admin(database, read(AdminSettings)))
    elif command == "end-sessions":
        try:
            asyncio.run(end_sessions(database, given.username))
        except NoSuchUser:
            parser.exit(1, f"没有这个用户名：{given.username}\n")
    else:
        asyncio.run(_rotate_key(database))


if __name__ == "__main__":
    main()
