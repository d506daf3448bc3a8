"""A rule's text, written in one way only."""

from __future__ import annotations

from connector.days import day_date
from connector.query.tree import (
    All,
    Always,
    Any,
    Condition,
    Day,
    Expression,
    Matches,
    Not,
    Number,
    Offset,
    Parameter,
    Value,
)


def canonical(expression: Expression) -> str:
    """The rule as text: parsed again, it is the same tree."""
    match expression:
        case Always():
            return "TRUE"
        case Condition():
            return _condition(expression)
        case Matches():
            return f"{expression.function} MATCHES {_conditions(expression)}"
        case Not(Matches() as part):
            return f"{part.function} NOT MATCHES {_conditions(part)}"
        case Not(part):
            return f"NOT {_inside(part, (All, Any))}"
        case All() | Any():
            return _joined(expression)


def _joined(expression: All | Any) -> str:
    if isinstance(expression, All):
        return " AND ".join(_inside(part, Any) for part in expression.parts)
    return " OR ".join(canonical(part) for part in expression.parts)


def _inside(part: Expression, looser: type | tuple[type, ...]) -> str:
    return f"({canonical(part)})" if isinstance(part, looser) else canonical(part)


def _conditions(matches: Matches) -> str:
    return f"({', '.join(_condition(condition) for condition in matches.conditions)})"


def _condition(condition: Condition) -> str:
    return " ".join(
        [condition.name, condition.operator, " AND ".join(_value(value) for value in condition.values)]
    ).rstrip()


def _value(value: Value) -> str:
    match value:
        case Number():
            return f"{value.value:f}"
        case Day():
            return day_date(value.number).isoformat()
        case Offset(count=0):
            return "today"
        case Offset():
            return f"-{value.count}{value.unit}"
        case Parameter():
            return f"{'-' if value.past else ''}${value.name}"
