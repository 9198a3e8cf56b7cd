"""What can be said against a day."""

from shared.errors import NotFound


class DayNotFound(NotFound):
    slug = "day-not-found"
    title = "日历里没有这一天"
