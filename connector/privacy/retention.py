"""Whose last activity lies so far back that they are to be known by name no more."""

from __future__ import annotations

from typing import cast

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from connector.database import NAMELESS
from connector.models import Account, Checkout, Consent, Customer, Identity, Order
from connector.query.bounds import Edge
from connector.query.tree import Unit
from connector.tables import table

_people, _identities = table(Customer), table(Identity)
_orders, _checkouts, _consents, _accounts = table(Order), table(Checkout), table(Consent), table(Account)

DAY = 86_400


def expired(connection: Connection, today: int, *, buyers: str | None, prospects: str | None) -> list[int]:
    """Everyone who did nothing within the span (`3y`, `18m`, `400d`) that holds for who has bought, or has not.

    Activity is an order of any status, a checkout, a consent given or withdrawn, or the making of an account.
    """
    bought = exists().where(_orders.c.customer_id == _people.c.id)
    asked = [(buyers, bought), (prospects, ~bought)]
    conditions = [_silent(_first(span, today)) & which for span, which in asked if span is not None]
    if not conditions:
        return []
    named = exists().where(_identities.c.customer_id == _people.c.id)
    here = _people.c.merged_into.is_(None), _people.c.id < NAMELESS, named
    return list(connection.scalars(select(_people.c.id).where(*here, or_(*conditions)).order_by(_people.c.id)))


def _first(span: str, today: int) -> int:
    """The first day of a span that ends today."""
    return Edge(0, int(span[:-1]), cast("Unit", span[-1])).on(today)


def _silent(day: int) -> ColumnElement[bool]:
    """Whether somebody's last activity lies before a day."""
    made = exists().where(
        _identities.c.customer_id == _people.c.id,
        _accounts.c.identity_id == _identities.c.id,
        _accounts.c.created_day >= day,
    )
    acted = [
        exists().where(_orders.c.customer_id == _people.c.id, _orders.c.local_day >= day),
        exists().where(_checkouts.c.customer_id == _people.c.id, _checkouts.c.local_day >= day),
        exists().where(_consents.c.customer_id == _people.c.id, _consents.c.since >= day * DAY),
        made,
    ]
    return (_people.c.since_day < day) & ~or_(*acted)
