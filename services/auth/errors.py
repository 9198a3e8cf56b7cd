"""What auth refuses.

Unauthenticated
├── WrongCredentials   user name or password, or a closed account: never which
├── SessionEnded       the cookie or token is not, or no longer, good
Forbidden
├── NotTheGateway      a peer without the gateway's key
├── NotASession        a token tried what only a browser session can
└── OutOfReach         a manager tried what only an admin may
NotFound               UserNotFound, DepartmentNotFound, TokenNotFound: also for another department's
Conflict               Taken (a name or code), LastAdmin, Oneself
Invalid                WeakPassword, WrongPassword, BadReference
TooMany                TooManyAttempts
"""

from shared.contracts.problem import FieldError
from shared.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    slug = "wrong-credentials"
    title = "用户名或密码不正确"


class SessionEnded(Unauthenticated):
    slug = "unauthenticated"
    title = "登录已失效"


class NotTheGateway(Forbidden):
    slug = "not-the-gateway"
    title = "只接受网关的请求"


class NotASession(Forbidden):
    slug = "not-a-session"
    title = "API 令牌不能这样用"


class OutOfReach(Forbidden):
    slug = "forbidden"
    title = "没有权限"


class UserNotFound(NotFound):
    slug = "user-not-found"
    title = "没有这个用户"


class DepartmentNotFound(NotFound):
    slug = "department-not-found"
    title = "没有这个部门"


class TokenNotFound(NotFound):
    slug = "token-not-found"
    title = "没有这个令牌"


class Taken(Conflict):
    slug = "taken"
    title = "已被使用"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field=field, code="taken", message=detail)])


class LastAdmin(Conflict):
    slug = "last-admin"
    title = "至少要保留一名管理员"


class Oneself(Conflict):
    slug = "oneself"
    title = "不能对自己这样做"


class _OneField(Invalid):
    code = "invalid"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field=field, code=self.code, message=detail)])


class WeakPassword(_OneField):
    slug = "weak-password"
    title = "密码不符合要求"
    code = "weak_password"


class WrongPassword(_OneField):
    slug = "wrong-password"
    title = "当前密码不正确"
    code = "wrong_password"


class BadReference(_OneField):
    slug = "invalid-request"
    title = "填写的内容有误"
    code = "bad_reference"


class TooManyAttempts(TooMany):
    slug = "too-many-attempts"
    title = "尝试次数过多"
