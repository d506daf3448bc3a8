"""What wc/v3 sends, as far as it is read, and the records that it becomes.

Amounts are strings; `*_gmt` times are UTC without saying so; names and categories come with HTML entities; an absent
thing is 0, "" or null depending on the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape

import msgspec

from connector.days import seen
from connector.errors import RecordError
from connector.money import minor_units
from connector.records import (
    Attribution,
    CustomerRecord,
    FieldRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
)

Amount = str | float

STATUSES = {
    "processing": OrderStatus.PAID,
    "completed": OrderStatus.PAID,
    "on-hold": OrderStatus.ON_HOLD,
    "refunded": OrderStatus.REFUNDED,
    "pending": OrderStatus.PENDING,
    "failed": OrderStatus.FAILED,
    "cancelled": OrderStatus.CANCELLED,
    "checkout-draft": OrderStatus.DRAFT,
    "trash": OrderStatus.DELETED,
}
CHANNELS = {"checkout": "web", "store-api": "web", "pos-rest-api": "pos"}
VISIT = "_wc_order_attribution_"
"""How the order's meta keys begin that tell of the visit (WooCommerce >= 8.5)."""


class Stamp(msgspec.Struct):
    """What paging needs to know of an order."""

    id: int
    date_modified_gmt: str | None = None


class Address(msgspec.Struct):
    """A billing or shipping address, without names and streets: nothing here reads them."""

    email: str | None = None
    phone: str | None = None
    country: str | None = None
    state: str | None = None
    city: str | None = None
    postcode: str | None = None


class Meta(msgspec.Struct):
    """One entry of meta_data; plugins put anything into `value`."""

    key: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")
    id: int | None = None

    @property
    def text(self) -> str | None:
        """The value where it is a text or a number, None otherwise."""
        value = msgspec.json.decode(self.value)
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


class LinePayload(msgspec.Struct):
    """A line of an order; `total` is after discounts, without tax."""

    total: Amount
    quantity: float = 1
    total_tax: Amount = "0"
    name: str | None = None
    product_id: int | None = 0
    variation_id: int | None = 0
    sku: str | None = None


class CouponPayload(msgspec.Struct):
    """A coupon that was used."""

    code: str


class ShippingPayload(msgspec.Struct):
    """A way of shipping that was chosen."""

    method_title: str | None = None


class OrdersRefundPayload(msgspec.Struct):
    """A refund as its order lists it: a negative total, no date."""

    id: int
    total: Amount


class RefundPayload(msgspec.Struct):
    """A refund as /refunds and /orders/{id}/refunds list it."""

    id: int
    date_created_gmt: str | None = None


class OrderPayload(msgspec.Struct):
    """An order. `total` is before refunds."""

    id: int
    status: str
    currency: str
    total: Amount
    customer_id: int | None
    number: str | None = None
    created_via: str | None = None
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    total_tax: Amount = "0"
    shipping_total: Amount = "0"
    discount_total: Amount = "0"
    discount_tax: Amount = "0"
    payment_method: str | None = None
    billing: Address = msgspec.field(default_factory=Address)
    shipping: Address = msgspec.field(default_factory=Address)
    line_items: list[LinePayload] = []
    coupon_lines: list[CouponPayload] = []
    shipping_lines: list[ShippingPayload] = []
    refunds: list[OrdersRefundPayload] = []
    meta_data: msgspec.Raw = msgspec.Raw(b"[]")


class CustomerPayload(msgspec.Struct):
    """An account, whatever its role."""

    id: int
    email: str | None = None
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    billing: Address = msgspec.field(default_factory=Address)
    meta_data: list[Meta] = []


class AccountMeta(msgspec.Struct):
    """An account as the destination reads it."""

    id: int
    meta_data: list[Meta] = []


class Named(msgspec.Struct):
    """A category, a tag or a brand."""

    name: str = ""


class ProductPayload(msgspec.Struct):
    """A product as far as rules ask for it."""

    id: int
    name: str = ""
    categories: list[Named] = []
    tags: list[Named] = []
    brands: list[Named] = []


FIELDS = {
    payload: ",".join(field.encode_name for field in msgspec.structs.fields(payload))
    for payload in (Stamp, OrderPayload, RefundPayload, CustomerPayload, AccountMeta, ProductPayload)
}
"""`_fields` for each payload: what is not read is not asked for."""
CUSTOMER_FIELDS = FIELDS[CustomerPayload].removesuffix(",meta_data")
"""Of a customer, where no field is mapped."""


