"""Products that go together: who bought the one also bought the other, but for some, who can be told of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Subquery, distinct, func, select

from connector.judging.figures import LEAST_PEOPLE, share
from connector.judging.purchases import purchases
from connector.models import OrderLine, Product
from connector.tables import AnyRow, table

MOST_BOUGHT = 100
"""So many products are compared with each other: those that most people bought."""
PAIRS = 20

lines, products = table(OrderLine), table(Product)


def cross_sell(connection: Connection, as_of: int, *, least: int = LEAST_PEOPLE) -> list[dict[str, Any]]:
    """Pairs of products whose first one at least `least` people bought, the closest first.

    `share` of the buyers of `product` bought `other` too; `without` did not. Among all buyers `usual` of them buy
    `other`: only pairs that are closer than that are listed.
    """
    bought = purchases(connection, as_of)
    buyers = connection.scalar(select(func.count(distinct(bought.c.customer_id)))) or 0
    known = {row.id: row for row in _most_bought(connection, bought, least)}
    found = []
    for a, b, both in _together(connection, bought, list(known)):
        one, other = known[a], known[b]
        if both * buyers > one.people * other.people:
            found.append(((-both / one.people, both - one.people, one.id, other.id), one, other, both))
    return [
        {
            "product": one.platform_id,
            "title": one.title,
            "other": other.platform_id,
            "other_title": other.title,
            "people": one.people,
            "both": both,
            "share": share(both, one.people),
            "usual": share(other.people, buyers),
            "without": one.people - both,
        }
        for _, one, other, both in sorted(found, key=lambda pair: pair[0])[:PAIRS]
    ]


def _most_bought(connection: Connection, bought: Subquery, least: int) -> list[AnyRow]:
    people = func.count(distinct(bought.c.customer_id))
    statement = (
        select(
            products.c.id,
            products.c.platform_id,
            func.coalesce(products.c.title, func.max(lines.c.title), products.c.platform_id).label("title"),
            people.label("people"),
        )
        .select_from(bought)
        .join(lines, lines.c.order_id == bought.c.id)
        .join(products, products.c.id == lines.c.product_id)
        .group_by(products.c.id, products.c.platform_id, products.c.title)
        .having(people >= least)
        .order_by(people.desc(), products.c.id)
        .limit(MOST_BOUGHT)
    )
    return list(connection.execute(statement))


def _together(connection: Connection, bought: Subquery, ids: list[int]) -> list[tuple[int, int, int]]:
    """Each two of some products, with how many people bought both."""
    has = (
        select(bought.c.customer_id, lines.c.product_id)
        .join(lines, lines.c.order_id == bought.c.id)
        .where(lines.c.product_id.in_(ids), bought.c.customer_id.is_not(None))
        .distinct()
        .cte("has")
    )
    other = has.alias("other")
    statement = (
        select(has.c.product_id, other.c.product_id, func.count())
        .join(other, other.c.customer_id == has.c.customer_id)
        .where(has.c.product_id != other.c.product_id)
        .group_by(has.c.product_id, other.c.product_id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]
