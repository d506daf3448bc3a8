"""Forgetting a whole store: all that was read from it, and the people who are known from nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, Table, delete, exists, func, select, update

from connector.database import batches, remove
from connector.history.counts import Deltas, write_counts
from connector.models import (
    Checkout,
    Checkpoint,
    Consent,
    Customer,
    Identity,
    Membership,
    Merge,
    Order,
    OrderLine,
    Product,
    ProductLifespan,
    Quarantine,
    Refund,
    Store,
)
from connector.privacy.erase import BY_IDENTITY, Group, forget, whole
from connector.tables import table

_people, _identities, _members = table(Customer), table(Identity), table(Membership)
_OF_A_STORE = [table(model) for model in (Quarantine, Checkpoint, ProductLifespan, Product)]
_orders, _refunds, _checkouts = table(Order), table(Refund), table(Checkout)


def only_of(connection: Connection, store_id: int) -> Group:
    """The people who are known from this store alone."""
    elsewhere = exists().where(
        _identities.c.customer_id == _people.c.id, _identities.c.kind == "account", _identities.c.scope != store_id
    )
    others = [
        exists().where(rows.c.customer_id == _people.c.id, rows.c.store_id != store_id)
        for rows in (_orders, _refunds, _checkouts)
    ]
    alone = select(_people.c.id).where(_people.c.merged_into.is_(None), ~elsewhere, *(~other for other in others))
    return whole(connection, connection.scalars(alone))


def forget_store(connection: Connection, store_id: int, group: Group) -> None:
    """Delete all that was read from a store, with the people of `group`; everyone else of it is looked at anew."""
    stores, lines = table(Store), table(OrderLine)
    key = connection.scalar(select(stores.c.key).where(stores.c.id == store_id))
    known = _known(connection, store_id)
    placed = select(_orders.c.id).where(_orders.c.store_id == store_id)
    connection.execute(delete(lines).where(lines.c.order_id.in_(placed)))
    for rows in (_refunds, _orders, _checkouts, *_OF_A_STORE):
        connection.execute(delete(rows).where(rows.c.store_id == store_id))
    connection.execute(delete(table(Consent)).where(table(Consent).c.source == key))
    _forget_accounts(connection, store_id)
    _take_out(connection, group.ids)
    forget(connection, group)
    connection.execute(delete(stores).where(stores.c.id == store_id))
    for batch in batches(known - set(group.ids)):
        here = _people.c.id.in_(batch), _people.c.merged_into.is_(None)
        connection.execute(update(_people).where(*here).values(next_review_on=_people.c.since_day))


def _known(connection: Connection, store_id: int) -> set[int]:
    """Everyone of whom something was read from a store."""
    asked = [select(rows.c.customer_id).where(rows.c.store_id == store_id) for rows in (_orders, _refunds, _checkouts)]
    asked.append(select(_identities.c.customer_id).where(_identities.c.scope == store_id))
    return {person for statement in asked for person in connection.scalars(statement) if person is not None}


def _forget_accounts(connection: Connection, store_id: int) -> None:
    accounts = list(connection.scalars(select(_identities.c.id).where(_identities.c.scope == store_id)))
    tables: list[tuple[Table, str]] = [(rows, "identity_id") for rows in BY_IDENTITY]
    for rows, by in (*tables, (table(Merge), "identity_id"), (_identities, "id")):
        remove(connection, rows, by, accounts)


def _take_out(connection: Connection, people: Iterable[int]) -> None:
    """Take people out of what each segment counted on each day."""
    deltas: Deltas = Counter()
    days = (_members.c.segment_id, _members.c.entered_on, _members.c.left_on)
    for batch in batches(people):
        rows = select(*days, func.count()).where(_members.c.customer_id.in_(batch)).group_by(*days)
        for segment_id, entered_on, left_on, number in connection.execute(rows):
            deltas[segment_id, entered_on] -= number
            if left_on is not None:
                deltas[segment_id, left_on] += number
    write_counts(connection, deltas)
