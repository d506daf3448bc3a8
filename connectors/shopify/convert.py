"""Each of Shopify's payloads as our record; RecordError where an amount or a word means nothing to us."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from connector.days import seen
from connector.errors import RecordError
from connector.money import believed, minor_units
from connector.records import (
    Attribution,
    CheckoutRecord,
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    FieldRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
)
from connectors.shopify.payloads import (
    Address,
    Checkout,
    Customer,
    EmailAddress,
    Fulfillment,
    Journey,
    Line,
    Order,
    PhoneNumber,
    Product,
    Refund,
    UtmParameters,
)

REMEMBERED = 20_000


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


def own_number(gid: str) -> str:
    """The number of a record's own gid; RecordError where it has none."""
    found = number(gid)
    if not found.isdecimal():
        raise RecordError(f"{gid[:40]!r} is no id of Shopify.")
    return found


def order_record(order: Order, lines: list[Line]) -> OrderRecord:
    """An order with all its lines; RecordError where an amount or the status cannot be understood."""
    money = order.total_price_set.shop_money
    currency = money.currency_code
    if currency is None:
        raise RecordError("The order does not say its currency.")
    amounts = amounts_of(currency)
    if amounts[money.amount] < 0:
        raise RecordError(f"The order's total is {money.amount}, less than nothing.")
    refunds = _refunds(order.refunds, amounts) if order.refunds else ()
    seen(order.processed_at, order.updated_at, order.cancelled_at, *(refund.at for refund in refunds))
    where = order.shipping_address or _NOWHERE
    return OrderRecord(
        id=own_number(order.id),
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
    believed(line.quantity)
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


def customer_record(customer: Customer, fields: tuple[FieldRecord, ...] = ()) -> CustomerRecord:
    """A customer account with the consents that Shopify tells, and mapped fields."""
    email = customer.default_email_address
    phone = customer.default_phone_number
    where = customer.default_address or _NOWHERE
    seen(customer.created_at, customer.updated_at)
    return CustomerRecord(
        id=own_number(customer.id),
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
        fields=fields,
    )


def checkout_record(checkout: Checkout) -> CheckoutRecord:
    """A checkout; `completed_at` tells a recovered one."""
    money = checkout.total_price_set.shop_money
    if money.currency_code is None:
        raise RecordError("The checkout does not say its currency.")
    customer = checkout.customer
    email = None if customer is None else customer.default_email_address
    seen(checkout.created_at, checkout.updated_at, checkout.completed_at)
    return CheckoutRecord(
        id=own_number(checkout.id),
        created_at=checkout.created_at,
        currency=money.currency_code,
        total=amounts_of(money.currency_code)[money.amount],
        customer_id=None if customer is None else number(customer.id),
        email=None if email is None else email.email_address,
        updated_at=checkout.updated_at,
        completed_at=checkout.completed_at,
    )


def consent_state(word: str) -> ConsentState:
    """What Shopify's word for a consent means; a word that it did not have in 2026-10 is the strictest."""
    return _CONSENTS.get(word, ConsentState.INVALID)


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
    return _STATUSES.get(word, OrderStatus.PENDING)  # a word that is new: no purchase until we know what it means


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
