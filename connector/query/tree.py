"""The tree of a rule. Equal trees mean the same text, wherever they stood: positions are no part of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from connector.days import day_number
from connector.errors import QueryError

Unit = Literal["d", "w", "m", "y"]
Operator = Literal[
    "=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IS NULL", "IS NOT NULL", "IN", "NOT IN", "CONTAINS", "NOT CONTAINS"
]
OneValue: TypeAlias = bool | int | float | Decimal | date | str
ParameterValue: TypeAlias = OneValue | Sequence[OneValue]


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
    """A day so many days, weeks, months or years before the day asked for; after it, where `count` is negative."""

    count: int
    unit: Unit = "d"
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that is filled in later; with `sign` it is a number of days, back (-1) or ahead (1)."""

    name: str
    sign: Literal[-1, 0, 1] = 0
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text, as it was written."""

    value: str
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A name among the arguments of a figure: what the figure is of."""

    name: str
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """So many times a figure of the whole shop: 1.15 * AVG(order_amount, -365d)."""

    function: str
    arguments: tuple[Value | Word, ...]
    factor: Decimal = Decimal(1)
    place: Place = field(default=Place(), compare=False)


Value: TypeAlias = Number | Day | Offset | Parameter | Text | Truth | Figure


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
class InSegment:
    """True of the people of another segment."""

    key: str
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


Expression: TypeAlias = Condition | Matches | InSegment | Always | Not | All | Any


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
    return frozenset(value.name for value in values(expression) if isinstance(value, Parameter))


def values(expression: Expression) -> Iterator[Value | Word]:
    """All values of a rule, from left to right; a figure comes before its arguments."""
    for condition in conditions(expression):
        for value in condition.values:
            yield value
            if isinstance(value, Figure):
                yield from value.arguments


def conditions(expression: Expression) -> Iterator[Condition]:
    """All conditions of a rule, those of functions among them, from left to right."""
    match expression:
        case Condition():
            yield expression
        case Matches():
            yield from expression.conditions
        case Not():
            yield from conditions(expression.part)
        case All() | Any():
            for part in expression.parts:
                yield from conditions(part)


def bind(expression: Expression, given: Mapping[str, ParameterValue]) -> Expression:
    """The rule with each parameter of `given` filled in; QueryError where a value does not fit its place."""
    match expression:
        case Condition():
            return _bound_condition(expression, given)
        case Matches():
            return replace(
                expression, conditions=tuple(_bound_condition(part, given) for part in expression.conditions)
            )
        case Not():
            return Not(bind(expression.part, given))
        case All() | Any():
            return replace(expression, parts=tuple(bind(part, given) for part in expression.parts))
        case InSegment() | Always():
            return expression


def _bound_condition(condition: Condition, given: Mapping[str, ParameterValue]) -> Condition:
    return replace(condition, values=tuple(new for value in condition.values for new in _bound(value, given)))


def _bound(value: Value, given: Mapping[str, ParameterValue]) -> tuple[Value, ...]:
    """What stands in the place of a value: several, where a parameter is a list."""
    if isinstance(value, Figure):
        arguments = [new for part in value.arguments for new in _argument(part, given)]
        return (replace(value, arguments=tuple(arguments)),)
    if not isinstance(value, Parameter) or value.name not in given:
        return (value,)
    wanted = given[value.name]
    several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
    return tuple(_filled(value, one) for one in several)


def _argument(value: Value | Word, given: Mapping[str, ParameterValue]) -> tuple[Value | Word, ...]:
    return (value,) if isinstance(value, Word) else _bound(value, given)


def _filled(parameter: Parameter, given: OneValue) -> Value:
    place = parameter.place
    if parameter.sign:
        if isinstance(given, str | bool | date) or given != int(given) or not 0 <= given <= 100_000:
            raise QueryError(
                f"${parameter.name} = {given} is not a number of days.",
                line=place.line,
                column=place.column,
                remedy="Give a whole number from 0 on.",
            )
        return Offset(-parameter.sign * int(given), "d", place)
    match given:
        case bool():
            return Truth(given, place)
        case str():
            return Text(given, place)
        case date():
            return Day(day_number(given), place)
    return Number(Decimal(str(given)), place)
