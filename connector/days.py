"""Shop-local calendar days as whole numbers, so that every rule and every index compares integers.

A day is its number since 1970-01-01, in the shop's own time zone. An instant is in seconds since the epoch, in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import floor
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.errors import RecordError, SettingsError

_EPOCH = date(1970, 1, 1).toordinal()
NEVER = 2_000_000
"""A day that no rule reaches (the year 7445); it sorts after every real day."""


def day_number(day: date) -> int:
    """The number of a calendar day: 0 for 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_date(number: int) -> date:
    """The calendar day of a number."""
    return date.fromordinal(number + _EPOCH)


def local_day(instant: datetime, zone: ZoneInfo) -> int:
    """The number of the calendar day on which `instant` fell in `zone`; RecordError for a year no shop has seen."""
    seen(instant)
    return instant.astimezone(zone).toordinal() - _EPOCH


def monday(day: int) -> int:
    """The last Monday up to a day."""
    return day - (day + 3) % 7  # day 0 was a Thursday


def seen(*instants: datetime | None) -> None:
    """RecordError where one of the instants is in a year that no shop has seen."""
    for instant in instants:
        if instant is not None and not 1970 <= instant.year < 2200:
            raise RecordError(f"{instant.isoformat()} is not a date in the life of a shop.")


def epoch(instant: datetime) -> int:
    """Whole seconds since the epoch, rounded down."""
    return floor(instant.timestamp())


def instant(seconds: int) -> datetime:
    """The UTC datetime of a number of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone called `name`; SettingsError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"{name!r} is not a time zone.", remedy="Use an IANA name such as Europe/Paris or America/New_York."
        ) from error


def parse_day(text: str) -> int:
    """The number of a day written as YYYY-MM-DD; SettingsError where it is none."""
    try:
        return day_number(date.fromisoformat(text))
    except ValueError as error:
        raise SettingsError(
            f"{text!r} is not a day.", remedy="Write it as YYYY-MM-DD, for example 2026-06-30."
        ) from error
