"""What it would be worth to bring people from one stage to another: how many, how likely, and how much more they bring.

    value = people in `from` × chance of `to` within 90 days × (what people in `to` bring in a year − those in `from`)

Chance and yearly value are measured on the ends of past months, of which the 90 or 365 days after are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from connector.history.segments import currency_of
from connector.history.stays import stays
from connector.judging.figures import LEAST_DAYS, LEAST_PEOPLE, middle, money, share
from connector.judging.measured import WITHIN, Measured, Pair, Sums, first_day, measure, median, since


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

    def drawn(self) -> list[float | None]:
        """What each draw makes of the value; None where it drew nobody."""
        people = self.measured.now.get(self.pair[0], 0)
        return [
            people * (moved / seen) * (more / of_more - less / of_less) if seen and of_less and of_more else None
            for moved, seen, less, of_less, more, of_more in zip(
                *(self.measured.draws(sums) for sums in self.figures), strict=True
            )
        ]

    def interval(self) -> list[int]:
        """The limits between which 95 % of the draws lie, in minor units."""
        return [round(limit) for limit in middle([value for value in self.drawn() if value is not None])]


def priorities(
    connection: Connection, family: str, as_of: int, pairs: Iterable[Pair] | None = None
) -> list[dict[str, Any]]:
    """Each pair of stages (by default where anyone went) with what it is made of, the most valuable first.

    `enough` is False, with the `reason`, under 100 people or 12 months; such pairs come last and without a value.
    """
    first = first_day(connection, as_of)
    currency = currency_of(connection)
    with stays(connection, family, since(as_of, first), as_of) as kept:
        measured = measure(connection, kept, as_of, first)
    wanted = measured.went() if pairs is None else [(f"{family}.{a}", f"{family}.{b}") for a, b in pairs]
    judged = [Opportunity(measured, pair, as_of - first) for pair in wanted]
    valued = sorted((found for found in judged if found.missing is None), key=lambda found: -found.amount())
    return [_entry(found, currency) for found in [*valued, *(found for found in judged if found.missing)]]


def _entry(found: Opportunity, currency: str) -> dict[str, Any]:
    measured, (origin, target) = found.measured, found.pair
    entry: dict[str, Any] = {
        "from": origin.partition(".")[2],
        "to": target.partition(".")[2],
        "people": measured.now.get(origin, 0),
        "within": WITHIN,
        "median_days": median(measured.days.get(found.pair, Counter())),
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
