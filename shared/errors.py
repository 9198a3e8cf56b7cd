"""Failures we can name. Domain code raises these; only the edges translate them.

ServiceError
├── Invalid           422  the values do not fit
├── Unauthenticated   401  nobody we know
├── Forbidden         403  known, but without the right
├── NotFound          404  not there, or another department's
├── Conflict          409  a lost race, or a state that does not allow it
├── TooLarge          413  more than the door lets through
├── Unsupported       415  not the kind of file that is accepted
├── TooMany           429  too often; `retry_after` seconds
└── Unavailable       503  a server behind us is down; `retry_after` seconds

Each service subclasses one of these in its own errors.py: `slug` is the stable name of the problem, `title` its
Chinese headline, `detail` says to the person where, what, why and how to mend it. Never an identity number, a path,
SQL or bytes of a file in any of them.
"""

from typing import ClassVar


class Stopped(Exception):
    """The process was told to end before it had begun its work."""


class ServiceError(Exception):
    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "请求未能完成"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class Invalid(ServiceError):
    slug = "invalid-request"
    title = "填写的内容有误"


class Unauthenticated(ServiceError):
    slug = "unauthenticated"
    title = "请先登录"


class Forbidden(ServiceError):
    slug = "forbidden"
    title = "没有权限"


class NotFound(ServiceError):
    slug = "not-found"
    title = "没有找到"


class Conflict(ServiceError):
    slug = "conflict"
    title = "数据已被他人修改"


class TooLarge(ServiceError):
    slug = "too_large"
    title = "文件太大"


class Unsupported(ServiceError):
    slug = "unsupported"
    title = "不支持的内容"


class TooMany(ServiceError):
    slug = "too-many-requests"
    title = "操作过于频繁"

    def __init__(self, detail: str = "", *, retry_after: int = 60, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    slug = "unavailable"
    title = "服务暂时不可用"

    def __init__(self, detail: str = "", *, retry_after: int = 5, **facts: object) -> None:
        super().__init__(detail or "服务暂时不可用，请稍后再试；已提交的数据不会丢失。", **facts)
        self.retry_after = retry_after
