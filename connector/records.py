"""Records: one item of a platform as it crosses the border, the same for every platform.

Money is in minor units of the record's own currency; times are aware, in UTC; ids are the platform's own numbers
as text (for Shopify the last part of the gid), so that a pull and a CSV export of one shop meet in the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar, dataclass_transform

Record_co = TypeVar("Record_co", covariant=True)
Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(made: type[Made]) -> type[Made]:
    """A dataclass that the type checker keeps frozen.

    Freezing it at run time too would make each record 5 to 15 times as dear, and a first load makes millions.
    """
    return dataclass(slots=True, unsafe_hash=True)(made)


class OrderStatus(StrEnum):
    """What a platform's status means for counting; refunds and dated cancellations are told by their own dates."""

    PAID = "paid"  # paid, partly paid, or paid and later (partly) refunded
    ON_HOLD = "on_hold"  # waiting for a bank transfer or cheque
    REFUNDED = "refunded"  # fully refunded, with no dated refund to tell since when
    PENDING = "pending"
    CANCELLED = "cancelled"  # with no date; a dated cancellation keeps the status that it had before
    FAILED = "failed"
    DRAFT = "draft"
    DELETED = "deleted"  # trashed or gone at the platform


class ConsentState(StrEnum):
    """What a person has agreed to in one channel, from most to least restrictive."""

    INVALID = "invalid"
    UNSUBSCRIBED = "unsubscribed"
    NOT_SUBSCRIBED = "not_subscribed"
    PENDING = "pending"
    SUBSCRIBED = "subscribed"


@record
class ConsentRecord:
    """The state of one channel ("email" or "sms") as a platform holds it; `since` is None where it does not say."""

    channel: str
    state: ConsentState
    since: datetime | None = None


@record
class FieldRecord:
    """A field of a customer that the merchant has mapped to a name; of a list, `value` has one text a line."""

    name: str
    path: str  # as the platform calls it: custom.gender, a meta key, a column
    value: str


@record
class CustomerRecord:
    """A customer account of a platform. Consents that the platform does not tell are left out, not guessed."""

    id: str
    email: str | None = None
    phone: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    state: str | None = None  # the account's state in Shopify's words: ENABLED, INVITED, DECLINED, DISABLED
    language: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    tags: tuple[str, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    fields: tuple[FieldRecord, ...] = ()


@record
class LineRecord:
    """One line of an order; `total` is after discounts."""

    product_id: str | None  # None where the product is gone
    quantity: int
    total: int
    title: str | None = None
    sku: str | None = None
    variant_id: str | None = None
    gift_card: bool = False


@record
class RefundRecord:
    """Money given back; `amount` is positive. Undated (`at` None) it holds from the order's day."""

    id: str
    amount: int
    at: datetime | None = None


@record
class Attribution:
    """What the platform knows of the visit that led to an order."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    referrer: str | None = None
    device: str | None = None
    sessions: int | None = None
    pages: int | None = None
    minutes_to_purchase: int | None = None


@record
class OrderRecord:
    """One order. `total` is before refunds, with tax and shipping. Without `customer_id` it is a guest's."""

    id: str
    placed_at: datetime
    status: OrderStatus
    currency: str
    total: int
    name: str | None = None  # what the merchant calls it: "#1001"
    updated_at: datetime | None = None
    platform_status: str | None = None
    test: bool = False
    cancelled_at: datetime | None = None
    tax: int = 0
    shipping: int = 0
    discount: int = 0
    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    coupons: tuple[str, ...] = ()
    channel: str | None = None  # "web", "pos", or the platform's own name of the app
    payment_method: str | None = None
    shipping_method: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    delivered_at: datetime | None = None
    attribution: Attribution | None = None
    lines: tuple[LineRecord, ...] = ()
    refunds: tuple[RefundRecord, ...] = ()
    sale: bool = True  # False: only its refunds count (a negative row of a file: money given back without an order)


@record
class ProductRecord:
    """A product as far as rules ask for it; categories as the platform names them."""

    id: str
    title: str | None = None
    type: str | None = None
    vendor: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@record
class CheckoutRecord:
    """A checkout that was begun; `completed_at` is None while it is abandoned."""

    id: str
    created_at: datetime
    currency: str
    total: int
    customer_id: str | None = None
    email: str | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None


@record
class Deletion:
    """The platform no longer has this id in the stream where the deletion stands."""

    id: str


@record
class Rejected:
    """A payload that is no record: what it was, and why it could not be read."""

    id: str | None
    payload: str
    reason: str


@record
class Page(Generic[Record_co]):
    """Some records of a stream, with the cursor that may be stored once they are (None: not yet).

    `expected` is how many records the whole stream has, where the platform says.
    """

    records: tuple[Record_co, ...]
    cursor: str | None = None
    rejected: tuple[Rejected, ...] = field(default=())
    deletions: tuple[Deletion, ...] = field(default=())
    products: tuple[ProductRecord, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
    expected: int | None = None
