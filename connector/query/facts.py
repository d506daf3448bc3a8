"""The columns that answer rules: one row a person (or a person and a day), each aggregate computed once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Function,
    Label,
    Subquery,
    and_,
    bindparam,
    case,
    distinct,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from connector.models import Order, Refund
from connector.query.bounds import UNCALIBRATED, Calibrations, Crossing, Edge, Level, Moving, Span
from connector.query.meaning import Both, Either, Figure, Leaf, Meaning
from connector.query.measures import EVERY, RATIO_UNIT, Aggregate, Derived, Measure, Rows
from connector.tables import table

TODAY = Edge(0, 0, "d")

orders = table(Order).alias("o")
refunds = table(Refund).alias("r")


@dataclass(frozen=True, slots=True)
class Shape:
    """What of the general case a base can leave out.

    `closed`: no order, cancellation or refund is dated after the day asked for. `credits`: some refund has no order.
    """

    closed: bool = False
    credits: bool = True


class Clock(Protocol):
    """Where a statement takes its days from."""

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The day of an edge, or the number of a level."""


class BoundClock:
    """One day for the whole statement, bound when it runs."""

    def __init__(self) -> None:
        self._edges: dict[Moving, BindParameter[int]] = {}

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The parameter that holds the day of an edge, or the number of a level."""
        if edge not in self._edges:
            self._edges[edge] = bindparam(f"edge_{len(self._edges)}", type_=BigInteger())
        return self._edges[edge]

    def values(self, as_of: int, calibrations: Calibrations = UNCALIBRATED) -> dict[str, int | None]:
        """The parameters as of a day, with the calibrations in force on it."""
        return {parameter.key: edge.on(as_of, calibrations) for edge, parameter in self._edges.items()}


class CalendarClock:
    """A day for each row, with the days of its edges and its levels beside it in columns."""

    def __init__(self, columns: Mapping[Moving, ColumnElement[int]]) -> None:
        self._columns = columns

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The column that holds the day of an edge, or the number of a level."""
        fixed = isinstance(edge, Edge) and edge.unit is None
        return literal(edge.shift, BigInteger()) if fixed else self._columns[edge]


