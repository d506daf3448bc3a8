"""People of test shops, and the rows that they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select

from connector.fields import day_of
from connector.models import (
    Account,
    Checkout,
    Consent,
    Customer,
    CustomerField,
    Identity,
    Order,
    OrderLine,
    PredictedValue,
    Product,
    Refund,
    Store,
)
from connector.tables import table

PRODUCTS: list[dict[str, str | None]] = [
    {"title": "Thé vert", "type": "Thé", "vendor": "Straße", "categories": "Thés\nBio", "tags": "refill\nété"},
    {"title": "Tasse", "type": None, "vendor": "ACME", "categories": "Vaisselle", "tags": None},
    {"title": None, "type": "Thé", "vendor": None, "categories": None, "tags": "Refill"},
]
"""Numbered from 1; their platform's ids are 101, 102, …"""


@dataclass
class Sale:
    """An order of a test person; `total` None is one paid in a foreign currency."""

    day: int
    total: int | None = 1000
    counted: int = 1
    void: int | None = None
    refunds: list[tuple[int, int]] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)  # others of the order's row
    lines: list[tuple[int, int, int]] = field(default_factory=list)  # product, quantity, total

    def net(self, as_of: int) -> int | None:
        if self.total is None:
            return None
        return self.total - sum(amount for day, amount in self.refunds if day <= as_of)


@dataclass
class Person:
    """Someone with orders, and money given back without an order."""

    since: int
    sales: list[Sale] = field(default_factory=list)
    credits: list[tuple[int, int]] = field(default_factory=list)
    accounts: list[dict[str, str | None]] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    consents: list[tuple[str, str]] = field(default_factory=list)  # channel, state
    predicted: int | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)  # of the first account: name, value
    checkouts: list[tuple[int, int | None, int | None]] = field(default_factory=list)  # begun, completed, total

    def placed(self, as_of: int) -> list[Sale]:
        return [s for s in self.sales if s.counted and s.day <= as_of and (s.void is None or s.void > as_of)]


def person(*days: int, since: int | None = None) -> Person:
    """A person with an order on each of some days."""
    first = min(days) if since is None else since
    return Person(first, [Sale(day) for day in days])


def load(connection: Connection, people: Sequence[Person], *, currency: str = "EUR") -> None:
    """Write people, numbered from 1, all of them due from their first day."""
    store = {"id": 1, "key": "shop", "platform": "file", "shop_id": "shop", "name": "Shop", "timezone": "UTC"}
    switches = dict.fromkeys(("count_zero_orders", "count_on_hold", "count_refunded"), False)
    connection.execute(
        insert(table(Store)),
        {**store, **switches, "currency": currency, "include_tax": True, "include_shipping": True},
    )
    sold = any(sale.lines for someone in people for sale in someone.sales)
    for number, product in enumerate(PRODUCTS if sold else [], 1):
        connection.execute(
            insert(table(Product)), {"id": number, "store_id": 1, "platform_id": str(100 + number), **product}
        )
    for number, someone in enumerate(people, 1):
        add_person(connection, number, someone)


def add_person(connection: Connection, number: int, someone: Person) -> None:
    """Write a person with all that is theirs."""
    row = {"id": number, "since_day": someone.since, "next_review_on": someone.since}
    connection.execute(insert(table(Customer)), row)
    add_rows(connection, number, someone.sales, someone.credits)
    _add_own(connection, number, someone)


def _add_own(connection: Connection, number: int, someone: Person) -> None:
    """Write what a person has beside orders; ids are told apart by the person's number."""
    keys = [("account", 1, f"{number}-{n}") for n, _ in enumerate(someone.accounts)]
    keys += [("tool", 0, f"{number}")]  # a key of no kind that rules ask for, to which consents belong
    keys += [("email", 0, f"{number}.{email}") for email in someone.emails]
    names = ("kind", "scope", "value")
    for n, key in enumerate(keys):
        row = {"id": number * 100 + n, "customer_id": number, **dict(zip(names, key, strict=True))}
        connection.execute(insert(table(Identity)), row)
    for n, account in enumerate(someone.accounts):
        connection.execute(
            insert(table(Account)), {"identity_id": number * 100 + n, "digest": 0, "origin": "api", **account}
        )
    if someone.predicted is not None:
        connection.execute(insert(table(PredictedValue)), {"customer_id": number, "clv_12m": someone.predicted})
    for name, value in someone.fields:
        row = {"identity_id": number * 100, "name": name, "path": f"custom.{name}", "value": value}
        connection.execute(insert(table(CustomerField)), {**row, "day": day_of(value)})
    owner = number * 100 + len(someone.accounts)
    for n, (channel, state) in enumerate(someone.consents):
        row = {"customer_id": number, "channel": channel, "source": str(n), "identity_id": owner, "state": state}
        connection.execute(insert(table(Consent)), row)
    for n, (begun, completed, total) in enumerate(someone.checkouts):
        row = {"id": number * 100 + n, "store_id": 1, "platform_id": f"{number}-{n}", "customer_id": number}
        row |= {"local_day": begun, "completed_day": completed, "total": total, "digest": 0}
        connection.execute(insert(table(Checkout)), row)


def add_rows(
    connection: Connection, person: int, sales: Sequence[Sale], credits_: Sequence[tuple[int, int]] = ()
) -> None:
    """Write orders with their refunds, and money given back without an order."""
    first = (connection.scalar(select(func.max(table(Order).c.id))) or 0) + 1
    last_refund = connection.scalar(select(func.max(table(Refund).c.id))) or 0
    orders = [_order(order_id, person, sale) for order_id, sale in enumerate(sales, first)]
    given_back: list[tuple[int | None, int, int]] = [(None, day, amount) for day, amount in credits_]
    given_back += [(n, day, amount) for n, sale in enumerate(sales, first) for day, amount in sale.refunds]
    refunds = [
        {"store_id": 1, "platform_id": str(n), "customer_id": person, "order_id": order, "day": day, "amount": amount}
        for n, (order, day, amount) in enumerate(given_back, last_refund + 1)
    ]
    for row in orders:
        connection.execute(insert(table(Order)), row)
    lines = [
        {"order_id": n, "position": place, "product_id": product, "quantity": quantity, "total": total}
        for n, sale in enumerate(sales, first)
        for place, (product, quantity, total) in enumerate(sale.lines)
    ]
    if lines:
        connection.execute(insert(table(OrderLine)), [{**line, "gift_card": False} for line in lines])
    if refunds:
        connection.execute(insert(table(Refund)), refunds)


def _order(order_id: int, person: int, sale: Sale) -> dict[str, Any]:
    return {
        "id": order_id,
        "store_id": 1,
        "platform_id": str(order_id),
        "customer_id": person,
        "local_day": sale.day,
        "counted": sale.counted,
        "void_day": sale.void,
        "total": sale.total,
        "refunded": 0 if sale.total is None else sum(amount for _, amount in sale.refunds),
        "currency": "EUR",
        "gross": sale.total or 0,
        "origin": "file",
        "status": "paid",
        "test": False,
        **dict.fromkeys(("placed_at", "digest", "tax", "shipping", "discount"), 0),
        **sale.columns,
    }
