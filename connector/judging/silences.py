"""Days without any order where the shop usually has some: the platform, a file or the pull may have left them out."""

from __future__ import annotations

from sqlalchemy import Connection, select

from connector.models import Order
from connector.tables import table

LEAST_DAYS = 14
TIMES = 10
"""So many times the usual distance of two days with orders makes a silence."""

orders = table(Order)


def silences(connection: Connection, as_of: int) -> list[tuple[int, int]]:
    """The first and the last day of each silence, up to a day; the time after the last order is one too."""
    bought = select(orders.c.local_day).where(orders.c.counted == 1, orders.c.local_day <= as_of).distinct()
    days = sorted(connection.scalars(bought))
    if len(days) < TIMES:
        return []
    usual = (days[-1] - days[0]) / (len(days) - 1)
    least = max(LEAST_DAYS, TIMES * usual)
    ends = [*days[1:], as_of + 1]
    return [(day + 1, end - 1) for day, end in zip(days, ends, strict=True) if end - day - 1 >= least]
