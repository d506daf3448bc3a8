"""One person as people read them: who they are, what they agreed to and bought, and where they have stood.

dossier(connection, person) -> Dossier | None
roll(connection, …) -> list[Entry]                 people in a list, each in one line
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from connector.database import chosen
from connector.days import day_date, instant
from connector.merges import Joined, joined
from connector.models import (
    Consent,
    Customer,
    Delivery,
    DestinationRow,
    Identity,
    Label,
    Membership,
    Metric,
    Order,
    OrderLine,
    Product,
    Segment,
    Store,
)
from connector.people import emails, meant
from connector.privacy.erase import Group, whole
from connector.tables import AnyRow, table

_people, _identities, _metrics = table(Customer), table(Identity), table(Metric)
_orders, _lines, _products, _stores = table(Order), table(OrderLine), table(Product), table(Store)
_stays, _segments, _consents = table(Membership), table(Segment), table(Consent)
_deliveries, _destinations, _labels = table(Delivery), table(DestinationRow), table(Label)

Column = Literal["orders", "spent", "last", "since"]
"""What a list of people can be sorted by."""


@dataclass(frozen=True, slots=True)
class Key:
    """An e-mail address, a phone number, or an account of a store."""

    kind: str
    value: str
    store: str | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a store or a tool says of a consent; `of` is the address that it is about."""

    channel: str
    state: str
    source: str
    since: str | None
    of: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order; its total is in minor units of the order's currency."""

    title: str | None
    quantity: int
    total: int


@dataclass(frozen=True, slots=True)
class Bought:
    """An order; amounts are in minor units of its currency."""

    day: str
    name: str
    store: str
    status: str
    counted: bool
    cancelled: str | None
    currency: str
    total: int
    refunded: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a segment; `until` is None while it lasts."""

    segment: str
    family: str
    entered: str
    until: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Held:
    """What of ours stands at a destination: a tag, or a field with its value; "contact" for a contact we made."""

    destination: str
    kind: str  # tag, field, previous, day, contact
    name: str  # of a field
    value: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of it; orders from the newest on, stays from the oldest on."""

    person: int
    since: str
    currency: str
    orders: int
    spent: int
    first: str | None
    last: str | None
    objects: bool
    keys: list[Key]
    consents: list[Agreed]
    bought: list[Bought]
    stays: list[Stay]
    merges: list[Joined]  # by which records were found to be this one person
    held: list[Held]


@dataclass(frozen=True, slots=True)
class Entry:
    """A person in a list; amounts are in minor units of the database's currency."""

    person: int
    email: str | None
    since: str
    orders: int
    spent: int
    last: str | None
    stage: str | None  # the segment's key, of the family that was asked for


def dossier(connection: Connection, person: int, *, orders: int = 200) -> Dossier | None:
    """The person, or whoever they became part of, with the newest `orders`; None where there is nobody."""
    if connection.scalar(select(_people.c.id).where(_people.c.id == person)) is None:
        return None
    group = whole(connection, [person])
    own = connection.execute(select(_people).where(_people.c.id == group.roots[0])).one()
    figures = connection.execute(select(_metrics).where(_metrics.c.customer_id == own.id)).one_or_none()
    stores = {row.id: row for row in connection.execute(select(_stores).order_by(_stores.c.id))}
    return Dossier(
        person=own.id,
        since=_date(own.since_day),
        currency=next((row.currency for row in stores.values()), "EUR"),
        orders=figures.number_of_orders if figures else 0,
        spent=figures.amount_spent if figures else 0,
        first=_day(figures and figures.first_order_day),
        last=_day(figures and figures.last_order_day),
        objects=own.objected_on is not None,
        keys=[
            Key(row.kind, row.value, stores[row.scope].key if row.scope in stores else None)
            for row in sorted(group.identities, key=lambda row: (row.kind != "email", row.kind, row.value))
        ],
        consents=list(_agreed(connection, group)),
        bought=list(_bought(connection, group, stores, orders)),
        stays=list(_stayed(connection, own.id)),
        merges=joined(connection, group.ids),
        held=list(dict.fromkeys(_held(connection, group))),  # the same of two accounts is told once
    )


def roll(
    connection: Connection,
    family: str,
    *,
    among: Collection[int] | None = None,
    sought: str = "",
    exact: bool = False,
    sort: Column = "last",
    falling: bool = True,
    rows: range = range(50),
) -> list[Entry]:
    """People by a column, with the stage of a family that each is in; of some, and of whom `sought` means, if given.

    It means whom commands find by it, and, unless `exact`, whose e-mail address holds all of its words.
    """
    columns = {
        "orders": _metrics.c.number_of_orders,
        "spent": _metrics.c.amount_spent,
        "last": _metrics.c.last_order_day,
        "since": _people.c.since_day,
    }
    by = columns[sort].desc().nulls_last() if falling else columns[sort].asc().nulls_last()
    found = (
        select(_people.c.id, _people.c.since_day, _metrics)
        .outerjoin(_metrics, _metrics.c.customer_id == _people.c.id)
        .where(_people.c.merged_into.is_(None))
        .order_by(by, _people.c.id)
        .limit(len(rows))
        .offset(rows.start)
    )
    if among is not None:
        found = found.where(_people.c.id.in_(among))
    if sought:
        found = found.where(meant(connection, _people.c.id, sought, exact=exact))
    answered = connection.execute(found).all()
    ids = [row.id for row in answered]
    addresses, stages = emails(connection, ids), _present(connection, ids, family)
    return [
        Entry(
            row.id,
            addresses.get(row.id),
            _date(row.since_day),
            row.number_of_orders or 0,
            row.amount_spent or 0,
            _day(row.last_order_day),
            stages.get(row.id),
        )
        for row in answered
    ]


