"""What the front door refuses, by name."""

from shared.errors import Forbidden, Invalid, NotFound, TooLarge, TooMany, Unavailable


class UpstreamDown(Unavailable):
    slug = "service-down"
    title = "服务暂时连不上"


class ExtranetOnly(Forbidden):
    slug = "extranet-only"
    title = "只能在政务外网内使用"


class PasswordChangeRequired(Forbidden):
    slug = "password-change-required"
    title = "请先修改密码"


class CsrfRefused(Forbidden):
    slug = "csrf"
    title = "请求来源无法确认"


class StrangePath(NotFound):
    slug = "not-found"
    title = "没有这个地址"


class BodyTooLarge(TooLarge):
    slug = "too_large"
    title = "内容太大"


class BodyTooSlow(Invalid):
    slug = "too-slow"
    title = "上传中断"


class TooManyRequests(TooMany):
    slug = "too-many-requests"
    title = "操作过于频繁"
