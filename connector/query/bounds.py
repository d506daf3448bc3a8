"""Every comparison is a span of whole numbers: of days, of counts, of minor units.

A bound of days may move with the day asked for. How it moves says when time alone can change the answer.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Generic, Protocol, TypeAlias, TypeVar

from connector.days import day_date, day_number
from connector.query.tree import Day, Number, Offset, Operator, Unit, Value

Bound_co = TypeVar("Bound_co", bound="Edge | Level | int", covariant=True)


class Calibrations(Protocol):
    """The figures of the whole shop that rules compare people with: made on some days, constant in between."""

    def value(self, key: str, day: int) -> Fraction | int | None:
        """The figure in force at the end of a day; None where there is none yet."""


class Uncalibrated:
    """No figures: whatever is compared with one is false."""

    def value(self, key: str, day: int) -> None:
        """None, for every key and day."""


UNCALIBRATED = Uncalibrated()


@dataclass(frozen=True, slots=True)
class Edge:
    """The day `count` units before the day asked for, and `shift` days on; without a unit, the day `shift` itself."""

    shift: int
    count: int = 0
    unit: Unit | None = None

    def on(self, as_of: int, _calibrations: Calibrations = UNCALIBRATED) -> int:
        """The number of that day, as of a day."""
        if self.unit is None:
            return self.shift
        return _before(as_of, self.count, self.unit) + self.shift

    def later(self, days: int) -> Edge:
        """The edge so many days on."""
        return replace(self, shift=self.shift + days)


@dataclass(frozen=True, slots=True)
class Level:
    """`factor` times a figure of the shop, rounded down (up with `up`), and `shift` on; null where there is none."""

    key: str
    factor: Fraction = Fraction(1)
    up: bool = False
    shift: int = 0

    def on(self, as_of: int, calibrations: Calibrations = UNCALIBRATED) -> int | None:
        """The whole number, as of a day."""
        value = calibrations.value(self.key, as_of)
        if value is None:
            return None
        exact = self.factor * value
        return (-(-exact // 1) if self.up else exact // 1) + self.shift


Moving: TypeAlias = Edge | Level
"""What a statement takes from outside because it changes with the day."""


@dataclass(frozen=True, slots=True)
class Span(Generic[Bound_co]):
    """The values from `low` to `high`, both included; None has no end. With `outside`, all other values and null.

    `above` and `below` leave out `low` and `high` themselves: of ratios, which lie between whole numbers too.
    """

    low: Bound_co | None = None
    high: Bound_co | None = None
    outside: bool = False
    above: bool = False
    below: bool = False

    def complement(self) -> Span[Bound_co]:
        """Exactly the values that this span does not hold."""
        return replace(self, outside=not self.outside)


@dataclass(frozen=True, slots=True, order=True)
class Crossing:
    """Between which days after a date time alone can change what is asked of it."""

    first: int
    last: int


def day_span(operator: Operator, values: tuple[Value, ...]) -> Span[Edge]:
    """The days that pass a comparison."""
    if not values:
        return Span(outside=operator == "IS NULL")
    edges = [_edge(value) for value in values]
    match operator:
        case ">":
            return Span(low=edges[0].later(1))
        case ">=":
            return Span(low=edges[0])
        case "<":
            return Span(high=edges[0].later(-1))
        case "<=":
            return Span(high=edges[0])
    return Span(edges[0], edges[-1], outside=operator == "!=")


def number_span(operator: Operator, values: tuple[Value, ...], decimals: int = 0) -> Span[int]:
    """The whole numbers that pass a comparison, in units of 10 ** -`decimals`."""
    if not values:
        return Span(outside=operator == "IS NULL")
    numbers = [value.value.scaleb(decimals) for value in values if isinstance(value, Number)]
    match operator:
        case ">":
            return Span(low=_floor(numbers[0]) + 1)
        case ">=":
            return Span(low=_ceiling(numbers[0]))
        case "<":
            return Span(high=_ceiling(numbers[0]) - 1)
        case "<=":
            return Span(high=_floor(numbers[0]))
    return Span(_ceiling(numbers[0]), _floor(numbers[-1]), outside=operator == "!=")


def ratio_span(operator: Operator, values: tuple[Value, ...], decimals: int) -> Span[int]:
    """The quotients that pass a comparison, its numbers in units of 10 ** -`decimals`."""
    if not values:
        return Span(outside=operator == "IS NULL")
    numbers = [round(value.value.scaleb(decimals)) for value in values if isinstance(value, Number)]
    match operator:
        case ">" | ">=":
            return Span(low=numbers[0], above=operator == ">")
        case "<" | "<=":
            return Span(high=numbers[0], below=operator == "<")
    return Span(numbers[0], numbers[-1], outside=operator == "!=")


def days_ago(span: Span[int]) -> Span[Edge]:
    """The days whose distance from the day asked for lies in a span of numbers."""
    low = None if span.high is None else Edge(0, span.high, "d")
    high = None if span.low is None else Edge(0, span.low, "d")
    return Span(low, high, span.outside)


def crossings(span: Span[Edge | Level | int]) -> frozenset[Crossing]:
    """When a date enters or leaves a span of days, counted from the date."""
    found = []
    if isinstance(span.low, Edge) and span.low.unit is not None:
        found.append(_crossing(span.low.later(-1)))  # it is passed on the day after it was last met
    if isinstance(span.high, Edge) and span.high.unit is not None:
        found.append(_crossing(span.high))
    return frozenset(found)


def _crossing(edge: Edge) -> Crossing:
    shortest, longest = {"d": (1, 1), "m": (28, 31), "y": (365, 366)}[edge.unit or "d"]
    return Crossing(edge.count * shortest - edge.shift, edge.count * longest - edge.shift)


def _edge(value: Value) -> Edge:
    match value:
        case Offset(count, "w"):
            return Edge(0, count * 7, "d")
        case Offset(count, unit):
            return Edge(0, count, unit)
        case Day(number):
            return Edge(number)
    raise TypeError(value)  # the rule was checked: dates are compared with dates


def _before(as_of: int, count: int, unit: Unit) -> int:
    if unit == "d":
        return as_of - count
    day = day_date(as_of)
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return day_number(date(year, month, min(day.day, monthrange(year, month)[1])))


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def _ceiling(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))
