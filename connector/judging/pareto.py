"""How much of the revenue the best customers bring: 80 % from 20 % is a saying, this is the shop's own figure."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from connector.days import day_date
from connector.history.segments import currency_of
from connector.judging.figures import money, share
from connector.judging.purchases import purchases, takings

PERCENT = 20
YEAR = 365
STEP = 5
"""Per cent between two points of the curve."""


def pareto(connection: Connection, as_of: int, *, percent: int = PERCENT) -> dict[str, Any]:
    """What the top `percent` % of buyers by net spend brought, over the last 365 days and ever; ties are in."""
    return {
        "as_of": day_date(as_of).isoformat(),
        "percent": percent,
        "year": _top(connection, as_of, percent, as_of - YEAR),
        "lifetime": _top(connection, as_of, percent, None),
    }


def _top(connection: Connection, as_of: int, percent: int, after: int | None) -> dict[str, Any]:
    """The top of those who bought after a day."""
    spent = _by_amount(connection, as_of, after)
    buyers, revenue = sum(people for _, people in spent), sum(amount * people for amount, people in spent)
    wanted, people, brought, least = -(-buyers * percent // 100), 0, 0, 0
    for amount, number in spent:
        if people >= wanted:
            break
        people, brought, least = people + number, brought + amount * number, amount
    currency = currency_of(connection)
    return {
        "buyers": buyers,
        "people": people,
        "least": money(least, currency),
        "revenue": money(brought, currency),
        "of": money(revenue, currency),
        "share": share(brought, revenue),
        "people_for_80": _needed(spent, revenue),
        "curve": _curve(spent, buyers, revenue),
    }


def _curve(spent: list[tuple[int, int]], buyers: int, revenue: int) -> list[dict[str, Any]]:
    """Which share of the revenue the best 5, 10, 15, … % of the buyers bring; of equals, as many as are wanted."""
    found = []
    for percent in range(0, 101, STEP) if revenue > 0 else ():
        left, brought = round(buyers * percent / 100), 0
        for amount, number in spent:
            brought += amount * min(number, left)
            left -= min(number, left)
            if not left:
                break
        found.append({"percent": percent, "share": share(brought, revenue)})
    return found


def _needed(spent: list[tuple[int, int]], revenue: int) -> int:
    """How many of the best bring 80 % of the revenue."""
    people = brought = 0
    for amount, number in spent:
        missing = 80 * revenue - 100 * brought
        if missing <= 0 or amount <= 0:
            break
        taken = min(number, -(-missing // (100 * amount)))
        people, brought = people + taken, brought + taken * amount
    return people


def _by_amount(connection: Connection, as_of: int, after: int | None) -> list[tuple[int, int]]:
    """Each net amount with how many buyers spent it, the largest first."""
    taken = takings(purchases(connection, as_of), as_of)
    one = select(func.sum(taken.c.amount).label("spent")).group_by(taken.c.customer_id)
    one = one.having(func.sum(taken.c.orders) > 0)
    if after is not None:
        one = one.where(taken.c.day > after)
    spent = one.subquery("one")
    found = connection.execute(select(spent.c.spent, func.count().label("people")).group_by(spent.c.spent))
    return sorted(((int(row.spent), row.people) for row in found), reverse=True)
