"""What a rule asks: measures of a person, each held against a span. The form from which SQL is made.

NOT has moved down to the spans, whose complement is exact; so a part that is null can count as false everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from connector.errors import QueryError
from connector.money import decimals
from connector.query.attributes import ATTRIBUTES, FUNCTIONS, Kind
from connector.query.bounds import Crossing, Edge, Span, crossings, day_span, days_ago, number_span
from connector.query.parse import check_values
from connector.query.tree import All, Always, Any, Condition, Expression, Matches, Not, Parameter

Source: TypeAlias = Literal["first", "last", "since", "row"]
Measure: TypeAlias = Literal["count", "days", "sum", "gross", "spent", "first", "last", "since"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Which of a person's counted orders are meant: by day and by net amount; None means all."""

    days: Span[Edge] | None = None
    amounts: Span[int] | None = None


EVERY = Rows()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A measure of a person that must lie in a span."""

    measure: Measure
    span: Span[Edge] | Span[int]
    rows: Rows = EVERY


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
    if leaf.measure in ("first", "last", "since"):
        for crossing in crossings(leaf.span):  # type: ignore[arg-type] # a date's span is of edges
            yield leaf.measure, crossing
    if leaf.rows.days is not None:
        for crossing in crossings(leaf.rows.days):
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
        if kind is Kind.DATE:
            return Leaf(_DAYS[condition.name], self._days(condition))
        if condition.name == "days_since_last_order":
            return Leaf("last", days_ago(self._numbers(condition, kind)))
        return Leaf(_NUMBERS[condition.name], self._numbers(condition, kind))

    def _matches(self, matches: Matches) -> tuple[Leaf, ...]:
        kinds = FUNCTIONS[matches.function]
        conditions = {condition.name: condition for condition in matches.conditions}
        rows = Rows(
            self._days(conditions["date"]) if "date" in conditions else None,
            self._numbers(conditions["amount"], Kind.MONEY) if "amount" in conditions else None,
        )
        grouped = [
            Leaf(_GROUPED[name], self._numbers(condition, kinds[name]), rows)
            for name, condition in conditions.items()
            if name in _GROUPED
        ]
        if "count" not in conditions:
            grouped.insert(0, Leaf("count", Span(low=1), rows))
        return tuple(grouped)

    def _days(self, condition: Condition) -> Span[Edge]:
        _ready(condition, Kind.DATE)
        return day_span(condition.operator, condition.values)

    def _numbers(self, condition: Condition, kind: Kind) -> Span[int]:
        _ready(condition, kind)
        return number_span(condition.operator, condition.values, decimals(self.currency) if kind is Kind.MONEY else 0)


def _complement(leaf: Leaf) -> Leaf:
    return Leaf(leaf.measure, leaf.span.complement(), leaf.rows)


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
