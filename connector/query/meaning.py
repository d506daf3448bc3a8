"""What a rule asks: measures of a person, each held against a span. The form from which SQL is made.

NOT has moved down to the spans, whose complement is exact; so a part that is null can count as false everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from connector.errors import QueryError
from connector.language import Language
from connector.money import decimals
from connector.query.attributes import FUNCTIONS, LINE, Attribute, attribute
from connector.query.bounds import (
    RATIO_DECIMALS,
    Crossing,
    Level,
    OneOf,
    Span,
    crossings,
    day_span,
    days_ago,
    flag_span,
    number_span,
    ratio_span,
    text_span,
)
from connector.query.check import check_values
from connector.query.derived import DERIVED
from connector.query.measures import (
    Aggregate,
    Counted,
    Derived,
    Graded,
    Kind,
    Measure,
    Own,
    Rows,
    Source,
    Spans,
    Test,
    Yearly,
)
from connector.query.messages import REASONS, problem
from connector.query.tree import (
    NAMED,
    AllOf,
    Always,
    AnyOf,
    Condition,
    Expression,
    InSegment,
    Matches,
    Not,
    Parameter,
    Place,
    values,
)

Figure: TypeAlias = Aggregate | Derived | Own | Counted | Yearly


@dataclass(frozen=True, slots=True)
class Leaf:
    """A figure of a person that must lie in a span."""

    figure: Figure
    span: Spans

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """What must be measured to answer it."""
        match self.figure:
            case Aggregate():
                return (self.figure,)
            case Derived():
                return self.figure.needs
            case Yearly("first" | "since" as of):
                return (Aggregate(of),)
        return ()

    @property
    def tests(self) -> tuple[Test, ...]:
        """What rows must pass to be measured."""
        if isinstance(self.figure, Counted):
            return self.figure.tests
        return tuple(test for aggregate in self.aggregates for test in aggregate.rows.tests)


@dataclass(frozen=True, slots=True)
class Both:
    """True where every part is; without parts, of everyone."""

    parts: tuple[Meaning, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """True where one part is; without parts, of nobody."""

    parts: tuple[Meaning, ...] = ()


Meaning: TypeAlias = Leaf | Both | Either

_MEASURES: dict[str, Measure] = {
    "number_of_orders": "count",
    "purchase_days": "days",
    "amount_spent": "spent",
    "amount_spent_net": "spent",
    "amount_spent_gross": "gross",
    "first_order_date": "first",
    "last_order_date": "last",
    "customer_added_date": "since",
}
_YEARLY = {"anniversary(first_order_date)": "first", "anniversary(customer_added_date)": "since"}
_COUNTED: Mapping[str, Literal["checkouts", "entries", "replenish"]] = {
    "abandoned_checkouts": "checkouts",
    "segment_entered": "entries",
    "replenish_due": "replenish",
}
_GROUPED: dict[str, Measure] = {"count": "count", "days": "days", "sum_amount": "sum"}
_GROUPED_LINES: dict[str, Measure] = {"count": "count", "sum_quantity": "quantity", "sum_amount": "line_sum"}


def meaning(expression: Expression, currency: str, language: Language = "en") -> Meaning:
    """What the rule asks, amounts in minor units of `currency`.

    QueryError where a parameter has no fitting value, where a segment is mentioned that was not put in (`references`),
    and where something is asked that no source tells.
    """
    return _Reader(currency, language).read(expression, positive=True)


def leaves(asked: Meaning) -> Iterator[Leaf]:
    """The leaves, from left to right."""
    if isinstance(asked, Leaf):
        yield asked
    else:
        for part in asked.parts:
            yield from leaves(part)


def date_crossings(leaf: Leaf) -> Iterator[tuple[Source, Crossing]]:
    """When time alone can change a leaf: which date it is counted from, and by how many days."""
    match leaf.figure:
        case Aggregate(measure) if measure in ("first", "last", "since"):
            yield from ((measure, crossing) for crossing in crossings(leaf.span))
        case Derived():
            yield from leaf.figure.crossings
        case Yearly(of):
            yield from ((of, replace(crossing, yearly=True)) for crossing in crossings(leaf.span))
        case Own("abandoned_checkout_date") | Counted("checkouts"):
            yield "checkout", Crossing(0, 0)
            yield "completed", Crossing(0, 0)
            yield from (("checkout", crossing) for crossing in _of_rows(leaf))
        case Counted("entries"):
            yield "entry", Crossing(0, 0)
            yield from (("entry", crossing) for crossing in _of_rows(leaf))
    for aggregate in leaf.aggregates:
        for test in aggregate.rows.tests:
            if test.field == "delivered_at":
                yield "delivered", Crossing(0, 0)
                yield from (("delivered", crossing) for crossing in crossings(test.span))
            elif test.field == "date":
                yield from (("row", crossing) for crossing in crossings(test.span))


def _of_rows(leaf: Leaf) -> frozenset[Crossing]:
    """When a checkout or an entry into a segment passes a bound."""
    dates = [test.span for test in leaf.tests if test.field == "date"]
    return frozenset(crossing for span in [leaf.span, *dates] for crossing in crossings(span))


def timeless(expression: Expression) -> list[str]:
    """The attributes of the rule of which only today's value is known: no figure of a past day can be had."""
    names = dict.fromkeys(condition.name for condition in attributes(expression))
    return [name for name in names if (known := attribute(name)) and known.timeless]


