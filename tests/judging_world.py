"""Small shops with products for the tests of reports, and CDNOW's orders as rows."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select

from connector.database import bulk
from connector.days import day_number
from connector.models import Customer, Order, OrderLine, Product
from connector.tables import table
from tests.rules_world import load

CDNOW = Path(__file__).parents[2] / "shared" / "data" / "cdnow_master.csv.gz"


def add_products(connection: Connection, baskets: Mapping[int, Sequence[Sequence[str]]]) -> None:
    """Write what lay in the baskets of each person, one basket an order, in the order of the orders."""
    names = sorted({name for orders in baskets.values() for basket in orders for name in basket})
    ids = {name: number for number, name in enumerate(names, 1)}
    rows = [{"id": ids[name], "store_id": 1, "platform_id": name, "title": name.upper()} for name in names]
    connection.execute(insert(table(Product)), rows)
    orders = table(Order)
    for person, bought in baskets.items():
        mine = connection.scalars(select(orders.c.id).where(orders.c.customer_id == person).order_by(orders.c.id))
        lines = [
            {"order_id": order, "position": n, "product_id": ids[name], "quantity": 1, "total": 0, "gift_card": False}
            for order, basket in zip(mine, bought, strict=True)
            for n, name in enumerate(basket)
        ]
        if lines:
            connection.execute(insert(table(OrderLine)), lines)


@contextmanager
def cdnow(engine: Engine) -> Iterator[Connection]:
    """A connection to CDNOW's orders, all of them counted; skips where the file is not there."""
    if not CDNOW.exists():
        pytest.skip(f"no CDNOW orders at {CDNOW}")
    with gzip.open(CDNOW, "rt") as lines:
        bought = [
            (int(row["customer_id"]), day_number(date.fromisoformat(row["date"])), round(float(row["amount"]) * 100))
            for row in csv.DictReader(lines)
        ]
    first: dict[int, int] = {}
    for customer, day, _ in bought:
        first[customer] = min(first.get(customer, day), day)
    columns = ("id", "store_id", "platform_id", "customer_id", "local_day", "counted", "total", "refunded", "gross")
    others = {"currency": "USD", "origin": "file", "status": "paid", "test": False}
    others |= dict.fromkeys(("placed_at", "digest", "tax", "shipping", "discount"), 0)
    rows = (
        (number, 1, str(number), customer, day, 1, cents, 0, cents, *others.values())
        for number, (customer, day, cents) in enumerate(bought, 1)
    )
    with engine.connect() as connection:
        load(connection, [], currency="USD")
        people = [(customer, day, day) for customer, day in first.items()]
        bulk(connection, table(Customer), ("id", "since_day", "next_review_on"), people)
        bulk(connection, table(Order), (*columns, *others), rows)
        yield connection
        connection.rollback()
