"""What it would be worth to bring people from one stage to another: how many, how likely, and how much more they bring.

    value = people in `from` × chance of `to` within 90 days × (what people in `to` bring in a year − those in `from`)

Chance and yearly value are measured on the ends of past months, of which the 90 or 365 days after are known.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    column,
    distinct,
    func,
    or_,
    select,
    values,
)

from connector.days import NEVER, day_date, day_number
from connector.judging.figures import LEAST_DAYS, LEAST_PEOPLE, Bootstrap, bucket, middle, money, share
from connector.judging.purchases import purchases, takings
from connector.segments import currency_of
from connector.stays import stays

WITHIN = 90
YEAR = 365
SAMPLES = 12
"""So many ends of months are looked at, the last ones."""

Pair = tuple[str, str]
Sums = dict[int, int]
"""A figure by bucket of people."""


@dataclass
class Measured:
    """What was seen of a family's stages on the sampled days, by stage (its segment's key) and bucket of people."""

    now: dict[str, int]  # people
    people: dict[str, int]  # different ones, of whom the value is known
    moving: dict[str, int]  # different ones, of whom it is known where they went
    seen: dict[str, Sums]
    moved: dict[Pair, Sums]
    valued: dict[str, Sums]
    revenue: dict[str, Sums]
    days: dict[Pair, Counter[int]]
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    _drawn: dict[int, list[int]] = field(default_factory=dict)

    def went(self) -> list[Pair]:
        """The pairs of stages between which anyone went, in the order of their keys."""
        return sorted(self.moved.keys() | self.days.keys())

    def draws(self, sums: Sums) -> list[int]:
        """What each draw makes of a figure, worked out once."""
        if id(sums) not in self._drawn:
            self._drawn[id(sums)] = self.bootstrap.sums(sums)
        return self._drawn[id(sums)]


@dataclass(frozen=True)
class Opportunity:
    """One pair of stages, judged."""

    measured: Measured
    pair: Pair
    history: int  # days

    @property
    def missing(self) -> str | None:
        """Why there is no figure: too_little_history, too_few_people; None where there is one."""
        origin, target = self.pair
        people, moving = self.measured.people, self.measured.moving
        if self.history < LEAST_DAYS:
            return "too_little_history"
        if min(people.get(origin, 0), people.get(target, 0), moving.get(origin, 0)) < LEAST_PEOPLE:
            return "too_few_people"
        return None

    @cached_property
    def figures(self) -> tuple[Sums, Sums, Sums, Sums, Sums, Sums]:
        """Moved of seen, revenue of valued in the one stage, revenue of valued in the other."""
        (origin, target), found = self.pair, self.measured
        return (
            found.moved.get(self.pair, {}),
            found.seen[origin],
            found.revenue.get(origin, {}),
            found.valued[origin],
            found.revenue.get(target, {}),
            found.valued[target],
        )

    def amount(self) -> Fraction:
        """The value, in minor units."""
        moved, seen, less, of_less, more, of_more = (sum(sums.values()) for sums in self.figures)
        gain = Fraction(more, of_more) - Fraction(less, of_less)
        return self.measured.now.get(self.pair[0], 0) * Fraction(moved, seen) * gain

    def interval(self) -> list[int]:
        """The limits between which 95 % of the draws lie, in minor units."""
        people = self.measured.now.get(self.pair[0], 0)
        drawn = [
            people * (moved / seen) * (more / of_more - less / of_less)
            for moved, seen, less, of_less, more, of_more in zip(
                *(self.measured.draws(sums) for sums in self.figures), strict=True
            )
            if seen and of_less and of_more
        ]
        return [round(limit) for limit in middle(drawn)]


def priorities(
    connection: Connection, family: str, as_of: int, pairs: Iterable[Pair] | None = None
) -> list[dict[str, Any]]:
    """Each pair of stages (by default where anyone went) with what it is made of, the most valuable first.

    `enough` is False, with the `reason`, under 100 people or 12 months; such pairs come last and without a value.
    """
    first = connection.scalar(select(func.min(purchases(connection, as_of).c.day)))
    history = 0 if first is None else as_of - first
    currency = currency_of(connection)
    measured = _measure(connection, family, as_of, as_of if first is None else first)
    wanted = measured.went() if pairs is None else [(f"{family}.{a}", f"{family}.{b}") for a, b in pairs]
    judged = [Opportunity(measured, pair, history) for pair in wanted]
    valued = sorted((found for found in judged if found.missing is None), key=lambda found: -found.amount())
    return [_entry(found, currency) for found in [*valued, *(found for found in judged if found.missing)]]


def _entry(found: Opportunity, currency: str) -> dict[str, Any]:
    measured, (origin, target) = found.measured, found.pair
    entry: dict[str, Any] = {
        "from": origin.partition(".")[2],
        "to": target.partition(".")[2],
        "people": measured.now.get(origin, 0),
        "within": WITHIN,
        "median_days": _median(measured.days.get(found.pair, Counter())),
        "enough": found.missing is None,
    }
    if found.missing is not None:
        return {**entry, "reason": found.missing}
    moved, seen, less, of_less, more, of_more = (sum(sums.values()) for sums in found.figures)
    return {
        **entry,
        "chance": share(moved, seen),
        "yearly": {
            "from": money(round(Fraction(less, of_less)), currency),
            "to": money(round(Fraction(more, of_more)), currency),
        },
        "value": money(round(found.amount()), currency),
        "interval": [money(limit, currency) for limit in found.interval()],
    }


def _measure(connection: Connection, family: str, as_of: int, first: int) -> Measured:
    chances, years = (_month_ends(first, as_of - ahead) for ahead in (WITHIN, YEAR))
    with stays(connection, family, min([as_of, *chances, *years])) as kept:
        return Measured(
            now=_people(connection, kept, [as_of]),
            people=_people(connection, kept, years),
            moving=_people(connection, kept, chances),
            seen=_by_bucket(connection, _seen(kept, chances)),
            moved=_moved(connection, kept, chances),
            valued=_by_bucket(connection, _seen(kept, years)),
            revenue=_by_bucket(connection, _revenue(connection, kept, years, as_of)),
            days=_days(connection, kept),
        )


def _month_ends(first: int, last: int) -> list[int]:
    """The last ends of months between two days, newest first."""
    found: list[int] = []
    month = day_date(last).replace(day=1)
    while len(found) < SAMPLES and (end := _end(month)) >= first:
        if end <= last:
            found.append(end)
        month = day_date(day_number(month) - 1).replace(day=1)
    return found


def _end(month: date) -> int:
    return day_number(month.replace(day=monthrange(month.year, month.month)[1]))


def _sampled(days: Sequence[int]) -> CTE:
    """The days as rows; where there are none, a day on which nobody was anywhere."""
    rows = [(day,) for day in days] or [(-NEVER,)]
    return values(column("day", Integer), name="days").data(rows).cte("sampled")


def _inside(kept: Table, sampled: CTE) -> FromClause:
    """Who was in which stage on each of the days."""
    here = and_(kept.c.entered_on <= sampled.c.day, or_(kept.c.left_on.is_(None), kept.c.left_on > sampled.c.day))
    return kept.join(sampled, here)


def _people(connection: Connection, kept: Table, days: Sequence[int]) -> dict[str, int]:
    """How many different people each stage held on the days."""
    people = select(kept.c.stage, func.count(distinct(kept.c.customer_id)).label("people"))
    rows = connection.execute(people.select_from(_inside(kept, _sampled(days))).group_by(kept.c.stage))
    return {row.stage: row.people for row in rows}


def _by_bucket(connection: Connection, figures: Select[Any]) -> dict[Any, Sums]:
    """Rows of something, a bucket and a figure, as figures by bucket."""
    found: dict[Any, Sums] = defaultdict(dict)
    for key, number, figure in connection.execute(figures):
        found[key][number] = int(figure)
    return dict(found)


def _seen(kept: Table, days: Sequence[int]) -> Select[Any]:
    """How often each stage's people were found in it."""
    group = bucket(kept.c.customer_id)
    rows = _inside(kept, _sampled(days))
    return select(kept.c.stage, group, func.count()).select_from(rows).group_by(kept.c.stage, group)


