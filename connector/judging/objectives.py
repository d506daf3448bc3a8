"""What the catalogue's objectives would be worth, and how many people a month do what each one wants.

    value = for each `from` and `to`: people × chance of `to` within 90 days × (what `to` brings in a year − `from`)

Where an objective is to stay, its value is what those who leave, at the chance measured, would bring less than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, and_, distinct, func, or_, select

from connector.catalogue import Family, Move, Objective
from connector.days import day_date
from connector.dialects import rows_of
from connector.history.segments import currency_of
from connector.history.stays import stays
from connector.judging.figures import middle, money, share
from connector.judging.measured import (
    WITHIN,
    Sums,
    first_day,
    first_moves,
    measure,
    median,
    month_ends,
    sampled_days,
    since,
)
from connector.judging.priorities import Opportunity

LATELY = 3
"""The pace is the mean of so many of the last whole months."""


@dataclass(frozen=True)
class Judged:
    """One objective for the stages of one family: its parts, from each stage to each other one."""

    objective: Objective
    family: str
    move: Move
    parts: tuple[Opportunity, ...]
    observed: tuple[tuple[str, int], ...]  # month and people

    @property
    def known(self) -> list[Opportunity]:
        """The parts that have a value."""
        return [part for part in self.parts if part.missing is None]

    @property
    def missing(self) -> str | None:
        """Why there is no value; None where half of the moves, or more, have one."""
        known, whole = (sum(_times(part) for part in parts) for parts in (self.known, self.parts))
        reasons = [part.missing for part in self.parts if part.missing is not None]
        return reasons[0] if reasons and (2 * known < whole or not self.known) else None

    @cached_property
    def value(self) -> int:
        """What it is worth, in minor units."""
        return round(self._sign * sum((part.amount() for part in self.known), Fraction(0)))

    def interval(self) -> list[int]:
        """The limits between which 95 % of the draws lie, in minor units."""
        draws = zip(*(part.drawn() for part in self.known), strict=True)
        sums = [self._sign * sum(one for one in draw if one is not None) for draw in draws if None not in draw]
        return [round(limit) for limit in middle(sums)]

    @property
    def _sign(self) -> int:
        return -1 if _stays(self.move) else 1


def objectives(
    connection: Connection, wanted: Mapping[str, Objective], families: Sequence[Family], as_of: int
) -> list[dict[str, Any]]:
    """Each objective for each of the families, which must be in force; the most valuable first.

    "observed" are the people who made the move (or stayed) in each of the last twelve whole months, "pace" their mean
    over the last three, against `target` and `deadline`. `enough` is False, with the `reason`, under 100 people or 12
    months; else there are "chance" (of the move; where it is to stay: of leaving) within 90 days, "yearly", "value"
    with its "interval", and in `left_out` the moves of which nothing can be said. Value and "median_days" are the two
    axes of a matrix of what to do first.
    """
    first, currency = first_day(connection, as_of), currency_of(connection)
    judged = [found for family in families for found in _of_family(connection, wanted, family, as_of, first)]
    judged.sort(key=lambda found: (found.missing is not None, -found.value if found.missing is None else 0))
    return [_entry(found, currency) for found in judged]


def _of_family(
    connection: Connection, wanted: Mapping[str, Objective], family: Family, as_of: int, first: int
) -> list[Judged]:
    keys = [family.segment_key(stage) for stage in family.stages]
    asked = [
        (objective, move)
        for objective in wanted.values()
        for move in objective.moves
        if {*move.origin, *move.to} <= {*keys}
    ]
    if not asked:
        return []
    months = sorted(month_ends(first, as_of))
    chances, _ = sampled_days(as_of, first)
    begin = min([since(as_of, first), *(_start(end) - 1 for end in months)])
    with stays(connection, family.key, begin, as_of) as kept:
        measured = measure(connection, kept, as_of, first)
        found = []
        for objective, move in asked:
            targets = [key for key in keys if key not in move.to] if _stays(move) else move.to
            moved = first_moves(connection, kept, chances, targets)
            own = replace(measured, moved=moved)
            parts = [Opportunity(own, (a, b), as_of - first) for a in move.origin for b in targets if a != b]
            observed = _observed(connection, kept, move, months)
            found.append(Judged(objective, family.key, move, tuple(parts), observed))
    return found


def _observed(connection: Connection, kept: Table, move: Move, months: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """How many people made a move, or stayed, in each of the months that end on those days."""
    if not months:
        return ()
    rows = [(_start(end), end) for end in months]
    month = rows_of("month", ["first", "last"], rows)
    if _stays(move):
        then = kept.alias("was")
        joined = month.join(kept, _there(kept, month.c.last)).join(
            then, and_(then.c.customer_id == kept.c.customer_id, _there(then, month.c.first - 1))
        )
        made = and_(then.c.stage.in_(move.origin), kept.c.stage.in_(move.to))
    else:
        joined = month.join(kept, kept.c.entered_on.between(month.c.first, month.c.last))
        made = and_(kept.c.before.in_(move.origin), kept.c.stage.in_(move.to))
    people = func.count(distinct(kept.c.customer_id))
    statement = select(month.c.last, people).select_from(joined).where(made).group_by(month.c.last)
    found: dict[int, int] = {row[0]: row[1] for row in connection.execute(statement)}
    return tuple((_month(end), found.get(end, 0)) for end in months)


def _there(kept: Any, day: Any) -> Any:  # noqa: ANN401 - a table or its alias, and a column of it
    return and_(kept.c.entered_on <= day, or_(kept.c.left_on.is_(None), kept.c.left_on > day))


def _entry(found: Judged, currency: str) -> dict[str, Any]:
    move, objective = found.move, found.objective
    measured = found.parts[0].measured
    days = sum((measured.days.get(part.pair, Counter()) for part in found.parts), Counter[int]())
    lately = [people for _, people in found.observed[-LATELY:]]
    entry = {
        "objective": objective.key,
        "family": found.family,
        "from": [key.rpartition(".")[2] for key in move.origin],
        "to": [key.rpartition(".")[2] for key in move.to],
        "stays": _stays(move),
        "people": sum(measured.now.get(key, 0) for key in move.origin),
        "within": WITHIN,
        "median_days": median(days),
        "observed": [{"month": month, "people": people} for month, people in found.observed],
        "pace": round(sum(lately) / len(lately), 1) if lately else None,
        "target": objective.target,
        "deadline": None if objective.deadline is None else objective.deadline.isoformat(),
        "enough": found.missing is None,
    }
    if found.missing is not None:
        return {**entry, "reason": found.missing}
    left_out = [part for part in found.parts if part.missing is not None and _times(part)]
    return {
        **entry,
        "chance": share(sum(_times(part) for part in found.parts), _whole(measured.seen, move.origin)),
        "yearly": {
            "from": _yearly(found, {part.pair[0] for part in found.known}, currency),
            "to": _yearly(found, {part.pair[1] for part in found.known}, currency),
        },
        "value": money(found.value, currency),
        "interval": [money(limit, currency) for limit in found.interval()],
        "left_out": [
            {"from": a.rpartition(".")[2], "to": b.rpartition(".")[2], "reason": part.missing}
            for part in left_out
            for a, b in [part.pair]
        ],
    }


def _yearly(found: Judged, stages: set[str], currency: str) -> dict[str, Any] | None:
    """What somebody in one of the stages brings in a year, in the mean."""
    measured = found.parts[0].measured
    people = _whole(measured.valued, stages)
    return money(round(Fraction(_whole(measured.revenue, stages), people)), currency) if people else None


def _whole(figures: Mapping[str, Sums], stages: Iterable[str]) -> int:
    return sum(sum(figures.get(key, {}).values()) for key in stages)


def _times(part: Opportunity) -> int:
    """How often the move of a part was seen."""
    return sum(part.measured.moved.get(part.pair, {}).values())


def _stays(move: Move) -> bool:
    return {*move.origin} == {*move.to}


def _start(end: int) -> int:
    """The first day of the month that ends on a day."""
    return end - day_date(end).day + 1


def _month(day: int) -> str:
    return day_date(day).isoformat()[:7]
