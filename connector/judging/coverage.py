"""How much is known: each fact that rules can ask for, of how many orders or people, and who said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Subquery, case, distinct, exists, func, select, union

from connector.judging.figures import share
from connector.models import Account, Consent, Customer, Identity, Order, OrderLine
from connector.tables import table

people, identities, accounts = table(Customer), table(Identity), table(Account)
consents, orders, lines = table(Consent), table(Order), table(OrderLine)
_counted = orders.c.counted == 1

FAMILIES = ("transactional", "socio_demographic", "contextual", "geolocation")
"""The four families of data; all of it is the merchant's own (first party), and only that is joined to people."""

_ORDERS: Mapping[str, tuple[str, ColumnElement[bool]]] = {
    "amount": ("transactional", orders.c.total.is_not(None)),
    "products": ("transactional", exists().where(lines.c.order_id == orders.c.id, lines.c.product_id.is_not(None))),
    "payment_method": ("transactional", orders.c.payment_method.is_not(None)),
    "shipping_method": ("transactional", orders.c.shipping_method.is_not(None)),
    "delivered_day": ("transactional", orders.c.delivered_day.is_not(None)),
    "channel": ("contextual", orders.c.channel.is_not(None)),
    "attribution": ("contextual", orders.c.attribution.is_not(None)),
    "country": ("geolocation", orders.c.country.is_not(None)),
    "city": ("geolocation", orders.c.city.is_not(None)),
    "postcode": ("geolocation", orders.c.postcode.is_not(None)),
}
_ACCOUNTS: Mapping[str, tuple[str, Column[Any]]] = {
    "account": ("socio_demographic", accounts.c.identity_id),
    "account_state": ("socio_demographic", accounts.c.state),
    "language": ("socio_demographic", accounts.c.language),
    "account_country": ("geolocation", accounts.c.country),
    "account_city": ("geolocation", accounts.c.city),
    "account_postcode": ("geolocation", accounts.c.postcode),
}


def coverage(connection: Connection) -> list[dict[str, Any]]:
    """Each fact with its family, the share of counted orders or of people of whom it is known, and its provenance.

    `from` counts by origin: api (the platform itself) or file, and for consents the store or tool that said so. All of
    it is the merchant's own data (`party` first): nothing that others sell or lend is joined to people.
    """
    number = connection.scalar(select(func.count()).select_from(people).where(people.c.merged_into.is_(None))) or 0
    found = _of_orders(connection) + _of_people(connection, number)
    return sorted(found, key=lambda entry: FAMILIES.index(entry["family"]))


def _of_orders(connection: Connection) -> list[dict[str, Any]]:
    known = [func.count().filter(condition) for _, condition in _ORDERS.values()]
    rows = connection.execute(
        select(orders.c.origin, func.count(), *known)
        .where(_counted)
        .group_by(orders.c.origin)
        .order_by(orders.c.origin)
    ).all()
    total = sum(row[1] for row in rows)
    return [
        _entry(fact, family, "orders", {row.origin: row[place] for row in rows}, total)
        for place, (fact, (family, _)) in enumerate(_ORDERS.items(), start=2)
    ]


def _of_people(connection: Connection, number: int) -> list[dict[str, Any]]:
    """What is known of people, by the origin of their orders and accounts; one person can have several."""
    placed = select(orders.c.customer_id, orders.c.origin).where(_counted, orders.c.customer_id.is_not(None))
    opened = select(identities.c.customer_id, accounts.c.origin).join(
        accounts, accounts.c.identity_id == identities.c.id
    )
    seen = union(placed, opened).subquery("seen")
    buyers = select(func.count(distinct(orders.c.customer_id))).where(_counted)
    by_origin = {row.origin: row.n for row in connection.execute(_by_origin(placed.subquery("placed")))}
    found = [_entry("orders", "transactional", "people", by_origin, number, connection.scalar(buyers) or 0)]
    for kind in ("email", "phone"):
        have = select(identities.c.customer_id).where(identities.c.kind == kind)
        known = connection.scalar(select(func.count()).select_from(have.distinct().subquery("have"))) or 0
        rows = connection.execute(_by_origin(seen).where(seen.c.customer_id.in_(have)))
        found.append(_entry(kind, "socio_demographic", "people", {row.origin: row.n for row in rows}, number, known))
    return found + _of_accounts(connection, number) + _of_consents(connection, number)


def _by_origin(rows: Subquery) -> Select[Any]:
    """How many people each origin speaks of."""
    return select(rows.c.origin, func.count(distinct(rows.c.customer_id)).label("n")).group_by(rows.c.origin)


def _of_accounts(connection: Connection, number: int) -> list[dict[str, Any]]:
    known = [
        func.count(distinct(case((column.is_not(None), identities.c.customer_id)))) for _, column in _ACCOUNTS.values()
    ]
    among = select(*known).select_from(accounts.join(identities, identities.c.id == accounts.c.identity_id))
    together = connection.execute(among).one()
    rows = connection.execute(among.add_columns(accounts.c.origin).group_by(accounts.c.origin)).all()
    return [
        _entry(fact, family, "people", {row.origin: row[place] for row in rows}, number, together[place])
        for place, (fact, (family, _)) in enumerate(_ACCOUNTS.items())
    ]


def _of_consents(connection: Connection, number: int) -> list[dict[str, Any]]:
    found = []
    for channel in ("email", "sms"):
        said = select(func.count(distinct(consents.c.customer_id)).label("n")).where(consents.c.channel == channel)
        rows = connection.execute(said.add_columns(consents.c.source).group_by(consents.c.source))
        by_source = {row.source: row.n for row in rows}
        found.append(
            _entry(f"{channel}_consent", "socio_demographic", "people", by_source, number, connection.scalar(said) or 0)
        )
    return found


def _entry(
    fact: str, family: str, of: str, origins: Mapping[str, int], total: int, known: int | None = None
) -> dict[str, Any]:
    number = sum(origins.values()) if known is None else known
    return {
        "fact": fact,
        "family": family,
        "party": "first",
        "of": of,
        "known": number,
        "total": total,
        "share": share(number, total),
        "from": {origin: count for origin, count in sorted(origins.items()) if count},
    }