def _revenue(connection: Connection, kept: Table, days: Sequence[int], as_of: int) -> Select[Any]:
    """What people brought in the year after they were found in a stage."""
    sampled, taken = _sampled(days), takings(purchases(connection, as_of), as_of)
    after = and_(
        taken.c.customer_id == kept.c.customer_id,
        taken.c.day > sampled.c.day,
        taken.c.day <= sampled.c.day + YEAR,
    )
    rows, group = _inside(kept, sampled).join(taken, after), bucket(kept.c.customer_id)
    return select(kept.c.stage, group, func.sum(taken.c.amount)).select_from(rows).group_by(kept.c.stage, group)


def _moved(connection: Connection, kept: Table, days: Sequence[int]) -> dict[Pair, Sums]:
    """How often people who were found in one stage entered another within the days that follow."""
    sampled, entry = _sampled(days), kept.alias("entry")
    later = and_(
        entry.c.customer_id == kept.c.customer_id,
        entry.c.entered_on > sampled.c.day,
        entry.c.entered_on <= sampled.c.day + WITHIN,
        entry.c.stage != kept.c.stage,
    )
    once = (
        select(kept.c.stage, entry.c.stage.label("target"), kept.c.customer_id, sampled.c.day)
        .select_from(_inside(kept, sampled).join(entry, later))
        .distinct()
        .subquery("once")
    )
    group = bucket(once.c.customer_id)
    found: dict[Pair, Sums] = defaultdict(dict)
    moved = select(once.c.stage, once.c.target, group, func.count()).group_by(once.c.stage, once.c.target, group)
    for origin, target, number, times in connection.execute(moved):
        found[origin, target][number] = times
    return dict(found)


def _days(connection: Connection, kept: Table) -> dict[Pair, Counter[int]]:
    """How many days people had been in a stage when they went straight to another."""
    since = func.lag(kept.c.entered_on).over(partition_by=kept.c.customer_id, order_by=kept.c.entered_on)
    move = select(kept.c.before, kept.c.stage, (kept.c.entered_on - since).label("days")).subquery("move")
    key = (move.c.before, move.c.stage, move.c.days)
    rows = select(*key, func.count()).where(move.c.before.is_not(None)).group_by(*key)
    found: dict[Pair, Counter[int]] = defaultdict(Counter)
    for origin, target, days, number in connection.execute(rows):
        found[origin, target][days] += number
    return dict(found)


def _median(days: Counter[int]) -> int | None:
    """The number of days within which half of them lie."""
    seen = 0
    for number in sorted(days):
        seen += days[number]
        if 2 * seen >= days.total():
            return number
    return None
