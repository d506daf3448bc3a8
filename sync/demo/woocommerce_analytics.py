"""What WooCommerce's Analytics say of a shop's buyers, by the formula that a running WooCommerce was seen to follow."""

from __future__ import annotations

from collections.abc import Collection
from zlib import crc32

from sync.demo.shop import Shop, ShopOrder, digits
from sync.demo.woocommerce_shapes import Json, status


def buyers(shop: Shop, leave_out: Collection[str]) -> list[Json]:
    """A row for each buyer: by account, else by e-mail; a guest's orders are the account's that has the e-mail.

    Orders in the statuses of `leave_out` are not counted; amounts of all currencies are added up as they stand.
    """
    accounts = {customer.email: customer.id for customer in shop.customers.values() if not customer.deleted}
    rows: dict[int | str, list[ShopOrder]] = {number: [] for number in accounts.values()}
    for order in shop.orders.values():
        if status(order) not in leave_out:
            rows.setdefault(order.customer_id or accounts.get(order.email) or order.email or "", []).append(order)
    found = sorted(rows.items(), key=lambda row: (-len(row[1]), str(row[0])))
    return [_row(shop, key, orders) for key, orders in found]


def _row(shop: Shop, key: int | str, orders: list[ShopOrder]) -> Json:
    spent = sum(order.total - order.refunded for order in orders) / 10 ** digits(shop.currency)
    account = shop.customers.get(key) if isinstance(key, int) else None
    return {
        "id": crc32(str(key).encode()),
        "user_id": account.id if account else 0,
        "email": account.email if account else key,
        "orders_count": len(orders),
        "total_spend": spent,
        "avg_order_value": spent / max(1, len(orders)),
    }
