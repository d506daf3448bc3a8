"""A window that fits the shop: long enough for nine in ten of those who come back to have come back within it."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from sqlalchemy import Connection, func, select

from connector.judging.figures import LEAST_PEOPLE, share
from connector.judging.purchases import occasions, purchases
from connector.language import Language

STEP = 30
PERCENT = 90

_WORDS: dict[Language, str] = {
    "en": "Of {gaps} gaps between two purchases, half are of {half} days or less and {percent}% of {most} or less: "
    "a window of {window} days covers them.",
    "fr": "Sur {gaps} intervalles entre deux achats, la moitié durent {half} jours ou moins et {percent} % durent "
    "{most} jours ou moins : une fenêtre de {window} jours les couvre.",
}
_FEW: dict[Language, str] = {
    "en": " Only {people} people have bought twice: too few to rely on.",
    "fr": " Seulement {people} personnes ont acheté deux fois : trop peu pour s'y fier.",
}
_NONE: dict[Language, str] = {"en": "Nobody has bought twice yet.", "fr": "Personne n'a encore acheté deux fois."}


def window(connection: Connection, as_of: int, language: Language = "en") -> dict[str, Any]:
    """The smallest multiple of 30 days that covers the 90th percentile of the gaps between a person's purchases.

    With the share of them that it `covers`, and how they lie: how many there are up to each multiple of 30 days. Gaps
    that are still open say nothing.
    """
    days = occasions(purchases(connection, as_of))
    closed = days.c.next_day.is_not(None)
    gap = (days.c.next_day - days.c.day).label("gap")
    rows = connection.execute(select(gap, func.count().label("n")).where(closed).group_by(gap)).all()
    gaps = sorted((row.gap, row.n) for row in rows)
    total = sum(number for _, number in gaps)
    if not total:
        return {"window": None, "covers": None, "enough": False, "people": 0, "gaps": 0, "words": _NONE[language]}
    people = connection.scalar(select(func.count()).where(closed, days.c.number == 1)) or 0
    half, most = _percentile(gaps, 50), _percentile(gaps, PERCENT)
    fitting = -(-most // STEP) * STEP
    number = format_decimal(total, locale=language)
    facts = {"gaps": number, "half": half, "most": most, "percent": PERCENT, "window": fitting}
    words, enough = _WORDS[language].format(**facts), people >= LEAST_PEOPLE
    return {
        "window": fitting,
        "covers": share(sum(count for gap, count in gaps if gap <= fitting), total),
        "enough": enough,
        "people": people,
        "gaps": total,
        "percentiles": {str(percent): _percentile(gaps, percent) for percent in (50, 75, PERCENT, 95)},
        "distribution": _distribution(gaps),
        "words": words if enough else words + _FEW[language].format(people=people),
    }


def _percentile(gaps: list[tuple[int, int]], percent: int) -> int:
    """The smallest gap than which so many in a hundred are no longer."""
    total, seen = sum(number for _, number in gaps), 0
    for gap, number in gaps:
        seen += number
        if 100 * seen >= percent * total:
            return gap
    return gaps[-1][0]


def _distribution(gaps: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """How many gaps there are up to each multiple of 30 days."""
    total = sum(number for _, number in gaps)
    ends = range(STEP, gaps[-1][0] + STEP, STEP)
    covered = [(end, sum(number for gap, number in gaps if gap <= end)) for end in ends]
    return [{"days": end, "gaps": number, "share": share(number, total)} for end, number in covered]
