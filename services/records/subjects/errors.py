"""What can be said against a look-up of an enterprise or person."""

from shared.errors import NotFound


class SubjectNotFound(NotFound):
    slug = "subject-not-found"
    title = "没有这个主体"
