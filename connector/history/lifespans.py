"""How long products last: found from the gaps between purchases of everyone, or said by the merchant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, func, insert, literal, or_, select

from connector.identity import touch
from connector.models import Order, OrderLine, Product, ProductLifespan
from connector.query.replenish import bought, orders, spans, usual
from connector.tables import table

ENOUGH = 20
"""Times that people came back for a product before their gaps say how long it lasts."""

manual, products = table(ProductLifespan), table(Product)


def observed(connection: Connection, day: int) -> dict[int, int]:
    """By product, the median of the gaps over the pieces bought before, as of a day, in thousandths of a day a piece.

    Of the products for which people came back often enough.
    """
    purchases = bought([orders.c.customer_id.is_not(None)], literal(day), orders.c.customer_id).subquery("bought")
    gaps = spans(purchases, purchases.c.customer_id)
    counted = select(gaps.c.product_id, gaps.c.span, func.count().label("times")).where(gaps.c.span.is_not(None))
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for row in connection.execute(counted.group_by(gaps.c.product_id, gaps.c.span)):
        found[row.product_id][int(row.span)] += row.times
    return {product: median(times) for product, times in found.items() if sum(times.values()) >= ENOUGH}


def median(times: Mapping[int, int]) -> int:
    """The value in the middle, by how often each occurs; of two, their mean, rounded down."""
    whole = sum(times.values())
    ends = []
    for place in ((whole + 1) // 2, (whole + 2) // 2):
        passed = 0
        for value in sorted(times):
            passed += times[value]
            if passed >= place:
                ends.append(value)
                break
    return sum(ends) // 2


def lend(connection: Connection, day: int, found: Iterable[tuple[int, int]]) -> None:
    """Have rules know, on this connection, what was found on a day."""
    rows = [{"product_id": product, "day": day, "value": value} for product, value in found]
    connection.execute(delete(usual).where(usual.c.day == day))
    if rows:
        connection.execute(insert(usual), rows)


def set_lifespans(connection: Connection, store_id: int, wanted: Mapping[str, int], today: int) -> None:
    """Have a store's products last as many days a piece as the merchant says, by the platform's ids, and no others."""
    known = {
        row.platform_id: row.days for row in connection.execute(select(manual).where(manual.c.store_id == store_id))
    }
    changed = [name for name in {*known, *wanted} if known.get(name) != wanted.get(name)]
    if not changed:
        return
    connection.execute(delete(manual).where(manual.c.store_id == store_id, manual.c.platform_id.in_(changed)))
    rows = [{"store_id": store_id, "platform_id": name, "days": wanted[name]} for name in changed if name in wanted]
    if rows:
        connection.execute(insert(manual), rows)
    placed, lines = table(Order), table(OrderLine)
    buyers = (
        select(placed.c.customer_id)
        .join(lines, lines.c.order_id == placed.c.id)
        .join(products, products.c.id == lines.c.product_id)
        .where(products.c.store_id == store_id, or_(*(products.c.platform_id == name for name in changed)))
        .where(placed.c.customer_id.is_not(None))
    )
    touch(connection, dict.fromkeys(connection.scalars(buyers.distinct()), today), {})
