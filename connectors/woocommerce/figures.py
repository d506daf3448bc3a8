"""What a WooCommerce shop counts itself: orders by status, and what its Analytics say of each buyer, guests too.

Analytics add up from tables of their own that can lag behind, in the statuses that Analytics > Settings leave in; older
versions count cancelled orders (woocommerce#26753). So they are a cross-check, and never the truth.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connector.errors import AuthenticationError
from connector.money import minor_units
from connector.source import Buyer, ShopFigures
from connectors.elements import UNREADABLE
from connectors.http import HTTPError
from connectors.woocommerce.client import WooCommerceClient
from connectors.woocommerce.payloads import STATUSES


class _Buyer(msgspec.Struct):
    user_id: int | None = None
    email: str | None = None
    orders_count: int = 0
    total_spend: float = 0.0


def figures(client: WooCommerceClient) -> ShopFigures:
    """What the shop counts, in a request for each status; it has no sum of money."""
    accounts = client.rows("customers", per_page=1, _fields="id", role="all").total
    orders = {
        status: client.rows("orders", per_page=1, _fields="id", status=status).total
        for status in STATUSES
        if status != "trash"
    }
    return ShopFigures(accounts, orders)


def buyers(client: WooCommerceClient, currency: str, most: int) -> Iterator[Buyer]:
    """What Analytics say of the shop's buyers, at most so many; nothing where the shop has no Analytics."""
    page, left = 1, most
    while left > 0:
        try:
            listing = client.report("customers", page=page, orderby="orders_count")
        except (HTTPError, AuthenticationError) as error:
            cause = error if isinstance(error, HTTPError) else error.__cause__
            if isinstance(cause, HTTPError) and cause.status in {403, 404}:  # switched off, or not for this user
                return
            raise
        for row in listing.rows[:left]:
            if found := _buyer(row, currency):
                yield found
        left -= len(listing.rows)
        page += 1
        if page > listing.pages:
            return


def _buyer(row: msgspec.Raw, currency: str) -> Buyer | None:
    try:
        found = msgspec.json.decode(row, type=_Buyer, strict=False)
        spent = minor_units(f"{found.total_spend:.6f}", currency)
    except UNREADABLE:
        return None
    return Buyer(str(found.user_id) if found.user_id else None, found.email or None, found.orders_count, spent)
