"""Products, as far as rules ask for them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from connector.database import bulk, chosen, next_id, upsert
from connector.models import Product
from connector.records import ProductRecord
from connector.tables import table


def write_products(connection: Connection, store_id: int, products: Iterable[ProductRecord]) -> None:
    """Write what is known of some products."""
    latest = {product.id: product for product in products}
    ids = product_ids(connection, store_id, latest)
    rows = [
        {
            "id": ids[product.id],
            "store_id": store_id,
            "platform_id": product.id,
            "title": product.title,
            "type": product.type,
            "vendor": product.vendor,
            "categories": "\n".join(product.categories) or None,
            "tags": "\n".join(product.tags) or None,
        }
        for product in latest.values()
    ]
    if rows:
        connection.execute(upsert(connection, table(Product), ("store_id", "platform_id")), rows)


def product_ids(connection: Connection, store_id: int, platform_ids: Iterable[str]) -> dict[str, int]:
    """The row id of each product; one that was never seen gets a row with nothing but its id."""
    products = table(Product)
    wanted = set(platform_ids)
    found = chosen(connection, products, ("platform_id", "id"), "platform_id", wanted, store_id=store_id)
    known: dict[str, int] = {row.platform_id: row.id for row in found}
    new = sorted(wanted - known.keys())
    if new:
        first = next_id(connection, products)
        added = {name: first + n for n, name in enumerate(new)}
        rows = ((row_id, store_id, name) for name, row_id in added.items())
        bulk(connection, products, ("id", "store_id", "platform_id"), rows)
        known |= added
    return known
