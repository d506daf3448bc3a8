"""Text to tree. Every error says where, and what could stand there instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import UnexpectedCharacters, VisitError

from connector.days import day_number
from connector.errors import QueryError
from connector.query.attributes import ATTRIBUTES, FUNCTIONS
from connector.query.measures import RATIO_DECIMALS, Kind
from connector.query.messages import KINDS, Language, Name, expected, problem
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
    Place,
    Unit,
    Value,
    all_of,
    any_of,
)

LONGEST = 10_000
DEEPEST = 50
LARGEST = 10**15
OLDEST: Mapping[str, int] = {"d": 100_000, "w": 14_000, "m": 3_000, "y": 270}


def parse(text: str, language: Language = "en") -> Expression:
    """The tree of a rule; QueryError, in `language`, points at the first character that cannot be read."""
    try:
        expression = _read(text, language)
        _check(expression, language)
    except QueryError as error:
        error.text = text
        raise
    return expression


def _read(text: str, language: Language) -> Expression:
    if len(text) > LONGEST:
        raise problem("deep", Place(), language)
    try:
        tree = _lark().parse(text)
        return _Builder(language).transform(tree)
    except UnexpectedInput as error:
        raise _unexpected(error, text, language) from None
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise problem("deep", Place(), language) from error
    except RecursionError:
        raise problem("deep", Place(), language) from None


@cache
def _lark() -> Lark:
    grammar = files("connector.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr")


def _unexpected(error: UnexpectedInput, text: str, language: Language) -> QueryError:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        lines = text.rstrip().splitlines() or [""]
        return problem(
            "end",
            Place(len(lines), len(lines[-1]) + 1),
            language,
            expected=expected(error.accepts or error.expected, language),
        )
    wanted = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None)
    found = (
        text[error.pos_in_stream or 0] if isinstance(error, UnexpectedCharacters) else str(getattr(error, "token", ""))
    )
    return problem(
        "unexpected", Place(error.line, error.column), language, found=found, expected=expected(wanted or (), language)
    )


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """Makes the tree of what lark has read."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language

    def start(self, part: Expression) -> Expression:
        return part

    def any(self, *parts: Expression) -> Expression:
        return any_of(*parts)

    def all(self, *parts: Expression) -> Expression:
        return all_of(*parts)

    def negation(self, part: Expression) -> Expression:
        return Not(part)

    def always(self) -> Expression:
        return Always()

    def conditions(self, *parts: Condition) -> tuple[Condition, ...]:
        return parts

    def matches(self, name: Token, conditions: tuple[Condition, ...]) -> Expression:
        return Matches(str(name), conditions, _place(name))

    def no_match(self, name: Token, conditions: tuple[Condition, ...]) -> Expression:
        return Not(self.matches(name, conditions))

    def condition(self, name: Token, operator: Token, *values: Value) -> Condition:
        match operator.type:
            case "NULL":
                return Condition(str(name), "IS NULL", (), _place(name))
            case "BETWEEN":
                return Condition(str(name), "BETWEEN", values, _place(name))
        return Condition(str(name), str(operator), values, _place(name))  # type: ignore[arg-type] # the grammar's own

    def not_null(self, name: Token, _null: Token) -> Condition:
        return Condition(str(name), "IS NOT NULL", (), _place(name))

    def number(self, token: Token) -> Number:
        value = Decimal(token)
        if abs(value) > LARGEST:
            raise self._problem("large", token)
        return Number(value, _place(token))

    def day(self, token: Token) -> Day:
        try:
            return Day(day_number(date.fromisoformat(token)), _place(token))
        except ValueError:
            raise self._problem("no day", token) from None

    def offset(self, token: Token) -> Offset | Parameter:
        if token.startswith("-$"):
            return Parameter(token[2:], past=True, place=_place(token))
        digits, unit = token[1:-1], token[-1]
        if len(digits) > 6 or int(digits) > OLDEST[unit]:
            raise self._problem("large", token)
        count = int(digits)
        return Offset(count, _unit(unit) if count else "d", _place(token))

    def today(self, token: Token) -> Offset:
        return Offset(0, "d", _place(token))

    def yesterday(self, token: Token) -> Offset:
        return Offset(1, "d", _place(token))

    def parameter(self, token: Token) -> Parameter:
        return Parameter(token[1:], place=_place(token))

    def _problem(self, name: Name, token: Token) -> QueryError:
        return problem(name, _place(token), self.language, found=str(token))


def _unit(letter: str) -> Unit:
    units: Mapping[str, Unit] = {"d": "d", "w": "w", "m": "m", "y": "y"}
    return units[letter]


def _check(expression: Expression, language: Language, depth: int = 0) -> None:
    """Refuse names that do not exist and values that do not fit them."""
    if depth > DEEPEST:
        raise problem("deep", Place(), language)
    match expression:
        case Condition():
            if expression.name in FUNCTIONS:
                raise problem("unexpected", expression.place, language, found=expression.name, expected="… MATCHES (…)")
            if expression.name not in ATTRIBUTES:
                raise problem("attribute", expression.place, language, near=ATTRIBUTES, found=expression.name)
            check_values(expression, ATTRIBUTES[expression.name], language)
        case Matches():
            _check_matches(expression, language)
        case Not():
            _check(expression.part, language, depth + 1)
        case All() | Any():
            for part in expression.parts:
                _check(part, language, depth + 1)


def _check_matches(matches: Matches, language: Language) -> None:
    if matches.function not in FUNCTIONS:
        name: Name = "function" if matches.function in ATTRIBUTES else "attribute"
        raise problem(name, matches.place, language, near=FUNCTIONS, found=matches.function)
    known = FUNCTIONS[matches.function]
    seen: set[str] = set()
    for condition in matches.conditions:
        if condition.name not in known:
            raise problem(
                "inside", condition.place, language, near=known, found=condition.name, function=matches.function
            )
        if condition.name in seen:
            raise problem("twice", condition.place, language, found=condition.name)
        if condition.operator in ("IS NULL", "IS NOT NULL"):
            raise problem(
                "kind", condition.place, language, found=condition.name, expected=KINDS[known[condition.name]][language]
            )
        seen.add(condition.name)
        check_values(condition, known[condition.name], language)


def check_values(condition: Condition, kind: Kind, language: Language = "en") -> None:
    """Refuse a value of another kind than `kind`; a parameter is checked once it has a value."""
    for value in condition.values:
        if not _fits(value, kind):
            raise problem("kind", value.place, language, found=condition.name, expected=KINDS[kind][language])


def _fits(value: Value, kind: Kind) -> bool:
    match value:
        case Parameter():
            return kind is Kind.DATE or not value.past
        case Number():
            if kind is Kind.RATIO:
                return value.value == round(value.value, RATIO_DECIMALS)
            whole = value.value == value.value.to_integral_value()
            return kind in (Kind.MONEY, Kind.PRICE) or (kind is Kind.COUNT and whole)
        case Day() | Offset():
            return kind is Kind.DATE
