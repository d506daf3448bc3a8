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
from connector.query.canonical import figure_key
from connector.query.tree import Day, Figure, Number, Offset, Operator, Text, Truth, Unit, Value
from connector.text import fold

RATIO_DECIMALS = 4
"""Digits after the point with which a ratio is compared; a price has as many more than its currency."""

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
class Frozen:
    """The figures of one day, for every later one too: to look ahead, as if the shop stayed as it is."""

    figures: Calibrations
    day: int

    def value(self, key: str, day: int) -> Fraction | int | None:
        """The figure in force on the one day."""
        return self.figures.value(key, min(day, self.day))


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


@dataclass(frozen=True, slots=True)
class YearDay:
    """Month and day, as 1231, of the first (or `last`) day from one edge to another; 29 February counts as the 28th.

    A stretch of a year or more holds every day of it.
    """

    low: Edge
    high: Edge
    last: bool

    def on(self, as_of: int, _calibrations: Calibrations = UNCALIBRATED) -> int:
        """Month and day, as of a day."""
        low, high = self.low.on(as_of), self.high.on(as_of)
        if high - low >= 365:
            return 1231 if self.last else 101
        day = day_date(high if self.last else low)
        number = day.month * 100 + day.day
        return 229 if self.last and number == 228 else number


Moving: TypeAlias = Edge | Level | YearDay
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


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values that are one of some: texts folded. With `outside`, all other values and null."""

    values: tuple[Edge | int | str, ...]
    outside: bool = False

    def complement(self) -> OneOf:
        """Exactly the values that are none of these."""
        return replace(self, outside=not self.outside)


@dataclass(frozen=True, slots=True, order=True)
class Crossing:
    """Between which days after a date time alone can change what is asked of it; `yearly`, in each later year."""

    first: int
    last: int
    yearly: bool = False


def text_span(operator: Operator, values: tuple[Value, ...]) -> Span[int] | OneOf:
    """The texts that pass a comparison; a list passes where one of its texts does."""
    if not values and operator in ("IS NULL", "IS NOT NULL"):
        return Span(outside=operator == "IS NULL")
    texts = tuple(sorted({fold(_text(value)) for value in values}))
    return OneOf(texts, operator in ("!=", "NOT IN", "NOT CONTAINS"))


def flag_span(operator: Operator, values: tuple[Value, ...]) -> Span[int]:
    """The truth values, 0 or 1, that pass a comparison."""
    wanted = [int(value.value) for value in values if isinstance(value, Truth)]
    return Span(wanted[0], wanted[0], outside=operator == "!=")


def day_span(operator: Operator, values: tuple[Value, ...]) -> Span[Edge] | OneOf:
    """The days that pass a comparison."""
    if operator in ("IS NULL", "IS NOT NULL"):
        return Span(outside=operator == "IS NULL")
    edges = [edge(value) for value in values]
    match operator:
        case ">" | ">=":
            return Span(low=edges[0].later(int(operator == ">")))
        case "<" | "<=":
            return Span(high=edges[0].later(-int(operator == "<")))
        case "IN" | "NOT IN":
            return OneOf(tuple(edges), outside=operator == "NOT IN")
    return Span(edges[0], edges[-1], outside=operator == "!=")


def number_span(operator: Operator, values: tuple[Value, ...], decimals: int = 0) -> Span[Level | int] | OneOf:
    """The whole numbers that pass a comparison, in units of 10 ** -`decimals`."""
    if operator in ("IS NULL", "IS NOT NULL"):
        return Span(outside=operator == "IS NULL")
    match operator:
        case ">" | ">=":
            return Span(low=_least(values[0], decimals, beyond=operator == ">"))
        case "<" | "<=":
            return Span(high=_most(values[0], decimals, beyond=operator == "<"))
        case "IN" | "NOT IN":
            exact = [value.value.scaleb(decimals) for value in values if isinstance(value, Number)]
            return OneOf(tuple(int(number) for number in exact if number == int(number)), operator == "NOT IN")
    low, high = _least(values[0], decimals), _most(values[-1], decimals)
    return Span(low, high, outside=operator == "!=")


def ratio_span(operator: Operator, values: tuple[Value, ...], decimals: int) -> Span[Level | int]:
    """The quotients that pass a comparison, its numbers in units of 10 ** -`decimals`.

    A figure of the shop is in minor units already, and has RATIO_DECIMALS to go.
    """
    if operator in ("IS NULL", "IS NOT NULL"):
        return Span(outside=operator == "IS NULL")
    numbers = [_ratio(value, decimals) for value in values]
    match operator:
        case ">" | ">=":
            return Span(low=numbers[0], above=operator == ">")
        case "<" | "<=":
            return Span(high=numbers[0], below=operator == "<")
    return Span(numbers[0], numbers[-1], outside=operator == "!=")


def days_ago(span: Span[Edge | Level | int] | OneOf) -> Span[Edge] | OneOf:
    """The days whose distance from the day asked for lies in a span of numbers."""
    if isinstance(span, OneOf):
        return OneOf(tuple(Edge(0, value, "d") for value in span.values if isinstance(value, int)), span.outside)
    low = Edge(0, span.high, "d") if isinstance(span.high, int) else None
    high = Edge(0, span.low, "d") if isinstance(span.low, int) else None
    return Span(low, high, span.outside)


def crossings(span: Span[Edge | Level | int] | OneOf) -> frozenset[Crossing]:
    """When a date enters or leaves a span of days, counted from the date."""
    if isinstance(span, OneOf):
        days = [edge for edge in span.values if isinstance(edge, Edge)]
        return frozenset(crossing for edge in days for crossing in crossings(Span(edge, edge)))
    found = []
    if isinstance(span.low, Edge) and span.low.unit is not None:
        found.append(_crossing(span.low.later(-1)))  # it is passed on the day after it was last met
    if isinstance(span.high, Edge) and span.high.unit is not None:
        found.append(_crossing(span.high))
    return frozenset(found)


def _crossing(edge: Edge) -> Crossing:
    shortest, longest = {"d": (1, 1), "m": (28, 31), "y": (365, 366)}[edge.unit or "d"]
    first, last = sorted((edge.count * shortest, edge.count * longest))
    return Crossing(first - edge.shift, last - edge.shift)


def edge(value: Value) -> Edge:
    """The day that a value of a rule means."""
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


def _least(value: Value, decimals: int, *, beyond: bool = False) -> int | Level:
    """The smallest whole number that is not below a value; with `beyond`, that is above it."""
    if isinstance(value, Figure):
        return Level(figure_key(value), Fraction(value.factor), up=not beyond, shift=int(beyond))
    number = _number(value, decimals)
    return int(number.to_integral_value(ROUND_FLOOR)) + 1 if beyond else int(number.to_integral_value(ROUND_CEILING))


def _most(value: Value, decimals: int, *, beyond: bool = False) -> int | Level:
    """The largest whole number that is not above a value; with `beyond`, that is below it."""
    if isinstance(value, Figure):
        return Level(figure_key(value), Fraction(value.factor), up=beyond, shift=-int(beyond))
    number = _number(value, decimals)
    return int(number.to_integral_value(ROUND_CEILING)) - 1 if beyond else int(number.to_integral_value(ROUND_FLOOR))


def _ratio(value: Value, decimals: int) -> int | Level:
    if isinstance(value, Figure):
        return Level(figure_key(value), Fraction(value.factor) * 10**RATIO_DECIMALS)
    return int(_number(value, decimals).to_integral_value())


def _number(value: Value, decimals: int) -> Decimal:
    if isinstance(value, Number):
        return value.value.scaleb(decimals)
    raise TypeError(value)  # the rule was checked: numbers are compared with numbers


def _text(value: Value) -> str:
    match value:
        case Text():
            return value.value
        case Number():
            return f"{value.value:f}"
        case Truth():
            return "true" if value.value else "false"
    raise TypeError(value)  # the rule was checked: texts are compared with texts
