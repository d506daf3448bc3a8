"""Making people nameless: day, amount and counted flag of their orders stay, with their segments, under random ids.

What was counted of past days so stands. Everything else that is held of them goes. Amounts are net of refunds as of
any day, and a cancellation takes a purchase back from its own day on: those days and amounts stay as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from connector.database import NAMELESS, batches, bulk, chosen, remove
from connector.models import (
    Account,
    Change,
    Checkout,
    Consent,
    Customer,
    CustomerField,
    Delivery,
    Identity,
    Membership,
    Merge,
    Metric,
    Objection,
    Order,
    OrderLine,
    PredictedValue,
    Refund,
    Refusal,
    Send,
    Store,
)
from connector.privacy.suppressions import Name, name_of
from connector.records import OrderStatus
from connector.tables import AnyRow, table

ERASED = "erased"
"""The origin of an order of which only day, amount and counted flag are left."""

_people, _identities, _orders, _refunds = table(Customer), table(Identity), table(Order), table(Refund)
BY_IDENTITY = [table(model) for model in (Account, CustomerField, Consent, Delivery, Refusal, Send, Change, Objection)]
_BY_PERSON = [table(model) for model in (PredictedValue, Metric, Membership)]
_ORDER = (
    "id",
    "store_id",
    "customer_id",
    "local_day",
    "counted",
    "void_day",
    "total",
    "refunded",
    "currency",
    "status",
)
_REFUND = ("id", "store_id", "order_id", "customer_id", "day", "amount")
_MERGED = ("kept_id", "absorbed_id")
_STATUS = {True: OrderStatus.PAID, False: OrderStatus.FAILED}


@dataclass(frozen=True, slots=True)
class Group:
    """People, with those who became part of them; and what tells them from others."""

    roots: tuple[int, ...]
    ids: tuple[int, ...]  # theirs, and of those who became part of them
    identities: tuple[AnyRow, ...]
    orders: tuple[tuple[int, str], ...]  # the store's id, and the platform's own number

    def names(self, connection: Connection) -> list[Name]:
        """What is to be suppressed of them."""
        stores = keys_of_stores(connection)
        keys = [name_of((row.kind, row.scope, row.value), stores) for row in self.identities]
        return keys + [("order", stores[store], number) for store, number in self.orders]


def keys_of_stores(connection: Connection) -> dict[int, str]:
    """The stores' keys by their ids."""
    stores = table(Store)
    return {row.id: row.key for row in connection.execute(select(stores.c.id, stores.c.key))}


def whole(connection: Connection, people: Iterable[int]) -> Group:
    """The people, each with whoever became part of them; those who became part of another are the other."""
    roots = sorted({_root(connection, person) for person in people})
    ids, last = set(roots), list(roots)
    while last:
        last = [row.id for row in chosen(connection, _people, ("id",), "merged_into", last) if row.id not in ids]
        ids.update(last)
    identities = tuple(chosen(connection, _identities, ("id", "kind", "scope", "value"), "customer_id", ids))
    orders = chosen(connection, _orders, ("id", "store_id", "platform_id"), "customer_id", ids)
    named = tuple((row.store_id, row.platform_id) for row in orders if row.id < NAMELESS)
    return Group(tuple(roots), tuple(sorted(ids)), identities, named)


def make_nameless(connection: Connection, group: Group, today: int) -> None:
    """Keep of these people what past counts need, under new random ids; everything else goes."""
    now = dict(zip(group.ids, random_ids(connection, _people, len(group.ids)), strict=True))
    known = list(chosen(connection, _people, ("id", "since_day", "merged_into", "next_review_on"), "id", group.ids))
    # who became part of another is only needed until the recompute has taken their segments back
    kept = [row for row in known if row.merged_into is None or row.next_review_on is not None]
    rows = [
        (now[row.id], row.since_day, now.get(row.merged_into), min(row.next_review_on or today, today)) for row in kept
    ]
    bulk(connection, _people, ("id", "since_day", "merged_into", "next_review_on"), sorted(rows))
    _rename(connection, [(row.id, now[row.id]) for row in kept])
    _make_orders_nameless(connection, group, now)
    forget(connection, group)


