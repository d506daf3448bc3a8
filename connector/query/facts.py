"""The columns that answer rules: one row a person (or a person and a day), each aggregate computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Function,
    Label,
    and_,
    case,
    distinct,
    false,
    func,
    null,
    or_,
    select,
    true,
)

from connector.query.bounds import Crossing, Edge, Level
from connector.query.clocks import TODAY, BoundClock, CalendarClock, Clock, Shape
from connector.query.fields import among, line_sum, net, orders, quantity, refunds, visible
from connector.query.meaning import Both, Either, Figure, Leaf, Meaning
from connector.query.measures import (
    EVERY,
    RATIO_UNIT,
    Aggregate,
    Counted,
    Derived,
    Measure,
    Own,
    Rows,
    Spans,
    Yearly,
)
from connector.query.person import anniversary, counted, field_day, own, own_value
from connector.query.replenish import of_products, passing
from connector.query.within import number, positive, within

__all__ = [
    "TODAY",
    "BoundClock",
    "CalendarClock",
    "Clock",
    "Facts",
    "Reading",
    "Shape",
    "net",
    "orders",
    "refunds",
    "visible",
]

_SUMS = ("sum", "gross", "quantity", "line_sum")


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
            self._add((key, rows), self._aggregate(key, rows), [*self._seen, *among(rows, self.clock, self.shape)])

    def need_crossing(self, source: Literal["row", "delivered"], crossing: Crossing) -> None:
        """Have the first day computed, of an order or of a delivery, whose crossing is still to come."""
        if (source, crossing) not in self._columns:
            day = orders.c.local_day if source == "row" else orders.c.delivered_day
            self._add((source, crossing), func.min(day), [*self._seen, day > self.passed(crossing)])

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

    def _aggregate(self, measure: Measure, rows: Rows) -> Function[Any]:
        if measure == "days":
            return func.count(distinct(orders.c.local_day))
        if measure in ("first", "last"):
            return func.min(orders.c.local_day) if measure == "first" else func.max(orders.c.local_day)
        summed: dict[Measure, Callable[[], ColumnElement[int]]] = {
            "gross": lambda: orders.c.total,
            "sum": lambda: net(self.clock, self.shape),
            "quantity": lambda: quantity(rows, self.clock),
            "line_sum": lambda: line_sum(rows.lines or (), self.clock),
        }
        return func.sum(summed[measure]()) if measure in summed else func.count(orders.c.local_day)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads facts where orders were grouped, and decides by them."""

    facts: Facts
    grouped: FromClause  # a subquery, or a table in which its rows are kept
    clock: Clock  # as it is known outside of it
    since: ColumnElement[Any]

    def value(self, measure: Measure, rows: Rows = EVERY) -> ColumnElement[Any]:
        """A measure that was needed."""
        if measure == "since":
            return self.since
        if measure == "spent":
            return self._spent()
        column = self.read((measure, rows))
        return func.coalesce(column, 0) if measure in _SUMS else column

    def yearly(self, figure: Yearly) -> ColumnElement[Any]:
        """The day that comes again each year."""
        match figure.of:
            case "first" | "since" as measure:
                return self.value(measure)
        return field_day(figure.of, self.person)

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
        return number(bound, self.clock, None if figure.per is None else positive(figure.per(self)))

    def read(self, key: Hashable) -> ColumnElement[Any]:
        """A column, by what it was needed for."""
        return self.grouped.c[self.facts.column(key)]

    def shown(self, figure: Figure) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What a person has of a figure, and what that is divided by, null for 1."""
        match figure:
            case Aggregate(measure, rows):
                return self.value(measure, rows), null()
            case Own(name):
                return own_value(name, self), null()
            case Counted():
                return _counted(figure, self), null()
            case Yearly():
                return self.yearly(figure), null()
        return figure.value(self), null() if figure.per is None else positive(figure.per(self))

    def holds(self, asked: Meaning) -> ColumnElement[bool]:
        """Whether a rule is true; where parts of it are null they count as false."""
        match asked:
            case Leaf(figure, span):
                return self._leaf(figure, span)
            case Both():
                return and_(true(), *(self.holds(part) for part in asked.parts))
            case Either():
                return or_(false(), *(self.holds(part) for part in asked.parts))

    def _leaf(self, figure: Figure, span: Spans) -> ColumnElement[bool]:
        match figure:
            case Aggregate():
                return within(self.value(figure.measure, figure.rows), span, self.clock)
            case Own():
                return own(figure.name, span, self)
            case Counted():
                return within(_counted(figure, self), span, self.clock)
            case Yearly():
                return anniversary(self.yearly(figure), span, self.clock)
            case Derived(per=None):
                return within(figure.value(self), span, self.clock)
        per = figure.per or figure.value
        return within(figure.value(self) * RATIO_UNIT, span, self.clock, per=positive(per(self)))

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


def _counted(figure: Counted, reading: Reading) -> ColumnElement[int]:
    """How many rows of another table a person has that pass the figure's tests."""
    if figure.of != "replenish":
        return counted(figure, reading)
    days = passing(figure.tests, reading).subquery("days")
    found = select(func.count(days.c.day)).select_from(days).scalar_subquery()
    return case((of_products(reading), found), else_=0)
