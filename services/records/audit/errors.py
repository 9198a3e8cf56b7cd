"""What can be said against a look into the audit."""

from shared.errors import Invalid, Unavailable


class TooFarBack(Invalid):
    slug = "too-far-back"
    title = "请缩小范围"


class AuthAuditDown(Unavailable):
    slug = "auth-down"
    title = "认证服务暂时连不上"
