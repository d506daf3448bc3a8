"""Attributes that are worked out of measures and of the shop's own figures: add an entry, and rules know it.

An entry is a `Derived` or a `Graded` of `connector.query.measures`, whose docstrings say what each field means and
how its next review is found. The calibration keys that it names are bound for each day from `Calibrations.value`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from connector.dialects import greatest
from connector.query.measures import Aggregate, Derived, Figures, Graded, Kind

POOLED = "interval.pooled"
"""The mean number of days between two purchase days of the shop's people, in thousandths of a day."""

FLOOR = 7
"""Days below which no interval is expected."""


def interval(figures: Figures) -> ColumnElement[int]:
    """What stands above the line of the expected interval: 2 x pooled and the own gaps, in thousandths of a day."""
    own = (figures.value("last") - figures.value("first")) * 1000
    return greatest(2 * figures.constant(POOLED) + own, FLOOR * 1000 * gaps(figures))


def gaps(figures: Figures) -> ColumnElement[int]:
    """What stands below the line: 2 and the number of own gaps."""
    return figures.value("days") + 1


def idle(figures: Figures) -> ColumnElement[int]:
    """Days since the last purchase day; null for who never bought."""
    return figures.today - figures.value("last")


SPREAD_OF_DAYS = (Aggregate("first"), Aggregate("last"), Aggregate("days"))

ENTRIES: tuple[Derived | Graded, ...] = (
    Derived(
        "average_order_value",
        Kind.PRICE,
        value=lambda figures: figures.value("sum"),
        per=lambda figures: figures.value("count"),
        needs=(Aggregate("sum"), Aggregate("count")),
    ),
    Derived(
        "expected_interval_days",
        Kind.RATIO,
        value=interval,
        per=lambda figures: gaps(figures) * 1000,
        needs=SPREAD_OF_DAYS,
        constants=(POOLED,),
    ),
    Derived(
        "gap_ratio",
        Kind.RATIO,
        value=lambda figures: idle(figures) * gaps(figures) * 1000,
        per=interval,
        needs=SPREAD_OF_DAYS,
        constants=(POOLED,),
        slope=lambda figures: gaps(figures) * 1000,
    ),
)

DERIVED: Mapping[str, Derived | Graded] = {entry.name: entry for entry in ENTRIES}
