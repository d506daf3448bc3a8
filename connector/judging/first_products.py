"""First purchases that are the last: how many come back, by the product that they bought first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, case, distinct, func, select

from connector.judging.figures import LEAST_PEOPLE, proportion
from connector.judging.purchases import occasions, purchases
from connector.models import OrderLine, Product
from connector.tables import table

lines, products = table(OrderLine), table(Product)


def first_products(connection: Connection, as_of: int, within: int, *, least: int = LEAST_PEOPLE) -> dict[str, Any]:
    """Of the people who first bought at least `within` days ago, how many bought again by then: all, and by product.

    Products with `least` such people or more, the worst first. `verdict` is "worse" or "better" where the whole 95 %
    interval lies on one side of the shop's share, else "alike".
    """
    bought = purchases(connection, as_of)
    days = occasions(bought)
    first = select(days).where(days.c.number == 1, days.c.day + within <= as_of).subquery("first")
    again = case((first.c.next_day <= first.c.day + within, first.c.customer_id))
    everyone = connection.execute(select(func.count(first.c.customer_id), func.count(again))).one()
    by_product = (
        select(
            products.c.id,
            products.c.platform_id,
            func.coalesce(products.c.title, func.max(lines.c.title), products.c.platform_id).label("title"),
            func.count(distinct(first.c.customer_id)).label("people"),
            func.count(distinct(again)).label("again"),
        )
        .select_from(first)
        .join(bought, and_(bought.c.customer_id == first.c.customer_id, bought.c.day == first.c.day))
        .join(lines, lines.c.order_id == bought.c.id)
        .join(products, products.c.id == lines.c.product_id)
        .group_by(products.c.id, products.c.platform_id, products.c.title)
        .having(func.count(distinct(first.c.customer_id)) >= least)
    )
    shop = proportion(everyone[1], everyone[0])
    found = [
        {"product": row.platform_id, "title": row.title, **proportion(row.again, row.people)}
        for row in connection.execute(by_product)
    ]
    for entry in found:
        entry["verdict"] = _verdict(entry["interval"], everyone[1], everyone[0])
    found.sort(key=lambda entry: (entry["of_them"] / entry["people"], -entry["people"], entry["product"]))
    return {"within": within, "shop": shop, "products": found}


def _verdict(limits: list[float] | None, again: int, people: int) -> str:
    if limits is None:
        return "alike"
    return "worse" if limits[1] * people < again else "better" if limits[0] * people > again else "alike"
