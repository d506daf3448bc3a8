"""Shares, amounts and intervals, as all reports give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from math import ceil, exp, lgamma, log, sqrt
from random import Random
from typing import Any

LEAST_PEOPLE = 100
"""Below so many people an estimate has no interval, and is not shown."""
LEAST_DAYS = 365
"""Nor is it with a history of fewer days."""

BUCKETS = 199
DRAWS = 1000
_SEED = 20


def share(part: int, whole: int) -> float | None:
    """A part of a whole from 0 to 1, to four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def money(minor: int, currency: str) -> dict[str, Any]:
    """An amount as reports give it."""
    return {"minor": minor, "currency": currency}


def proportion(part: int, whole: int) -> dict[str, Any]:
    """How many of how many people, their share, and its 95 % interval where there are enough of them."""
    return {"people": whole, "of_them": part, "share": share(part, whole), "interval": interval(part, whole)}


def interval(part: int, whole: int) -> list[float] | None:
    """The 95 % bootstrap interval of a share of people who are independent of each other; None for too few people.

    Drawing them again and again with replacement makes a binomial number; its percentiles are worked out, not drawn.
    """
    if whole < LEAST_PEOPLE:
        return None
    if part in (0, whole):
        return [float(part == whole)] * 2
    return [round(limit / whole, 4) for limit in _binomial(part, whole)]


def _binomial(part: int, whole: int) -> tuple[int, int]:
    """The 2.5th and the 97.5th percentile of a binomial number."""
    rate, spread = part / whole, sqrt(part * (whole - part) / whole)
    low, total, found = max(0, int(part - 9 * spread) - 9), 0.0, part
    limits: list[int] = []
    for count in range(low, whole + 1):
        ways = lgamma(whole + 1) - lgamma(count + 1) - lgamma(whole - count + 1)
        total += exp(ways + count * log(rate) + (whole - count) * log(1 - rate))
        found = count
        if not limits and total >= 0.025:
            limits.append(count)
        if total >= 0.975:
            break
    return (limits or [found])[0], found


def resampled(values: dict[int, int]) -> list[int]:
    """What figures known by bucket sum to, in each of `DRAWS` draws of the buckets with replacement.

    The draws are seeded: all that is known of one person is drawn together.
    """
    row = list(values.items())
    return [sum(weights[number] * value for number, value in row) for weights in _draws()]


@cache
def _draws() -> list[list[int]]:
    """How often each draw has each bucket: the same each time, and 200,000 numbers to draw."""
    random = Random(_SEED)
    counted = (Counter(random.choices(range(BUCKETS), k=BUCKETS)) for _ in range(DRAWS))
    return [[drawn[number] for number in range(BUCKETS)] for drawn in counted]


def middle(values: Sequence[float]) -> tuple[float, float]:
    """The limits between which the middle 95 % of some values lie."""
    ordered = sorted(values)
    cut = ceil(len(ordered) * 25 / 1000)
    return ordered[cut - 1], ordered[-cut]
