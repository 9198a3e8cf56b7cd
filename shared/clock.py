"""What day it is where the platform is used."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def today() -> date:
    return datetime.now(UTC).astimezone(CHINA).date()
