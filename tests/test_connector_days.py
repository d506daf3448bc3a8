"""Days: whole numbers of a shop's own calendar, over every change of its clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.days import NEVER, day_date, day_number, epoch, instant, local_day, parse_day, time_zone
from connector.errors import RecordError, SettingsError

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-28T23:30:00+00:00", "Europe/Paris", "2026-03-29"),
        ("2026-03-29T21:59:59+00:00", "Europe/Paris", "2026-03-29"),
        ("2026-03-29T22:00:00+00:00", "Europe/Paris", "2026-03-30"),
        ("2026-10-25T22:59:59+00:00", "Europe/Paris", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "Europe/Paris", "2026-10-26"),
        ("2026-01-01T04:59:59+00:00", "America/New_York", "2025-12-31"),
        ("2026-01-01T10:00:00+00:00", "Pacific/Kiritimati", "2026-01-02"),
        ("2026-01-01T05:30:00+05:30", "Asia/Kolkata", "2026-01-01"),
    ],
)
def test_an_instant_falls_on_the_day_that_the_shop_s_calendar_shows(moment: str, zone: str, day: str) -> None:
    assert local_day(datetime.fromisoformat(moment), ZoneInfo(zone)) == parse_day(day)


@given(st.integers(86_400, epoch(datetime(2199, 12, 30, tzinfo=UTC))).map(instant), st.timezones())
def test_the_day_is_that_of_the_local_date_wherever_the_instant_is_written(
    moment: datetime, elsewhere: ZoneInfo
) -> None:
    expected = moment.astimezone(PARIS).date()
    assert day_date(local_day(moment, PARIS)) == expected
    assert local_day(moment.astimezone(elsewhere), PARIS) == day_number(expected)


@pytest.mark.parametrize("year", [1, 1066, 1969, 2200, 9999])
def test_a_date_that_no_shop_has_seen_is_refused(year: int) -> None:
    with pytest.raises(RecordError, match="not a date in the life of a shop"):
        local_day(datetime(year, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))), PARIS)


@given(st.dates())
def test_a_day_and_its_number_are_one_another_s(day: date) -> None:
    assert day_date(day_number(day)) == day
    assert parse_day(day.isoformat()) == day_number(day)


@given(st.integers(-(10**9), 4 * 10**9))
def test_seconds_and_instants_are_one_another_s(seconds: int) -> None:
    assert epoch(instant(seconds)) == seconds
    assert epoch(instant(seconds) + timedelta(microseconds=999_999)) == seconds


def test_never_comes_after_every_day_of_a_shop() -> None:
    assert day_number(date(2200, 1, 1)) < NEVER
    assert day_date(NEVER).year == 7445


@pytest.mark.parametrize("name", ["Europe/Pari", "", "../../etc/passwd", "/etc/localtime", "+02:00", "Europe/"])
def test_what_is_no_time_zone_is_refused_with_examples(name: str) -> None:
    with pytest.raises(SettingsError, match="Europe/Paris"):
        time_zone(name)


@pytest.mark.parametrize("text", ["", "30/06/2026", "2026-02-30", "yesterday", "2026-6-1"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match="2026-06-30"):
        parse_day(text)
