"""What can be said to the public."""

from shared.errors import NotFound


class NotPublished(NotFound):
    slug = "record-not-found"
    title = "没有这条公示信息"
