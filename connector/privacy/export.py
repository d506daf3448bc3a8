"""Everything that is held of a person, as one readable object: days as dates, money as decimals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from connector.database import chosen
from connector.days import day_date, instant
from connector.models import (
    Account,
    Change,
    Checkout,
    Consent,
    Customer,
    CustomerField,
    Delivery,
    DestinationRow,
    Membership,
    Merge,
    Metric,
    Objection,
    Order,
    OrderLine,
    Plan,
    PredictedValue,
    Product,
    Quarantine,
    Refund,
    Refusal,
    Segment,
    Send,
    Store,
)
from connector.money import major_units
from connector.privacy.disclosures import Disclosures
from connector.privacy.erase import Group, whole
from connector.privacy.quarantined import quarantined
from connector.tables import AnyRow, table

Label = Mapping[str, str]
"""A text by language: fr and en."""

SECTIONS: Mapping[str, tuple[str, str]] = {
    "identities": ("Adresses, numéros et comptes", "Addresses, numbers and accounts"),
    "accounts": ("Comptes client", "Customer accounts"),
    "fields": ("Champs client lus dans la boutique", "Customer fields read from the shop"),
    "consents": ("Consentements", "Consents"),
    "orders": ("Commandes", "Orders"),
    "refunds": ("Remboursements sans commande connue", "Refunds of no order that is known"),
    "checkouts": ("Paniers commencés", "Checkouts that were begun"),
    "figures": ("Chiffres calculés", "Figures worked out"),
    "segments": ("Segments", "Segments"),
    "messages": ("Messages reçus, selon les outils", "Messages sent to them, by the tools' word"),
    "deliveries": ("Écrit chez les destinations", "Written at destinations"),
    "refusals": ("Refusé par les destinations", "Refused by destinations"),
    "changes": ("Changements envoyés ou prévus", "Changes sent or planned"),
    "merges": ("Réunions de fiches", "Records found to be one person"),
    "objection": ("Opposition au profilage", "Objection to profiling"),
    "unreadable": ("Données illisibles gardées en quarantaine", "Data that could not be read, in quarantine"),
    "disclosures": ("Qui a vu ou exporté ces données", "Who saw or exported these data"),
}

_DAYS = {
    "created_day", "local_day", "void_day", "cancelled_day", "delivered_day", "completed_day", "day", "entered_on",
    "left_on", "since_day", "next_review_on", "objected_on", "first_order_day", "last_order_day",
}  # fmt: skip
_INSTANTS = {"updated_at", "placed_at", "since", "at", "merged_at", "undone_at", "seen_at"}
_MONEY = {"total", "refunded", "gross", "tax", "shipping", "discount", "amount", "amount_spent", "clv_12m"}
_LISTS = {"tags", "coupons"}
_INNER = {"id", "digest", "customer_id", "order_id", "product_id", "plan_id", "run_id", "segment_id", "found", "moved"}
"""Numbers that mean nothing outside the database."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids in rows stand for."""

    currency: str
    stores: Mapping[int, str]
    identities: Mapping[int, str]
    destinations: Mapping[int, str]


def export(
    connection: Connection, person: int, labels: Mapping[str, Label], seen: Disclosures | None = None
) -> dict[str, Any]:
    """What is held of a person, section by section, with each section's title; `labels` are those of segments."""
    group = whole(connection, [person])
    names = _names(connection, group)
    (own,) = chosen(connection, table(Customer), ("since_day",), "id", group.roots)
    return {
        "person": group.roots[0],
        "known_since": day_date(own.since_day).isoformat(),
        "sections": [
            {"key": key, "label": dict(zip(("fr", "en"), SECTIONS[key], strict=True)), "rows": rows}
            for key, rows in (_sections(connection, group, names, labels) | _seen(seen, group)).items()
        ],
    }


def _sections(
    connection: Connection, group: Group, names: _Names, labels: Mapping[str, Label]
) -> dict[str, list[dict[str, Any]]]:
    def of_identities(model: type[Any]) -> list[dict[str, Any]]:
        return _rows(connection, table(model), "identity_id", [row.id for row in group.identities], names)

    def of_person(model: type[Any]) -> list[dict[str, Any]]:
        return _rows(connection, table(model), "customer_id", group.ids, names)

    return {
        "identities": [
            {"kind": row.kind, "value": row.value, **({"store": names.stores[row.scope]} if row.scope else {})}
            for row in group.identities
        ],
        "accounts": of_identities(Account),
        "fields": of_identities(CustomerField),
        "consents": of_identities(Consent),
        "orders": _orders(connection, group, names),
        "refunds": [row for row in of_person(Refund) if row.pop("order", None) is None],
        "checkouts": of_person(Checkout),
        "figures": of_person(Metric) + of_person(PredictedValue),
        "segments": _segments(connection, group, labels),
        "messages": of_identities(Send),
        "deliveries": of_identities(Delivery),
        "refusals": of_identities(Refusal),
        "changes": _changes(connection, group, names),
        "merges": _merges(connection, group, names),
        "objection": of_identities(Objection),
        "unreadable": _unreadable(connection, group, names),
    }


