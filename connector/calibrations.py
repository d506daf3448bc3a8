"""The shop's own figures that rules compare people with: cuts of scores, ranks, and the usual interval of purchases.

    calibrations = Calibrated(connection)       figures by key and day, made when they are asked for
    calibrations.save()                         keep those that were made

A figure is made from the state at the end of a Monday, or of the first day on record, and holds until the next
(`semantics` of the product: between calibrations a threshold is a constant, so that a score is calm). What is kept
is never made again, but for a history that turns out to begin earlier: then all are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, not_, select

from connector.lifespans import lend, observed
from connector.models import Calibration, Order
from connector.query.bounds import UNCALIBRATED, Calibrations, Edge, OneOf, fold
from connector.query.clocks import TODAY, BoundClock, Shape
from connector.query.derived import DERIVED, POOLED
from connector.query.facts import Facts, Reading
from connector.query.fields import line_sum, net, orders, visible
from connector.query.measures import Aggregate, Figures, Graded, Measure, Test
from connector.query.replenish import LIFESPANS
from connector.query.select import COUNTED, Choice, calibrated
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


class Calibrated:
    """The figures of one database. A figure that is not kept is made from the orders when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        first = connection.scalar(select(func.min(table(Order).c.local_day)).where(table(Order).c.counted == 1))
        self._first: int | None = first
        self._lent: set[int] = set()
        every = select(calibrations.c.key, calibrations.c.day, calibrations.c.value)
        few = every.where(not_(calibrations.c.key.startswith(LIFESPAN)))  # products are many, and seldom asked for
        self._made: dict[tuple[str, int], int | None] = {}
        self._kept: dict[tuple[str, int], int | None] = {
            (row.key, row.day): row.value for row in connection.execute(few)
        }
        began = self._kept.get((BEGAN, 0))
        self._stale = first is not None and began is not None and first < began
        if self._stale:
            self._kept.clear()

    def value(self, key: str, day: int) -> int | None:
        """The figure in force at the end of a day; None before the first day on record, or where nobody has one."""
        if self._first is None or day < self._first:
            return None
        made_on = max(self._first, monday(day))
        at = (key, made_on)
        if at not in self._kept and at not in self._made:
            self._made.update({(name, made_on): value for name, value in self._make(key, made_on).items()})
        if key == LIFESPANS and made_on not in self._lent:
            lend(self._connection, made_on, self._lifespans(made_on))
            self._lent.add(made_on)
        return self._kept.get(at, self._made.get(at))

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
        if self._made and (BEGAN, 0) not in self._kept:
            self._made[BEGAN, 0] = self._first
        rows = [{"key": key, "day": day, "value": value} for (key, day), value in self._made.items()]
        if rows:
            self._connection.execute(insert(calibrations), rows)
        self._kept.update(self._made)
        self._made.clear()
        self._stale = False

    def _make(self, key: str, day: int) -> dict[str, int | None]:
        """The figure of a key, with those that come from the same count of people."""
        if key == POOLED:
            return {key: _pooled(self._connection, day)}
        if key == LIFESPANS:
            found = observed(self._connection, day)
            return {LIFESPANS: day, **{f"{LIFESPAN}{product}": value for product, value in found.items()}}
        figure = _FIGURE.fullmatch(key)
        if figure:
            return {key: _reference(self._connection, figure, day)}
        graded = _GRADED[key.rpartition(".")[0]]
        return cuts(graded, _spread(self._connection, graded, day))


def in_force(connection: Connection, choices: Sequence[Choice]) -> Calibrations:
    """The figures that some choices compare people with."""
    return Calibrated(connection) if calibrated(choices) else UNCALIBRATED


def keep(figures: Calibrations) -> None:
    """Keep what was made of figures, in the caller's transaction."""
    if isinstance(figures, Calibrated):
        figures.save()


def monday(day: int) -> int:
    """The last Monday up to a day."""
    return day - (day + 3) % 7  # day 0 was a Thursday


def cuts(graded: Graded, people: Mapping[int, int]) -> dict[str, int | None]:
    """The least value of each grade, given how many people have each value; ties share a grade.

    Rising, a value's grade is 1 and the fifths (of five grades) of people below it; so whoever bought once has the
    same grade as all who did, and it is the first where they are many. Falling, its grade is the share of people
    above it, begun hundredths (of a hundred grades) counting whole: the best fifth are those of grade 20 and better.
    """
    whole, found = sum(people.values()), {}
    for grade in range(1, graded.grades) if graded.falling else range(2, graded.grades + 1):
        found[f"{graded.key}.{grade}"] = _least(graded, grade, people, whole)
    return found


