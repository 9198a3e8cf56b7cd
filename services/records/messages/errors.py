"""What can be said against a message."""

from shared.errors import NotFound


class MessageNotFound(NotFound):
    slug = "message-not-found"
    title = "没有这条消息"
