"""Meanings to SQL: who is in which stage as of a day, when to look again, and what people had on many days at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    Subquery,
    and_,
    case,
    cast,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from connector.dialects import earliest
from connector.models import Customer
from connector.query.choices import Choice, all_leaves, calibrated, daily, edges, moving
from connector.query.clocks import TODAY, BoundClock, Calendar, Shape
from connector.query.facts import Facts, Reading
from connector.query.fields import orders, visible
from connector.query.meaning import Both, Leaf
from connector.query.reviews import need_reviews, next_calibration, next_days, reviews
from connector.tables import table

__all__ = [
    "COUNTED",
    "METRICS",
    "Choice",
    "State",
    "calibrated",
    "chosen",
    "daily",
    "edges",
    "measured",
    "moving",
    "next_calibration",
    "reviews",
    "state",
    "values",
]

METRICS = ("number_of_orders", "first_order_day", "last_order_day", "amount_spent")

people = table(Customer).alias("c")
COUNTED = orders.c.counted == literal_column("1")
"""Written out, not bound: only so does a partial index serve."""


@dataclass(frozen=True, slots=True)
class State:
    """People as of one day, which `clock` binds when it runs.

    Columns: customer_id, one for each choice, review (the first day on which to look again, null for never), METRICS.
    """

    select: Select[Any]
    clock: BoundClock


def state(
    choices: Sequence[Choice],
    shape: Shape,
    *,
    among: FromClause | None = None,
    watched: Sequence[Choice] | None = None,
    still: bool = False,
) -> State:
    """The answer to `choices`, with metrics and next review; of the `customer_id`s in `among`, or of everyone.

    The review is that of `watched`, or of the same choices; `still` as if the shop's figures never changed again.
    """
    return _state(tuple(choices), shape, among, tuple(choices if watched is None else watched), still=still)


@lru_cache(maxsize=128)  # the same is asked each day, and to put it into SQL takes longer than to answer it for few
def _state(
    choices: Sequence[Choice], shape: Shape, among: FromClause | None, watched: Sequence[Choice], *, still: bool
) -> State:
    clock = BoundClock()
    facts = Facts(clock, shape, seen=None if shape.closed else visible(clock))
    for measure in ("count", "first", "last", "spent"):
        facts.need(measure)
    _need([*choices, *watched], facts)
    asked = sorted(reviews(watched))
    need_reviews(facts, asked)
    if not shape.closed:
        facts.need_later()
    grouped = (
        select(people.c.id.label("customer_id"), people.c.since_day, *facts.columns())
        .select_from(people.outerjoin(orders, _placed(shape)))
        .where(people.c.merged_into.is_(None), people.c.since_day <= clock.edge(TODAY), *_among(among))
        .where(or_(people.c.objected_on.is_(None), people.c.objected_on > clock.edge(TODAY)))
        .group_by(people.c.id)
        .subquery("f")
    )
    reading = Reading(facts, grouped, clock, grouped.c.since_day)
    review = _day(next_days(watched, reading, asked, still=still), "review")
    columns = [grouped.c.customer_id, *chosen(choices, reading), review, *_metrics(reading)]
    return State(select(*columns), clock)


def values(asked: Sequence[Leaf], shape: Shape, *, among: FromClause) -> State:
    """What people have, as of one day, of what each leaf asks: in columns value_0 and per_0 (null for 1), and so on."""
    return _values(tuple(asked), shape, among)


@lru_cache(maxsize=16)
def _values(asked: Sequence[Leaf], shape: Shape, among: FromClause) -> State:
    choices = [Choice("asked", ((Both(tuple(asked)), 1),))]
    clock = BoundClock()
    facts = Facts(clock, shape, seen=None if shape.closed else visible(clock))
    facts.need("count")  # so that there is one aggregate at least
    _need(choices, facts)
    grouped = (
        select(people.c.id.label("customer_id"), people.c.since_day, *facts.columns())
        .select_from(people.outerjoin(orders, _placed(shape)))
        .where(people.c.id.in_(select(among.c.customer_id)))
        .group_by(people.c.id)
        .subquery("f")
    )
    reading = Reading(facts, grouped, clock, grouped.c.since_day)
    columns = [
        column.label(f"{name}_{number}")
        for number, leaf in enumerate(asked)
        for name, column in zip(("value", "per"), reading.shown(leaf.figure), strict=True)
    ]
    return State(select(grouped.c.customer_id, *columns), clock)


def measured(choices: Sequence[Choice], shape: Shape, scope: FromClause, calendar: Calendar) -> tuple[Facts, Subquery]:
    """What the choices need as of each row (customer_id, day) of `scope`, in the columns of the facts."""
    clock = calendar.clock(calendar.table, scope.c.day)
    facts = Facts(clock, replace(shape, closed=False), seen=None)
    facts.need("count")  # so that there is one aggregate at least
    _need(choices, facts)
    placed = and_(orders.c.customer_id == scope.c.customer_id, COUNTED, visible(clock))
    grouped = (
        select(scope.c.customer_id, scope.c.day, *facts.columns())
        .select_from(scope.join(calendar.table, calendar.table.c.day == scope.c.day).outerjoin(orders, placed))
        .group_by(scope.c.customer_id, scope.c.day)
        .subquery("f")
    )
    return facts, grouped


def _need(choices: Sequence[Choice], facts: Facts) -> None:
    for leaf in all_leaves(choices):
        for aggregate in leaf.aggregates:
            facts.need(aggregate.measure, aggregate.rows)


def _among(among: FromClause | None) -> list[ColumnElement[bool]]:
    return [] if among is None else [people.c.id.in_(select(among.c.customer_id))]


def _placed(shape: Shape) -> ColumnElement[bool]:
    placed = and_(orders.c.customer_id == people.c.id, COUNTED)
    return and_(placed, orders.c.void_day.is_(None)) if shape.closed else placed


def chosen(choices: Sequence[Choice], reading: Reading) -> list[Label[Any]]:
    """The answer to each choice, in a column of its name."""
    return [
        case(*[(reading.holds(asked), literal(value, Integer())) for asked, value in choice.cases]).label(choice.name)
        for choice in choices
    ]


def _metrics(reading: Reading) -> list[Label[Any]]:
    values = [reading.value(measure) for measure in ("count", "first", "last", "spent")]
    return [cast(value, BigInteger).label(name) for name, value in zip(METRICS, values, strict=True)]


def _day(days: list[ColumnElement[Any]], name: str) -> Label[Any]:
    return cast(earliest(days) if days else null(), Integer).label(name)
