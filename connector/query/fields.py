"""The columns behind the fields that rules ask of orders, of their lines and of checkouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from connector.dialects import json_text
from connector.models import Checkout, Order, OrderLine, Product, Refund
from connector.query.clocks import TODAY, Clock, Shape
from connector.query.measures import RATIO_UNIT, Rows, Test
from connector.query.within import holds_one, positive, within
from connector.tables import table

orders = table(Order).alias("o")
refunds = table(Refund).alias("r")
checkouts = table(Checkout).alias("a")
lines = table(OrderLine).alias("l")
products = table(Product).alias("p")

_FIXED: Mapping[str, ColumnElement[Any]] = {
    "date": orders.c.local_day,
    "location_id": orders.c.channel,
    "app_id": orders.c.channel,
    "channel": orders.c.channel,
    "status": orders.c.status,
    "payment_method": orders.c.payment_method,
    "shipping_method": orders.c.shipping_method,
    "country": orders.c.country,
    "region": orders.c.region,
    "city": orders.c.city,
    "postcode": orders.c.postcode,
    "discount_amount": case((orders.c.total.is_not(None), orders.c.discount)),
    **{
        name: json_text(orders.c.attribution, literal(key))
        for name, key in {
            "utm_source": "source",
            "utm_medium": "medium",
            "utm_campaign": "campaign",
            "source": "source",
            "referrer": "referrer",
            "device": "device",
        }.items()
    },
    **{
        name: cast(json_text(orders.c.attribution, literal(key)), Integer)
        for name, key in {
            "sessions": "sessions",
            "session_pages": "pages",
            "minutes_to_purchase": "minutes_to_purchase",
        }.items()
    },
}
"""Fields that are there from an order's day on, and do not change with the day asked for."""

_LINES: Mapping[str, ColumnElement[Any]] = {
    "id": products.c.platform_id,
    "product_type": products.c.type,
    "vendor": products.c.vendor,
    "sku": lines.c.sku,
    "variant": lines.c.variant_id,
    "title": func.coalesce(lines.c.title, products.c.title),
}
_LISTS: Mapping[str, ColumnElement[Any]] = {
    "tag": products.c.tags,
    "category": products.c.categories,
    "collection": products.c.categories,
}


def visible(clock: Clock, rows: FromClause = orders) -> ColumnElement[bool]:
    """Whether an order counts as of the day: placed by then, and not yet taken back."""
    today = clock.edge(TODAY)
    return and_(rows.c.local_day <= today, or_(rows.c.void_day.is_(None), rows.c.void_day > today))


def net(clock: Clock, shape: Shape) -> ColumnElement[Any]:
    """What an order brought, less what was given back by the day; null where it was paid in a foreign currency."""
    if shape.closed:
        return orders.c.total - orders.c.refunded
    given_back = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.order_id == orders.c.id, refunds.c.day <= clock.edge(TODAY)
    )
    return case((orders.c.refunded == 0, orders.c.total), else_=orders.c.total - given_back.scalar_subquery())


def among(rows: Rows, clock: Clock, shape: Shape) -> list[ColumnElement[bool]]:
    """What an order must pass to be one of the rows; what costs least is asked first."""
    cheap = [_passes(test, clock, shape) for test in rows.tests if test.field == "date"]
    others = [_passes(test, clock, shape) for test in rows.tests if test.field != "date"]
    return [*cheap, *others, *([] if rows.lines is None else [exists(_lines(rows.lines, clock, literal(1)))])]


def quantity(rows: Rows, clock: Clock) -> ColumnElement[int]:
    """How many pieces the lines of an order hold that pass the rows' tests of lines."""
    return _lines(rows.lines or (), clock, func.sum(lines.c.quantity)).scalar_subquery()


def line_sum(tests: tuple[Test, ...], clock: Clock) -> ColumnElement[int]:
    """What the lines cost that pass some tests, after discounts; null where the order's currency is a foreign one."""
    money = _lines(tests, clock, func.sum(lines.c.total)).scalar_subquery()
    return case((orders.c.total.is_not(None), money))


def abandoned(person: ColumnElement[int], tests: tuple[Test, ...], clock: Clock) -> list[ColumnElement[bool]]:
    """What makes a checkout one of a person's that were begun by the day, and not completed by it."""
    today = clock.edge(TODAY)
    known = [
        checkouts.c.customer_id == person,
        checkouts.c.local_day <= today,
        or_(checkouts.c.completed_day.is_(None), checkouts.c.completed_day > today),
    ]
    columns = {"date": checkouts.c.local_day, "amount": checkouts.c.total}
    return [*known, *(within(columns[test.field], test.span, clock) for test in tests)]


def _passes(test: Test, clock: Clock, shape: Shape) -> ColumnElement[bool]:
    match test.field:
        case "coupon":
            return holds_one(orders.c.coupons, test.span)
        case "category" | "collection":
            inside = replace(test, span=replace(test.span, outside=False))
            held = exists(_lines((inside,), clock, literal(1)))
            return not_(held) if test.span.outside else held
        case "category_amount":
            return within(line_sum(test.lines, clock), test.span, clock)
        case "discount_percent":
            before = orders.c.gross - orders.c.shipping + orders.c.discount
            return within(orders.c.discount * 100 * RATIO_UNIT, test.span, clock, per=positive(before))
    column = _FIXED[test.field] if test.field in _FIXED else _DATED[test.field](clock, shape)
    return within(column, test.span, clock)


def _refunded(clock: Clock, _shape: Shape) -> ColumnElement[int]:
    given_back = exists().where(refunds.c.order_id == orders.c.id, refunds.c.day <= clock.edge(TODAY))
    return case((given_back, 1), else_=0)


def _ordinal(clock: Clock, _shape: Shape) -> ColumnElement[int]:
    """Which of the person's counted orders it is, from 1."""
    before = orders.alias("b")
    order = tuple_(before.c.local_day, before.c.placed_at, before.c.id)
    up_to = order <= tuple_(orders.c.local_day, orders.c.placed_at, orders.c.id)
    mine = and_(before.c.customer_id == orders.c.customer_id, before.c.counted == 1)
    return select(func.count(before.c.id)).where(mine, visible(clock, before), up_to).scalar_subquery()


def _delivered(clock: Clock, _shape: Shape) -> ColumnElement[int]:
    return case((orders.c.delivered_day <= clock.edge(TODAY), orders.c.delivered_day))


_DATED: Mapping[str, Callable[[Clock, Shape], ColumnElement[Any]]] = {
    "amount": net,
    "ordinal": _ordinal,
    "refunded": _refunded,
    "delivered_at": _delivered,
}


def _lines(tests: tuple[Test, ...], clock: Clock, column: ColumnElement[Any]) -> Select[Any]:
    """A column of the lines of an order that pass some tests."""
    passed = [
        holds_one(_LISTS[test.field], test.span)
        if test.field in _LISTS
        else within(_LINES[test.field], test.span, clock)
        for test in tests
    ]
    joined = lines.outerjoin(products, products.c.id == lines.c.product_id)
    return select(column).select_from(joined).where(lines.c.order_id == orders.c.id, *passed)
