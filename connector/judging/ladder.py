"""The odds of the next purchase: of those who have bought n times, how many buy once more within some days."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select, true

from connector.judging.figures import proportion
from connector.judging.purchases import occasions, purchases

RUNGS = 10


def ladder(connection: Connection, as_of: int, within: int | None) -> list[dict[str, Any]]:
    """For n = 1, 2, …: how many bought an n-th time at least `within` days ago, and how many again by then.

    A purchase is a day on which somebody bought. `within` None asks who came back at all, whenever they bought.
    """
    days = occasions(purchases(connection, as_of))
    seen = true() if within is None else days.c.day + within <= as_of
    again = days.c.next_day.is_not(None) if within is None else days.c.next_day <= days.c.day + within
    found = (
        select(days.c.number, func.count().label("people"), func.count().filter(again).label("again"))
        .where(seen, days.c.number <= RUNGS)
        .group_by(days.c.number)
        .order_by(days.c.number)
    )
    return [{"purchases": row.number, **proportion(row.again, row.people)} for row in connection.execute(found)]
