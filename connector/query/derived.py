"""Attributes that are worked out of measures and of the shop's own figures: add an entry, and rules know it.

An entry is a `Derived` or a `Graded` of `connector.query.measures`, whose docstrings say what each field means and
how its next review is found. The calibration keys that it names are bound for each day from `Calibrations.value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from connector.dialects import greatest
from connector.models import Order, Refund
from connector.query.bounds import Crossing, Edge, Span
from connector.query.habits import (
    RECENT,
    channel_mix,
    cheaper,
    favourite_category,
    favourite_channel,
    rarer,
    returning,
    signs,
)
from connector.query.measures import EVERY, Aggregate, Derived, Figures, Graded, Kind, Rows, Test
from connector.tables import table

orders, refunds = table(Order).alias("d"), table(Refund).alias("g")

POOLED = "interval.pooled"
"""The mean number of days between two purchase days of the shop's people, in thousandths of a day."""

FLOOR = 7
"""Days below which no interval is expected."""


def interval(figures: Figures) -> ColumnElement[int]:
    """What stands above the line of the expected interval: 2 x pooled and the own gaps, in thousandths of a day.

    Null for who never bought, and for everyone while nobody has bought on two days.
    """
    own = (figures.value("last") - figures.value("first")) * 1000
    expected = 2 * figures.constant(POOLED) + own
    return case((expected.is_not(None), greatest(expected, FLOOR * 1000 * gaps(figures))))


def gaps(figures: Figures) -> ColumnElement[int]:
    """What stands below the line: 2 and the number of own gaps."""
    return figures.value("days") + 1


def idle(figures: Figures) -> ColumnElement[int]:
    """Days since the last purchase day; null for who never bought."""
    return figures.today - figures.value("last")


def of_buyers(measure: Aggregate, having: Rows = EVERY) -> Derived:
    """A measure of those who have such orders, of those who ever bought by default; nobody else has a score."""
    return Derived(
        measure.measure,
        Kind.COUNT,
        value=lambda figures: case((figures.value("count", having) > 0, figures.value(measure.measure, measure.rows))),
        needs=(Aggregate("count", having), measure),
    )


def returned(figures: Figures) -> ColumnElement[int]:
    """What was given back to somebody by the day, in minor units, of orders that were purchases once."""
    return _refunds(figures, func.coalesce(func.sum(refunds.c.amount), 0))


def returns(figures: Figures) -> ColumnElement[int]:
    """How many times something was given back to somebody by the day."""
    return _refunds(figures, func.count())


def bought(figures: Figures) -> ColumnElement[Any]:
    """What somebody's orders came to by the day, with those that were taken back since."""
    placed = select(func.sum(orders.c.total)).where(
        orders.c.customer_id == figures.person, orders.c.counted == 1, orders.c.local_day <= figures.today
    )
    return placed.scalar_subquery()


def couponed(figures: Figures) -> ColumnElement[int]:
    """How many of somebody's purchases used a coupon."""
    used = select(func.count()).where(
        orders.c.customer_id == figures.person,
        orders.c.counted == 1,
        orders.c.local_day <= figures.today,
        or_(orders.c.void_day.is_(None), orders.c.void_day > figures.today),
        orders.c.coupons.is_not(None),
    )
    return used.scalar_subquery()


def _refunds(figures: Figures, what: ColumnElement[Any]) -> ColumnElement[int]:
    given_back = (
        select(what)
        .select_from(refunds.join(orders, orders.c.id == refunds.c.order_id))
        .where(refunds.c.customer_id == figures.person, refunds.c.day <= figures.today, orders.c.counted == 1)
    )
    return given_back.scalar_subquery()


SPREAD_OF_DAYS = (Aggregate("first"), Aggregate("last"), Aggregate("days"))
LAST_YEAR = Rows((Test("date", Span(low=Edge(1, 365, "d"))),))

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
    Derived("refund_rate", Kind.RATIO, value=returned, per=lambda figures: func.coalesce(bought(figures), 0)),
    Derived("returns_count", Kind.COUNT, value=returns),
    Derived(
        "coupon_share",
        Kind.RATIO,
        value=couponed,
        per=lambda figures: figures.value("count"),
        needs=(Aggregate("count"),),
    ),
    Derived(
        "defection_signs",
        Kind.COUNT,
        value=signs,
        needs=(Aggregate("count"),),
        crossings=(("row", Crossing(RECENT, RECENT)), ("refund", Crossing(RECENT, RECENT))),
        parts=(
            Derived("rarer", Kind.COUNT, rarer),
            Derived("cheaper", Kind.COUNT, cheaper),
            Derived("returning", Kind.COUNT, returning),
        ),
    ),
    Derived("favourite_category", Kind.TEXT, value=favourite_category),
    Derived("favourite_channel", Kind.TEXT, value=favourite_channel),
    Derived("channel_mix", Kind.TEXT, value=channel_mix),
    Graded("rfm_r", Aggregate("last"), "rfm.r", 5),
    Graded("rfm_f", of_buyers(Aggregate("days", LAST_YEAR)), "rfm.f", 5),
    Graded("rfm_m", of_buyers(Aggregate("sum", LAST_YEAR)), "rfm.m", 5),
    Graded("spend_rank_pct", of_buyers(Aggregate("sum", LAST_YEAR), LAST_YEAR), "spend_rank", 100, falling=True),
)

DERIVED: Mapping[str, Derived | Graded] = {entry.name: entry for entry in ENTRIES}
