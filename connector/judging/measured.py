"""What was seen of a family's stages on the ends of past months: people, where they went, and what they brought after.

Of those days the 90 days that follow are known, or the whole year.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    Select,
    Subquery,
    Table,
    and_,
    distinct,
    func,
    or_,
    select,
)

from connector.days import NEVER, day_date, day_number
from connector.dialects import rows_of
from connector.history.buckets import bucket
from connector.judging.figures import BUCKETS, resampled
from connector.judging.purchases import purchases, takings

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
    _drawn: dict[int, tuple[Sums, list[int]]] = field(default_factory=dict)  # with what they are of, kept alive

    def went(self) -> list[Pair]:
        """The pairs of stages between which anyone went, in the order of their keys."""
        return sorted(self.moved.keys() | self.days.keys())

    def draws(self, sums: Sums) -> list[int]:
        """What each draw makes of a figure, worked out once."""
        if id(sums) not in self._drawn:
            self._drawn[id(sums)] = sums, resampled(sums)
        return self._drawn[id(sums)][1]


def sampled_days(as_of: int, first: int) -> tuple[list[int], list[int]]:
    """The ends of months of which 90 days are known by a day, and those of which a year is."""
    chances, years = (month_ends(first, as_of - ahead) for ahead in (WITHIN, YEAR))
    return chances, years


def first_day(connection: Connection, as_of: int) -> int:
    """The day of the first purchase on record; the day itself where there is none."""
    first: int | None = connection.scalar(select(func.min(purchases(connection, as_of).c.day)))
    return as_of if first is None else first


def since(as_of: int, first: int) -> int:
    """The day from which on stays are looked at."""
    chances, years = sampled_days(as_of, first)
    return min([as_of, *chances, *years])


def measure(connection: Connection, kept: Table, as_of: int, first: int) -> Measured:
    """What is seen in the `stays` of a family by a day; `first` is the day of the first purchase on record."""
    chances, years = sampled_days(as_of, first)
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


def first_moves(connection: Connection, kept: Table, days: Sequence[int], targets: Iterable[str]) -> dict[Pair, Sums]:
    """How often people found in one stage on the days then entered which of `targets` first, within 90 days."""
    sampled, entry = _sampled(days), kept.alias("entry")
    later = and_(
        entry.c.customer_id == kept.c.customer_id,
        entry.c.entered_on > sampled.c.day,
        entry.c.entered_on <= sampled.c.day + WITHIN,
        entry.c.stage != kept.c.stage,
        entry.c.stage.in_(sorted(targets)),
    )
    place = func.row_number().over(partition_by=(kept.c.customer_id, sampled.c.day), order_by=entry.c.entered_on)
    each = (
        select(kept.c.stage, entry.c.stage.label("target"), kept.c.customer_id, place.label("place"))
        .select_from(_inside(kept, sampled).join(entry, later))
        .subquery("each")
    )
    return _by_pair(connection, select(each).where(each.c.place == 1).subquery("once"))


def month_ends(first: int, last: int) -> list[int]:
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
    return rows_of("sampled", ["day"], [(day,) for day in days] or [(-NEVER,)])


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
    group = bucket(kept.c.customer_id, BUCKETS)
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
    rows, group = _inside(kept, sampled).join(taken, after), bucket(kept.c.customer_id, BUCKETS)
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
    return _by_pair(connection, once)


def _by_pair(connection: Connection, once: Subquery) -> dict[Pair, Sums]:
    group = bucket(once.c.customer_id, BUCKETS)
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


def median(days: Counter[int]) -> int | None:
    """The number of days within which half of them lie."""
    seen = 0
    for number in sorted(days):
        seen += days[number]
        if 2 * seen >= days.total():
            return number
    return None
