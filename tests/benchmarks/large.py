"""An invented shop of any size straight in the tables, with everything on: `… large STEP DATABASE [ORDERS]`.

Orders are drawn as in `shop`, over three years and skewed over people by gamma(0.6), a line each. Every family is on,
and every audience, with the values of `tests.every_day`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Table, func, insert, select, update

from connector.counting import Switches
from connector.database import open_database
from connector.history.memberships import activate, advance, full
from connector.models import Customer, Membership, Order, OrderLine, Product, Refund
from connector.source import ShopCheck
from connector.stores import register
from connector.tables import table
from tests.benchmarks.measure import Facts, Step
from tests.every_day import CATEGORIES, PLACES, everything

SEED = 20261122
BEGAN, DAYS = 19_500, 3 * 365
TODAY = BEGAN + DAYS
PAGE = 50_000
NEW = 500
"""A day brings one order for so many that there are: 0.2 %."""
CHECK = ShopCheck(shop_id="1", name="Boutique", currency="EUR", timezone="Europe/Paris")


def fill(engine: Engine, facts: Facts, orders: str) -> None:
    """A shop with so many orders and a fourth as many people."""
    number = int(orders)
    rng = np.random.default_rng(SEED)
    people = max(number // 4, 1)
    cumulated = np.cumsum(rng.gamma(0.6, size=people))
    with engine.begin() as connection:
        store = register(connection, "shop", "shopify", CHECK, Switches())
        since = rng.integers(BEGAN - 90, BEGAN, people)
        _add(connection, table(Customer), ({"id": n + 1, "since_day": int(day)} for n, day in enumerate(since)))
        _add(connection, table(Product), (_product(n, store.id) for n in range(200)))
        for first in range(0, number, PAGE):
            rows = list(_orders(rng, cumulated, store.id, range(first, min(first + PAGE, number)), BEGAN, TODAY))
            _add(connection, table(Order), iter(rows))
            _add(connection, table(OrderLine), (_line(row) for row in rows))
            _add(connection, table(Refund), (_refund(row) for row in rows if row["refunded"]))
    facts["orders"] = number


def load(engine: Engine, facts: Facts) -> None:
    """The first recompute of a large base, `--no-history`."""
    _advance(engine, TODAY, history=False)


def day(engine: Engine, facts: Facts) -> None:
    """The recompute of the day after, of whom it concerns."""
    _advance(engine, TODAY + 1)


def again(engine: Engine, facts: Facts) -> None:
    """Everyone as of the day after, against what is kept."""
    with engine.begin() as connection:
        facts["different"] = full(connection, everything(), TODAY + 1)


def more(engine: Engine, facts: Facts) -> None:
    """What the day after brings, as a pull stores it: new orders, and their people due."""
    with engine.begin() as connection:
        number = connection.scalar(select(func.max(table(Order).c.id))) or 0
        people = connection.scalar(select(func.max(table(Customer).c.id))) or 0
        rng = np.random.default_rng(SEED + 1)
        cumulated = np.cumsum(rng.gamma(0.6, size=people))
        new = range(number, number + max(number // NEW, 1))
        rows = list(_orders(rng, cumulated, 1, new, TODAY + 1, TODAY + 2, changes=False))
        _add(connection, table(Order), iter(rows))
        _add(connection, table(OrderLine), (_line(row) for row in rows))
        customers = table(Customer)
        for first in range(0, len(rows), 500):
            buyers = {row["customer_id"] for row in rows[first : first + 500]}
            due = customers.c.id.in_(buyers)
            connection.execute(update(customers).where(due).values(next_review_on=TODAY + 1))
        facts["new"] = len(rows)
        facts["due"] = connection.scalar(select(func.count()).where(customers.c.next_review_on <= TODAY + 1))


def _advance(engine: Engine, as_of: int, *, history: bool = True) -> None:
    families = everything()
    with engine.connect() as connection:
        activate(connection, families, as_of, history=history)
        connection.commit()
        advance(connection, families, as_of, lambda *_: connection.commit())
        connection.commit()


def _orders(
    rng: np.random.Generator,
    cumulated: NDArray[np.float64],
    store: int,
    numbers: range,
    first: int,
    until: int,
    *,
    changes: bool = True,
) -> Iterator[dict[str, Any]]:
    count = len(numbers)
    persons = np.searchsorted(cumulated, rng.random(count) * cumulated[-1], side="right")
    days = np.sort(rng.integers(first, until, count)) if not changes else rng.integers(first, until, count)
    totals = np.maximum(100, rng.lognormal(8.2, 0.6, count).astype(int))
    chance = rng.random(count)
    for number, person, on, total, drawn in zip(
        numbers, persons.tolist(), days.tolist(), totals.tolist(), chance.tolist(), strict=True
    ):
        country, city, postcode = PLACES[number % 3]
        cancelled = changes and drawn < 0.04
        refunded = total // 2 if changes and 0.04 <= drawn < 0.07 and on < TODAY - 9 else 0
        yield {
            "id": number + 1, "store_id": store, "platform_id": str(number + 1), "customer_id": person + 1,
            "local_day": on, "counted": 1, "void_day": on + 1 if cancelled and on < TODAY - 1 else None, "total": total,
            "refunded": refunded, "placed_at": on * 86_400 + number % 86_400, "digest": number, "origin": "api",
            "status": "paid", "currency": "EUR", "gross": total, "discount": total * (number % 4) // 10,
            "coupons": "BIENVENUE" if number % 9 == 0 else None, "channel": ("web", "web", "pos", "app")[number % 4],
            "payment_method": ("carte", "paypal")[number % 2], "shipping_method": ("relais", "colis")[number % 2],
            "country": country, "city": city, "postcode": postcode, "delivered_day": on + 3 if changes else None,
            "attribution": json.dumps({"sessions": 1 + number % 3}) if number % 10 == 0 else None,
            "test": False, "tax": 0, "shipping": 0,
        }  # fmt: skip


def _line(order: dict[str, Any]) -> dict[str, Any]:
    product = 1 + order["id"] * 7919 % 200
    line = {"order_id": order["id"], "position": 0, "product_id": product, "quantity": 1, "total": order["total"]}
    return {**line, "gift_card": False}


def _refund(order: dict[str, Any]) -> dict[str, Any]:
    same = {name: order[name] for name in ("id", "store_id", "platform_id", "customer_id")}
    return {**same, "order_id": order["id"], "day": order["local_day"] + 9, "amount": order["refunded"]}


def _product(number: int, store: int) -> dict[str, Any]:
    return {"id": number + 1, "store_id": store, "platform_id": str(number + 1), "categories": CATEGORIES[number % 4]}


def _add(connection: Connection, into: Table, rows: Iterator[dict[str, Any]]) -> None:
    page: list[dict[str, Any]] = []
    for row in rows:
        page.append(row)
        if len(page) == PAGE:
            connection.execute(insert(into), page)
            page = []
    if page:
        connection.execute(insert(into), page)


def _held(engine: Engine) -> int:
    """In how many segments people are, in all."""
    members = table(Membership)
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(members.c.left_on.is_(None))) or 0


STEPS: dict[str, Callable[..., None]] = {"fill": fill, "load": load, "more": more, "day": day, "again": again}

if __name__ == "__main__":
    name, path, *rest = sys.argv[1:]
    opened = open_database(path)
    everything()  # rules are read once a process, like an import
    with Step() as told:
        STEPS[name](opened, told, *rest)
        opened.dispose()
    told["held"] = _held(opened)
    print(json.dumps(told))
