"""How WooCommerce writes its things down: the JSON of wc/v3, as a running WooCommerce 10.5 was seen to send it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund

Json = dict[str, Any]

STATUSES = {
    "paid": "completed",
    "on_hold": "on-hold",
    "draft": "checkout-draft",
    "pending": "pending",
    "failed": "failed",
    "cancelled": "cancelled",
    "trash": "trash",
}
CHANNELS = {"web": "checkout", "pos": "pos-rest-api"}


def second(moment: datetime) -> datetime:
    """A time as WooCommerce keeps it: UTC, whole seconds, without saying so."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)


def dates(name: str, moment: datetime | None, zone: ZoneInfo) -> dict[str, str | None]:
    """A time twice: on the shop's clock, and in UTC; neither says which."""
    if moment is None:
        return {name: None, f"{name}_gmt": None}
    local = moment.astimezone(zone).replace(microsecond=0, tzinfo=None)
    return {name: local.isoformat(), f"{name}_gmt": second(moment).isoformat()}


def money(amount: int, digits: int) -> str:
    """Minor units as an amount with its decimals."""
    return str(Decimal(amount).scaleb(-digits)) if digits else str(amount)


def status(order: ShopOrder) -> str:
    """The order's status here. A dated cancellation is a status; an order whose money is all back is refunded."""
    if order.cancelled_at is not None and order.status != "trash":
        return "cancelled"
    if order.status == "paid" and order.refunds and order.refunded >= order.total:
        return "refunded"
    return STATUSES.get(order.status, order.status)


def order_json(order: ShopOrder, shop: Shop, zone: ZoneInfo, digits: int, meta: dict[str, str]) -> Json:
    """An order; its total is not reduced by refunds, and these have no dates."""
    account = shop.customers.get(order.customer_id) if order.customer_id else None
    known = account is not None and not account.deleted
    paid = status(order) in {"completed", "refunded"}
    place = {"city": order.city, "state": "", "postcode": order.postcode, "country": order.country}
    email = order.email or (account.email if account else None) or ""
    phone = order.phone or (account.phone if account else None) or ""
    return {
        "id": order.id,
        "parent_id": 0,
        "status": status(order),
        "currency": order.currency or shop.currency,
        "version": "10.5.0",
        "prices_include_tax": True,
        **dates("date_created", order.placed_at, zone),
        **dates("date_modified", order.updated_at, zone),
        "discount_total": money(order.discount, digits),
        "discount_tax": money(0, digits),
        "shipping_total": money(order.shipping, digits),
        "shipping_tax": money(0, digits),
        "cart_tax": money(order.tax, digits),
        "total": money(order.total, digits),
        "total_tax": money(order.tax, digits),
        "customer_id": order.customer_id if known else 0,
        "order_key": f"wc_order_{order.id}",
        "billing": {"first_name": "", "last_name": "", "address_1": "", **place, "email": email, "phone": phone},
        "shipping": {"first_name": "", "last_name": "", "address_1": "", **place},
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_method.title(),
        "created_via": CHANNELS.get(order.channel, order.channel),
        **dates("date_paid", order.placed_at if paid else None, zone),
        **dates("date_completed", order.placed_at if paid else None, zone),
        "number": str(order.id),
        "meta_data": [{"id": order.id * 100 + n, "key": key, "value": meta[key]} for n, key in enumerate(meta)],
        "line_items": [_line_json(line, digits) for line in order.lines],
        "tax_lines": [],
        "shipping_lines": [
            {"id": order.id, "method_title": order.shipping_method, "total": money(order.shipping, digits)}
        ],
        "fee_lines": [],
        "coupon_lines": [{"id": order.id, "code": code.lower()} for code in order.coupons],
        "refunds": [
            {"id": refund.id, "reason": "", "total": money(-refund.amount, digits)} for refund in order.refunds
        ],
    }


def _line_json(line: ShopLine, digits: int) -> Json:
    """A line; `price` is a float, and the image's id changes its type where the product is gone."""
    gone = line.product_id is None
    return {
        "id": line.id,
        "name": escape(line.title, quote=False),
        "product_id": line.product_id or 0,
        "variation_id": 0,
        "quantity": line.quantity,
        "subtotal": money(line.total, digits),
        "total": money(line.total, digits),
        "total_tax": money(0, digits),
        "sku": None if gone else line.sku,
        "price": line.total / 10**digits / max(line.quantity, 1),
        "image": {"id": 0 if gone else "", "src": ""},
    }


def refund_json(order: ShopOrder, refund: ShopRefund, zone: ZoneInfo, digits: int) -> Json:
    """A refund under /refunds and /orders/{id}/refunds: a positive amount, and a date."""
    return {
        "id": refund.id,
        "parent_id": order.id,
        **dates("date_created", refund.at, zone),
        "amount": money(refund.amount, digits),
        "reason": "",
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [],
        "line_items": [],
    }


def customer_json(customer: ShopCustomer, role: str, zone: ZoneInfo, meta: list[Json]) -> Json:
    """An account; it has no time of change until the first one."""
    changed = customer.updated_at if customer.updated_at != customer.created_at else None
    place = {
        "city": customer.city,
        "state": customer.region,
        "postcode": customer.postcode,
        "country": customer.country,
    }
    names = {"first_name": customer.first_name, "last_name": customer.last_name}
    return {
        "id": customer.id,
        **dates("date_created", customer.created_at, zone),
        **dates("date_modified", changed, zone),
        "email": customer.email or "",
        **names,
        "role": role,
        "username": f"client{customer.id}",
        "billing": {**names, **place, "email": customer.email or "", "phone": customer.phone or ""},
        "shipping": {**names, **place},
        "is_paying_customer": False,
        "meta_data": meta,
    }


def product_json(product: ShopProduct, digits: int) -> Json:
    """A product; its names come with HTML entities."""
    return {
        "id": product.id,
        "name": escape(product.title, quote=False),
        "type": "simple",
        "status": "publish",
        "price": money(product.price, digits),
        "categories": _terms((product.category,)),
        "tags": _terms(product.tags),
        "brands": _terms((product.vendor,)),
    }


def _terms(names: tuple[str, ...]) -> list[Json]:
    return [
        {"id": number, "name": escape(name, quote=False), "slug": name.lower()}
        for number, name in enumerate(names, 1)
        if name
    ]
