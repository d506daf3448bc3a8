"""Dates as shops and spreadsheets write them; one without a zone is the shop's own time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.errors import RecordError

YEARS = range(1970, 2200)
"""When an order can have been placed."""
DAY_FIRST, MONTH_FIRST, EITHER, PLAIN = "day first", "month first", "either", "plain"

_PARTS = re.compile(
    r"(?P<first>\d{1,2})[/.-](?P<other>\d{1,2})[/.-](?P<year>\d{4}|\d{2})"
    r"(?:(?:T|,| à)?\s*(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_SLASHED_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
_UTC = re.compile(r"\s*(?:UTC|GMT)$")
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)")


@lru_cache(maxsize=8192)
def parts(text: str) -> str | None:
    """Which of 31/12/2026 and 12/31/2026 a date's parts can be: DAY_FIRST, MONTH_FIRST, EITHER of two days, or PLAIN.

    PLAIN is a date that says one day alone, such as 2026-12-31 or 05/05/2026. None where it is no date.
    """
    readings = [_read(text, day_first=day_first) for day_first in (True, False)]
    if readings[0] is not None and readings[1] is not None:
        return PLAIN if readings[0] == readings[1] else EITHER
    if readings[0] is not None:
        return DAY_FIRST
    return MONTH_FIRST if readings[1] is not None else None


@lru_cache(maxsize=8192)
def moment(text: str, *, day_first: bool) -> datetime:
    """The date of `text`, aware only where it says its zone; a day alone is its first minute. RecordError else."""
    found = _read(text, day_first=day_first)
    if found is None:
        raise RecordError(f"{text[:40]!r} is not a date.")
    return found


@lru_cache(maxsize=8192)
def instant(found: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a date; one without a zone is local to `zone`."""
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def stamp(found: datetime) -> str:
    """A date in the fewest characters that tell it apart: 19970112, 19970112T083000, 20261101T091112Z."""
    if found.tzinfo:
        return f"{found.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{found:%Y%m%d}" if (found.hour, found.minute, found.second) == (0, 0, 0) else f"{found:%Y%m%dT%H%M%S}"


def _read(text: str, *, day_first: bool) -> datetime | None:
    text = text.strip()
    found = _PARTS.fullmatch(text)
    try:
        if found is not None:
            read = _from_parts(found, day_first=day_first)
        else:
            text = _SLASHED_YEAR_FIRST.sub(lambda year: f"{year[1]}-{int(year[2]):02}-{int(year[3]):02}", text)
            read = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", _UTC.sub("+00:00", text)))
    except ValueError:
        return None
    return read if read.year in YEARS else None


def _from_parts(found: re.Match[str], *, day_first: bool) -> datetime:
    """ValueError where there is no such day."""
    first, other, year = int(found["first"]), int(found["other"]), int(found["year"])
    hour, half = int(found["hour"] or 0), (found["half"] or " ")[0].upper()
    read = datetime(  # noqa: DTZ001 - where it says none, the zone is the shop's, which `instant` adds
        year if year > 99 else 2000 + year,
        other if day_first else first,
        first if day_first else other,
        hour if half == " " else hour % 12 + 12 * (half == "P"),
        int(found["minute"] or 0),
        int(found["second"] or 0),
    )
    zone = found["zone"]
    if not zone:
        return read
    return read.replace(tzinfo=UTC if zone in {"Z", "UTC"} else datetime.strptime(zone, "%z").tzinfo)
