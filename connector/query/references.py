"""Rules that mention segments: each mention is replaced by what makes that segment.

A stage is a function of a person's rows and a day, so its members can be asked for by its own rule; nothing that is
kept of it is read, and every day, past ones too, is answered by one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connector.language import Language
from connector.query.check import MOST, check
from connector.query.messages import problem
from connector.query.tree import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    Expression,
    InSegment,
    Matches,
    Not,
    Place,
    Text,
    all_of,
    any_of,
)

Rules = Mapping[str, Expression]
"""What makes each segment, by its key; other segments may be mentioned there."""


def stage_rules(keys: Sequence[str], rules: Sequence[Expression]) -> dict[str, Expression]:
    """What makes each stage of one family: its own rule, and none of those before it."""
    found: dict[str, Expression] = {}
    earlier: list[Expression] = []
    for key, rule in zip(keys, rules, strict=True):
        found[key] = all_of(rule, *(Not(before) for before in earlier))
        earlier.append(rule)
    return found


def expanded(expression: Expression, rules: Rules, language: Language = "en") -> Expression:
    """The rule with every mention of a segment replaced; QueryError for one that is unknown, or mentions itself."""
    whole = _Expansion(rules, language).of(expression, ())
    check(whole, language)
    return whole


def in_segment(expression: Expression) -> list[str]:
    """The keys of the segments that a rule mentions by in_segment, from left to right."""
    found: list[str] = []

    def note(mention: InSegment) -> Expression:
        found.append(mention.key)
        return mention

    _replaced(expression, note)
    return found


def entered(expression: Expression) -> list[str]:
    """The keys of the segments into whose memberships a rule looks: these must be brought up to the day before it."""
    match expression:
        case Matches("segment_entered"):
            values = (value for test in expression.conditions if test.name == "segment" for value in test.values)
            return [value.value for value in values if isinstance(value, Text)]
        case Not():
            return entered(expression.part)
        case AllOf() | AnyOf():
            return [key for part in expression.parts for key in entered(part)]
    return []


def levels(needs: Sequence[Sequence[int]], names: Sequence[str]) -> list[list[int]]:
    """The numbers 0, 1, … in groups, each in a later group than those that it needs; QueryError names a circle."""
    level: dict[int, int] = {}

    def find(number: int, path: tuple[int, ...]) -> int:
        if number in path:
            circle = [*path[path.index(number) :], number]
            told = " → ".join(names[place] for place in circle)
            raise problem("circle", Place(), "en", found=names[number], path=told)
        if number not in level:
            level[number] = max((find(needed, (*path, number)) + 1 for needed in needs[number]), default=0)
        return level[number]

    found: dict[int, list[int]] = {}
    for number in range(len(needs)):
        found.setdefault(find(number, ()), []).append(number)
    return [found[group] for group in sorted(found)]


class _Expansion:
    def __init__(self, rules: Rules, language: Language) -> None:
        self.rules = rules
        self.language = language
        self.parts = 0

    def of(self, expression: Expression, path: tuple[str, ...]) -> Expression:
        return _replaced(expression, lambda mention: self._segment(mention, path), self._count)

    def _segment(self, mention: InSegment, path: tuple[str, ...]) -> Expression:
        key, place = mention.key, mention.place
        if key in path:
            raise problem("circle", place, self.language, found=key, path=" → ".join([*path, key]))
        if key not in self.rules:
            raise problem("segment", place, self.language, near=self.rules, found=key)
        return self.of(self.rules[key], (*path, key))

    def _count(self) -> None:
        self.parts += 1
        if self.parts > 10 * MOST:
            raise problem("many parts", Place(), self.language, expected=str(MOST))


def _replaced(
    expression: Expression, change: Callable[[InSegment], Expression], count: Callable[[], None] = lambda: None
) -> Expression:
    count()
    match expression:
        case InSegment():
            return change(expression)
        case Not(part):
            return Not(_replaced(part, change, count))
        case AllOf(parts):
            return all_of(*(_replaced(part, change, count) for part in parts))
        case AnyOf(parts):
            return any_of(*(_replaced(part, change, count) for part in parts))
        case Condition() | Matches() | Always():
            return expression
