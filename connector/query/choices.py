"""Questions with several answers, and what their rules take from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.query.bounds import Edge, Level, Moving, OneOf, YearDay
from connector.query.clocks import TODAY
from connector.query.meaning import Leaf, Meaning, leaves
from connector.query.measures import Counted, Derived, Spans, Test, Yearly
from connector.query.replenish import LIFESPANS


@dataclass(frozen=True, slots=True)
class Choice:
    """One column of an answer: the value of the first case that holds, null where none does."""

    name: str
    cases: tuple[tuple[Meaning, int], ...]


def all_leaves(choices: Sequence[Choice]) -> list[Leaf]:
    """Every leaf of the choices, once."""
    return list(dict.fromkeys(leaf for choice in choices for asked, _ in choice.cases for leaf in leaves(asked)))


def edges(choices: Sequence[Choice]) -> list[Edge]:
    """The moving days that the choices compare with, today apart, in order."""
    return [bound for bound in moving(choices) if isinstance(bound, Edge)]


def moving(choices: Sequence[Choice]) -> list[Moving]:
    """What changes with the day asked for, today apart: the columns of a calendar, in order."""
    found = {bound for leaf in all_leaves(choices) for bound in _moving(leaf)}
    return sorted(found - {TODAY}, key=repr)


def calibrated(choices: Sequence[Choice]) -> set[str]:
    """The keys of the calibrated figures that the choices compare with."""
    return {bound.key for bound in moving(choices) if isinstance(bound, Level)}


def grows(leaf: Leaf) -> bool:
    """Whether the leaf's figure grows with each day, so that it meets a bound on a day of the person's own."""
    return isinstance(leaf.figure, Derived) and leaf.figure.slope is not None


def runs_out(leaf: Leaf) -> bool:
    """Whether the leaf asks for days on which something runs out, by life spans that the shop's figures say."""
    return isinstance(leaf.figure, Counted) and leaf.figure.of == "replenish"


def constants(leaf: Leaf) -> list[Level]:
    """The figures of the shop that the leaf's own figure is made of."""
    if runs_out(leaf):
        return [Level(LIFESPANS)]
    return [Level(key) for key in leaf.figure.constants] if isinstance(leaf.figure, Derived) else []


def daily(choices: Sequence[Choice]) -> bool:
    """Whether some figure of the choices can change on any day."""
    return any(isinstance(leaf.figure, Derived) and leaf.figure.daily for leaf in all_leaves(choices))


def _moving(leaf: Leaf) -> Iterator[Moving]:
    yield from constants(leaf)
    if isinstance(leaf.figure, Yearly) and not isinstance(leaf.span, OneOf):
        low, high = leaf.span.low, leaf.span.high
        if isinstance(low, Edge) and isinstance(high, Edge):
            yield from (YearDay(low, high, last) for last in (False, True))
    for span in [leaf.span, *(test.span for test in every_test(leaf))]:
        yield from (bound for bound in _bounds(span) if _moves(bound))


def every_test(leaf: Leaf) -> Iterator[Test]:
    """What rows and lines must pass."""
    for test in leaf.tests:
        yield from (test, *test.lines)
    for aggregate in leaf.aggregates:
        yield from aggregate.rows.lines or ()


def levels(span: Spans) -> list[Level]:
    """The figures of the shop that bound a span."""
    return [bound for bound in _bounds(span) if isinstance(bound, Level)]


def ends(span: Spans) -> list[Edge | Level | int]:
    """The bounds of a span that it has."""
    return [] if isinstance(span, OneOf) else [bound for bound in (span.low, span.high) if bound is not None]


def _bounds(span: Spans) -> Iterator[Edge | Level]:
    values = span.values if isinstance(span, OneOf) else (span.low, span.high)
    yield from (bound for bound in values if isinstance(bound, Edge | Level))


def _moves(bound: Edge | Level) -> bool:
    return isinstance(bound, Level) or bound.unit is not None
