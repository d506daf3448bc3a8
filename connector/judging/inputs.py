"""What rules read, and of how many people it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from connector.answers.reports import incomplete
from connector.catalogue import Family
from connector.models import Account, Consent, Customer, Identity, Order, OrderLine
from connector.query.tree import AllOf, AnyOf, Condition, Expression, Matches, Not
from connector.tables import table

people, orders, lines = table(Customer), table(Order), table(OrderLine)
identities, accounts, consents = table(Identity), table(Account), table(Consent)

_mine = (orders.c.customer_id == people.c.id, orders.c.counted == 1)
_account = exists().where(
    identities.c.customer_id == people.c.id, identities.c.kind == "account", accounts.c.identity_id == identities.c.id
)


def _order_without(column: str) -> ColumnElement[bool]:
    return exists().where(*_mine, orders.c[column].is_(None))


def _no_consent(channel: str) -> ColumnElement[bool]:
    return ~exists().where(consents.c.customer_id == people.c.id, consents.c.channel == channel)


_NO_PRODUCTS = exists().where(
    *_mine, ~exists().where(lines.c.order_id == orders.c.id, lines.c.product_id.is_not(None)).correlate(orders)
)
_VISIT = _order_without("attribution")
_MISSING: Mapping[str, ColumnElement[bool]] = {
    **{name: _order_without("total") for name in ("amount", "sum_amount", "amount_spent", "amount_spent_net")},
    **{name: _order_without("total") for name in ("amount_spent_gross", "average_order_value")},
    **{name: _order_without(name) for name in ("channel", "payment_method", "shipping_method", "region", "postcode")},
    **{name: _order_without(name) for name in ("country", "city")},
    **{f"last_{name}": _order_without(name) for name in ("country", "region", "city", "postcode")},
    "delivered_at": _order_without("delivered_day"),
    **dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "source", "referrer", "device"), _VISIT),
    **dict.fromkeys(("sessions", "session_pages", "minutes_to_purchase"), _VISIT),
    **dict.fromkeys(
        ("products_purchased", "category", "category_amount", "favourite_category", "replenish_due"), _NO_PRODUCTS
    ),
    **dict.fromkeys(("favourite_channel", "channel_mix"), _order_without("channel")),
    "customer_language": ~_account.where(accounts.c.language.is_not(None)),
    **dict.fromkeys(("customer_account_status", "customer_tags"), ~_account),
    "email_subscription_status": _no_consent("email"),
    "sms_subscription_status": _no_consent("sms"),
}
"""By the name in a rule, of whom it is missing; what is not named here is known of everyone.

A coupon or a refund that is not there is an answer, so it is not missing.
"""


def unknown(connection: Connection, families: Sequence[Family], as_of: int) -> dict[str, int | None]:
    """By family, of how many people something that its rules read is missing; None where it is missing of all.

    It is missing of all where the rules reach behind the day from which a store shows its orders.
    """
    short = incomplete(connection, families, as_of)
    return {family.key: None if family.key in short else _without(connection, family, as_of) for family in families}


def _without(connection: Connection, family: Family, as_of: int) -> int:
    read = {name for expression in family.expressions() for name in _names(expression)}
    missing = [_MISSING[name] for name in sorted(read & _MISSING.keys())]
    if not missing:
        return 0
    here = select(func.count()).select_from(people).where(people.c.merged_into.is_(None), people.c.since_day <= as_of)
    return connection.scalar(here.where(or_(*missing))) or 0


def _names(expression: Expression) -> Iterator[str]:
    """What a rule names: attributes, functions and what stands in their parentheses."""
    match expression:
        case Condition():
            yield expression.name
        case Matches():
            yield expression.function
            yield from (condition.name for condition in expression.conditions)
        case Not():
            yield from _names(expression.part)
        case AllOf() | AnyOf():
            for part in expression.parts:
                yield from _names(part)
