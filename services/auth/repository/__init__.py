"""All SQL of auth: functions that take the caller's connection."""

from shared.db.queries import load_queries

SQL = load_queries("services.auth")


def pattern(part: str) -> str:
    """An ILIKE pattern for a part of a text that is taken literally."""
    escaped = part.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def changed(status: str) -> bool:
    """Whether a command tag such as `UPDATE 1` says that a row was touched."""
    return not status.endswith(" 0")