def _present(connection: Connection, people: Collection[int], family: str) -> dict[int, str]:
    """The stage that each is in now."""
    rows = connection.execute(
        select(_stays.c.customer_id, _segments.c.key)
        .join(_segments, _segments.c.id == _stays.c.segment_id)
        .where(_segments.c.family == family, _stays.c.customer_id.in_(people), _stays.c.left_on.is_(None))
    )
    return {row.customer_id: row.key for row in rows}


def _agreed(connection: Connection, group: Group) -> Iterator[Agreed]:
    of = {row.id: row.value for row in group.identities}
    columns = ("channel", "state", "source", "since", "identity_id")
    rows = chosen(connection, _consents, columns, "customer_id", group.ids)
    for row in sorted(rows, key=lambda row: (row.channel, row.source, row.identity_id)):
        since = None if row.since is None else instant(row.since).date().isoformat()
        yield Agreed(row.channel, row.state, row.source, since, of.get(row.identity_id, ""))


def _bought(connection: Connection, group: Group, stores: Mapping[int, AnyRow], limit: int) -> Iterator[Bought]:
    newest = select(_orders).where(_orders.c.customer_id.in_(group.ids)).order_by(_orders.c.placed_at.desc())
    rows = connection.execute(newest.limit(limit)).all()
    lines = _bought_lines(connection, [row.id for row in rows])
    for row in rows:
        own = row.total is not None  # else it was paid in another currency
        yield Bought(
            day=_date(row.local_day),
            name=row.name or row.platform_id,
            store=stores[row.store_id].key,
            status=row.status,
            counted=bool(row.counted),
            cancelled=_day(row.cancelled_day),
            currency=stores[row.store_id].currency if own else row.currency,
            total=row.total if own else row.gross,
            refunded=row.refunded,
            lines=lines.get(row.id, []),
        )


def _bought_lines(connection: Connection, orders: Iterable[int]) -> dict[int, list[Line]]:
    columns = ("order_id", "position", "product_id", "quantity", "total", "title")
    rows = sorted(chosen(connection, _lines, columns, "order_id", orders), key=lambda row: (row.order_id, row.position))
    products = {row.product_id for row in rows if row.product_id is not None}
    titles = {row.id: row.title for row in chosen(connection, _products, ("id", "title"), "id", products)}
    found: dict[int, list[Line]] = {}
    for row in rows:
        title = row.title or titles.get(row.product_id)
        found.setdefault(row.order_id, []).append(Line(title, row.quantity, row.total))
    return found


def _stayed(connection: Connection, person: int) -> Iterator[Stay]:
    rows = connection.execute(
        select(_segments.c.key, _segments.c.family, _stays.c.entered_on, _stays.c.left_on, _stays.c.cause)
        .join(_segments, _segments.c.id == _stays.c.segment_id)
        .where(_stays.c.customer_id == person)
        .order_by(_stays.c.entered_on, _segments.c.key)
    )
    for row in rows:
        yield Stay(row.key, row.family, _date(row.entered_on), _day(row.left_on), row.cause)


def _held(connection: Connection, group: Group) -> Iterator[Held]:
    places = {row.id: row.key for row in connection.execute(select(_destinations.c.id, _destinations.c.key))}
    names = {(row.destination_id, row.key): row.text for row in connection.execute(select(_labels))}
    rows = connection.execute(
        select(_deliveries.c.destination_id, _deliveries.c.item, _deliveries.c.value).where(
            _deliveries.c.destination_id.in_(places),  # as the key begins: else all deliveries would be read
            _deliveries.c.item.in_({"contact", *(key.partition("=")[0] for _, key in names)}),
            _deliveries.c.identity_id.in_([row.id for row in group.identities]),
            _deliveries.c.value.is_not(None),
        )
    )
    for row in sorted(rows, key=lambda row: (places[row.destination_id], row.item)):
        name = names.get((row.destination_id, row.item), "")
        yield Held(places[row.destination_id], row.item.partition(":")[0], name, row.value)


def _day(number: Any) -> str | None:  # noqa: ANN401 - a column
    return None if number is None else _date(number)


def _date(number: int) -> str:
    return day_date(number).isoformat()
