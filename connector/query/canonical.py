"""A rule's text, written in one way only."""

from __future__ import annotations

from connector.days import day_date
from connector.query.tree import (
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


def canonical(expression: Expression) -> str:
    """The rule as text: parsed again, it is the same tree."""
    match expression:
        case Always() | Not(Always()):
            text = "TRUE" if isinstance(expression, Always) else "FALSE"
        case Condition():
            text = _condition(expression)
        case InSegment():
            text = f"in_segment({quoted(expression.key)})"
        case Matches():
            text = f"{expression.function} MATCHES {_conditions(expression)}"
        case Not(Matches() as part):
            text = f"{part.function} NOT MATCHES {_conditions(part)}"
        case Not(part):
            text = f"NOT {_inside(part, (AllOf, AnyOf))}"
        case AllOf() | AnyOf():
            text = _joined(expression)
    return text


def _joined(expression: AllOf | AnyOf) -> str:
    if isinstance(expression, AllOf):
        return " AND ".join(_inside(part, AnyOf) for part in expression.parts)
    return " OR ".join(canonical(part) for part in expression.parts)


def _inside(part: Expression, looser: type | tuple[type, ...]) -> str:
    return f"({canonical(part)})" if isinstance(part, looser) else canonical(part)


def _conditions(matches: Matches) -> str:
    return f"({', '.join(_condition(condition) for condition in matches.conditions)})"


def _condition(condition: Condition) -> str:
    return f"{condition.name} {condition.operator} {_values(condition)}".rstrip()


def _values(condition: Condition) -> str:
    several = len(condition.values) > 1 and condition.operator != "BETWEEN"  # a place on earth
    if several or condition.operator in ("IN", "NOT IN"):
        return f"({', '.join(written(value) for value in condition.values)})"
    return " AND ".join(written(value) for value in condition.values)


def written(value: Value | Word) -> str:
    """A value as the language writes it."""
    match value:
        case Number():
            text = f"{value.value:f}"
        case Day():
            text = day_date(value.number).isoformat()
        case Offset():
            text = f"{-value.count:+d}{value.unit}" if value.count else "today"
        case Parameter():
            text = f"{('', '+', '-')[value.sign]}${value.name}"
        case Text():
            text = quoted(value.value)
        case Truth():
            text = "TRUE" if value.value else "FALSE"
        case Word():
            text = value.name
        case Figure():
            text = figure_key(value) if value.factor == 1 else f"{value.factor:f} * {figure_key(value)}"
    return text


def figure_key(figure: Figure) -> str:
    """The key by which a figure of the shop is calibrated: AVG(order_amount, -365d)."""
    return f"{figure.function}({', '.join(written(argument) for argument in figure.arguments)})"


def quoted(text: str) -> str:
    """A text as the language writes it: in single quotes, which it may hold itself after a backslash."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'\\{escaped}'" if escaped.startswith("$") else f"'{escaped}'"  # '$x' is the parameter x
