"""What is measured of a person, and what is made of measures: the nouns between a rule and its SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

from sqlalchemy import ColumnElement

from connector.query.bounds import RATIO_DECIMALS, Crossing, Edge, Level, OneOf, Span

Measure: TypeAlias = Literal["count", "days", "sum", "gross", "spent", "first", "last", "since", "quantity", "line_sum"]

Source: TypeAlias = str
"""Which date a crossing is counted from: the person's own (first, last, since, metafields.NAME), or each one of some
row's (row, delivered, refund, checkout, completed, entry)."""


class Kind(StrEnum):
    """What an attribute is compared with."""

    DATE = "date"
    YEARLY = "yearly"  # the same day in later years
    COUNT = "count"  # a whole number
    MONEY = "money"  # in the shop's currency, as merchants write it: 49.90
    RATIO = "ratio"  # any number with up to four decimals: 0.5, 2, 14.99
    PRICE = "price"  # a quotient of money: 49.90, compared exactly
    TEXT = "text"  # compared without case, as Unicode folds it
    LIST = "list"  # of texts, of which one is asked for
    NAME = "name"  # a text that may be written as a number: an id
    FLAG = "flag"  # TRUE or FALSE
    FIELD = "field"  # of a customer: a text, a number or TRUE and FALSE as the shop keeps it, or a list of these


RATIO_UNIT = 10**RATIO_DECIMALS


Spans: TypeAlias = "Span[Edge | Level | int] | OneOf"


@dataclass(frozen=True, slots=True)
class Test:
    """One field of a row, which must lie in a span; where it is summed over lines, over those that pass `lines`."""

    __test__ = False  # for pytest, which takes the name for its own

    field: str
    span: Spans
    lines: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Which of a person's counted orders are meant: those that pass all tests; with `lines`, that hold such a line."""

    tests: tuple[Test, ...] = ()
    lines: tuple[Test, ...] | None = None


EVERY = Rows()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One measure over some of a person's counted orders."""

    measure: Measure
    rows: Rows = EVERY


@dataclass(frozen=True, slots=True)
class Own:
    """What is known of a person beside their orders: one value, or (of a list) as many as there are."""

    name: str


@dataclass(frozen=True, slots=True)
class Yearly:
    """The same day in later years: of the first order, of the day from which a person is known, or of a field."""

    of: str  # first, since or metafields.NAME


@dataclass(frozen=True, slots=True)
class Counted:
    """How many checkouts a person left open, how often they entered segments, or how many products they run out of."""

    of: Literal["checkouts", "entries", "replenish"]
    tests: tuple[Test, ...] = ()


class Figures(Protocol):
    """What a formula is made of: columns of one person as of one day."""

    @property
    def person(self) -> ColumnElement[int]:
        """The person's id, for a subquery of the formula's own."""
        ...

    @property
    def today(self) -> ColumnElement[int]:
        """The day asked for."""
        ...

    def value(self, measure: Measure, rows: Rows = EVERY) -> ColumnElement[Any]:
        """A measure, which must be among the `needs`. Sums and counts are never null, days are."""
        ...

    def constant(self, key: str) -> ColumnElement[int]:
        """A calibrated figure, rounded down, which must be among the `constants`; null where there is none."""
        ...


Formula: TypeAlias = Callable[[Figures], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Derived:
    """An attribute that is worked out of measures and of the shop's own figures.

    `value` is a whole number (of a text kind, a text) or null. With `per` it is a ratio, `value` / `per`, of which
    nothing is divided: a comparison multiplies crosswise; where `per` is null or not positive there is no value.

    Its next review is found by itself: where a window of `needs` moves over an order; the next calibration, with
    `constants`; and, with `slope` (by how much `value` grows each day that nothing is bought; None where time adds
    nothing), the day on which it reaches a bound. `crossings` names what else time alone can change; `daily` is for
    what is none of these: it is looked at every day. `parts` are what the value is the sum of, to be shown one by
    one.
    """

    name: str
    kind: Kind
    value: Formula
    per: Formula | None = None
    needs: tuple[Aggregate, ...] = ()
    constants: tuple[str, ...] = ()
    slope: Formula | None = None
    crossings: tuple[tuple[Source, Crossing], ...] = ()
    daily: bool = False
    parts: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True)
class Graded:
    """An attribute that says between which calibrated cuts a measure, or a derived figure without `per`, lies.

    The cut `key.N` is the smallest value whose grade is N, and the least one too: with `falling`, whose grade is at
    most N. Grades go from 1 to `grades`; the value of the first (rising) or last (falling) grade needs no cut. So a
    score of five has the cuts key.2 to key.5 (rising) or key.1 to key.4 (falling), and a percentile rank, of which 1
    is the best, is falling with key.1 to key.99.
    """

    name: str
    of: Derived | Aggregate
    key: str
    grades: int
    falling: bool = False

    @property
    def cuts(self) -> dict[int, str]:
        """The key of each cut, by its grade."""
        first = 1 if self.falling else 2
        return {grade: f"{self.key}.{grade}" for grade in range(first, first + self.grades - 1)}