def _seen(seen: Disclosures | None, group: Group) -> dict[str, list[dict[str, Any]]]:
    rows = seen.of(group.ids) if seen is not None else []
    return {"disclosures": [row | {"at": instant(row["at"]).isoformat()} for row in rows]}


def _names(connection: Connection, group: Group) -> _Names:
    stores = connection.execute(select(table(Store)).order_by(table(Store).c.id)).all()
    destinations = table(DestinationRow)
    return _Names(
        stores[0].currency if stores else "EUR",
        {row.id: row.key for row in stores},
        {row.id: row.value for row in group.identities},
        {row.id: row.key for row in connection.execute(select(destinations.c.id, destinations.c.key))},
    )


def _rows(connection: Connection, rows: Table, by: str, values: Iterable[int], names: _Names) -> list[dict[str, Any]]:
    columns = [column.name for column in rows.c]
    return [_shown(row, columns, names) for row in chosen(connection, rows, columns, by, values)]


def _shown(row: AnyRow, columns: Iterable[str], names: _Names) -> dict[str, Any]:
    """A row as it can be read: nothing that is empty, nothing that only the database understands."""
    said = {}
    for name in columns:
        value = getattr(row, name)
        if name == "store_id":
            said["store"] = names.stores.get(value)
        elif name == "identity_id":
            said["of"] = names.identities.get(value)
        elif name == "destination_id":
            said["destination"] = names.destinations.get(value)
        elif value is not None and name not in _INNER:
            said[name] = _readable(name, value, getattr(row, "currency", None), names)
    return said


def _readable(name: str, value: Any, currency: str | None, names: _Names) -> Any:  # noqa: ANN401 - what columns hold
    if name in _DAYS:
        return day_date(value).isoformat()
    if name in _INSTANTS:
        return instant(value).isoformat()
    if name in _MONEY:
        own = names.currency if name in {"total", "refunded"} or currency is None else currency
        return f"{major_units(value, own)} {own}"
    if name in _LISTS:
        return value.split("\n")
    return json.loads(value) if name == "attribution" else value


def _orders(connection: Connection, group: Group, names: _Names) -> list[dict[str, Any]]:
    orders, lines, refunds, products = table(Order), table(OrderLine), table(Refund), table(Product)
    placed = list(chosen(connection, orders, [c.name for c in orders.c], "customer_id", group.ids))
    numbers = [row.id for row in placed]
    bought = list(chosen(connection, lines, [c.name for c in lines.c], "order_id", numbers))
    titles = {
        p.id: p.title for p in chosen(connection, products, ("id", "title"), "id", {b.product_id for b in bought})
    }
    inside: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    for row in bought:
        inside[row.order_id].append({"product": titles.get(row.product_id)} | _shown(row, row._fields, names))
    back: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    for row in chosen(connection, refunds, ("order_id", "platform_id", "day", "amount"), "order_id", numbers):
        back[row.order_id].append(_shown(row, row._fields, names))
    return [_shown(r, r._fields, names) | {"lines": inside[r.id], "refunds": back[r.id]} for r in placed]


def _segments(connection: Connection, group: Group, labels: Mapping[str, Label]) -> list[dict[str, Any]]:
    stays, segments = table(Membership), table(Segment)
    rows = connection.execute(
        select(segments.c.key, stays.c.entered_on, stays.c.left_on, stays.c.cause)
        .join(segments, segments.c.id == stays.c.segment_id)
        .where(stays.c.customer_id.in_(group.ids))
        .order_by(stays.c.entered_on, segments.c.key)
    )
    return [
        {
            "segment": row.key,
            "label": dict(labels.get(row.key, {})),
            "from": day_date(row.entered_on).isoformat(),
            "until": None if row.left_on is None else day_date(row.left_on).isoformat(),
            "cause": row.cause,
        }
        for row in rows
    ]


def _changes(connection: Connection, group: Group, names: _Names) -> list[dict[str, Any]]:
    changes, plans = table(Change), table(Plan)
    columns = ("identity_id", "item", "old", "new", "cause", "outcome", "reason")
    own = [row.id for row in group.identities]
    rows = connection.execute(
        select(plans.c.created_at.label("at"), plans.c.destination_id, *(changes.c[name] for name in columns))
        .join(plans, plans.c.id == changes.c.plan_id)
        .where(changes.c.identity_id.in_(own))
        .order_by(changes.c.id)
    )
    return [_shown(row, row._fields, names) for row in rows]


def _merges(connection: Connection, group: Group, names: _Names) -> list[dict[str, Any]]:
    merges = table(Merge)
    either = or_(merges.c.kept_id.in_(group.ids), merges.c.absorbed_id.in_(group.ids))
    rows = connection.execute(select(merges).where(either).order_by(merges.c.id))
    return [_shown(row, row._fields, names) for row in rows]


def _unreadable(connection: Connection, group: Group, names: _Names) -> list[dict[str, Any]]:
    rows = table(Quarantine)
    columns = [column.name for column in rows.c]
    return [
        _shown(row, columns, names) for row in chosen(connection, rows, columns, "id", quarantined(connection, group))
    ]
