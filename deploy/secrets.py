"""`make secrets`: the random passwords docker-compose.yml mounts, made once. Needs Python alone.

The folder is closed to others (700); the files in it can be read: a container's user is not the one who made them.
"""

import json
import secrets
import sys
from pathlib import Path

from deploy.definitions import definitions

PASSWORDS = ("postgres_password", "auth_database_password", "records_database_password", "rabbitmq_password")


def make(folder: Path) -> None:
    """Write what is missing; nothing that is there is changed, but a password that is read no more goes."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    passwords = {name: _once(folder / name, secrets.token_hex(24)) for name in PASSWORDS}
    _once(folder / "gateway_key", secrets.token_hex(24))
    _once(folder / "admin_password", secrets.token_urlsafe(15))
    for service in ("auth", "records"):
        password = passwords[f"{service}_database_password"]
        _once(
            folder / f"{service}_database", f"postgresql://credit_{service}:{password}@postgres:5432/credit_{service}"
        )
    password = passwords["rabbitmq_password"]
    _once(folder / "amqp", f"amqp://credit:{password}@rabbitmq:5672/")
    (folder / "rabbitmq_user.conf").unlink(missing_ok=True)  # definitions.json now says it, hashed
    _once(folder / "rabbitmq_definitions.json", json.dumps(definitions(password, ["/"]), indent=2) + "\n")


def _once(file: Path, text: str) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(text)
        file.chmod(0o444)
    return file.read_text()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