def moment(text: str | None) -> datetime | None:
    """A `*_gmt` time in UTC, None where there is none; RecordError where it is no time."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RecordError(f"{text[:40]!r} is not a time.") from error


def customer_record(customer: CustomerPayload, fields: Mapping[str, str] | None = None) -> CustomerRecord:
    """The account with its mapped fields; WooCommerce itself knows no consents, so none are told."""
    billing = customer.billing
    created, modified = moment(customer.date_created_gmt), moment(customer.date_modified_gmt)
    seen(created, modified)
    meta = {entry.key: (entry.text or "").strip() for entry in customer.meta_data} if fields else {}
    return CustomerRecord(
        id=str(customer.id),
        email=customer.email or None,
        phone=billing.phone or None,
        created_at=created,
        updated_at=modified,
        state="ENABLED",  # whoever is listed can log in: what Shopify calls enabled, whatever the role
        country=billing.country or None,
        region=billing.state or None,
        city=billing.city or None,
        postcode=billing.postcode or None,
        fields=tuple(FieldRecord(name, path, meta[path]) for name, path in (fields or {}).items() if meta.get(path)),
    )


def product_record(product: ProductPayload) -> ProductRecord:
    """The product; its brand stands for the vendor."""
    return ProductRecord(
        id=str(product.id),
        title=unescape(product.name) or None,
        vendor=unescape(product.brands[0].name) if product.brands else None,
        categories=tuple(unescape(category.name) for category in product.categories),
        tags=tuple(unescape(tag.name) for tag in product.tags),
    )


def refunded_at(refund: RefundPayload) -> datetime | None:
    """When the refund was made, None where it does not say."""
    try:
        made = moment(refund.date_created_gmt)
        seen(made)
    except RecordError:
        return None
    return made


def order_record(order: OrderPayload, dates: Mapping[int, datetime | None]) -> OrderRecord:
    """The order, with its refunds at their `dates` by refund id; RecordError where something is no amount or time.

    Lines include their tax and `discount` its own, as the buyer saw them; `tax` includes that of shipping.
    """
    currency = order.currency.upper()
    placed = moment(order.date_created_gmt) or moment(order.date_paid_gmt) or moment(order.date_modified_gmt)
    if placed is None:
        raise RecordError("The order has no date.")
    modified = moment(order.date_modified_gmt)
    seen(placed, modified)
    total = _minor(order.total, currency)
    if total < 0:
        raise RecordError(f"The order's total is {order.total}, less than nothing.")
    refunds = tuple(
        RefundRecord(str(refund.id), abs(_minor(refund.total, currency)), dates.get(refund.id))
        for refund in order.refunds
    )
    guest = not order.customer_id
    address = order.shipping if order.shipping.country else order.billing
    return OrderRecord(
        id=str(order.id),
        placed_at=placed,
        status=_status(order, refunds),
        currency=currency,
        total=total,
        name=f"#{order.number or order.id}",
        updated_at=modified,
        platform_status=order.status,
        tax=_minor(order.total_tax, currency),
        shipping=_minor(order.shipping_total, currency),
        discount=_minor(order.discount_total, currency) + _minor(order.discount_tax, currency),
        customer_id=None if guest else str(order.customer_id),
        # An account has its own e-mail; what it types into one order's address must not become a key of the person.
        email=(order.billing.email or None) if guest else None,
        phone=(order.billing.phone or None) if guest else None,
        coupons=tuple(coupon.code for coupon in order.coupon_lines),
        channel=CHANNELS.get(order.created_via or "", order.created_via) or None,
        payment_method=order.payment_method or None,
        shipping_method=next((line.method_title for line in order.shipping_lines if line.method_title), None),
        country=address.country or None,
        region=address.state or None,
        city=address.city or None,
        postcode=address.postcode or None,
        attribution=_attribution(order.meta_data, placed),
        lines=tuple(_line(line, currency) for line in order.line_items),
        refunds=refunds,
    )


def _status(order: OrderPayload, refunds: tuple[RefundRecord, ...]) -> OrderStatus:
    """What the status means; one that a plugin has added was a purchase if it was paid."""
    status = STATUSES.get(order.status.removeprefix("wc-"))
    if status is OrderStatus.REFUNDED and any(refund.at for refund in refunds):
        return OrderStatus.PAID  # since when it is refunded, the refunds tell
    if status is None:
        return OrderStatus.PAID if order.date_paid_gmt else OrderStatus.PENDING
    return status


def _line(line: LinePayload, currency: str) -> LineRecord:
    if abs(line.quantity) > 2**31:
        raise RecordError(f"{line.quantity:g} is not a quantity.")
    return LineRecord(
        product_id=str(line.product_id) if line.product_id else None,
        quantity=round(line.quantity),
        total=_minor(line.total, currency) + _minor(line.total_tax, currency),
        title=unescape(line.name) if line.name else None,
        sku=line.sku or None,
        variant_id=str(line.variation_id) if line.variation_id else None,
    )


def _attribution(meta_data: msgspec.Raw, placed: datetime) -> Attribution | None:
    """The visit that led to the order, None where the shop did not record one."""
    if VISIT.encode() not in bytes(meta_data):
        return None
    entries = msgspec.json.decode(meta_data, type=list[Meta])
    visit = {entry.key.removeprefix(VISIT): entry.text for entry in entries if entry.key.startswith(VISIT)}
    return Attribution(
        source=visit.get("utm_source"),
        medium=visit.get("utm_medium") or visit.get("source_type"),
        campaign=visit.get("utm_campaign"),
        referrer=visit.get("referrer"),
        device=(visit.get("device_type") or "").lower() or None,
        sessions=_count(visit.get("session_count")),
        pages=_count(visit.get("session_pages")),
        minutes_to_purchase=_minutes(visit.get("session_start_time"), placed),
    )


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _minutes(start: str | None, placed: datetime) -> int | None:
    """Minutes since the session began; its time is in UTC, and comes from the buyer's browser: it can be nonsense."""
    try:
        began = moment(start)
    except RecordError:
        return None
    minutes = int((placed - began).total_seconds() // 60) if began else -1
    return minutes if minutes >= 0 else None


def _minor(amount: Amount, currency: str) -> int:
    return minor_units(str(amount) or "0", currency)
