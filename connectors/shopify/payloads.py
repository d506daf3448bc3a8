"""What Shopify's documents answer, as typed payloads, and each payload as our record.

A payload that lacks something, or has it in another form, fails to decode with msgspec.DecodeError; an amount or a
status that means nothing raises RecordError. Facts: shopify.dev/docs/api/admin-graphql/2026-10.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec

from connector.errors import RecordError
from connector.money import minor_units
from connector.records import (
    Attribution,
    CheckoutRecord,
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
)

T = TypeVar("T")
REMEMBERED = 100_000


class Amounts(dict[str, int]):
    """Decimal strings of one currency in its minor units, remembered: prices repeat, a first load converts millions."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.currency = currency

    def __missing__(self, amount: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        self[amount] = converted = minor_units(amount, self.currency)
        return converted


amounts_of = lru_cache(maxsize=256)(Amounts)


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
    created_at: datetime | None = None


class Fulfillment(Payload):
    """A delivery of an order, or of a part of it."""

    delivered_at: datetime | None = None


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
    processed_at: datetime
    updated_at: datetime
    total_price_set: MoneyBag
    name: str | None = None
    cancelled_at: datetime | None = None
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
    marketing_updated_at: datetime | None = None


class SmsConsent(Payload):
    """The consent to text messages (from 2026-10)."""

    state: str
    updated_at: datetime | None = None


class PhoneNumber(Payload):
    """A customer's number with the consent that belongs to it."""

    phone_number: str | None = None
    sms_marketing_consent: SmsConsent | None = None


class Customer(Payload):
    """A customer account."""

    id: str
    created_at: datetime
    updated_at: datetime
    locale: str | None = None
    state: str | None = None
    tags: list[str] = []
    default_email_address: EmailAddress | None = None
    default_phone_number: PhoneNumber | None = None
    default_address: Address | None = None


class CheckoutCustomer(Payload):
    """Who began a checkout."""

    id: str
    default_email_address: EmailAddress | None = None


class Checkout(Payload):
    """An abandoned checkout."""

    id: str
    created_at: datetime
    updated_at: datetime
    total_price_set: MoneyBag
    completed_at: datetime | None = None
    customer: CheckoutCustomer | None = None


_STATUSES = {
    "PAID": OrderStatus.PAID,
    "PARTIALLY_PAID": OrderStatus.PAID,
    "PARTIALLY_REFUNDED": OrderStatus.PAID,
    "PENDING": OrderStatus.PENDING,
    "AUTHORIZED": OrderStatus.PENDING,
    "EXPIRED": OrderStatus.FAILED,
    None: OrderStatus.PENDING,
}
_CONSENTS = {
    "SUBSCRIBED": ConsentState.SUBSCRIBED,
    "PENDING": ConsentState.PENDING,
    "NOT_SUBSCRIBED": ConsentState.NOT_SUBSCRIBED,
    "NEVER_SUBSCRIBED": ConsentState.NOT_SUBSCRIBED,
    "UNSUBSCRIBED": ConsentState.UNSUBSCRIBED,
    "INVALID": ConsentState.INVALID,
    "REDACTED": ConsentState.INVALID,
}
_NOWHERE = Address()


def number(gid: str) -> str:
    """The last part of a gid: the number that Shopify's CSV exports show too."""
    return gid[gid.rfind("/") + 1 :]


def order_record(order: Order, lines: list[Line]) -> OrderRecord:
    """An order with all its lines; RecordError where an amount or the status cannot be understood."""
    money = order.total_price_set.shop_money
    currency = money.currency_code
    if currency is None:
        raise RecordError("The order does not say its currency.")
    amounts = amounts_of(currency)
    refunds = _refunds(order.refunds, amounts) if order.refunds else ()
    where = order.shipping_address or _NOWHERE
    return OrderRecord(
        id=number(order.id),
        placed_at=order.processed_at,
        status=_status(order, refunds),
        currency=currency,
        total=amounts[money.amount],
        name=order.name,
        updated_at=order.updated_at,
        platform_status=order.display_financial_status,
        test=order.test,
        cancelled_at=order.cancelled_at,
        tax=0 if order.total_tax_set is None else amounts[order.total_tax_set.shop_money.amount],
        shipping=0
        if order.total_shipping_price_set is None
        else amounts[order.total_shipping_price_set.shop_money.amount],
        discount=0 if order.total_discounts_set is None else amounts[order.total_discounts_set.shop_money.amount],
        customer_id=None if order.customer is None else number(order.customer.id),
        email=order.email,
        phone=order.phone,
        coupons=tuple(order.discount_codes),
        channel=order.source_name,
        payment_method=order.payment_gateway_names[0] if order.payment_gateway_names else None,
        shipping_method=None if order.shipping_line is None else order.shipping_line.title,
        country=where.country_code_v2,
        region=where.province_code,
        city=where.city,
        postcode=where.zip,
        delivered_at=_delivered_at(order.fulfillments) if order.fulfillments else None,
        attribution=None if order.customer_journey_summary is None else _attribution(order.customer_journey_summary),
        lines=tuple([line_record(line, amounts) for line in lines]),
        refunds=refunds,
    )


def line_record(line: Line, amounts: Amounts) -> LineRecord:
    """A line; `product_id` is None once the product is deleted."""
    return LineRecord(
        None if line.product is None else number(line.product.id),
        line.quantity,
        amounts[line.discounted_total_set.shop_money.amount],
        line.title,
        line.sku,
        None if line.variant is None else number(line.variant.id),
        line.is_gift_card,
    )


def product_record(product: Product) -> ProductRecord:
    """A product with its place in the taxonomy, where it has one."""
    return ProductRecord(
        id=number(product.id),
        title=product.title,
        type=product.product_type or None,
        vendor=product.vendor or None,
        categories=() if product.category is None else (product.category.full_name,),
        tags=tuple(product.tags),
    )


def customer_record(customer: Customer) -> CustomerRecord:
    """A customer account with the consents that Shopify tells."""
    email = customer.default_email_address
    phone = customer.default_phone_number
    where = customer.default_address or _NOWHERE
    return CustomerRecord(
        id=number(customer.id),
        email=None if email is None else email.email_address,
        phone=None if phone is None else phone.phone_number,
        created_at=customer.created_at,
        updated_at=customer.updated_at,
        state=customer.state,
        language=customer.locale,
        country=where.country_code_v2,
        region=where.province_code,
        city=where.city,
        postcode=where.zip,
        tags=tuple(customer.tags),
        consents=_consents(email, phone),
    )


def checkout_record(checkout: Checkout) -> CheckoutRecord:
    """A checkout; `completed_at` tells a recovered one."""
    money = checkout.total_price_set.shop_money
    if money.currency_code is None:
        raise RecordError("The checkout does not say its currency.")
    customer = checkout.customer
    email = None if customer is None else customer.default_email_address
    return CheckoutRecord(
        id=number(checkout.id),
        created_at=checkout.created_at,
        currency=money.currency_code,
        total=amounts_of(money.currency_code)[money.amount],
        customer_id=None if customer is None else number(customer.id),
        email=None if email is None else email.email_address,
        updated_at=checkout.updated_at,
        completed_at=checkout.completed_at,
    )


def consent_state(word: str) -> ConsentState:
    """What Shopify's word for a consent means; RecordError for a word that it did not have in 2026-10."""
    try:
        return _CONSENTS[word]
    except KeyError:
        raise RecordError(f"{word!r} is not a known consent.") from None


def _consents(email: EmailAddress | None, phone: PhoneNumber | None) -> tuple[ConsentRecord, ...]:
    consents = []
    if email is not None and email.marketing_state is not None:
        consents.append(ConsentRecord("email", consent_state(email.marketing_state), email.marketing_updated_at))
    if phone is not None and phone.sms_marketing_consent is not None:
        sms = phone.sms_marketing_consent
        consents.append(ConsentRecord("sms", consent_state(sms.state), sms.updated_at))
    return tuple(consents)


def _status(order: Order, refunds: tuple[RefundRecord, ...]) -> OrderStatus:
    """The status as if nothing had been refunded or cancelled where a date tells that already."""
    word = order.display_financial_status
    if word == "REFUNDED":
        return OrderStatus.PAID if refunds else OrderStatus.REFUNDED
    if word == "VOIDED":  # an authorisation that was never captured
        return OrderStatus.PENDING if order.cancelled_at else OrderStatus.CANCELLED
    try:
        return _STATUSES[word]
    except KeyError:
        raise RecordError(f"{word!r} is not a known financial status.") from None


def _refunds(refunds: list[Refund], amounts: Amounts) -> tuple[RefundRecord, ...]:
    dated = [(refund, amounts[refund.total_refunded_set.shop_money.amount]) for refund in refunds]
    return tuple([RefundRecord(number(refund.id), amount, refund.created_at) for refund, amount in dated if amount])


def _delivered_at(fulfillments: list[Fulfillment]) -> datetime | None:
    """When the last part arrived, once every part has."""
    times = [fulfillment.delivered_at for fulfillment in fulfillments]
    known = [time for time in times if time is not None]
    return max(known) if known and len(known) == len(times) else None


def _attribution(journey: Journey) -> Attribution | None:
    visit = journey.last_visit
    if visit is None:
        return None
    utm = visit.utm_parameters or UtmParameters()
    days = journey.days_to_conversion
    return Attribution(
        source=utm.source or visit.source,
        medium=utm.medium,
        campaign=utm.campaign,
        referrer=visit.referrer_url,
        sessions=None if journey.moments_count is None else journey.moments_count.count,
        minutes_to_purchase=None if days is None else days * 24 * 60,
    )
