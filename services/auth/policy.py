"""Rules that need no database: what a password must be, and whom a caller may administer."""

from services.auth.errors import OutOfReach, WeakPassword
from shared.contracts.identity import Identity, Role

PASSWORD_MIN = 8
# The head of every list of stolen passwords that is long enough to pass the other rules.
COMMON = frozenset(
    [
        "password1",
        "password12",
        "password123",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "admin123",
        "admin1234",
        "admin888",
        "abc12345",
        "abcd1234",
        "a1234567",
        "a12345678",
        "a123456789",
        "qwer1234",
        "qwerty123",
        "1qaz2wsx",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "q1w2e3r4",
        "aa123456",
        "aa123456789",
        "woaini1314",
        "iloveyou1",
        "welcome1",
        "changeme1",
        "asd12345",
        "zxcvbnm1",
    ]
)


def check_password(password: str, *, username: str, field: str) -> None:
    """Raises WeakPassword: too short, of one kind of character only, the user name, or known to everybody."""
    if len(password) < PASSWORD_MIN:
        raise WeakPassword(field, f"密码至少 {PASSWORD_MIN} 位，请再加长一些。")
    kinds = {_kind(char) for char in password}
    if len(kinds) < 2:
        raise WeakPassword(field, "密码只有一种字符，请把字母、数字和符号混在一起用。")
    if len(set(password)) < 4:
        raise WeakPassword(field, "密码里重复的字符太多，请换一个。")
    if password.casefold() == username.casefold():
        raise WeakPassword(field, "密码不能与用户名相同，请换一个。")
    if password.casefold() in COMMON:
        raise WeakPassword(field, "这个密码太常见，容易被猜到，请换一个。")


def _kind(char: str) -> str:
    if char.isdigit():
        return "digit"
    return "letter" if char.isalpha() else "sign"


def check_grant(caller: Identity, role: Role, department: str) -> None:
    """May `caller` have a user with `role` in `department`?

    Raises:
        OutOfReach: a manager made an admin, or reached into another department.
    """
    if caller.is_admin:
        return
    if role is Role.ADMIN:
        raise OutOfReach("部门管理员不能设置市信用办的账号；如有需要，请联系市信用办。")
    if department != caller.department.code:
        raise OutOfReach("部门管理员只能管理本部门的用户；如需调动，请联系市信用办。")
