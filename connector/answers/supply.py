"""What each shop cannot tell in full of what an entry needs, and of what share of its base it is known all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, literal, select, union

from connector.catalogue import Family, Library, Limit, Platform
from connector.dialects import json_text
from connector.language import Language
from connector.models import Account, Consent, CustomerField, Identity, Order, OrderLine, Product, Store
from connector.tables import table

stores, orders, lines, products = table(Store), table(Order), table(OrderLine), table(Product)
identities, accounts, consents, fields = table(Identity), table(Account), table(Consent), table(CustomerField)

_PLATFORMS: Mapping[str, Platform] = {"shopify": "shopify", "woocommerce": "woocommerce"}  # any other is of files


def _line(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    sold = lines.outerjoin(products, products.c.id == lines.c.product_id)
    return exists(select(literal(1)).select_from(sold).where(lines.c.order_id == orders.c.id, *conditions))


def _visit(key: str) -> ColumnElement[bool]:
    return json_text(orders.c.attribution, literal(key)).is_not(None)


_OF_ORDERS: Mapping[str, ColumnElement[bool]] = {
    "lines": _line(),
    "categories": _line(products.c.categories.is_not(None)),
    "shipping_methods": orders.c.shipping_method.is_not(None),
    "payment_methods": orders.c.payment_method.is_not(None),
    "deliveries": orders.c.delivered_day.is_not(None),
    "addresses": orders.c.country.is_not(None),
    "channels": orders.c.channel.is_not(None),
    "apps": orders.c.channel.is_not(None),
    "attribution": orders.c.attribution.is_not(None),
    "visit_counts": _visit("sessions"),
    "visit_pages": _visit("pages"),
    "visit_times": _visit("minutes_to_purchase"),
}
"""By need, the counted orders of which it is known; where nothing there is an answer too (a coupon), it is not here."""

# everyone that a store knows: whoever has an account there, or has ordered
_known = union(
    select(orders.c.store_id, orders.c.customer_id).where(orders.c.customer_id.is_not(None)),
    select(identities.c.scope, identities.c.customer_id).where(identities.c.kind == "account"),
).subquery("known")
_account = (
    select(literal(1))
    .select_from(identities.join(accounts, accounts.c.identity_id == identities.c.id))
    .where(identities.c.customer_id == _known.c.customer_id, identities.c.scope == _known.c.store_id)
)
_consent = select(literal(1)).where(consents.c.customer_id == _known.c.customer_id)  # of a tool, too
_field = (
    select(literal(1))
    .select_from(identities.join(fields, fields.c.identity_id == identities.c.id))
    .where(identities.c.customer_id == _known.c.customer_id, identities.c.scope == _known.c.store_id)
)
_OF_PEOPLE: Mapping[str, ColumnElement[bool]] = {
    "accounts": exists(_account),
    "account_states": exists(_account.where(accounts.c.state.is_not(None))),
    "customer_tags": exists(_account.where(accounts.c.tags.is_not(None))),
    "consents": exists(_consent),
    "mapped_fields": exists(_field),
}
"""By need, the people of a store of whom it is known."""


def platforms(connection: Connection) -> dict[str, Platform]:
    """The platform of each store, as the catalogue speaks of it."""
    return {row.key: _platform(row.platform) for row in connection.execute(select(stores).order_by(stores.c.id))}


def limits(
    connection: Connection,
    library: Library,
    entries: Iterable[Family],
    language: Language,
    known: Mapping[tuple[str, str], float | None] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """By entry, what a store cannot tell in full: {"store", "need", "level", "reason", "coverage"}, the worst first.

    `coverage` is the share, in percent, of the store's counted orders or people of which it is known, where the store
    tells a part; null where nothing is known, or where what is not there is an answer too. It is worked out,
    but for what is `known`.
    """
    found = _limited(connection, library, entries)
    shares = _shares(connection, _in_part(found)) if known is None else known
    return {
        key: [
            {
                "store": shop,
                "need": limit.need,
                "level": limit.level,
                "reason": limit.reason.of(language),
                "coverage": shares.get((shop, limit.need)) if limit.level == "partial" else None,
            }
            for shop, limit in some
        ]
        for key, some in found.items()
    }


def shares_of(
    connection: Connection, library: Library, entries: Iterable[Family]
) -> dict[tuple[str, str], float | None]:
    """By store and need of the entries that it tells in part, of how many per cent of orders or people it is known."""
    return _shares(connection, _in_part(_limited(connection, library, entries)))


def _limited(connection: Connection, library: Library, entries: Iterable[Family]) -> dict[str, list[tuple[str, Limit]]]:
    shops = platforms(connection)
    return {
        entry.key: [(shop, limit) for shop, name in shops.items() for limit in library.limits(entry, name)]
        for entry in entries
    }


def _in_part(found: Mapping[str, list[tuple[str, Limit]]]) -> set[str]:
    return {limit.need for some in found.values() for _, limit in some if limit.level == "partial"}


def _platform(name: str) -> Platform:
    return _PLATFORMS.get(name, "csv")


def _shares(connection: Connection, needs: set[str]) -> dict[tuple[str, str], float | None]:
    """By store and need, of how many per cent of the orders or of the people it is known."""
    of_orders = {need: _OF_ORDERS[need] for need in sorted(needs & _OF_ORDERS.keys())}
    of_people = {need: _OF_PEOPLE[need] for need in sorted(needs & _OF_PEOPLE.keys())}
    rows = []
    if of_orders:
        sold = stores.join(orders, (orders.c.store_id == stores.c.id) & (orders.c.counted == 1))
        rows.append((of_orders, sold))
    if of_people:
        rows.append((of_people, stores.join(_known, _known.c.store_id == stores.c.id)))
    found: dict[tuple[str, str], float | None] = {}
    for conditions, base in rows:
        known = [func.count().filter(condition) for condition in conditions.values()]
        statement = select(stores.c.key, func.count(), *known).select_from(base).group_by(stores.c.key)
        for key, total, *numbers in connection.execute(statement):
            shares = {need: round(100 * number / total, 1) for need, number in zip(conditions, numbers, strict=True)}
            found |= {(key, need): share for need, share in shares.items()}
    return found
