"""The shop's own figures that rules compare people with: cuts of scores, ranks, and the usual interval of purchases.

    calibrations = Calibrated(connection)       figures by key and day, made when they are asked for
    calibrations.save()                         keep those that were made

A figure is made from the state at the end of a Monday, or of the first day on record, and holds until the next
(`semantics` of the product: between calibrations a threshold is a constant, so that a score is calm). What is kept
is never made again, but for a history that turns out to begin earlier: then all are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, delete, func, insert, not_, select

from connector.days import monday
from connector.history.lifespans import lend, observed
from connector.history.populations import Buyers, Counts, Purchases
from connector.models import Calibration, Order
from connector.query.bounds import UNCALIBRATED, Calibrations, Edge
from connector.query.derived import DERIVED, POOLED
from connector.query.measures import Aggregate, Figures, Graded, Measure
from connector.query.replenish import LIFESPANS
from connector.query.select import Choice, calibrated
from connector.query.tree import Unit
from connector.tables import table

calibrations = table(Calibration)

_FIGURE = re.compile(
    r"(?P<function>AVG|PERCENTILE)\((?P<of>\w+)(, '(?P<category>(?:[^'\\]|\\.)*)')?"
    r"(, -(?P<count>\d+)(?P<unit>[dwmy]))?(, (?P<percent>[\d.]+))?\)"
)
"""A reference figure as rules write it: AVG(order_amount, -365d), PERCENTILE(amount_spent, 95)."""

LIFESPAN = "lifespan."
"""How the keys begin under which the life spans of products are kept, in thousandths of a day a piece."""

BEGAN = "history.began"
"""The key, on day 0, under which the first day on record is kept as the figures knew it."""

_GRADED: Mapping[str, Graded] = {entry.key: entry for entry in DERIVED.values() if isinstance(entry, Graded)}
_OF_PEOPLE: Mapping[str, Measure] = {
    "amount_spent": "sum",
    "amount_spent_net": "sum",
    "amount_spent_gross": "gross",
    "number_of_orders": "count",
    "purchase_days": "days",
}


FEW = 3
"""Below so many Mondays a figure is made for each by itself."""


def _span(figures: Figures) -> ColumnElement[int]:
    return figures.value("last") - figures.value("first")


def _gaps(figures: Figures) -> ColumnElement[int]:
    return figures.value("days") - 1


def _mean(figures: Figures) -> ColumnElement[int]:
    return figures.value("sum") // figures.value("count")


@dataclass(frozen=True, slots=True)
class _Measure:
    """A measure as a formula; two of one aggregate are equal, and so are the populations that they count."""

    of: Aggregate

    def __call__(self, figures: Figures) -> ColumnElement[Any]:
        return figures.value(self.of.measure, self.of.rows)


GAPS = Buyers((Aggregate("first"), Aggregate("last"), Aggregate("days")), (_span, _gaps))
MEANS = Buyers((Aggregate("sum"), Aggregate("count")), (_mean,))


class Calibrated:
    """The figures of one database. A figure that is not kept is made from the orders when it is asked for.

    `keys` are those that are going to be asked for, up to the day `until`. With `kept` the figures that are kept are
    taken as they are; else they are forgotten where the history turns out to begin before they were made.
    """

    def __init__(
        self, connection: Connection, keys: Collection[str] = (), until: int | None = None, *, kept: bool = False
    ) -> None:
        self._connection, self._keys, self._until = connection, keys, until
        self._lent: set[int] = set()
        self._made: dict[tuple[str, int], int | None] = {}
        self._kept: dict[int, dict[str, int | None]] = {}
        began = self._of(0).get(BEGAN)
        self._first: int | None = began if kept and began is not None else _first_day(connection)
        self._stale = self._first is not None and began is not None and self._first < began
        if self._stale:
            self._kept.clear()

    def _of(self, day: int) -> dict[str, int | None]:
        """The figures that are kept of a day, but for the products', which are many and seldom asked for."""
        if day not in self._kept:
            few = not_(calibrations.c.key.startswith(LIFESPAN))
            rows = select(calibrations.c.key, calibrations.c.value).where(calibrations.c.day == day, few)
            self._kept[day] = {row.key: row.value for row in self._connection.execute(rows)}
        return self._kept[day]

    def value(self, key: str, day: int) -> int | None:
        """The figure in force at the end of a day; None before the first day on record, or where nobody has one."""
        made_on = self.made_on(day)
        if made_on is None:
            return None
        if not self._has(key, made_on):
            self._make(key, made_on)
        if key == LIFESPANS and made_on not in self._lent:
            lend(self._connection, made_on, self._lifespans(made_on))
            self._lent.add(made_on)
        return self._made[key, made_on] if (key, made_on) in self._made else self._of(made_on)[key]

    def _has(self, key: str, day: int) -> bool:
        return (key, day) in self._made or (not self._stale and key in self._of(day))

    def made_on(self, day: int) -> int | None:
        """The day from whose end the figures come that are in force on a day; None before the first on record."""
        return None if self._first is None or day < self._first else max(self._first, monday(day))

    def _lifespans(self, day: int) -> list[tuple[int, int]]:
        """The life span of each product that has one, as it was made on a day."""
        if (LIFESPANS, day) in self._made:
            made = ((key, value) for (key, on), value in self._made.items() if on == day)
        else:
            wanted = calibrations.c.day == day, calibrations.c.key.startswith(LIFESPAN)
            rows = self._connection.execute(select(calibrations.c.key, calibrations.c.value).where(*wanted))
            made = ((row.key, row.value) for row in rows)
        found = [(key, value) for key, value in made if key.startswith(LIFESPAN) and value is not None]
        return [(int(key.removeprefix(LIFESPAN)), value) for key, value in found]

    def save(self) -> None:
        """Keep what was made, in the caller's transaction."""
        if self._stale:
            self._connection.execute(delete(calibrations))
        if self._made and not self._has(BEGAN, 0):
            self._made[BEGAN, 0] = self._first
        rows = [{"key": key, "day": day, "value": value} for (key, day), value in self._made.items()]
        if rows:
            self._connection.execute(insert(calibrations), rows)
        self._kept.clear()
        self._made.clear()
        self._stale = False

    def _make(self, key: str, day: int) -> None:
        """Make the figure of a key for a day, with those that come from the same counts of people.

        Where many Mondays up to the last day lack it, a history is being made: then it is made for all in one pass.
        """
        if key == LIFESPANS:
            found = observed(self._connection, day)
            self._made |= {(key, day): day, **{(f"{LIFESPAN}{product}", day): span for product, span in found.items()}}
            return
        population = population_of(key)
        keys = {key, *(other for other in self._keys if other != LIFESPANS and population_of(other) == population)}
        until = day if self._until is None else self._until
        lacking = [day, *(d for d in range(monday(day) + 7, until + 1, 7) if not self._has(key, d))]
        if len(lacking) < FEW:
            self._keep(keys, day, population.on(self._connection, day))
            return
        for made_on, counts in population.over(self._connection, lacking):
            self._keep(keys, made_on, counts)

    def _keep(self, keys: set[str], day: int, counts: Counts) -> None:
        found = figures(keys, counts)
        self._made.update({(key, day): value for key, value in found.items() if not self._has(key, day)})


