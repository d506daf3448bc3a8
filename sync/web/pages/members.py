"""People as files: those of a segment, and those for whom a rule holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response

from connector.answers.roster import PART, described, everyone, people_of
from connector.days import day_date
from sync.web.desk import Desk, Here
from sync.web.page import Download
from sync.web.pages.rules import LONGEST, answer_to
from sync.web.pages.segment import found
from sync.web.pages.segments import AsOf
from sync.web.peoplefile import HEAD, Wanted, head, line, sent
from sync.web.spreadsheet import Cell, Form

_SINCE = 3
"""Where a segment's file has the day of the entry."""


def members(desk: Here, key: Annotated[str, Path(max_length=200)], form: Wanted = "plain") -> Response:
    """The people who are in a segment now, one a line; who took them out is noted first."""
    found(desk, key)
    with desk.reading() as connection:
        people = people_of(connection, key, None)
    desk.disclosed("export", f"{key} csv", people=people or 0)
    return sent(f"{key}-{day_date(desk.workspace.today())}.csv", _entered(desk, key, form), form)


def matching(
    desk: Here, rule: Annotated[str, Query(max_length=LONGEST)], as_of: AsOf = "", form: Wanted = "plain"
) -> Response:
    """The people for whom a rule holds, one a line; who took them out is noted first."""
    day = desk.day(as_of)
    with desk.reading() as connection:
        people = answer_to(desk, connection, rule, day, slice(0, None)).examples
        connection.rollback()
    desk.disclosed("export", "rules csv", people=len(people))
    return sent(f"rule-{day_date(day)}.csv", _named(desk, people, form), form)


def _entered(desk: Desk, key: str, form: Form) -> Iterator[list[Cell]]:
    """The head, then everyone, read part by part so that a slow reader holds nothing open."""
    yield head([*HEAD[:_SINCE], ("depuis", "since"), *HEAD[_SINCE:]], form)
    currency, last = desk.workspace.merchant().currency, 0
    while True:
        with desk.reading() as connection:
            part = everyone(connection, key, after=last)
        for one in part:
            cells = line(desk, one.who, currency, form)
            yield [*cells[:_SINCE], date.fromisoformat(one.since), *cells[_SINCE:]]
        if len(part) < PART:
            return
        last = part[-1].who.person


def _named(desk: Desk, people: Sequence[int], form: Form) -> Iterator[list[Cell]]:
    """The same of people who are known already."""
    yield head(HEAD, form)
    currency = desk.workspace.merchant().currency
    for begin in range(0, len(people), PART):
        with desk.reading() as connection:
            part = described(connection, people[begin : begin + PART])
        yield from (line(desk, one, currency, form) for one in part)


DOWNLOADS = (Download("/segments/{key}.csv", members), Download("/rules.csv", matching))