class Facts:
    """Collects the aggregates that rules need, as columns of a select that groups orders."""

    def __init__(self, clock: Clock, shape: Shape, *, seen: ColumnElement[bool] | None) -> None:
        self.clock = clock
        self.shape = shape
        self._seen = [] if seen is None else [seen]
        self._columns: dict[Hashable, Label[Any]] = {}

    def need(self, measure: Measure, rows: Rows = EVERY) -> None:
        """Have a measure computed; `spent` is computed from `sum`, and `since` stands in the person's row."""
        key: Measure = "sum" if measure == "spent" else measure
        if key != "since" and (key, rows) not in self._columns:
            self._add((key, rows), self._aggregate(key), [*self._seen, *self._among(rows)])

    def need_crossing(self, crossing: Crossing) -> None:
        """Have the day of the first order computed whose crossing is still to come."""
        if crossing not in self._columns:
            ahead = orders.c.local_day > self.passed(crossing)
            self._add(crossing, func.min(orders.c.local_day), [*self._seen, ahead])

    def need_later(self) -> None:
        """Have the first days computed on which an order of the future is placed, or one is taken back."""
        for day in (orders.c.local_day, orders.c.void_day):
            self._add(day.name, func.min(day), [day > self.clock.edge(TODAY)])

    def columns(self) -> list[Label[Any]]:
        """The aggregates, for the select that groups orders by person."""
        return list(self._columns.values())

    def passed(self, crossing: Crossing) -> ColumnElement[int]:
        """The last day of which the crossing lies behind."""
        return self.clock.edge(Edge(0, crossing.last, "d"))

    def column(self, key: Hashable) -> str:
        """The name of a column, by what it was needed for."""
        return str(self._columns[key].name)

    def _add(self, key: Hashable, aggregate: Function[Any], wanted: list[ColumnElement[bool]]) -> None:
        column = aggregate.filter(*wanted) if wanted else aggregate
        self._columns[key] = column.label(f"fact_{len(self._columns)}")

    def _aggregate(self, measure: Measure) -> Function[Any]:
        match measure:
            case "first":
                return func.min(orders.c.local_day)
            case "last":
                return func.max(orders.c.local_day)
            case "days":
                return func.count(distinct(orders.c.local_day))
            case "gross":
                return func.sum(orders.c.total)
            case "sum":
                return func.sum(net(self.clock, self.shape))
        return func.count(orders.c.local_day)

    def _among(self, rows: Rows) -> list[ColumnElement[bool]]:
        asked = [] if rows.days is None else [within(orders.c.local_day, rows.days, self.clock)]
        return (
            asked if rows.amounts is None else [*asked, within(net(self.clock, self.shape), rows.amounts, self.clock)]
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads facts from the subquery that groups orders, and decides by them."""

    facts: Facts
    grouped: Subquery
    clock: Clock  # as it is known outside that subquery
    since: ColumnElement[Any]

    def value(self, measure: Measure, rows: Rows = EVERY) -> ColumnElement[Any]:
        """A measure that was needed."""
        if measure == "since":
            return self.since
        if measure == "spent":
            return self._spent()
        column = self.read((measure, rows))
        return func.coalesce(column, 0) if measure in ("sum", "gross") else column

    @property
    def person(self) -> ColumnElement[int]:
        """The person's id."""
        return self.grouped.c.customer_id

    @property
    def today(self) -> ColumnElement[int]:
        """The day asked for."""
        return self.clock.edge(TODAY)

    def constant(self, key: str) -> ColumnElement[int]:
        """A calibrated figure of the shop, rounded down; null where there is none."""
        return self.clock.edge(Level(key))

    def bound(self, bound: Edge | Level | int, figure: Derived) -> ColumnElement[Any]:
        """What a derived figure's value is held against, multiplied by what stands below its line."""
        return _number(bound, self.clock, None if figure.per is None else positive(figure.per(self)))

    def read(self, key: Hashable) -> ColumnElement[Any]:
        """A column, by what it was needed for."""
        return self.grouped.c[self.facts.column(key)]

    def holds(self, asked: Meaning) -> ColumnElement[bool]:
        """Whether a rule is true; where parts of it are null they count as false."""
        match asked:
            case Leaf(figure, span):
                return self._leaf(figure, span)
            case Both():
                return and_(true(), *(self.holds(part) for part in asked.parts))
            case Either():
                return or_(false(), *(self.holds(part) for part in asked.parts))

    def _leaf(self, figure: Figure, span: Span[Any]) -> ColumnElement[bool]:
        if isinstance(figure, Aggregate):
            return within(self.value(figure.measure, figure.rows), span, self.clock)
        if figure.per is None:
            return within(figure.value(self), span, self.clock)
        return within(figure.value(self) * RATIO_UNIT, span, self.clock, per=positive(figure.per(self)))

    def _spent(self) -> ColumnElement[Any]:
        spent = func.coalesce(self.read(("sum", EVERY)), 0)
        if not self.facts.shape.credits:
            return spent
        credits_ = select(func.sum(refunds.c.amount)).where(
            refunds.c.customer_id == self.grouped.c.customer_id,
            refunds.c.order_id.is_(None),
            refunds.c.day <= self.clock.edge(TODAY),
        )
        return spent - func.coalesce(credits_.scalar_subquery(), 0)


def visible(clock: Clock) -> ColumnElement[bool]:
    """Whether an order counts as of the day: placed by then, and not yet taken back."""
    today = clock.edge(TODAY)
    return and_(orders.c.local_day <= today, or_(orders.c.void_day.is_(None), orders.c.void_day > today))


def net(clock: Clock, shape: Shape) -> ColumnElement[Any]:
    """What an order brought, less what was given back by the day; null where it was paid in a foreign currency."""
    if shape.closed:
        return orders.c.total - orders.c.refunded
    given_back = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.order_id == orders.c.id, refunds.c.day <= clock.edge(TODAY)
    )
    return case((orders.c.refunded == 0, orders.c.total), else_=orders.c.total - given_back.scalar_subquery())


def within(
    value: ColumnElement[Any], span: Span[Any], clock: Clock, *, per: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """Whether a value lies in a span. Inside, null is nothing that passes; outside, null always passes.

    With `per` it is `value` / `per` that lies there.
    """
    low, high = (_bound(bound, clock, per) for bound in (span.low, span.high))
    inside: list[ColumnElement[bool]] = [value.is_not(None), *([] if per is None else [per.is_not(None)])]
    if low is not None:
        inside.append(value > low if span.above else value >= low)
    if high is not None:
        inside.append(value < high if span.below else value <= high)
    known = and_(*(inside[1:] if per is None and len(inside) > 1 else inside))
    return not_(func.coalesce(known, false())) if span.outside else known


def positive(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where it is above zero, else null."""
    return case((value > 0, value))


def _bound(bound: Edge | Level | int | None, clock: Clock, per: ColumnElement[Any] | None) -> ColumnElement[Any] | None:
    return None if bound is None else _number(bound, clock, per)


def _number(bound: Edge | Level | int, clock: Clock, per: ColumnElement[Any] | None) -> ColumnElement[Any]:
    number = literal(bound, BigInteger()) if isinstance(bound, int) else clock.edge(bound)
    return number if per is None else number * per
