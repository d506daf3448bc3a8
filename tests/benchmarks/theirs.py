"""The usual ways to the same end: `python -m tests.benchmarks.theirs STEP DATABASE …`.

pandas reads the orders, groups them and writes a table of everyone; SQLModel validates each order and merges it.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine

from connector.days import local_day, time_zone
from tests.benchmarks.dates import NOW
from tests.benchmarks.measure import Facts, Step

WINDOW = 180
STAGES = ("prospect", "loyal", "new", "occasional", "inactive")
PAGE = 1000


def recompute(path: str, facts: Facts, days_later: str) -> None:
    """Everyone's stage, written anew, with what changed since the last time."""
    today = local_day(NOW + timedelta(days=int(days_later)), time_zone("Europe/Paris"))
    with closing(sqlite3.connect(path)) as connection:
        people = _people(connection, today)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "lifecycle" in names:
            before = pd.read_sql("SELECT customer_id, stage FROM lifecycle", connection)
            both = people.merge(before, on="customer_id", how="left", suffixes=("", "_before"))
            changes = both[both.stage != both.stage_before]
            changes[["customer_id", "stage", "stage_before"]].to_sql(
                "lifecycle_changes", connection, if_exists="append", index=False
            )
            facts["changes"] = len(changes)
        people.to_sql("lifecycle", connection, if_exists="replace", index=False)
        connection.commit()
    facts["stages"] = {f"spread.{stage}": int(count) for stage, count in people.stage.value_counts().items()}


def _people(connection: sqlite3.Connection, today: int) -> pd.DataFrame:
    customers = pd.read_sql("SELECT id AS customer_id, since_day FROM customers", connection)
    orders = pd.read_sql(
        "SELECT customer_id, local_day, void_day, total, refunded, status, test FROM orders", connection
    )
    orders = orders[(orders.status == "paid") & (orders.test == 0) & ~(orders.void_day <= today)].copy()
    orders["recent"] = orders.local_day > today - WINDOW
    orders["net"] = orders.total - orders.refunded
    grouped = orders.groupby("customer_id").agg(
        orders=("local_day", "size"),
        first_day=("local_day", "min"),
        last_day=("local_day", "max"),
        recent=("recent", "sum"),
        spent=("net", "sum"),
        refunded=("refunded", "sum"),
    )
    people = customers.merge(grouped, on="customer_id", how="left")
    people[["orders", "recent", "spent", "refunded"]] = people[["orders", "recent", "spent", "refunded"]].fillna(0)
    people["interval"] = (people.last_day - people.first_day) / (people.orders - 1).clip(lower=1)
    rules = [
        people.orders == 0,
        people.recent >= 2,
        people.first_day > today - WINDOW,
        people.recent == 1,
    ]
    people["stage"] = np.select(rules, list(STAGES[:4]), default=STAGES[4])
    return people


class Line(SQLModel, table=True):
    """A line of an order."""

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="shoporder.id", index=True)
    title: str | None
    sku: str | None
    quantity: int
    total: float
    product_id: str | None


class ShopOrder(SQLModel, table=True):
    """An order, with as much of it as most take."""

    id: str = Field(primary_key=True)
    name: str
    customer_id: str | None = Field(index=True)
    email: str | None
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    status: str | None
    total: float
    tax: float
    currency: str
    lines: list[Line] = Relationship()


def merge(path: str, facts: Facts, file: str) -> None:
    """Each order decoded, validated and merged; a commit a page."""
    engine = create_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables[name] for name in ("shoporder", "line")])
    orders = _orders(Path(file))
    facts["orders"] = 0
    while page := list(islice(orders, PAGE)):
        with Session(engine) as session:
            for order in page:
                session.merge(order)
            session.commit()
        facts["orders"] += len(page)


def _orders(file: Path) -> Iterator[ShopOrder]:
    order: ShopOrder | None = None
    with file.open("rb") as rows:
        for text in rows:
            row = json.loads(text)
            if "__parentId" in row:
                assert order is not None
                order.lines.append(_line(row))
                continue
            if order is not None:
                yield order
            order = _order(row)
    if order is not None:
        yield order


def _order(row: dict[str, Any]) -> ShopOrder:
    return ShopOrder.model_validate(
        {
            "id": row["id"],
            "name": row["name"],
            "customer_id": row["customer"]["id"],
            "email": row["email"],
            "placed_at": row["processedAt"],
            "updated_at": row["updatedAt"],
            "cancelled_at": row["cancelledAt"],
            "status": row["displayFinancialStatus"],
            "total": row["totalPriceSet"]["shopMoney"]["amount"],
            "tax": row["totalTaxSet"]["shopMoney"]["amount"],
            "currency": row["totalPriceSet"]["shopMoney"]["currencyCode"],
        }
    )


def _line(row: dict[str, Any]) -> Line:
    return Line.model_validate(
        {
            "id": row["id"],
            "order_id": row["__parentId"],
            "title": row["title"],
            "sku": row["sku"],
            "quantity": row["quantity"],
            "total": row["discountedTotalSet"]["shopMoney"]["amount"],
            "product_id": row["product"]["id"],
        }
    )


STEPS: dict[str, Callable[..., None]] = {"recompute": recompute, "merge": merge}

if __name__ == "__main__":
    name, path, *rest = sys.argv[1:]
    with Step() as told:
        STEPS[name](path, told, *rest)
    print(json.dumps(told))
