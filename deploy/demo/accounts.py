"""The demonstration's departments and accounts: made once, found again by a later run."""

import json
import secrets
from pathlib import Path
from typing import NamedTuple

from deploy.client.api import Api, Json, NotAuthorised, Refused
from deploy.local import processes

ROLES = {"manager": "部门管理员", "reporter": "填报员", "viewer": "查询员"}


class Office(NamedTuple):
    code: str
    name: str
    full_name: str


OFFICES = (
    Office("zjj", "市质监局", "长治市质量技术监督局"),
    Office("hbj", "市环保局", "长治市环境保护局"),
    Office("syj", "市食药监局", "长治市食品药品监督管理局"),
    Office("swj", "市税务局", "长治市税务局"),
    Office("ajj", "市安监局", "长治市安全生产监督管理局"),
)


class Account(NamedTuple):
    office: Office
    role: str
    username: str
    password: str


class Register:
    """The passwords of the demonstration's accounts, in a file of the room, mode 600."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._passwords: dict[str, str] = json.loads(file.read_text())
        except FileNotFoundError:
            self._passwords = {}

    def password(self, username: str) -> str:
        return self._passwords.get(username, "")

    def remember(self, username: str, password: str) -> None:
        self._passwords[username] = password
        processes.write_private(self._file, json.dumps(self._passwords, indent=2) + "\n")


def new_password() -> str:
    """Long enough and of all kinds, without letters that look alike."""
    letters = "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz") for _ in range(8))
    return f"Demo-{letters}-{secrets.randbelow(9000) + 1000}"


async def make_accounts(admin: Api, register: Register) -> list[Account]:
    """Raises ClientProblem when the platform refuses."""
    for office in OFFICES:
        await _make_office(admin, office)
    return [await _make_account(admin, register, office, role) for office in OFFICES for role in ROLES]


async def _make_office(admin: Api, office: Office) -> None:
    body: Json = {
        "code": office.code,
        "name": office.full_name,
        "short_name": office.name,
        "region": "140400",
        "credit_code": None,
        "active": True,
    }
    try:
        await admin.call("POST", "/departments", body)
    except Refused as refusal:
        if refusal.status != 409:
            raise


async def _make_account(admin: Api, register: Register, office: Office, role: str) -> Account:
    username = f"{office.code}_{role}"
    password = register.password(username)
    if password and await _signs_in(admin, username, password):
        return Account(office, role, username, password)
    first, chosen = new_password(), new_password()
    body: Json = {
        "username": username,
        "display_name": f"{office.name}{ROLES[role]}",
        "department": office.code,
        "role": role,
        "password": first,
    }
    try:
        await admin.call("POST", "/users", body)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        user = await _find(admin, username, office)
        await admin.call("POST", f"/users/{user['id']}/password-reset", {"password": first})
    officer = admin.with_token("")
    await officer.sign_in(username, first)
    await officer.call("PUT", "/session/password", {"current": first, "new": chosen})
    register.remember(username, chosen)
    return Account(office, role, username, chosen)


async def _find(admin: Api, username: str, office: Office) -> Json:
    page = 1
    while True:
        answer = await admin.get(f"/users?department={office.code}&page={page}&size=200")
        for user in answer["items"]:
            if user["username"] == username:
                found: Json = user
                return found
        if page * 200 >= answer["total"]:
            raise Refused(409, "username-taken", f"用户名 {username} 已被别的部门占用。")
        page += 1


async def _signs_in(admin: Api, username: str, password: str) -> bool:
    try:
        await admin.with_token("").sign_in(username, password)
    except NotAuthorised:
        return False
    return True


async def reporting(admin: Api, account: Account) -> Api:
    """The account with an API token of its own, good for a day."""
    officer = admin.with_token("")
    await officer.sign_in(account.username, account.password)
    made = await officer.call("POST", "/tokens", {"name": "演示", "expires_in_days": 1})
    return admin.with_token(made["token"])
