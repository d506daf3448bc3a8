"""Refusing names that do not exist, and values and comparisons that do not fit them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from connector.language import Language
from connector.query.attributes import ATTRIBUTES, FIGURES, FUNCTIONS, Attribute, attribute
from connector.query.bounds import RATIO_DECIMALS
from connector.query.canonical import written
from connector.query.measures import Kind
from connector.query.messages import KINDS, Name, problem
from connector.query.tree import (
    AllOf,
    AnyOf,
    Condition,
    Day,
    Expression,
    Figure,
    Matches,
    Not,
    Number,
    Offset,
    Operator,
    Parameter,
    Place,
    Text,
    Truth,
    Unit,
    Value,
    Word,
    conditions,
)

DEEPEST = 50
MOST = 800
"""Conditions of a rule, which one that mentions segments reaches sooner than it looks; SQLite takes fewer than 1000."""

_EQUAL: tuple[Operator, ...] = ("=", "!=")
_NULL: tuple[Operator, ...] = ("IS NULL", "IS NOT NULL")
_ORDERED: tuple[Operator, ...] = ("=", "!=", ">", ">=", "<", "<=", "BETWEEN")
_IN: tuple[Operator, ...] = ("IN", "NOT IN")
_CONTAINS: tuple[Operator, ...] = ("CONTAINS", "NOT CONTAINS")

OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.DATE: (*_ORDERED, *_IN),
    Kind.COUNT: (*_ORDERED, *_IN),
    Kind.MONEY: (*_ORDERED, *_IN),
    Kind.RATIO: _ORDERED,
    Kind.PRICE: _ORDERED,
    Kind.TEXT: (*_EQUAL, *_IN),
    Kind.NAME: (*_EQUAL, *_IN),
    Kind.LIST: (*_CONTAINS, *_EQUAL, *_IN),
    Kind.FLAG: _EQUAL,
    Kind.FIELD: (*_CONTAINS, *_EQUAL, *_IN),
    Kind.YEARLY: ("=", "!=", "BETWEEN"),
}

_DAYS = (Kind.DATE, Kind.YEARLY)
_DAYS_OF: Mapping[Unit, tuple[int, int]] = {"d": (1, 1), "w": (7, 7), "m": (28, 31), "y": (365, 366)}
_EXAMPLES: Mapping[str, str] = {"AVG": "AVG(order_amount, -365d)", "PERCENTILE": "PERCENTILE(amount_spent, 95)"}


def check(expression: Expression, language: Language = "en") -> None:
    """QueryError where a name is unknown, or a comparison or value does not fit it; names that are known pass."""
    if sum(1 for _ in islice(conditions(expression), MOST + 1)) > MOST:
        raise problem("many parts", Place(), language, expected=str(MOST))
    _check(expression, language)


def _check(expression: Expression, language: Language, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise problem("deep", Place(), language)
    match expression:
        case Condition():
            _check_attribute(expression, language)
        case Matches():
            _check_matches(expression, language)
        case Not():
            _check(expression.part, language, depth + 1)
        case AllOf() | AnyOf():
            for part in expression.parts:
                _check(part, language, depth + 1)


def check_values(condition: Condition, kind: Kind, language: Language = "en") -> None:
    """Refuse a value of another kind than `kind`; a parameter is checked once it has a value."""
    for value in condition.values:
        if isinstance(value, Figure):
            _check_figure(value, condition, kind, language)
        elif not _fits(value, kind):
            raise problem("kind", value.place, language, found=condition.name, expected=KINDS[kind][language])
    taken = {"BETWEEN": 2, "IN": None, "NOT IN": None}.get(condition.operator, 1)
    if taken is not None and len(condition.values) > taken:
        raise problem("many", condition.place, language, operator=condition.operator)
    if exchanged(condition, kind):
        low, high = (written(value) for value in condition.values)
        place = condition.values[0].place
        raise problem("exchanged", place, language, found=condition.name, low=low, high=high)


def exchanged(condition: Condition, kind: Kind) -> bool:
    """Whether a range runs from the larger to the smaller end on every day, so that nothing can lie in it."""
    if condition.operator != "BETWEEN":
        return False
    match condition.values:
        case Number(low), Number(high):
            return low > high
        case Day(low), Day(high):
            return low > high and kind is Kind.DATE  # of each year, it runs over its end
        case Offset(back, unit), Offset(to, other) if unit == other:
            return back < to
        case Offset() as low, Offset() as high:
            return _days_back(low)[1] < _days_back(high)[0]
    return False


def _days_back(offset: Offset) -> tuple[int, int]:
    """The fewest and the most days that an offset can mean."""
    shortest, longest = _DAYS_OF[offset.unit]
    least, most = sorted((offset.count * shortest, offset.count * longest))
    return least, most


def _check_attribute(condition: Condition, language: Language) -> None:
    if condition.name in FUNCTIONS and condition.name not in ATTRIBUTES:
        raise problem("unexpected", condition.place, language, found=condition.name, expected="… MATCHES (…)")
    known = attribute(condition.name)
    if known is None:
        raise problem("attribute", condition.place, language, near=ATTRIBUTES, found=condition.name)
    _check_condition(condition, known, language)


def _check_matches(matches: Matches, language: Language) -> None:
    if matches.function not in FUNCTIONS:
        name: Name = "function" if attribute(matches.function) else "attribute"
        raise problem(name, matches.place, language, near=FUNCTIONS, found=matches.function)
    function = FUNCTIONS[matches.function]
    if function.missing:
        return
    seen: set[str] = set()
    for condition in matches.conditions:
        known = function.parameters.get(condition.name)
        if known is None:
            near, place = function.parameters, condition.place
            raise problem("inside", place, language, near=near, found=condition.name, function=matches.function)
        if condition.name in seen:
            raise problem("twice", condition.place, language, found=condition.name)
        seen.add(condition.name)
        _check_condition(condition, known, language)


def _check_condition(condition: Condition, known: Attribute, language: Language) -> None:
    if known.missing:
        return
    if condition.operator in _NULL:
        if not known.nullable:
            expected = KINDS[known.kind][language]
            raise problem("kind", condition.place, language, found=condition.name, expected=expected)
        return
    allowed = OPERATORS[known.kind]
    if condition.operator not in allowed:
        raise problem(
            "operator",
            condition.place,
            language,
            found=condition.name,
            operator=condition.operator,
            expected=", ".join(allowed),
        )
    check_values(condition, known.kind, language)


def _check_figure(figure: Figure, condition: Condition, kind: Kind, language: Language) -> None:
    """A figure is AVG of an attribute over some days, or PERCENTILE of one, of the kind that it is held against."""
    if figure.function not in _EXAMPLES:
        raise problem("figure", figure.place, language, found=figure.function)
    first, *others = figure.arguments
    word = first.name if isinstance(first, Word) else "?"
    of = FIGURES.get(word)
    fits = of is not None and (of is kind or {of, kind} == {Kind.MONEY, Kind.PRICE})
    shapes = [type(argument) for argument in others]
    if figure.function == "AVG":
        fits = fits and len(shapes) <= 2 and all(shape in (Offset, Parameter, Text) for shape in shapes)
    else:
        fits = fits and len(shapes) == 1 and shapes[0] in (Number, Parameter)
    if not fits or condition.operator in ("IN", "NOT IN"):
        example = _EXAMPLES[figure.function]
        raise problem("of", figure.place, language, found=word, function=figure.function, expected=example)


def _fits(value: Value, kind: Kind) -> bool:
    match value:
        case Parameter():
            return kind in _DAYS or not value.sign
        case Number():
            return _number_fits(value, kind)
        case Day() | Offset():
            return kind in _DAYS
        case Text():
            return kind in (Kind.TEXT, Kind.LIST, Kind.NAME, Kind.FIELD)
        case Truth():
            return kind in (Kind.FLAG, Kind.FIELD)
    return False


def _number_fits(number: Number, kind: Kind) -> bool:
    if kind is Kind.RATIO:
        return number.value == round(number.value, RATIO_DECIMALS)
    if kind is Kind.FIELD:
        return True
    whole = number.value == number.value.to_integral_value()
    return kind in (Kind.MONEY, Kind.PRICE) or (kind in (Kind.COUNT, Kind.NAME) and whole)
