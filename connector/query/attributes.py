"""What rules can ask: each attribute and each function's parameter, with the kind of value it is compared with.

Attributes that are worked out of measures and calibrated figures stand in `derived.py`: an entry there is all it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connector.query.derived import DERIVED
from connector.query.measures import Graded, Kind

Reason = Literal["shopify's own", "web events", "mail events", "distance", "credit"]
Native = Literal["native", "lossy", "own"]
"""Whether Shopify's own segments know it: with the same meaning, with another one at the edges, or not at all."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """What is compared: its kind, whether it can be empty, and why it cannot be asked here, if so.

    `timeless` is what is known as of now only: its past was never told (semantics 3).
    """

    kind: Kind
    native: Native = "own"
    nullable: bool = True
    missing: Reason | None = None
    timeless: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """What can stand in its parentheses; with `missing` anything can, and it cannot be asked here."""

    parameters: Mapping[str, Attribute]
    native: Native = "own"
    missing: Reason | None = None


def _known(kind: Kind, native: Native = "own") -> Attribute:
    return Attribute(kind, native, nullable=False)


def _own(kind: Kind, native: Native = "own") -> Attribute:
    return Attribute(kind, native, timeless=True)


ATTRIBUTES: Mapping[str, Attribute] = {
    "number_of_orders": Attribute(Kind.COUNT, "native"),
    "purchase_days": Attribute(Kind.COUNT),  # distinct shop-local days with an order
    "days_since_last_order": Attribute(Kind.COUNT),
    "first_order_date": Attribute(Kind.DATE, "native"),
    "last_order_date": Attribute(Kind.DATE, "native"),
    "customer_added_date": Attribute(Kind.DATE, "native"),
    "abandoned_checkout_date": Attribute(Kind.DATE, "native"),  # the last one that is still open
    "amount_spent": Attribute(Kind.MONEY, "native"),  # net of refunds
    "amount_spent_net": Attribute(Kind.MONEY),  # the same, by its full name
    "amount_spent_gross": Attribute(Kind.MONEY),
    "last_country": Attribute(Kind.TEXT),  # where the last order was sent
    "last_region": Attribute(Kind.TEXT),
    "last_city": Attribute(Kind.TEXT),
    "last_postcode": Attribute(Kind.TEXT),
    "customer_account_status": _own(Kind.LIST, "native"),  # one for each account
    "customer_language": _own(Kind.LIST, "native"),
    "customer_email_domain": _own(Kind.LIST, "native"),
    "customer_tags": _own(Kind.LIST, "native"),
    "customer_countries": _own(Kind.LIST, "native"),  # of the account, and of orders
    "customer_regions": _own(Kind.LIST, "lossy"),
    "customer_cities": _own(Kind.LIST, "lossy"),
    "email_subscription_status": _own(Kind.TEXT, "native"),  # the strictest of several
    "sms_subscription_status": _own(Kind.TEXT, "native"),
    "has_email": _own(Kind.FLAG),
    "has_phone": _own(Kind.FLAG),
    "has_account": _own(Kind.FLAG),
    **{name: Attribute(Kind.COUNT if isinstance(e, Graded) else e.kind) for name, e in DERIVED.items()},
    "clv_12m": _own(Kind.MONEY),  # what they may bring, by the models of the last Monday
    "predicted_spend_tier": Attribute(Kind.TEXT, "native", missing="shopify's own"),
    "rfm_group": Attribute(Kind.TEXT, "native", missing="shopify's own"),
    "product_subscription_status": Attribute(Kind.TEXT, "native", missing="shopify's own"),
    "companies": Attribute(Kind.NAME, "native", missing="shopify's own"),
    "created_by_app_id": Attribute(Kind.NAME, "native", missing="shopify's own"),
}

METAFIELD = Attribute(Kind.FIELD, "native", timeless=True)
"""metafields.NAME: a field of the customer that the merchant has mapped; metafields.custom.gender, by its path, too."""
ANNIVERSARY = Attribute(Kind.YEARLY)
"""anniversary(first_order_date): the same day in later years."""
BIRTHDAY = Attribute(Kind.YEARLY, "native", timeless=True)
"""anniversary(metafields.NAME)."""

_ORDER: Mapping[str, Attribute] = {
    "date": _known(Kind.DATE, "native"),
    "amount": _known(Kind.MONEY, "native"),  # of each order, net of refunds
    "location_id": Attribute(Kind.NAME, "lossy"),
    "app_id": Attribute(Kind.NAME, "lossy"),
    "channel": Attribute(Kind.NAME),
    "status": Attribute(Kind.TEXT),
    "coupon": Attribute(Kind.LIST),
    "discount_percent": Attribute(Kind.RATIO),
    "discount_amount": _known(Kind.MONEY),
    "payment_method": Attribute(Kind.TEXT),
    "shipping_method": Attribute(Kind.TEXT),
    "country": Attribute(Kind.TEXT),
    "region": Attribute(Kind.TEXT),
    "city": Attribute(Kind.TEXT),
    "postcode": Attribute(Kind.TEXT),
    "utm_source": Attribute(Kind.TEXT),
    "utm_medium": Attribute(Kind.TEXT),
    "utm_campaign": Attribute(Kind.TEXT),
    "source": Attribute(Kind.TEXT),
    "referrer": Attribute(Kind.TEXT),
    "device": Attribute(Kind.TEXT),
    "sessions": Attribute(Kind.COUNT),
    "session_pages": Attribute(Kind.COUNT),
    "minutes_to_purchase": Attribute(Kind.COUNT),
    "ordinal": _known(Kind.COUNT),  # 1 for the person's first counted order, as of the day
    "refunded": _known(Kind.FLAG),  # whether any money was given back by the day
    "delivered_at": Attribute(Kind.DATE),
}

LINE: Mapping[str, Attribute] = {
    "id": Attribute(Kind.NAME, "native"),
    "tag": Attribute(Kind.LIST, "native"),
    "category": Attribute(Kind.LIST, "lossy"),
    "collection": Attribute(Kind.LIST),
    "product_type": Attribute(Kind.TEXT),
    "vendor": Attribute(Kind.TEXT),
    "sku": Attribute(Kind.TEXT),
    "variant": Attribute(Kind.NAME),
    "title": Attribute(Kind.TEXT),
}

_WEB = Function({}, missing="web events")
_MAIL = Function({}, native="native", missing="mail events")

FUNCTIONS: Mapping[str, Function] = {
    "orders_placed": Function(
        {
            **_ORDER,
            "category": Attribute(Kind.LIST),  # the order holds a product of it
            "category_amount": _known(Kind.MONEY),  # of the lines in that category
            "count": _known(Kind.COUNT, "native"),
            "days": _known(Kind.COUNT),
            "sum_amount": _known(Kind.MONEY, "native"),
        },
        native="native",
    ),
    "products_purchased": Function(
        {
            **LINE,
            "date": _known(Kind.DATE, "native"),
            "count": _known(Kind.COUNT, "native"),  # orders with such a line
            "sum_quantity": _known(Kind.COUNT, "native"),
            "sum_amount": _known(Kind.MONEY),
        },
        native="native",
    ),
    "abandoned_checkouts": Function(
        {"date": _known(Kind.DATE), "amount": Attribute(Kind.MONEY), "count": _known(Kind.COUNT)}
    ),
    "segment_entered": Function({"segment": _known(Kind.TEXT), "date": _known(Kind.DATE), "count": _known(Kind.COUNT)}),
    "replenish_due": Function(
        {
            "date": _known(Kind.DATE),  # on which the product runs out
            **{name: kind for name, kind in LINE.items() if name not in ("sku", "variant")},
            "count": _known(Kind.COUNT),  # of products
        }
    ),
    "customer_within_distance": Function({}, native="native", missing="distance"),
    "store_credit_accounts": Function({}, native="native", missing="credit"),
    "sessions": _WEB,
    "events": _WEB,
    **{f"storefront.{name}": _WEB for name in ("product_viewed", "collection_viewed")},
    **{f"storefront_event.{name}": _WEB for name in ("product_viewed", "collection_viewed")},
    **{
        f"shopify_email.{name}": _MAIL
        for name in ("bounced", "clicked", "delivered", "marked_as_spam", "opened", "unsubscribed")
    },
}

FIGURES: Mapping[str, Kind] = {
    "order_amount": Kind.MONEY,
    "amount_spent": Kind.MONEY,
    "amount_spent_net": Kind.MONEY,
    "amount_spent_gross": Kind.MONEY,
    "average_order_value": Kind.MONEY,
    "category_amount": Kind.MONEY,
    "number_of_orders": Kind.COUNT,
    "purchase_days": Kind.COUNT,
}
"""What AVG and PERCENTILE can be of, with the kind of number they give."""


def attribute(name: str) -> Attribute | None:
    """What is known of an attribute by its name in a rule; None where there is none."""
    if name.startswith("metafields."):
        return METAFIELD
    if name.startswith("anniversary(metafields."):
        return BIRTHDAY
    if name in ("anniversary(first_order_date)", "anniversary(customer_added_date)"):
        return ANNIVERSARY
    return ATTRIBUTES.get(name)
