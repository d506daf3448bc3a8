"""The truth behind the fakes: one shop's customers and orders, whichever platform it is shown as.

A fake's own ledger is this plus what was written to it. Nothing here is shared with the product's own counting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

DIGITS = {"JPY": 0, "KRW": 0, "XPF": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def digits(currency: str) -> int:
    """The digits after the point, as the fakes know them: of their own, so that they do not share our mistakes."""
    return DIGITS.get(currency, 2)


@dataclass
class ShopProduct:
    """A product of the catalogue."""

    id: int
    title: str
    price: int
    category: str = ""
    vendor: str = ""
    tags: tuple[str, ...] = ()


@dataclass
class ShopCustomer:
    """An account. `consent` is the shop's own: subscribed, unsubscribed, not_subscribed or pending."""

    id: int
    email: str | None
    created_at: datetime
    updated_at: datetime
    first_name: str = ""
    last_name: str = ""
    phone: str | None = None
    consent: str = "not_subscribed"
    consent_at: datetime | None = None
    country: str = "FR"
    region: str = ""
    city: str = ""
    postcode: str = ""
    language: str = "fr"
    tags: set[str] = field(default_factory=set)
    meta: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass
class ShopLine:
    """A line of an order; `total` after discounts, in minor units."""

    id: int
    product_id: int | None
    title: str
    quantity: int
    total: int
    sku: str = ""


@dataclass
class ShopRefund:
    """Money given back; `amount` is positive."""

    id: int
    at: datetime
    amount: int


@dataclass
class ShopOrder:
    """An order; `customer_id` None is a guest's.

    `status` is paid, pending, on_hold, failed, draft, cancelled or trash.
    """

    id: int
    placed_at: datetime
    updated_at: datetime
    total: int
    customer_id: int | None = None
    email: str | None = None
    phone: str | None = None
    status: str = "paid"
    cancelled_at: datetime | None = None
    test: bool = False
    currency: str | None = None  # None: the shop's own
    tax: int = 0
    shipping: int = 0
    discount: int = 0
    coupons: tuple[str, ...] = ()
    channel: str = "web"
    payment_method: str = "card"
    shipping_method: str = "Colissimo"
    country: str = "FR"
    city: str = ""
    postcode: str = ""
    lines: list[ShopLine] = field(default_factory=list)
    refunds: list[ShopRefund] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """What was given back so far, in minor units."""
        return sum(refund.amount for refund in self.refunds)


@dataclass
class ShopCheckout:
    """A checkout that was begun with contact details; `completed_at` is None while it is abandoned."""

    id: int
    created_at: datetime
    updated_at: datetime
    total: int
    customer_id: int | None = None
    email: str | None = None
    completed_at: datetime | None = None


@dataclass
class Shop:
    """Everything a shop holds, keyed by id."""

    name: str = "Boutique"
    domain: str = "boutique.myshopify.com"
    currency: str = "EUR"
    timezone: str = "Europe/Paris"
    customers: dict[int, ShopCustomer] = field(default_factory=dict)
    orders: dict[int, ShopOrder] = field(default_factory=dict)
    products: dict[int, ShopProduct] = field(default_factory=dict)
    checkouts: dict[int, ShopCheckout] = field(default_factory=dict)
