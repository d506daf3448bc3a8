"""What first purchases bring against later ones, month by month, and how many of each month's newcomers come back."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import CTE, Connection, case, distinct, func, select

from connector.days import day_date, day_number
from connector.dialects import rows_of
from connector.history.segments import currency_of
from connector.judging.figures import money, share
from connector.judging.purchases import occasions, purchases, takings


def acquisition(connection: Connection, as_of: int) -> list[dict[str, Any]]:
    """For each month with a purchase: people and revenue of first occasions, occasions and revenue of later ones.

    An occasion is a day on which somebody bought. `anonymous` is revenue of nobody who is known, `taken_back` what was
    given back without an order: both belong to neither side.
    """
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for day, found in _by_day(connection, as_of):
        months[_month(day)].update(found)
    currency = currency_of(connection)
    return [
        {
            "month": month,
            "first": {"occasions": sums["first"], "revenue": money(sums["first_revenue"], currency)},
            "later": {"occasions": sums["later"], "revenue": money(sums["later_revenue"], currency)},
            "later_share": share(sums["later_revenue"], sums["first_revenue"] + sums["later_revenue"]),
            "anonymous": money(sums["anonymous"], currency),
            "taken_back": money(-sums["credits"], currency),
        }
        for month, sums in sorted(months.items())
    ]


def cohorts(connection: Connection, as_of: int) -> list[dict[str, Any]]:
    """People by the month of their first purchase, and how many of them bought in each month from then on."""
    bought = occasions(purchases(connection, as_of))
    first_day, last_day = connection.execute(select(func.min(bought.c.day), func.max(bought.c.day))).one()
    if first_day is None:
        return []
    month = _months(first_day, last_day)
    begun = func.min(bought.c.day).over(partition_by=bought.c.customer_id).label("begun")
    each = select(bought.c.customer_id, bought.c.day, begun).subquery("each")
    found = (
        select(each.c.begun, month.c.first, func.count(distinct(each.c.customer_id)))
        .join(month, each.c.day.between(month.c.first, month.c.last))
        .group_by(each.c.begun, month.c.first)
    )
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for day, first, number in connection.execute(found):
        people[_month(day)][_month(first)] += number
    return [
        {"month": joined, "people": bought_in[joined], "bought": dict(sorted(bought_in.items()))}
        for joined, bought_in in sorted(people.items())
    ]


def _by_day(connection: Connection, as_of: int) -> list[tuple[int, dict[str, int]]]:
    """The sums of each day, under the names that `acquisition` gives them."""
    bought = purchases(connection, as_of)
    days = occasions(bought)
    side = case((days.c.number == 1, "first"), else_="later")
    known = select(days.c.day, side.label("side"), func.count().label("n"), func.sum(days.c.amount).label("revenue"))
    rows = connection.execute(known.group_by(days.c.day, side))
    found = [(row.day, {row.side: row.n, f"{row.side}_revenue": int(row.revenue)}) for row in rows]
    nobody = select(bought.c.day, func.sum(bought.c.amount).label("revenue")).where(bought.c.customer_id.is_(None))
    rows = connection.execute(nobody.group_by(bought.c.day))
    found += [(row.day, {"anonymous": int(row.revenue or 0)}) for row in rows]
    taken = takings(bought, as_of)
    back = select(taken.c.day, func.sum(taken.c.amount).label("revenue")).where(taken.c.orders == 0)
    rows = connection.execute(back.group_by(taken.c.day))
    return found + [(row.day, {"credits": int(row.revenue)}) for row in rows]


def _month(day: int) -> str:
    return day_date(day).isoformat()[:7]


def _months(first_day: int, last_day: int) -> CTE:
    """The months of some days, each with its first and last day."""
    month, rows = day_date(first_day).replace(day=1), []
    while day_number(month) <= last_day:
        end = month.replace(day=monthrange(month.year, month.month)[1])
        rows.append((day_number(month), day_number(end)))
        month = date.fromordinal(end.toordinal() + 1)
    return rows_of("month", ["first", "last"], rows)
