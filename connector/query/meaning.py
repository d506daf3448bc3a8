"""What a rule asks: measures of a person, each held against a span. The form from which SQL is made.

NOT has moved down to the spans, whose complement is exact; so a part that is null can count as false everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from connector.errors import QueryError
from connector.money import decimals
from connector.query.attributes import ATTRIBUTES, FUNCTIONS
from connector.query.bounds import Crossing, Edge, Level, Span, crossings, day_span, days_ago, number_span, ratio_span
from connector.query.derived import DERIVED
from connector.query.measures import RATIO_DECIMALS, Aggregate, Derived, Graded, Kind, Measure, Rows
from connector.query.parse import check_values
from connector.query.tree import All, Always, Any, Condition, Expression, Matches, Not, Parameter

Source: TypeAlias = Literal["first", "last", "since", "row"]
Figure: TypeAlias = Aggregate | Derived


@dataclass(frozen=True, slots=True)
class Leaf:
    """A figure of a person that must lie in a span."""

    figure: Figure
    span: Span[Edge | Level | int]

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """What must be measured to answer it."""
        return (self.figure,) if isinstance(self.figure, Aggregate) else self.figure.needs


@dataclass(frozen=True, slots=True)
class Both:
    """True where every part is; without parts, of everyone."""

    parts: tuple[Meaning, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """True where one part is; without parts, of nobody."""

    parts: tuple[Meaning, ...] = ()


Meaning: TypeAlias = Leaf | Both | Either

_NUMBERS: dict[str, Measure] = {
    "number_of_orders": "count",
    "purchase_days": "days",
    "amount_spent": "spent",
    "amount_spent_gross": "gross",
}
_DAYS: dict[str, Measure] = {
    "first_order_date": "first",
    "last_order_date": "last",
    "customer_added_date": "since",
}
_GROUPED: dict[str, Measure] = {"count": "count", "days": "days", "sum_amount": "sum"}


def meaning(expression: Expression, currency: str) -> Meaning:
    """What the rule asks, amounts in minor units of `currency`; QueryError where a parameter has no fitting value."""
    return _Reader(currency).read(expression, positive=True)


def leaves(asked: Meaning) -> Iterator[Leaf]:
    """The leaves, from left to right."""
    if isinstance(asked, Leaf):
        yield asked
    else:
        for part in asked.parts:
            yield from leaves(part)


def date_crossings(leaf: Leaf) -> Iterator[tuple[Source, Crossing]]:
    """When time alone can change a leaf: counted from the person's own date, or from any counted order's day."""
    figure = leaf.figure
    if isinstance(figure, Aggregate) and figure.measure in ("first", "last", "since"):
        for crossing in crossings(leaf.span):
            yield figure.measure, crossing
    for aggregate in leaf.aggregates:
        if aggregate.rows.days is not None:
            for crossing in crossings(aggregate.rows.days):
                yield "row", crossing


@dataclass(frozen=True, slots=True)
class _Reader:
    currency: str

    def read(self, expression: Expression, *, positive: bool) -> Meaning:
        match expression:
            case Always():
                return Both() if positive else Either()
            case Not():
                return self.read(expression.part, positive=not positive)
            case Condition():
                leaf = self._attribute(expression)
                return leaf if positive else _complement(leaf)
            case Matches():
                asked = self._matches(expression)
                return Both(asked) if positive else Either(tuple(_complement(leaf) for leaf in asked))
            case All() | Any():
                parts = tuple(self.read(part, positive=positive) for part in expression.parts)
                return Both(parts) if isinstance(expression, All) is positive else Either(parts)

    def _attribute(self, condition: Condition) -> Leaf:
        kind = ATTRIBUTES[condition.name]
        if condition.name in DERIVED:
            return self._derived(condition, DERIVED[condition.name])
        if kind is Kind.DATE:
            return Leaf(Aggregate(_DAYS[condition.name]), self._days(condition))
        if condition.name == "days_since_last_order":
            return Leaf(Aggregate("last"), days_ago(self._numbers(condition, kind)))
        return Leaf(Aggregate(_NUMBERS[condition.name]), self._numbers(condition, kind))

    def _derived(self, condition: Condition, entry: Derived | Graded) -> Leaf:
        if isinstance(entry, Graded):
            return Leaf(entry.of, cuts(entry, self._numbers(condition, Kind.COUNT)))
        return Leaf(entry, self._numbers(condition, entry.kind))

    def _matches(self, matches: Matches) -> tuple[Leaf, ...]:
        kinds = FUNCTIONS[matches.function]
        conditions = {condition.name: condition for condition in matches.conditions}
        rows = Rows(
            self._days(conditions["date"]) if "date" in conditions else None,
            self._numbers(conditions["amount"], Kind.MONEY) if "amount" in conditions else None,
        )
        grouped = [
            Leaf(Aggregate(_GROUPED[name], rows), self._numbers(condition, kinds[name]))
            for name, condition in conditions.items()
            if name in _GROUPED
        ]
        if "count" not in conditions:
            grouped.insert(0, Leaf(Aggregate("count", rows), Span(low=1)))
        return tuple(grouped)

    def _days(self, condition: Condition) -> Span[Edge]:
        _ready(condition, Kind.DATE)
        return day_span(condition.operator, condition.values)

    def _numbers(self, condition: Condition, kind: Kind) -> Span[int]:
        _ready(condition, kind)
        minor = decimals(self.currency) if kind in (Kind.MONEY, Kind.PRICE) else 0
        if kind in (Kind.RATIO, Kind.PRICE):
            return ratio_span(condition.operator, condition.values, minor + RATIO_DECIMALS)
        return number_span(condition.operator, condition.values, minor)


def cuts(graded: Graded, grades: Span[int]) -> Span[Level | int]:
    """The values of the measure whose grades lie in a span: from one cut on, and below another."""
    low = 1 if grades.low is None else max(grades.low, 1)
    high = graded.grades if grades.high is None else min(grades.high, graded.grades)
    if low > high:
        return Span(1, 0, grades.outside)  # no value has such a grade
    least, beyond = (high, low - 1) if graded.falling else (low, high + 1)
    return Span(_cut(graded, least, 0), _cut(graded, beyond, -1), grades.outside)


def _cut(graded: Graded, grade: int, shift: int) -> Level | None:
    """The cut of a grade, None where it is an end that all values pass."""
    ends = (0, graded.grades) if graded.falling else (1, graded.grades + 1)
    return None if grade in ends else Level(f"{graded.key}.{grade}", shift=shift)


def _complement(leaf: Leaf) -> Leaf:
    return Leaf(leaf.figure, leaf.span.complement())


def _ready(condition: Condition, kind: Kind) -> None:
    for value in condition.values:
        if isinstance(value, Parameter):
            raise QueryError(
                f"${value.name} has no value.",
                line=value.place.line,
                column=value.place.column,
                remedy=f"Set {value.name} in the settings of the segment.",
            )
    check_values(condition, kind)
