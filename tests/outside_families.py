"""The stages of every family by plain counting over lists of purchases, as the words say it, without the product.

What compares people with the shop (the usual interval, the scores) is taken from the state of the last Monday, and
before the first Monday from that of the first day with an order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests import outside
from tests.outside import People, Person, Purchase

HALF_YEAR, YEAR = 180, 365


@dataclass(frozen=True)
class Yardsticks:
    """What people are compared with: the shop's mean interval in days, and the least value of each score from 2 on."""

    interval: Fraction | None
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    money: tuple[int, ...]


def stages(people: People, as_of: date) -> dict[str, dict[int, str]]:
    """The stage of everyone known at the end of a day, by family."""
    yardsticks = measured(people, made_on(people, as_of))
    known = {number: person for number, person in people.items() if person.since <= as_of}
    families: Mapping[str, Callable[[list[Purchase]], str]] = {
        "cartelis": lambda bought: cartelis(bought, as_of, yardsticks),
        "loyalty": lambda bought: loyalty(bought, as_of),
        "emarsys": lambda bought: emarsys(bought, as_of, yardsticks),
        "rfm": lambda bought: rfm(bought, as_of, yardsticks),
    }
    found = {
        name: {number: stage(standing(person, as_of)) for number, person in known.items()}
        for name, stage in families.items()
    }
    spread = {number: outside.stage(person, as_of, HALF_YEAR) for number, person in known.items()}
    return {**found, "spread": {number: stage for number, stage in spread.items() if stage is not None}}


def standing(person: Person, as_of: date) -> list[Purchase]:
    """Somebody's purchases at the end of a day."""
    return [purchase for purchase in person.purchases if purchase.stands(as_of, zero=False)]


# The shop's own measures --------------------------------------------------------------------------------------------


def made_on(people: People, as_of: date) -> date:
    """The day whose state people are compared with on a day."""
    first = min(p.day for person in people.values() for p in person.purchases if p.total > 0)
    return max(first, as_of - timedelta(days=as_of.weekday()))


def measured(people: People, day: date) -> Yardsticks:
    """What people are compared with, from the state at the end of a day."""
    buyers = [bought for person in people.values() if (bought := standing(person, day))]
    span = gaps = 0
    for bought in buyers:
        days = {purchase.day for purchase in bought}
        span += (max(days) - min(days)).days
        gaps += len(days) - 1
    return Yardsticks(
        Fraction(span, gaps) if gaps else None,
        fifths(recency(bought) for bought in buyers),
        fifths(frequency(bought, day) for bought in buyers),
        fifths(money(bought, day) for bought in buyers),
    )


def fifths(values: Iterable[int]) -> tuple[int, ...]:
    """For each score from 2 to 5 the least value that one, two, three, four fifths of the people stay below.

    A score that nobody reaches begins above the greatest value.
    """
    ordered = sorted(values)
    cuts = []
    for score in range(2, 6):
        reached = [v for v in dict.fromkeys(ordered) if 5 * bisect_left(ordered, v) >= (score - 1) * len(ordered)]
        cuts.append(min(reached, default=ordered[-1] + 1))
    return tuple(cuts)


def score(value: int, cuts: tuple[int, ...]) -> int:
    """From 1 to 5: one more for each cut that is reached."""
    return 1 + sum(value >= cut for cut in cuts)


def recency(bought: list[Purchase]) -> int:
    """The later the last purchase, the greater."""
    return max(purchase.day for purchase in bought).toordinal()


def frequency(bought: list[Purchase], as_of: date) -> int:
    """Days with a purchase in the last 365."""
    return len({purchase.day for purchase in bought if within(purchase, as_of, YEAR)})


def money(bought: list[Purchase], as_of: date) -> int:
    """What was spent in the last 365 days, net of what was given back."""
    return sum(purchase.net(as_of) for purchase in bought if within(purchase, as_of, YEAR))


def within(purchase: Purchase, as_of: date, days: int) -> bool:
    """Whether a purchase is one of the last so many days, today included."""
    return (as_of - purchase.day).days < days


# The families -------------------------------------------------------------------------------------------------------


def silence(bought: list[Purchase], as_of: date, yardsticks: Yardsticks) -> Fraction | None:
    """How many expected intervals ago the last purchase was; None while the shop has no interval.

    Expected is the mean of one's own gaps and of two gaps more as long as the shop's, a week at least.
    """
    if yardsticks.interval is None:
        return None
    days = sorted({purchase.day for purchase in bought})
    expected = (2 * yardsticks.interval + (days[-1] - days[0]).days) / (2 + len(days) - 1)
    return Fraction((as_of - days[-1]).days) / max(expected, Fraction(7))


def cartelis(bought: list[Purchase], as_of: date, yardsticks: Yardsticks) -> str:
    """By purchase days and silence; of those who bought once, until when they may still come back."""
    if not bought:
        return "prospect"
    quiet = silence(bought, as_of, yardsticks) or Fraction(0)
    if len({purchase.day for purchase in bought}) == 1:
        return "one_time_lapsed" if quiet > 3 else "one_time"
    for bound, stage in ((4, "lost"), (3, "inactive"), (2, "at_risk")):
        if quiet > bound:
            return stage
    lately = {purchase.day for purchase in bought if within(purchase, as_of, HALF_YEAR)}
    return "loyal" if len(lately) >= 3 else "repeat"


def loyalty(bought: list[Purchase], as_of: date) -> str:
    """By the number of orders in half a year."""
    lately = [purchase for purchase in bought if within(purchase, as_of, HALF_YEAR)]
    if len(lately) >= 2:
        return "regular"
    if len(lately) == 1:
        return "new" if len(bought) == 1 else "occasional"
    return "inactive" if bought else "prospect"


def emarsys(bought: list[Purchase], as_of: date, yardsticks: Yardsticks) -> str:
    """By the number of orders ever, unless the silence is long."""
    if not bought:
        return "prospect"
    if (silence(bought, as_of, yardsticks) or 0) > 2:
        return "reconquest"
    return {1: "conversion", 2: "growth", 3: "growth"}.get(len(bought), "retention")


def rfm(bought: list[Purchase], as_of: date, yardsticks: Yardsticks) -> str:
    """By the score of recency, and the mean V of the scores of frequency and money."""
    if not bought:
        return "prospects"
    r = score(recency(bought), yardsticks.recency)
    f = score(frequency(bought, as_of), yardsticks.frequency)
    v = Fraction(f + score(money(bought, as_of), yardsticks.money), 2)
    if r == 1:
        return "previously_loyal" if v >= 3 else "dormant"
    if r == 2:
        return "at_risk" if v >= 3 else "almost_lost"
    high, middle, low = {
        5: ("champions", "active", "new"),
        4: ("loyal", "active", "promising"),
        3: ("loyal", "needs_attention", "almost_lost"),
    }[r]
    return high if v >= 4 else middle if v >= 2 else low
