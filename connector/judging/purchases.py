"""Purchases as they count at the end of a day, as rows for reports: the rules' own pieces, not a rule of their own."""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, Subquery, cast, func, literal, select, union_all

from connector.history.steps import shape_of
from connector.query.clocks import TODAY, CalendarClock
from connector.query.fields import net, orders, refunds, visible
from connector.query.select import COUNTED


def purchases(connection: Connection, as_of: int) -> Subquery:
    """Counted orders as of a day: id, customer_id (None: nobody who is known), day, amount (None: foreign money)."""
    clock = CalendarClock({TODAY: literal(as_of, BigInteger())})
    amount = net(clock, shape_of(connection, as_of))
    bought = select(orders.c.id, orders.c.customer_id, orders.c.local_day.label("day"), amount.label("amount"))
    return bought.where(COUNTED, visible(clock)).subquery("bought")


def takings(bought: Subquery, as_of: int) -> Subquery:
    """What known people brought and took back, as of a day: customer_id, day, amount, orders (1 or 0)."""
    paid = select(bought.c.customer_id, bought.c.day, func.coalesce(bought.c.amount, 0).label("amount"), literal(1))
    back = select(refunds.c.customer_id, refunds.c.day, -refunds.c.amount, literal(0)).where(
        refunds.c.order_id.is_(None), refunds.c.customer_id.is_not(None), refunds.c.day <= as_of
    )
    rows = union_all(paid.where(bought.c.customer_id.is_not(None)), back).subquery("rows")
    customer, day, amount, number = rows.c
    return select(customer, day, cast(amount, BigInteger).label("amount"), number.label("orders")).subquery("taken")


def occasions(bought: Subquery) -> Subquery:
    """The days on which known people bought: customer_id, day, amount, number (from 1), next_day (None: not since)."""
    days = (
        select(bought.c.customer_id, bought.c.day, func.coalesce(func.sum(bought.c.amount), 0).label("amount"))
        .where(bought.c.customer_id.is_not(None))
        .group_by(bought.c.customer_id, bought.c.day)
        .subquery("days")
    )
    number = func.row_number().over(partition_by=days.c.customer_id, order_by=days.c.day)
    following = func.lead(days.c.day).over(partition_by=days.c.customer_id, order_by=days.c.day)
    return select(*days.c, number.label("number"), following.label("next_day")).subquery("occasions")
