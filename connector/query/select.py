"""Meanings to SQL: who is in which stage as of a day, when to look again, and who was where on many days at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
)

from connector.dialects import earliest, greatest
from connector.models import Customer
from connector.query.bounds import Crossing, Edge, Level, Moving, Span
from connector.query.facts import (
    TODAY,
    BoundClock,
    CalendarClock,
    Facts,
    Reading,
    Shape,
    orders,
    refunds,
    visible,
)
from connector.query.meaning import Leaf, Meaning, Source, date_crossings, leaves
from connector.query.measures import RATIO_UNIT, Derived
from connector.tables import table

METRICS = ("number_of_orders", "first_order_day", "last_order_day", "amount_spent")

people = table(Customer).alias("c")
COUNTED = orders.c.counted == literal_column("1")
"""Written out, not bound: only so does a partial index serve."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One column of an answer: the value of the first case that holds, null where none does."""

    name: str
    cases: tuple[tuple[Meaning, int], ...]


@dataclass(frozen=True, slots=True)
class State:
    """People as of one day, which `clock` binds when it runs.

    Columns: customer_id, one for each choice, review (the first day on which to look again, null for never), METRICS.
    """

    select: Select[Any]
    clock: BoundClock


def state(choices: Sequence[Choice], shape: Shape, *, among: FromClause | None = None) -> State:
    """The answer to `choices`, with metrics and next review; of the `customer_id`s in `among`, or of everyone."""
    clock = BoundClock()
    facts = Facts(clock, shape, seen=None if shape.closed else visible(clock))
    for measure in ("count", "first", "last", "spent"):
        facts.need(measure)
    asked = sorted(_need(choices, facts))
    for source, crossing in asked:
        if source == "row":
            facts.need_crossing(crossing)
    if not shape.closed:
        facts.need_later()
    grouped = (
        select(people.c.id.label("customer_id"), people.c.since_day, *facts.columns())
        .select_from(people.outerjoin(orders, _placed(shape)))
        .where(people.c.merged_into.is_(None), people.c.since_day <= clock.edge(TODAY), *_among(among))
        .group_by(people.c.id)
        .subquery("f")
    )
    reading = Reading(facts, grouped, clock, grouped.c.since_day)
    review = _day(_reviews(choices, reading, asked), "review")
    columns = [grouped.c.customer_id, *_chosen(choices, reading), review, *_metrics(reading)]
    return State(select(*columns), clock)


def history(choices: Sequence[Choice], shape: Shape, scope: FromClause, calendar: Table) -> Select[Any]:
    """The answer to `choices` for each row (customer_id, day) of `scope`; `calendar` has what moves on each day."""
    reading, rows = _past(choices, shape, scope, calendar)
    return select(reading.person, reading.today, *_chosen(choices, reading)).select_from(rows)


def reaches(choices: Sequence[Choice], shape: Shape, scope: FromClause, calendar: Table) -> Select[Any]:
    """For each row of `scope` the day on which a figure that `grows` meets a bound, or a day before; null for never."""
    reading, rows = _past(choices, shape, scope, calendar)
    reach = _day(_reaches(choices, reading), "reach")
    return select(reading.person.label("customer_id"), reach).select_from(rows)


def _past(choices: Sequence[Choice], shape: Shape, scope: FromClause, calendar: Table) -> tuple[Reading, FromClause]:
    """What the choices need as of each row of `scope`, and where it is read from."""
    clock = _calendar_clock(choices, calendar, scope.c.day)
    facts = Facts(clock, Shape(closed=False, credits=shape.credits), seen=None)
    facts.need("count")  # so that there is one aggregate at least
    _need(choices, facts)
    placed = and_(orders.c.customer_id == scope.c.customer_id, COUNTED, visible(clock))
    grouped = (
        select(scope.c.customer_id, scope.c.day, *facts.columns())
        .select_from(scope.join(calendar, calendar.c.day == scope.c.day).outerjoin(orders, placed))
        .group_by(scope.c.customer_id, scope.c.day)
        .subquery("f")
    )
    dates = calendar.alias("k")
    reading = Reading(facts, grouped, _calendar_clock(choices, dates, grouped.c.day), people.c.since_day)
    rows = grouped.join(dates, dates.c.day == grouped.c.day).join(people, people.c.id == grouped.c.customer_id)
    return reading, rows


def edges(choices: Sequence[Choice]) -> list[Edge]:
    """The moving days that the choices compare with, today apart, in order."""
    return [bound for bound in moving(choices) if isinstance(bound, Edge)]


def moving(choices: Sequence[Choice]) -> list[Moving]:
    """The days and levels that change with the day asked for, today apart: the columns of a calendar, in order."""
    found: set[Moving] = set()
    for leaf in _leaves(choices):
        if isinstance(leaf.figure, Derived):
            found |= {Level(key) for key in leaf.figure.constants}
        for span in _spans(leaf):
            found |= _moving(span.low) | _moving(span.high)
    return sorted(found - {TODAY}, key=repr)


def calibrated(choices: Sequence[Choice]) -> set[str]:
    """The keys of the calibrated figures that the choices compare with."""
    return {bound.key for bound in moving(choices) if isinstance(bound, Level)}


def _spans(leaf: Leaf) -> Iterator[Span[Any]]:
    yield leaf.span
    for aggregate in leaf.aggregates:
        yield from (span for span in (aggregate.rows.days, aggregate.rows.amounts) if span is not None)