def attributes(expression: Expression) -> Iterator[Condition]:
    """The conditions of a rule that stand outside functions."""
    match expression:
        case Condition():
            yield expression
        case Not():
            yield from attributes(expression.part)
        case AllOf() | AnyOf():
            for part in expression.parts:
                yield from attributes(part)


@dataclass(frozen=True, slots=True)
class _Reader:
    currency: str
    language: Language

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
            case AllOf() | AnyOf():
                parts = tuple(self.read(part, positive=positive) for part in expression.parts)
                return Both(parts) if isinstance(expression, AllOf) is positive else Either(parts)
            case InSegment():
                raise problem("segment", expression.place, self.language, found=expression.key)

    def _attribute(self, condition: Condition) -> Leaf:
        known = attribute(condition.name)
        if unset := NAMED.search(condition.name):
            raise problem("unset", condition.place, self.language, found=unset[1])
        if known is None:
            raise problem("attribute", condition.place, self.language, found=condition.name)
        if known.missing:
            raise self._missing(condition.name, known, condition.place)
        span = self._span(condition, known.kind)
        if condition.name in DERIVED:
            return _derived(DERIVED[condition.name], span)
        if known.kind is Kind.YEARLY:
            return Leaf(Yearly(_YEARLY.get(condition.name, condition.name[12:-1])), span)
        if condition.name == "days_since_last_order":
            return Leaf(Aggregate("last"), days_ago(span))
        if condition.name in _MEASURES:
            return Leaf(Aggregate(_MEASURES[condition.name]), span)
        return Leaf(Own(condition.name), span)

    def _matches(self, matches: Matches) -> tuple[Leaf, ...]:
        function = FUNCTIONS[matches.function]
        if function.missing:
            reason = REASONS[function.missing][self.language]
            raise problem("missing", matches.place, self.language, found=matches.function, reason=reason)
        spans = {
            condition.name: self._span(condition, function.parameters[condition.name].kind)
            for condition in matches.conditions
        }
        match matches.function:
            case "orders_placed":
                rows = Rows(tests=_order_tests(spans))
                return _grouped(spans, {name: Aggregate(measure, rows) for name, measure in _GROUPED.items()})
            case "products_purchased":
                dates = tuple(Test(name, span) for name, span in spans.items() if name == "date")
                lines = tuple(Test(name, span) for name, span in spans.items() if name in LINE)
                rows = Rows(dates, lines)
                return _grouped(spans, {name: Aggregate(measure, rows) for name, measure in _GROUPED_LINES.items()})
        tests = tuple(Test(name, span) for name, span in spans.items() if name != "count")
        return _grouped(spans, {"count": Counted(_COUNTED[matches.function], tests)})

    def _span(self, condition: Condition, kind: Kind) -> Spans:
        self._ready(condition, kind)
        operator, given = condition.operator, condition.values
        minor = decimals(self.currency) if kind in (Kind.MONEY, Kind.PRICE) else 0
        match kind:
            case Kind.DATE | Kind.YEARLY:
                return day_span(operator, given)
            case Kind.RATIO | Kind.PRICE:
                return ratio_span(operator, given, minor + RATIO_DECIMALS)
            case Kind.COUNT | Kind.MONEY:
                return number_span(operator, given, minor)
            case Kind.FLAG:
                return flag_span(operator, given)
        return text_span(operator, given)

    def _ready(self, condition: Condition, kind: Kind) -> None:
        for value in values(condition):
            if isinstance(value, Parameter):
                raise problem("unset", value.place, self.language, found=value.name)
        check_values(condition, kind, self.language)

    def _missing(self, name: str, known: Attribute, place: Place) -> QueryError:
        reason = REASONS[known.missing or "shopify's own"][self.language]
        return problem("missing", place, self.language, found=name, reason=reason)


def _order_tests(spans: Mapping[str, Spans]) -> tuple[Test, ...]:
    """What orders must pass; the amount of a category is that of the categories that are asked for beside it."""
    inside = tuple(
        Test(name, replace(span, outside=False)) for name, span in spans.items() if name in ("category", "collection")
    )
    return tuple(
        Test(name, span, inside if name == "category_amount" else ())
        for name, span in spans.items()
        if name not in _GROUPED
    )


def _grouped(spans: Mapping[str, Spans], figures: Mapping[str, Aggregate | Counted]) -> tuple[Leaf, ...]:
    """A leaf for each sum or number that is asked for; without a number, one or more rows are."""
    asked = [Leaf(figures[name], span) for name, span in spans.items() if name in figures]
    if "count" not in spans:
        asked.insert(0, Leaf(figures["count"], Span(low=1)))
    return tuple(asked)


def _derived(entry: Derived | Graded, span: Spans) -> Leaf:
    return Leaf(entry.of, cuts(entry, span)) if isinstance(entry, Graded) else Leaf(entry, span)


def cuts(graded: Graded, grades: Spans) -> Spans:
    """The values of the measure whose grades lie in a span: from one cut on, and below another."""
    if isinstance(grades, OneOf):
        raise TypeError(grades)  # the rule was checked
    low = 1 if not isinstance(grades.low, int) else max(grades.low, 1)
    high = graded.grades if not isinstance(grades.high, int) else min(grades.high, graded.grades)
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
