"""The tree of a rule. Equal trees mean the same text, wherever they stood: positions are no part of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from connector.days import day_number
from connector.errors import QueryError

Unit = Literal["d", "w", "m", "y"]
Operator = Literal["=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IS NULL", "IS NOT NULL"]
ParameterValue: TypeAlias = int | float | Decimal | date


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a rule's text, both from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or an amount in the shop's currency."""

    value: Decimal
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day."""

    number: int
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Offset:
    """A day so many days, weeks, months or years before the day asked for."""

    count: int
    unit: Unit = "d"
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that is filled in later; `past` where it is a number of days to go back."""

    name: str
    past: bool = False
    place: Place = field(default=Place(), compare=False)


Value: TypeAlias = Number | Day | Offset | Parameter


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute against as many values as the operator takes."""

    name: str
    operator: Operator
    values: tuple[Value, ...] = ()
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether the orders that pass some conditions are as many, and as large, as others say."""

    function: str
    conditions: tuple[Condition, ...]
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Always:
    """True of everyone."""


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is not."""

    part: Expression


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is; parts are two or more, none of them an All."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True where one part is; parts are two or more, none of them an Any."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Condition | Matches | Always | Not | All | Any


def all_of(*parts: Expression) -> Expression:
    """All of `parts`, flat."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, All) else (part,)))
    return flat[0] if len(flat) == 1 else All(flat)


def any_of(*parts: Expression) -> Expression:
    """Any of `parts`, flat."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Any) else (part,)))
    return flat[0] if len(flat) == 1 else Any(flat)


def parameters(expression: Expression) -> frozenset[str]:
    """The names of the parameters that have no value yet."""
    return frozenset(value.name for value in _values(expression) if isinstance(value, Parameter))


def bind(expression: Expression, values: Mapping[str, ParameterValue]) -> Expression:
    """The rule with each parameter of `values` filled in; QueryError where a value does not fit its place."""
    return _mapped(expression, lambda value: _bound(value, values))


def _bound(value: Value, values: Mapping[str, ParameterValue]) -> Value:
    if not isinstance(value, Parameter) or value.name not in values:
        return value
    given = values[value.name]
    if isinstance(given, date):
        wanted: Value = Day(day_number(given), value.place)
    else:
        wanted = Number(Decimal(str(given)), value.place)
    if not value.past:
        return wanted
    if isinstance(wanted, Number) and wanted.value == int(wanted.value) and 0 <= wanted.value <= 100_000:
        return Offset(int(wanted.value), "d", value.place)
    raise QueryError(
        f"${value.name} = {given} is not a number of days.",
        line=value.place.line,
        column=value.place.column,
        remedy="Give a whole number from 0 on.",
    )


def _values(expression: Expression) -> Iterator[Value]:
    match expression:
        case Condition():
            yield from expression.values
        case Matches():
            for condition in expression.conditions:
                yield from condition.values
        case Not():
            yield from _values(expression.part)
        case All() | Any():
            for part in expression.parts:
                yield from _values(part)


def _mapped(expression: Expression, change: Callable[[Value], Value]) -> Expression:
    match expression:
        case Condition():
            return _mapped_condition(expression, change)
        case Matches():
            return replace(
                expression,
                conditions=tuple(_mapped_condition(condition, change) for condition in expression.conditions),
            )
        case Not():
            return Not(_mapped(expression.part, change))
        case All() | Any():
            return replace(expression, parts=tuple(_mapped(part, change) for part in expression.parts))
        case Always():
            return expression


def _mapped_condition(condition: Condition, change: Callable[[Value], Value]) -> Condition:
    return replace(condition, values=tuple(change(value) for value in condition.values))
