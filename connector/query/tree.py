"""The tree of a rule. Equal trees mean the same text, wherever they stood: positions are no part of a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

Unit = Literal["d", "w", "m", "y"]
Operator = Literal[
    "=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IS NULL", "IS NOT NULL", "IN", "NOT IN", "CONTAINS", "NOT CONTAINS"
]


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
class AllOf:
    """True where every part is; parts are two or more, none of them an AllOf."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one part is; parts are two or more, none of them an AnyOf."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Condition | Matches | InSegment | Always | Not | AllOf | AnyOf


NAMED = re.compile(r"\$([A-Za-z_]\w*)")
"""A parameter that stands for the name of a field: metafields.$gender."""


def all_of(*parts: Expression) -> Expression:
    """All of `parts`, flat."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,)))
    return flat[0] if len(flat) == 1 else AllOf(flat)


def any_of(*parts: Expression) -> Expression:
    """Any of `parts`, flat."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,)))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


def parameters(expression: Expression) -> frozenset[str]:
    """The names of the parameters that have no value yet."""
    named = {name for condition in conditions(expression) for name in NAMED.findall(condition.name)}
    return frozenset(value.name for value in values(expression) if isinstance(value, Parameter)) | named


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
        case AllOf() | AnyOf():
            for part in expression.parts:
                yield from conditions(part)