def _moving(bound: Edge | Level | int | None) -> set[Moving]:
    if isinstance(bound, Level) or (isinstance(bound, Edge) and bound.unit is not None):
        return {bound}
    return set()


def reviews(choices: Sequence[Choice]) -> set[tuple[Source, Crossing]]:
    """When time alone can change an answer: which date it is counted from, and by how many days."""
    found = {found for leaf in _leaves(choices) for found in date_crossings(leaf)}
    implied = {
        (source, crossing) for source in ("first", "last") for _, crossing in found if ("row", crossing) in found
    }
    return found - implied


def grows(choices: Sequence[Choice]) -> bool:
    """Whether some figure of the choices grows with each day, so that it meets a bound on a day of the person's own."""
    return any(isinstance(leaf.figure, Derived) and leaf.figure.slope is not None for leaf in _leaves(choices))


def daily(choices: Sequence[Choice]) -> bool:
    """Whether some figure of the choices can change on any day."""
    return any(isinstance(leaf.figure, Derived) and leaf.figure.daily for leaf in _leaves(choices))


def _leaves(choices: Sequence[Choice]) -> Iterator[Leaf]:
    for choice in choices:
        for asked, _ in choice.cases:
            yield from leaves(asked)


def _need(choices: Sequence[Choice], facts: Facts) -> set[tuple[Source, Crossing]]:
    for leaf in _leaves(choices):
        for aggregate in leaf.aggregates:
            facts.need(aggregate.measure, aggregate.rows)
    found = reviews(choices)
    for source, _ in found:
        if source in ("first", "last"):
            facts.need(source)
    return found


def _among(among: FromClause | None) -> list[ColumnElement[bool]]:
    return [] if among is None else [people.c.id.in_(select(among.c.customer_id))]


def _placed(shape: Shape) -> ColumnElement[bool]:
    placed = and_(orders.c.customer_id == people.c.id, COUNTED)
    return and_(placed, orders.c.void_day.is_(None)) if shape.closed else placed


def _calendar_clock(choices: Sequence[Choice], calendar: FromClause, today: ColumnElement[int]) -> CalendarClock:
    columns = [column for column in calendar.c if column.name != "day"]
    return CalendarClock({TODAY: today, **dict(zip(moving(choices), columns, strict=True))})


def _chosen(choices: Sequence[Choice], reading: Reading) -> list[Label[Any]]:
    return [
        case(*[(reading.holds(asked), literal(value, Integer())) for asked, value in choice.cases]).label(choice.name)
        for choice in choices
    ]


def _metrics(reading: Reading) -> list[Label[Any]]:
    values = [reading.value(measure) for measure in ("count", "first", "last", "spent")]
    return [cast(value, BigInteger).label(name) for name, value in zip(METRICS, values, strict=True)]


def _day(days: list[ColumnElement[Any]], name: str) -> Label[Any]:
    return cast(earliest(days) if days else null(), Integer).label(name)


def _reviews(
    choices: Sequence[Choice], reading: Reading, asked: Sequence[tuple[Source, Crossing]]
) -> list[ColumnElement[Any]]:
    """The days on which to look again, each null where there is nothing to see."""
    days = [_next(reading, source, crossing) for source, crossing in asked]
    days += _reaches(choices, reading)
    if calibrated(choices):
        days.append(next_calibration(reading.today))
    if daily(choices):
        days.append(reading.today + 1)
    if not reading.facts.shape.closed:
        days += [reading.read("local_day"), reading.read("void_day"), _next_refund(reading)]
    return days


def next_calibration(day: ColumnElement[int]) -> ColumnElement[int]:
    """The first Monday after a day."""
    return day + 7 - (day + 3) % 7  # day 0 was a Thursday


def _reaches(choices: Sequence[Choice], reading: Reading) -> list[ColumnElement[Any]]:
    """For each bound of a figure that grows: the day on which it is met, or a day before; null once it is passed."""
    days: list[ColumnElement[Any]] = []
    for leaf in dict.fromkeys(_leaves(choices)):
        figure = leaf.figure
        if isinstance(figure, Derived) and figure.slope is not None:
            unit = 1 if figure.per is None else RATIO_UNIT
            for bound in (leaf.span.low, leaf.span.high):
                if bound is not None:
                    left = reading.bound(bound, figure) - figure.value(reading) * unit
                    wait = greatest(left // func.nullif(figure.slope(reading) * unit, 0), literal(1, BigInteger()))
                    days.append(case((left >= 0, reading.today + wait)))
    return days


def _next(reading: Reading, source: Source, crossing: Crossing) -> ColumnElement[Any]:
    """The first day after today on which a date crosses; null where that lies behind."""
    date = reading.read(crossing) if source == "row" else reading.value(source)
    day: ColumnElement[Any] = date + crossing.first
    if crossing.first != crossing.last:
        day = greatest(day, reading.clock.edge(TODAY.later(1)))
    return case((date > reading.facts.passed(crossing), day))


def _next_refund(reading: Reading) -> ColumnElement[Any]:
    later = select(func.min(refunds.c.day)).where(
        refunds.c.customer_id == reading.grouped.c.customer_id, refunds.c.day > reading.clock.edge(TODAY)
    )
    return later.scalar_subquery()
