"""Text to tree. Every error says where, and what could stand there instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast
from unicodedata import normalize

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import UnexpectedCharacters, VisitError

from connector.days import day_number
from connector.errors import QueryError
from connector.language import Language
from connector.query.attributes import attribute
from connector.query.canonical import canonical
from connector.query.check import check
from connector.query.messages import REMARKS, Name, Remark, expected, problem
from connector.query.tree import (
    Always,
    Condition,
    Day,
    Expression,
    Figure,
    InSegment,
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
    all_of,
    any_of,
)

LONGEST = 10_000
LARGEST = 10**15
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_PARAMETER = re.compile(r"'\$[A-Za-z_]\w*'")
_LAST_WORD = re.compile(r"(\w+)\s*$")
_SLASHED = re.compile(r"\d$")
_BEFORE_A_LIST = {"matches", "in", "in_segment"}
_FIELD = re.compile(r"\$?[A-Za-z_]\w*(\.\$?\w+)*")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?")
OLDEST: Mapping[str, int] = {"d": 100_000, "w": 14_000, "m": 3_000, "y": 270}


def parse(text: str, language: Language = "en") -> Expression:
    """The tree of a rule; QueryError, in `language`, points at the first character that cannot be read."""
    return parse_remarked(text, language)[0]


@lru_cache(1024)  # a recompute reads the same rules each day
def parse_remarked(text: str, language: Language = "en") -> tuple[Expression, tuple[str, ...]]:
    """The tree of a rule, and a sentence for each thing in it that was read in another way than it is written."""
    builder = _Builder(language)
    try:
        expression = _read(text, builder)
        check(expression, language)
    except QueryError as error:
        error.text = text
        raise
    return expression, tuple(builder.remarks)


def _read(text: str, builder: _Builder) -> Expression:
    language = builder.language
    if len(text) > LONGEST:
        raise problem("deep", Place(), language)
    try:
        tree = _lark().parse(text)
        return builder.transform(tree)
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
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if bare := _bare(error, text if ended else text[: error.pos_in_stream], language):
        return bare
    if ended:
        lines = text.rstrip().splitlines() or [""]
        return problem(
            "end",
            Place(len(lines), len(lines[-1]) + 1),
            language,
            expected=expected(_wanted(error), language),
        )
    found = (
        text[error.pos_in_stream or 0] if isinstance(error, UnexpectedCharacters) else str(getattr(error, "token", ""))
    )
    return problem(
        "unexpected",
        Place(error.line, error.column),
        language,
        found=found,
        expected=expected(_wanted(error), language),
    )


def _wanted(error: UnexpectedInput) -> Iterable[str]:
    """What the grammar would take in the place of what was found."""
    if isinstance(error, UnexpectedToken):
        return error.accepts or (error.expected if error.token.type == "$END" else ())
    return (error.allowed if isinstance(error, UnexpectedCharacters) else None) or ()


def _bare(error: UnexpectedInput, before: str, language: Language) -> QueryError | None:
    """The error of a text without quotes, which reads as a function that is given nothing, or of a day like 30/06/2026.

    None where it is neither.
    """
    if isinstance(error, UnexpectedCharacters) and error.char == "/" and _SLASHED.search(before):
        return problem("slashed", Place(error.line, error.column), language)
    word = _LAST_WORD.search(before)
    if set(_wanted(error)) != {"_LEFT"} or word is None or word[1].lower() in _BEFORE_A_LIST:
        return None
    line, at = before.count("\n", 0, word.start()) + 1, word.start() - before.rfind("\n", 0, word.start())
    return problem("bare", Place(line, at), language, found=word[1])


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """Makes the tree of what lark has read."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self.remarks: dict[str, None] = {}

    def start(self, part: Expression) -> Expression:
        return part

    def any(self, *parts: Expression) -> Expression:
        return any_of(*parts)

    def all(self, *parts: Expression) -> Expression:
        return all_of(*parts)

    def negation(self, part: Expression) -> Expression:
        return Not(part)

    def always(self, _true: Token) -> Expression:
        return Always()

    def never(self, _false: Token) -> Expression:
        return Not(Always())

    def in_segment(self, name: Token, key: Token) -> Expression:
        return InSegment(_unquoted(key), _place(name))

    def conditions(self, *parts: Condition) -> tuple[Condition, ...]:
        return parts

    def matches(self, name: Token, conditions: tuple[Condition, ...]) -> Expression:
        return Matches(str(name), conditions, _place(name))

    def no_match(self, name: Token, conditions: tuple[Condition, ...]) -> Expression:
        return Not(self.matches(name, conditions))

    def old(self, name: Token, value: Value) -> Condition:
        return Condition(str(name), "=", (value,), _place(name))

    def old_match(self, name: Token, *rest: Condition | Token) -> Expression:
        return self._old(name, rest, wanted="=")

    def no_old_match(self, name: Token, *rest: Condition | Token) -> Expression:
        return self._old(name, rest, wanted="!=")

    def _old(self, name: Token, rest: tuple[Condition | Token, ...], *, wanted: str) -> Expression:
        """Shopify's older f(x: 1) = true, as f MATCHES (x = 1); `wanted` is the comparison that means it."""
        comparison, conditions = rest[-2], tuple(part for part in rest if isinstance(part, Condition))
        if comparison not in ("=", "!="):
            raise self._problem("old", name)
        one = Condition("count", ">=", (Number(Decimal(1)),), _place(name))
        match = Matches(str(name), conditions or (one,), _place(name))
        read = match if comparison == wanted else Not(match)
        self._remark("old form", name, now=canonical(read))
        return read

    def anniversary(self, name: Token, of: Token) -> Token:
        field = _unquoted(of) if of.type == "TEXT" else str(of)
        if field not in ("first_order_date", "customer_added_date") and not field.startswith("metafields."):
            if not _FIELD.fullmatch(field) or attribute(field):
                raise self._problem("attribute", of)
            field = f"metafields.{field}"
        return Token("NAME", f"anniversary({field})", line=name.line, column=name.column)

    def list(self, *values: Value) -> tuple[Value, ...]:
        return values

    def condition(self, name: Token, operator: Token, *values: Value | tuple[Value, ...]) -> Condition:
        match operator.type:
            case "NULL":
                return Condition(str(name), "IS NULL", (), _place(name))
            case "BETWEEN" | "IN" | "CONTAINS":
                return self._condition(name, operator.type, *values)
        return self._condition(name, str(operator), *values)

    def not_in(self, name: Token, _in: Token, values: tuple[Value, ...]) -> Condition:
        return self._condition(name, "NOT IN", values)

    def not_contains(self, name: Token, _contains: Token, value: Value) -> Condition:
        return self._condition(name, "NOT CONTAINS", value)

    def _condition(self, name: Token, operator: str, *values: Value | tuple[Value, ...]) -> Condition:
        flat = tuple(one for value in values for one in (value if isinstance(value, tuple) else (value,)))
        return Condition(str(name), cast("Operator", operator), flat, _place(name))

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

    def time(self, token: Token) -> Day:
        day, _, clock = token.upper().partition("T")
        if not _CLOCK.fullmatch(clock):
            raise self._problem("no time", token)
        self._remark("time", token, now=day)
        return self.day(Token("DATE", day, line=token.line, column=token.column))

    def ago(self, token: Token) -> Offset:
        count, unit, _ = token.lower().split("_")
        modern = f"-{count}{unit[0]}"
        self._remark("old date", token, now=modern)
        found = self.offset(Token("OFFSET", modern, line=token.line, column=token.column))
        assert isinstance(found, Offset)
        return found

    def offset(self, token: Token) -> Offset | Parameter:
        sign: Literal[-1, 1] = -1 if token.startswith("-") else 1
        if token[1] == "$":
            return Parameter(token[2:], sign, _place(token))
        digits, unit = token[1:-1], token[-1]
        if len(digits) > 6 or int(digits) > OLDEST[unit]:
            raise self._problem("large", token)
        count = int(digits)
        return Offset(-sign * count, _unit(unit) if count else "d", _place(token))

    def today(self, token: Token) -> Offset:
        return Offset(0, "d", _place(token))

    def yesterday(self, token: Token) -> Offset:
        return Offset(1, "d", _place(token))

    def parameter(self, token: Token) -> Parameter:
        return Parameter(token[1:], place=_place(token))

    def text(self, token: Token) -> Text | Parameter:
        if _QUOTED_PARAMETER.fullmatch(token):
            return Parameter(token[2:-1], place=_place(token))
        return Text(_unquoted(token), _place(token))

    def true(self, token: Token) -> Truth:
        return Truth(True, _place(token))

    def false(self, token: Token) -> Truth:
        return Truth(False, _place(token))

    def word(self, token: Token) -> Word:
        return Word(str(token), _place(token))

    def figure(self, name: Token, *arguments: Value | Word) -> Figure:
        return Figure(name.upper(), arguments, place=_place(name))

    def multiple(self, factor: Token, name: Token, *arguments: Value | Word) -> Figure:
        return Figure(name.upper(), arguments, self.number(factor).value, _place(factor))

    def _remark(self, remark: Remark, token: Token, **facts: str) -> None:
        self.remarks[REMARKS[remark][self.language].format(found=str(token), **facts)] = None

    def _problem(self, name: Name, token: Token) -> QueryError:
        return problem(name, _place(token), self.language, found=str(token))


def _unquoted(token: Token) -> str:
    """A text without its quotes, NFC, so that two ways of typing an accent are one text."""
    return normalize("NFC", _ESCAPED.sub(r"\1", token[1:-1]))


def _unit(letter: str) -> Unit:
    units: Mapping[str, Unit] = {"d": "d", "w": "w", "m": "m", "y": "y"}
    return units[letter]