def in_force(connection: Connection, choices: Sequence[Choice], until: int | None = None) -> Calibrations:
    """The figures that some choices compare people with, up to a day."""
    keys = calibrated(choices)
    return Calibrated(connection, keys, until) if keys else UNCALIBRATED


def keep(figures: Calibrations) -> None:
    """Keep what was made of figures, in the caller's transaction."""
    if isinstance(figures, Calibrated):
        figures.save()


def population_of(key: str) -> Buyers | Purchases:
    """Who, or what, a figure is counted over."""
    if key == POOLED:
        return GAPS
    found = _FIGURE.fullmatch(key)
    if found is None:
        of = _GRADED[key.rpartition(".")[0]].of
        return _each(of) if isinstance(of, Aggregate) else Buyers(of.needs, (of.value,))
    if found["of"] in _OF_PEOPLE:
        return _each(Aggregate(_OF_PEOPLE[found["of"]]))
    if found["of"] == "average_order_value":
        return MEANS
    since = Edge(1, int(found["count"]), cast("Unit", found["unit"])) if found["count"] else None
    category = found["category"].replace("\\'", "'").replace("\\\\", "\\") if found["category"] is not None else None
    return Purchases(category, since)


def figures(keys: Collection[str], counts: Counts) -> dict[str, int | None]:
    """The figures of keys, given how many of their population have each value; None where nobody has one.

    A cut comes with all others of its grades: so the grade of anybody is known without counting the people again.
    """
    values = Counter({value: number for (value, *_), number in counts.items() if value is not None})
    found: dict[str, int | None] = {}
    for key in keys:
        if key == POOLED:
            found[key] = _pooled(counts)
        elif reference := _FIGURE.fullmatch(key):
            found[key] = _reference(reference, values)
        elif key not in found:
            graded = _GRADED[key.rpartition(".")[0]]
            found |= {graded.cuts[grade]: value for grade, value in cuts(graded, values).items()}
    return found


def cuts(graded: Graded, people: Mapping[int, int]) -> dict[int, int | None]:
    """The least value of each grade, given how many people have each value; ties share a grade.

    Rising, a value's grade is 1 and the fifths (of five grades) of people below it; so whoever bought once has the
    same grade as all who did, and it is the first where they are many. Falling, its grade is the share of people
    above it, begun hundredths (of a hundred grades) counting whole: the best fifth are those of grade 20 and better.
    It is above all values where none has that grade, and None where nobody has a value.
    """
    if not people:
        return dict.fromkeys(graded.cuts)
    whole, values = sum(people.values()), sorted(people, reverse=graded.falling)
    passed = list(accumulate((people[value] for value in values[:-1]), initial=0))  # before each value
    if graded.falling:
        return {grade: values[bisect_left(passed, -(-grade * whole // graded.grades)) - 1] for grade in graded.cuts}
    values.append(values[-1] + 1)
    return {grade: values[bisect_left(passed, -(-(grade - 1) * whole // graded.grades))] for grade in graded.cuts}


def _first_day(connection: Connection) -> int | None:
    orders = table(Order)
    first: int | None = connection.scalar(select(func.min(orders.c.local_day)).where(orders.c.counted == 1))
    return first


def _each(aggregate: Aggregate) -> Buyers:
    return Buyers((aggregate,), (_Measure(aggregate),))


def _pooled(counts: Counts) -> int | None:
    """The mean gap between purchase days over all gaps of all people, in thousandths of a day."""
    span = gaps = 0
    for (days, number), people in counts.items():
        span += (days or 0) * people
        gaps += (number or 0) * people
    return int(Fraction(1000 * span, gaps)) if gaps else None


def _reference(figure: re.Match[str], values: Mapping[int, int]) -> int | None:
    """A mean, rounded down, or a percentile: the least value that so many hundredths of the rest do not exceed."""
    whole = sum(values.values())
    if not whole:
        return None
    if figure["function"] == "AVG":
        return sum(value * number for value, number in values.items()) // whole
    share, passed = Fraction(figure["percent"]), 0
    for value in sorted(values):
        passed += values[value]
        if passed * 100 >= share * whole:
            return value
    return max(values)
