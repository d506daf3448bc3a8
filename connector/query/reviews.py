"""When to look again: the first day on which time alone can change an answer. It may be early, never late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, false, func, literal, or_, select

from connector.dialects import earliest, greatest
from connector.query.bounds import Crossing, crossings
from connector.query.choices import Choice, all_leaves, calibrated, daily, ends, runs_out
from connector.query.clocks import TODAY
from connector.query.facts import Facts, Reading
from connector.query.fields import checkouts, refunds
from connector.query.meaning import Leaf, date_crossings
from connector.query.measures import RATIO_UNIT, Counted, Derived, Source
from connector.query.person import field_day, memberships, segments
from connector.query.replenish import of_products, passing
from connector.query.within import within

Asked = tuple[Source, Crossing]

YEAR = 1461
"""Days of four years, by which an anniversary is found to within a day or two."""
SLACK = 2


def reviews(choices: Sequence[Choice]) -> set[Asked]:
    """When time alone can change an answer: which date it is counted from, and by how many days."""
    found = {found for leaf in all_leaves(choices) for found in date_crossings(leaf)}
    implied = {
        (source, crossing) for source in ("first", "last") for _, crossing in found if ("row", crossing) in found
    }
    return found - implied


def need_reviews(facts: Facts, asked: Sequence[Asked]) -> None:
    """Have the dates computed from which reviews are counted."""
    for source, crossing in asked:
        match source:
            case "row" | "delivered":
                facts.need_crossing(source, crossing)
            case "first" | "last":
                facts.need(source)


def next_days(
    choices: Sequence[Choice], reading: Reading, asked: Sequence[Asked], *, still: bool
) -> list[ColumnElement[Any]]:
    """The days on which to look again, each null where there is nothing to see; `still` as the shop's figures stand."""
    entries = _entries(choices, reading)
    days = [_next(reading, source, crossing, entries) for source, crossing in asked]
    days += [day for leaf in all_leaves(choices) for day in reaching_days(leaf, reading)]
    days += [day for leaf in all_leaves(choices) for day in _next_running_out(leaf, reading)]
    if calibrated(choices) and not still:
        days.append(next_calibration(reading.today))
    if daily(choices):
        days.append(reading.today + 1)
    if not reading.facts.shape.closed:
        days += [reading.read("local_day"), reading.read("void_day"), _next_refund(reading)]
    return days


def next_calibration(day: ColumnElement[int]) -> ColumnElement[int]:
    """The first Monday after a day."""
    return day + 7 - (day + 3) % 7  # day 0 was a Thursday


def reaching_days(leaf: Leaf, reading: Reading) -> list[ColumnElement[Any]]:
    """For each bound of a figure that grows: the day on which it is met, or a day before; null once it is passed."""
    figure, days = leaf.figure, list[ColumnElement[Any]]()
    if isinstance(figure, Derived) and figure.slope is not None:
        unit = 1 if figure.per is None else RATIO_UNIT
        for bound in ends(leaf.span):
            left = reading.bound(bound, figure) - figure.value(reading) * unit
            wait = greatest(left // func.nullif(figure.slope(reading) * unit, 0), literal(1, BigInteger()))
            days.append(case((left >= 0, reading.today + wait)))
    return days


def running_out(leaf: Leaf, reading: Reading) -> list[tuple[Crossing, Select[tuple[int]]]]:
    """For each way in which a day of running out passes a bound: those days, as known as of the day asked for."""
    if not runs_out(leaf):
        return []
    others = tuple(test for test in leaf.tests if test.field != "date")
    dates = [test.span for test in leaf.tests if test.field == "date"]
    passed = sorted({crossing for span in dates for crossing in crossings(span)})
    return [(crossing, passing(others, reading)) for crossing in passed]


def _next_running_out(leaf: Leaf, reading: Reading) -> list[ColumnElement[Any]]:
    """The first day on which one of the days of running out passes a bound, all bounds being seen in one search."""
    found = running_out(leaf, reading)
    if not found:
        return []
    day = found[0][1].subquery("days").c.day
    passed = [
        case((day > reading.today - crossing.last, greatest(day + crossing.first, reading.today + 1)))
        for crossing, _ in found
    ]
    return [case((of_products(reading), select(func.min(earliest(passed))).scalar_subquery()))]


def around_anniversary(day: ColumnElement[Any], date: ColumnElement[Any], crossing: Crossing) -> ColumnElement[bool]:
    """Whether a day is one on which a crossing can fall that is counted from an anniversary of a date."""
    since = day - date - crossing.first + SLACK
    return (since > 360) & ((since * 4) % YEAR < 4 * (crossing.last - crossing.first + 3 * SLACK))


def _next(reading: Reading, source: Source, crossing: Crossing, entries: Select[Any]) -> ColumnElement[Any]:
    """The first day after today on which a date crosses; null where that lies behind."""
    if crossing.yearly:
        return _next_anniversary(reading, source, crossing)
    passed = reading.facts.passed(crossing)
    if source == "entry":
        date: ColumnElement[Any] = entries.where(memberships.c.entered_on > passed).scalar_subquery()
    else:
        date = _date(reading, source, crossing)
    day: ColumnElement[Any] = date + crossing.first
    if crossing.first != crossing.last:
        day = greatest(day, reading.clock.edge(TODAY.later(1)))
    return case((date > passed, day))


def _date(reading: Reading, source: Source, crossing: Crossing) -> ColumnElement[Any]:
    """The date from which a crossing is counted; of rows, the first one of which it is still to come."""
    match source:
        case "first" | "last" | "since":
            return reading.value(source)
        case "row" | "delivered":
            return reading.read((source, crossing))
        case str() if source.startswith("metafields."):
            return field_day(source, reading.person)
    columns = {
        "refund": (refunds.c.day, refunds.c.customer_id),
        "checkout": (checkouts.c.local_day, checkouts.c.customer_id),
        "completed": (checkouts.c.completed_day, checkouts.c.customer_id),
    }
    day, person = columns[source]
    ahead = select(func.min(day)).where(person == reading.person, day > reading.facts.passed(crossing))
    return ahead.scalar_subquery()


def _entries(choices: Sequence[Choice], reading: Reading) -> Select[Any]:
    """The first day on which somebody entered a segment whose entries a rule asks for: no other changes an answer."""
    asked = [leaf for leaf in all_leaves(choices) if isinstance(leaf.figure, Counted) and leaf.figure.of == "entries"]
    spans = [[test.span for test in leaf.tests if test.field == "segment"] for leaf in asked]
    first = select(func.min(memberships.c.entered_on)).where(memberships.c.customer_id == reading.person)
    if not all(spans):
        return first
    wanted = [within(segments.c.key, span, reading.clock) for some in spans for span in some]
    return first.where(memberships.c.segment_id.in_(select(segments.c.id).where(or_(false(), *wanted))))


def _next_anniversary(reading: Reading, source: Source, crossing: Crossing) -> ColumnElement[Any]:
    date = _date(reading, source, crossing)
    one = literal(1, BigInteger())
    behind = (reading.today - date - crossing.last - SLACK) * 4 // YEAR  # of years, or one less than of years
    year = greatest(behind + 1, one)
    day = date + year * YEAR // 4 + crossing.first - SLACK
    return case((date.is_not(None), greatest(day, reading.today + 1)))


def _next_refund(reading: Reading) -> ColumnElement[Any]:
    later: Select[Any] = select(func.min(refunds.c.day)).where(
        refunds.c.customer_id == reading.person, refunds.c.day > reading.today
    )
    return later.scalar_subquery()
