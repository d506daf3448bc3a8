"""When a person may be written to again: by the strictest cap, the messages known, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert

from connector.catalogue import Cap, Phase, Text, library
from connector.models import Membership, Segment
from connector.pressure import Known, days, pressure, verdict
from connector.sends import Log, Noted, cover, logs, note
from connector.tables import table
from tests.conftest import Fresh
from tests.rules_people import Person, load

TODAY = 20_000
TEXT = Text(fr="x", en="x")
WEEKLY = Cap(key="weekly", label=TEXT, description=TEXT, phases=(Phase(from_day=0, at_most=2, per_days=7),))
SLOWING = library().caps["at_risk"]  # one a week, from day 30 on one every two weeks
ENDING = library().caps["inactive"]  # one a week for thirty days, then none
SEEN = Known(TODAY - 90, TODAY)


def entries(**since: tuple[Cap, int]) -> dict[str, tuple[Cap, int]]:
    return {key: (cap, TODAY - days) for key, (cap, days) in since.items()}


def test_with_as_many_messages_as_allowed_the_oldest_must_leave_the_span_first() -> None:
    caps = entries(a=(WEEKLY, 100))
    assert verdict(caps, [TODAY - 1, TODAY - 5], SEEN, TODAY).day == TODAY + 2
    assert verdict(caps, [TODAY - 1, TODAY - 5, TODAY - 6], SEEN, TODAY).day == TODAY + 2
    assert verdict(caps, [TODAY, TODAY], SEEN, TODAY).day == TODAY + 7


def test_a_day_that_is_past_stays_as_it_was_so_that_nothing_changes_daily() -> None:
    caps = entries(a=(WEEKLY, 100))
    told = {verdict(caps, [TODAY - 20, TODAY - 30], SEEN, TODAY + later).day for later in range(10)}
    assert told == {TODAY - 23}
    assert verdict(caps, [TODAY - 1], SEEN, TODAY).day == TODAY - 1
    assert verdict(caps, [], SEEN, TODAY).day == SEEN.from_day


def test_the_slowest_of_several_segments_counts() -> None:
    caps = entries(a=(WEEKLY, 100), b=(SLOWING, 10))
    found = verdict(caps, [TODAY - 1], SEEN, TODAY)
    assert (found.day, found.segment) == (TODAY + 6, "b")


def test_a_phase_that_begins_before_the_day_comes_slows_it_further() -> None:
    assert verdict(entries(b=(SLOWING, 29)), [TODAY - 1], SEEN, TODAY).day == TODAY + 13
    assert verdict(entries(b=(SLOWING, 10)), [TODAY - 1], SEEN, TODAY).day == TODAY + 6


def test_where_a_cap_ends_all_messages_there_is_no_day() -> None:
    for entered in (30, 300, 28):  # the last: the week ends after the thirtieth day
        found = verdict(entries(c=(ENDING, entered)), [TODAY - 1], SEEN, TODAY)
        assert (found.day, found.reason) == (None, "no_messages")
    assert verdict(entries(c=(ENDING, 5)), [TODAY - 1], SEEN, TODAY).day == TODAY + 6


def test_few_messages_known_for_too_short_a_time_are_not_few_messages() -> None:
    caps, late = entries(a=(WEEKLY, 100)), Known(TODAY - 3, TODAY)
    assert verdict(caps, [TODAY - 1], late, TODAY).reason == "known_too_late"
    assert verdict(caps, [TODAY - 1, TODAY - 2], late, TODAY).day == TODAY + 5  # these two suffice to tell
    assert verdict(caps, [TODAY - 1], Known(TODAY - 6, TODAY), TODAY).day == TODAY - 1


def test_without_any_cap_there_is_nothing_to_tell() -> None:
    assert verdict({}, [TODAY], SEEN, TODAY).reason == "no_cap"


@pytest.fixture
def connection(fresh: Fresh) -> Iterator[Connection]:
    """One person who is at risk for ten days, by two versions of the definition; one without address; one loyal."""
    with fresh().begin() as connection:
        load(connection, [Person(1, emails=["a@example.fr"]), Person(1), Person(1, emails=["c@example.fr"])])
        keys = ("cartelis.at_risk", "cartelis.at_risk", "spread.loyal")
        rows = [
            {"id": n, "key": key, "version": n, "family": key.split(".")[0], "position": n, "rule": "", "active": n > 1}
            for n, key in enumerate(keys, 1)
        ]
        connection.execute(insert(table(Segment)), rows)
        stays = [
            (1, 1, TODAY - 10, TODAY - 4), (1, 2, TODAY - 4, None), (1, 3, TODAY - 50, TODAY - 10),
            (2, 3, TODAY - 5, None), (3, 3, TODAY - 5, None),
        ]  # fmt: skip
        names = ("customer_id", "segment_id", "entered_on", "left_on")
        connection.execute(
            insert(table(Membership)), [dict(zip(names, stay, strict=True)) | {"cause": "time"} for stay in stays]
        )
        yield connection


def told(connection: Connection, person: int) -> tuple[str | None, str | None]:
    found = pressure(connection, library(), person, TODAY)
    return found["contact_ok_after"], found["reason"]


def test_until_messages_are_known_there_is_no_day_but_the_reason(connection: Connection) -> None:
    assert told(connection, 1) == (None, "no_sends")
    assert list(days(connection, library(), TODAY)) == []
    cover(connection, Log("file", TODAY - 60, TODAY - 2))
    assert told(connection, 1) == (None, "stale")
    assert list(days(connection, library(), TODAY)) == []
    cover(connection, Log("file", TODAY - 60, TODAY - 1))
    assert told(connection, 1)[1] is None
    cover(connection, Log("lettre", TODAY - 60, TODAY - 20))
    assert told(connection, 1) == (None, "stale")  # another tool may have written since


def test_a_person_is_told_by_their_segments_and_everyone_in_one_pass(connection: Connection) -> None:
    cover(connection, Log("file", TODAY - 60, TODAY))
    one, three = "1.a@example.fr", "3.c@example.fr"  # as the rows above have them
    sent = [(f" {one.title()}", "one", TODAY - 2), (three, "one", TODAY - 2), (three, "two", TODAY - 1)]
    assert note(connection, "file", [*sent, ("nobody@example.fr", "one", TODAY)]) == Noted(3, 1)
    assert note(connection, "file", sent) == Noted(0, 0)
    assert told(connection, 1) == ("2024-10-09", None)  # TODAY + 5, of one a week
    assert told(connection, 2) == (None, "no_address")
    assert told(connection, 3) == ("2024-10-03", None)  # a third message a week is free at once
    assert dict(days(connection, library(), TODAY)) == {1: TODAY + 5, 3: TODAY - 1}
    found = pressure(connection, library(), 1, TODAY)
    assert (found["segment"], found["cap"], found["sends"]) == (
        "cartelis.at_risk",
        {"at_most": 1, "per_days": 7},
        ["2024-10-02"],
    )


def test_days_known_grow_together_only_where_none_is_missing_between(connection: Connection) -> None:
    cover(connection, Log("file", 100, 110))
    assert cover(connection, Log("file", 111, 120)) == Log("file", 100, 120)
    assert cover(connection, Log("file", 90, 99)) == Log("file", 90, 120)
    assert cover(connection, Log("file", 130, 140)) == Log("file", 130, 140)
    assert [(log.from_day, log.until_day) for log in logs(connection)] == [(130, 140)]