def _least(graded: Graded, grade: int, people: Mapping[int, int], whole: int) -> int | None:
    """The least value with at least that grade (falling: at most); above all of them where none has it."""
    if not people:
        return None
    reached = max(people) + 1
    passed = 0  # people with a greater value (falling) or with a smaller one
    for value in sorted(people, reverse=graded.falling):
        if graded.falling and passed * graded.grades < grade * whole:
            reached = value
        if not graded.falling and passed * graded.grades >= (grade - 1) * whole:
            return value
        passed += people[value]
    return reached


def _spread(connection: Connection, graded: Graded, day: int) -> Counter[int]:
    """How many people have each value of what is graded, as of a day; who never bought has none."""
    of = graded.of
    needs = (of,) if isinstance(of, Aggregate) else of.needs

    def value(figures: Figures) -> Any:  # noqa: ANN401 - a column of whole numbers
        return figures.value(of.measure, of.rows) if isinstance(of, Aggregate) else of.value(figures)

    rows = _figures(connection, needs, {"value": value}, day)
    return Counter({int(row.value): row.people for row in rows if row.value is not None})


def _pooled(connection: Connection, day: int) -> int | None:
    """The mean gap between purchase days over all gaps of all people as of a day, in thousandths of a day."""
    columns = {
        "span": lambda figures: figures.value("last") - figures.value("first"),
        "gaps": lambda figures: figures.value("days") - 1,
    }
    needs = (Aggregate("first"), Aggregate("last"), Aggregate("days"))
    span = gaps = 0
    for row in _figures(connection, needs, columns, day):
        span += row.span * row.people
        gaps += row.gaps * row.people
    return int(Fraction(1000 * span, gaps)) if gaps else None


def _reference(connection: Connection, figure: re.Match[str], day: int) -> int | None:
    """A mean, rounded down, or a percentile: the least value that so many hundredths of the rest do not exceed."""
    values = _values(connection, figure, day)
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


def _values(connection: Connection, figure: re.Match[str], day: int) -> Counter[int]:
    """How often each value occurs, as of a day: of people who bought, or of their orders."""
    if figure["of"] in _OF_PEOPLE:
        aggregate = Aggregate(_OF_PEOPLE[figure["of"]])
        rows = _figures(connection, (aggregate,), {"value": lambda figures: figures.value(aggregate.measure)}, day)
    elif figure["of"] == "average_order_value":
        needs = (Aggregate("sum"), Aggregate("count"))
        mean = {"value": lambda figures: figures.value("sum") // figures.value("count")}
        rows = _figures(connection, needs, mean, day)
    else:
        rows = connection.execute(_orders(figure, clock := BoundClock()), clock.values(day))
    return Counter({int(row.value): row.people for row in rows if row.value is not None})


def _orders(figure: re.Match[str], clock: BoundClock) -> Select[Any]:
    """How many orders of a stretch of days have each amount: their own, or of their lines of a category."""
    value: ColumnElement[Any] = net(clock, Shape())
    if figure["of"] == "category_amount":
        wanted = OneOf((fold(figure["category"].replace("\\'", "'").replace("\\\\", "\\")),))
        value = line_sum((Test("category", wanted),), clock)
    since = Edge(1, int(figure["count"]), cast("Unit", figure["unit"])) if figure["count"] else None
    recent = [orders.c.local_day >= clock.edge(since)] if since else []
    amounts = select(value.label("value")).where(COUNTED, visible(clock), *recent).subquery("a")
    return select(amounts.c.value, func.count().label("people")).group_by(amounts.c.value)


def _figures(
    connection: Connection, needs: tuple[Aggregate, ...], columns: Mapping[str, Callable[[Figures], Any]], day: int
) -> Any:  # noqa: ANN401 - rows of the named columns
    """How many people share each combination of the named columns, as of a day; one column more: people."""
    clock = BoundClock()
    facts = Facts(clock, Shape(closed=False, credits=False), seen=None)
    for aggregate in (Aggregate("count"), *needs):
        facts.need(aggregate.measure, aggregate.rows)
    grouped = (
        select(orders.c.customer_id, *facts.columns())
        .where(COUNTED, visible(clock), orders.c.customer_id.is_not(None))
        .group_by(orders.c.customer_id)
        .subquery("f")
    )
    reading = Reading(facts, grouped, clock, grouped.c.customer_id)
    named = [column(reading).label(name) for name, column in columns.items()]
    statement = select(*named, func.count().label("people")).group_by(*named)
    clock.edge(TODAY)
    return connection.execute(statement, clock.values(day))
