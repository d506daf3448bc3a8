"""What Shopify's documents answer, as typed payloads (shopify.dev/docs/api/admin-graphql/2026-10).

A payload that lacks something, or has it in another form, fails to decode with msgspec.DecodeError.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec

T = TypeVar("T")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its zone: without one it could be any of 27 hours."""


class Payload(msgspec.Struct, rename="camel", gc=False):
    """A part of an answer; what our documents do not ask for is skipped."""


class Reference(Payload):
    """Something of which only the gid is asked."""

    id: str


class PageInfo(Payload):
    """Where a connection goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(Payload, Generic[T]):
    """One page of a connection."""

    nodes: list[T]
    page_info: PageInfo


class Money(Payload):
    """An amount as a decimal string, in the shop's currency."""

    amount: str
    currency_code: str | None = None


class MoneyBag(Payload):
    """An amount as the shop sees it; what the customer saw is not asked for."""

    shop_money: Money


class Address(Payload):
    """A postal address as far as rules ask for it."""

    city: str | None = None
    province_code: str | None = None
    country_code_v2: str | None = msgspec.field(name="countryCodeV2", default=None)
    zip: str | None = None


class Category(Payload):
    """A place in Shopify's product taxonomy."""

    full_name: str


class Product(Payload):
    """A product, as a line or `products` tells it."""

    id: str
    title: str | None = None
    product_type: str | None = None
    vendor: str | None = None
    tags: list[str] = []
    category: Category | None = None


class Line(Payload):
    """A line of an order; in a bulk file it names its order."""

    id: str
    quantity: int
    discounted_total_set: MoneyBag
    title: str | None = None
    sku: str | None = None
    is_gift_card: bool = False
    variant: Reference | None = None
    product: Product | None = None
    parent: str | None = msgspec.field(name="__parentId", default=None)


class Refund(Payload):
    """A refund; without money it only put goods back."""

    id: str
    total_refunded_set: MoneyBag
    created_at: Instant | None = None


class Fulfillment(Payload):
    """A delivery of an order, or of a part of it."""

    delivered_at: Instant | None = None


class Title(Payload):
    """Something of which only the title is asked."""

    title: str | None = None


class Count(Payload):
    """A number of things."""

    count: int


class UtmParameters(Payload):
    """The utm_… parameters of a visit."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None


class Visit(Payload):
    """The visit that led to an order."""

    source: str | None = None
    referrer_url: str | None = None
    utm_parameters: UtmParameters | None = None


class Journey(Payload):
    """What Shopify knows of the visits before an order."""

    days_to_conversion: int | None = None
    moments_count: Count | None = None
    last_visit: Visit | None = None


class Order(Payload):
    """An order; `line_items` is there in pages, in a bulk file the lines follow as rows of their own."""

    id: str
    processed_at: Instant
    updated_at: Instant
    total_price_set: MoneyBag
    name: str | None = None
    cancelled_at: Instant | None = None
    test: bool = False
    email: str | None = None
    phone: str | None = None
    source_name: str | None = None
    display_financial_status: str | None = None
    payment_gateway_names: list[str] = []
    discount_codes: list[str] = []
    customer: Reference | None = None
    shipping_address: Address | None = None
    shipping_line: Title | None = None
    fulfillments: list[Fulfillment] = []
    total_tax_set: MoneyBag | None = None
    total_shipping_price_set: MoneyBag | None = None
    total_discounts_set: MoneyBag | None = None
    refunds: list[Refund] = []
    customer_journey_summary: Journey | None = None
    line_items: Connection[Line] | None = None


class EmailAddress(Payload):
    """A customer's address with the consent that belongs to it."""

    email_address: str | None = None
    marketing_state: str | None = None
    marketing_updated_at: Instant | None = None


class SmsConsent(Payload):
    """The consent to text messages (from 2026-10)."""

    state: str
    updated_at: Instant | None = None


class PhoneNumber(Payload):
    """A customer's number with the consent that belongs to it."""

    phone_number: str | None = None
    sms_marketing_consent: SmsConsent | None = None


class Customer(Payload):
    """A customer account."""

    id: str
    created_at: Instant
    updated_at: Instant
    locale: str | None = None
    state: str | None = None
    tags: list[str] = []
    default_email_address: EmailAddress | None = None
    default_phone_number: PhoneNumber | None = None
    default_address: Address | None = None


class Metafield(Payload):
    """The value of a metafield, as text; a list is JSON."""

    value: str


class CheckoutCustomer(Payload):
    """Who began a checkout."""

    id: str
    default_email_address: EmailAddress | None = None


class Checkout(Payload):
    """An abandoned checkout."""

    id: str
    created_at: Instant
    updated_at: Instant
    total_price_set: MoneyBag
    completed_at: Instant | None = None
    customer: CheckoutCustomer | None = None