def random_ids(connection: Connection, rows: Table, count: int) -> list[int]:
    """So many ids that are free, and tell nothing."""
    ids: dict[int, None] = {}
    while len(ids) < count:
        drawn = {NAMELESS + randbelow(NAMELESS): None for _ in range(count - len(ids))}
        taken = {row.id for row in chosen(connection, rows, ("id",), "id", drawn)}
        ids.update({number: None for number in drawn if number not in taken})
    return list(ids)


def _root(connection: Connection, person: int) -> int:
    into = connection.scalar(select(_people.c.merged_into).where(_people.c.id == person))
    return person if into is None else _root(connection, into)


def _rename(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Give the segments and the figures of people to those who stand for them now."""
    for model in (Membership, Metric):
        rows = table(model)
        statement = update(rows).where(rows.c.customer_id == bindparam("was")).values(customer_id=bindparam("is_"))
        if pairs:
            connection.execute(statement, [{"was": was, "is_": is_} for was, is_ in pairs])


def _make_orders_nameless(connection: Connection, group: Group, now: Mapping[int, int]) -> None:
    placed = list(chosen(connection, _orders, _ORDER, "customer_id", group.ids))
    numbers = [row.id for row in placed]
    back = {row.id: row for row in chosen(connection, _refunds, _REFUND, "customer_id", group.ids)}
    back |= {row.id: row for row in chosen(connection, _refunds, _REFUND, "order_id", numbers)}
    fresh = dict(zip(numbers, random_ids(connection, _orders, len(numbers)), strict=True))
    remove(connection, table(OrderLine), "order_id", numbers)
    remove(connection, _refunds, "id", back)
    remove(connection, _orders, "id", numbers)
    _insert(connection, _orders, (_nameless_order(row, fresh[row.id], now[row.customer_id]) for row in placed))
    others = zip(back.values(), random_ids(connection, _refunds, len(back)), strict=True)
    _insert(connection, _refunds, (_nameless_refund(row, number, fresh, now) for row, number in others))


def _nameless_order(row: AnyRow, number: int, person: int) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in _ORDER}
    return {
        **kept,
        "id": number,
        "customer_id": person,
        "platform_id": f"{ERASED}:{number}",
        "placed_at": row.local_day * 86_400,
        "digest": 0,
        "origin": ERASED,
        "status": row.status if row.status == OrderStatus.DELETED else _STATUS[bool(row.counted)].value,
        "gross": row.total or 0,
        "test": False,
        **dict.fromkeys(("tax", "shipping", "discount"), 0),
    }


def _nameless_refund(row: AnyRow, number: int, orders: Mapping[int, int], now: Mapping[int, int]) -> dict[str, Any]:
    return {
        "id": number,
        "store_id": row.store_id,
        "platform_id": f"{ERASED}:{number}",
        "order_id": orders.get(row.order_id, row.order_id),
        "customer_id": now.get(row.customer_id, row.customer_id),
        "day": row.day,
        "amount": row.amount,
    }


def _insert(connection: Connection, rows: Table, values: Iterable[dict[str, Any]]) -> None:
    """Insert rows in the order of their ids, so that their places tell nothing either."""
    made = sorted(values, key=lambda row: int(row["id"]))
    if made:
        connection.execute(insert(rows), made)


def forget(connection: Connection, group: Group) -> None:
    """Delete what is held of the people by their names, and who they were."""
    identities = [row.id for row in group.identities]
    merges = table(Merge)
    for column, values in ((merges.c.identity_id, identities), *((merges.c[n], group.ids) for n in _MERGED)):
        for batch in batches(values):
            connection.execute(delete(merges).where(column.in_(batch)))
    remove(connection, table(Checkout), "customer_id", group.ids)
    for rows in BY_IDENTITY:
        remove(connection, rows, "identity_id", identities)
    for rows in _BY_PERSON:
        remove(connection, rows, "customer_id", group.ids)
    remove(connection, _identities, "id", identities)
    remove(connection, _people, "id", group.ids)


def parts(people: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    """The people in runs that one transaction takes."""
    return (people[start : start + size] for start in range(0, len(people), size))
