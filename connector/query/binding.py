"""Values for the parameters of a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from connector.days import day_number
from connector.language import Language
from connector.query.messages import problem
from connector.query.tree import (
    NAMED,
    AllOf,
    Always,
    AnyOf,
    Condition,
    Day,
    Expression,
    Figure,
    InSegment,
    Matches,
    Not,
    Number,
    Offset,
    Parameter,
    Text,
    Truth,
    Value,
    Word,
)

OneValue: TypeAlias = bool | int | float | Decimal | date | str
ParameterValue: TypeAlias = OneValue | Sequence[OneValue]


def bind(expression: Expression, given: Mapping[str, ParameterValue], language: Language = "en") -> Expression:
    """The rule with each parameter of `given` filled in; QueryError, in `language`, where a value does not fit."""
    match expression:
        case Condition():
            return _bound_condition(expression, given, language)
        case Matches():
            return replace(
                expression, conditions=tuple(_bound_condition(part, given, language) for part in expression.conditions)
            )
        case Not():
            return Not(bind(expression.part, given, language))
        case AllOf() | AnyOf():
            return replace(expression, parts=tuple(bind(part, given, language) for part in expression.parts))
        case InSegment() | Always():
            return expression


def _bound_condition(condition: Condition, given: Mapping[str, ParameterValue], language: Language) -> Condition:
    name = NAMED.sub(lambda found: _named(condition, found, given, language), condition.name)
    filled = tuple(new for value in condition.values for new in _bound(value, given, language))
    return replace(condition, name=name, values=filled)


def _named(condition: Condition, found: re.Match[str], given: Mapping[str, ParameterValue], language: Language) -> str:
    """What stands in the place of a parameter that is the name of a field."""
    name = given.get(found[1], found[0])
    if name != found[0] and not (isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", name)):
        raise problem("no field", condition.place, language, found=found[1], expected=str(name))
    return str(name)


def _bound(value: Value, given: Mapping[str, ParameterValue], language: Language) -> tuple[Value, ...]:
    """What stands in the place of a value: several, where a parameter is a list."""
    if isinstance(value, Figure):
        arguments = [new for part in value.arguments for new in _argument(part, given, language)]
        return (replace(value, arguments=tuple(arguments)),)
    if not isinstance(value, Parameter) or value.name not in given:
        return (value,)
    wanted = given[value.name]
    several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
    return tuple(_filled(value, one, language) for one in several)


def _argument(value: Value | Word, given: Mapping[str, ParameterValue], language: Language) -> tuple[Value | Word, ...]:
    return (value,) if isinstance(value, Word) else _bound(value, given, language)


def _filled(parameter: Parameter, given: OneValue, language: Language) -> Value:
    place = parameter.place
    if parameter.sign:
        if isinstance(given, str | bool | date) or given != int(given) or not 1 <= given <= 100_000:
            raise problem("no days", place, language, found=parameter.name, expected=str(given))
        return Offset(-parameter.sign * int(given), "d", place)
    match given:
        case bool():
            return Truth(given, place)
        case str():
            return Text(given, place)
        case date():
            return Day(day_number(given), place)
    return Number(Decimal(str(given)), place)
