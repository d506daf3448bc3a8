"""Values that a segment asks of the merchant, as the shop's own data suggest them: the most frequent first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, func, literal, or_, select, true

from connector.catalogue.entries import Ask
from connector.dialects import bytewise, each_line, json_text
from connector.fields import mapped
from connector.history.calibrations import Calibrated
from connector.history.segments import currency_of
from connector.models import Account, Order, OrderLine, Product
from connector.money import decimals
from connector.tables import table

MOST = 10
orders, lines, products, accounts = table(Order), table(OrderLine), table(Product), table(Account)

_OF_ORDERS: Mapping[str, ColumnElement[Any]] = {
    "frequent_cities": orders.c.city,
    "frequent_postcodes": orders.c.postcode,
    "frequent_sources": json_text(orders.c.attribution, literal("source")),
    "frequent_channels": orders.c.channel,
    "frequent_shipping_methods": orders.c.shipping_method,
    "frequent_payment_methods": orders.c.payment_method,
    "most_frequent_country": orders.c.country,
}


def suggested(connection: Connection, ask: Ask, as_of: int) -> list[str]:
    """What could be given for `ask`, as a rule would write it without quotes; empty where the shop says nothing."""
    match ask.suggestion:
        case "mapped_fields":
            return list(mapped(connection))
        case "amount_spent_95":
            return _amount(connection, as_of)
        case "frequent_tags":
            one = each_line(accounts.c.tags).table_valued("value", joins_implicitly=True)
            return _frequent(connection, one.c.value, accounts.join(one, true()), accounts.c.tags.is_not(None))
        case "frequent_categories":
            one = each_line(products.c.categories).table_valued("value", joins_implicitly=True)
            sold = _sold().join(one, true())
            return _frequent(connection, one.c.value, sold, _counted(as_of), products.c.categories.is_not(None))
        case "frequent_products":
            return _frequent(connection, products.c.platform_id, _sold(), _counted(as_of))
    found = _frequent(connection, _OF_ORDERS[ask.suggestion], orders, _counted(as_of))
    return found[:1] if ask.suggestion == "most_frequent_country" else found


def _amount(connection: Connection, as_of: int) -> list[str]:
    """What one in twenty buyers has spent more than."""
    minor = Calibrated(connection).value("PERCENTILE(amount_spent, 95)", as_of)
    return [] if minor is None else [str(Decimal(minor).scaleb(-decimals(currency_of(connection))))]


def _sold() -> FromClause:
    return orders.join(lines, lines.c.order_id == orders.c.id).join(products, products.c.id == lines.c.product_id)


def _counted(as_of: int) -> ColumnElement[bool]:
    holds = or_(orders.c.void_day.is_(None), orders.c.void_day > as_of)
    return (orders.c.counted == 1) & (orders.c.local_day <= as_of) & holds


def _frequent(
    connection: Connection, value: ColumnElement[Any], rows: FromClause, *which: ColumnElement[bool]
) -> list[str]:
    """The values that occur most, the most frequent first; of equals, the first by its letters."""
    counted = select(value.label("value")).select_from(rows).where(*which).subquery("v")
    text = counted.c.value
    ranked = select(text).where(text.is_not(None), text != "").group_by(text)
    return list(connection.scalars(ranked.order_by(func.count().desc(), bytewise(text)).limit(MOST)))
