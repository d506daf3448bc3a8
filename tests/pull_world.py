"""A small world for what is pulled: records with everything filled in, pages of them, and what the tables then say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, select

from connector.counting import Switches
from connector.days import day_number
from connector.models import (
    Account,
    Checkout,
    Checkpoint,
    Consent,
    Customer,
    Identity,
    Order,
    OrderLine,
    Product,
    Refund,
    Store,
)
from connector.records import (
    CheckoutRecord,
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    Deletion,
    LineRecord,
    OrderRecord,
    OrderStatus,
    Page,
    ProductRecord,
    RefundRecord,
)
from connector.rows.writing import Origin
from connector.source import ShopCheck
from connector.stores import OpenStore, register
from connector.tables import table
from sync.pull import Pull, PullReport

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
"""Day 0 of the tests' own counting: midday, so that no zone moves it to another day."""
LATER = 30_000
"""A review far off, which only a change brings nearer."""


def at(day: int, second: int = 0) -> datetime:
    """An instant on the tests' day."""
    return START + timedelta(days=day, seconds=second)


def number(day: int) -> int:
    """The tests' day as the tables write it."""
    return day_number(at(day).date())


def order(name: int | str, day: int = 0, /, **facts: Any) -> OrderRecord:  # noqa: ANN401 - any field of the record
    """A paid order of account 7 of 30.00 €, with one line."""
    given: dict[str, Any] = {
        "placed_at": at(day),
        "status": OrderStatus.PAID,
        "currency": "EUR",
        "total": 3000,
        "updated_at": at(day),
        "customer_id": "7",
        "lines": (LineRecord("70", 2, 2500, title="Bol", sku="BOL-1"),),
    }
    return OrderRecord(id=str(name), **{**given, **facts})


def refund(name: str, amount: int, day: int | None = None) -> RefundRecord:
    """Money given back on a day, or on none."""
    return RefundRecord(name, amount, None if day is None else at(day))


def customer(name: int | str, day: int = 0, /, **facts: Any) -> CustomerRecord:  # noqa: ANN401 - any field of the record
    """An account with an address and a consent."""
    given: dict[str, Any] = {
        "email": f"client{name}@example.com",
        "updated_at": at(day),
        "country": "FR",
        "consents": (ConsentRecord("email", ConsentState.SUBSCRIBED, at(day)),),
    }
    return CustomerRecord(id=str(name), created_at=at(day), **{**given, **facts})


def checkout(name: int | str, day: int = 0, /, **facts: Any) -> CheckoutRecord:  # noqa: ANN401 - any field of the record
    """An abandoned checkout of somebody with an address."""
    given: dict[str, Any] = {"currency": "EUR", "total": 1000, "email": "panier@example.com", "updated_at": at(day)}
    return CheckoutRecord(id=str(name), created_at=at(day), **{**given, **facts})


@dataclass
class Pages:
    """A source that has these pages; a page's cursor is how many were read, and it goes on from there."""

    orders_: Sequence[Page[OrderRecord]] = ()
    customers_: Sequence[Page[CustomerRecord]] = ()
    checkouts_: Sequence[Page[CheckoutRecord]] = ()
    asked: list[str | None] = field(default_factory=list)
    platform: ClassVar[str] = "shopify"

    def check(self) -> ShopCheck:
        return ShopCheck("shop-1", "Boutique", "EUR", "Europe/Paris")

    def customers(self, since: str | None) -> Iterator[Page[CustomerRecord]]:
        return iter(self.customers_[int(since or 0) :])

    def orders(self, since: str | None) -> Iterator[Page[OrderRecord]]:
        self.asked.append(since)
        return iter(self.orders_[int(since or 0) :])

    def checkouts(self, since: str | None) -> Iterator[Page[CheckoutRecord]]:
        return iter(self.checkouts_[int(since or 0) :])

    def order(self, order_id: str) -> OrderRecord | None:
        return None

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:
        return ()


def store(
    engine: Engine,
    key: str = "boutique",
    switches: Switches = Switches(),  # noqa: B008 - frozen
    *,
    currency: str = "EUR",
    timezone: str = "Europe/Paris",
) -> OpenStore:
    """A shop of the database, made or counted by other switches."""
    check = ShopCheck(f"shop-{key}", key, currency, timezone)
    with engine.begin() as connection:
        return register(connection, key, "shopify", check, switches)


def pull(engine: Engine, shop: OpenStore, source: Pages, origin: Origin = "api") -> PullReport:
    """One pull of what the source has."""
    return Pull(engine, shop, lambda: NOW, origin=origin).run(source)


def put(
    engine: Engine,
    shop: OpenStore,
    *records: OrderRecord | CustomerRecord | CheckoutRecord,
    gone: Iterable[str] = (),
    products: Iterable[ProductRecord] = (),
    origin: Origin = "api",
) -> PullReport:
    """One page of each stream, without a cursor."""
    source = Pages(
        [
            Page(
                tuple(record for record in records if isinstance(record, OrderRecord)),
                deletions=tuple(Deletion(name) for name in gone),
                products=tuple(products),
            )
        ],
        [Page(tuple(record for record in records if isinstance(record, CustomerRecord)))],
        [Page(tuple(record for record in records if isinstance(record, CheckoutRecord)))],
    )
    return pull(engine, shop, source, origin)


def calm(engine: Engine) -> None:
    """What a recompute leaves: nobody is due for long."""
    with engine.begin() as connection:
        connection.execute(table(Customer).update().values(next_review_on=LATER))


def reviews(engine: Engine) -> dict[str, int]:
    """The days, in the tests' counting, on which people are looked at again; who is not touched is left out."""
    people, identities = table(Customer), table(Identity)
    with engine.connect() as connection:
        rows = connection.execute(
            select(identities.c.value, people.c.next_review_on)
            .join(people, people.c.id == identities.c.customer_id)
            .where(people.c.next_review_on != LATER)
        ).all()
    return {value: day - number(0) for value, day in rows}


def owner(engine: Engine, name: str) -> int | None:
    """Whose an order is."""
    orders = table(Order)
    with engine.connect() as connection:
        found: int | None = connection.execute(
            select(orders.c.customer_id).where(orders.c.platform_id == name)
        ).scalar_one()
    return found


def person(engine: Engine, value: str) -> int:
    """Whose a key is."""
    identities = table(Identity)
    with engine.connect() as connection:
        found: int = connection.execute(
            select(identities.c.customer_id).where(identities.c.value == value)
        ).scalar_one()
    return found


def said(engine: Engine) -> dict[str, Any]:
    """What the tables say of orders, accounts, consents, checkouts, by the platform's own names instead of ours."""
    with engine.connect() as connection:
        stores = _names(connection, Store, "key")
        keys = _names(connection, Identity, "value")
        products = _names(connection, Product, "platform_id")
        orders = _names(connection, Order, "platform_id")
        return {
            "orders": _rows(connection, Order, {"identity_id": keys, "store_id": stores}, {"id", "customer_id"}),
            "lines": _rows(connection, OrderLine, {"order_id": orders, "product_id": products}, set()),
            "refunds": _rows(
                connection, Refund, {"order_id": orders, "identity_id": keys, "store_id": stores}, {"id", "customer_id"}
            ),
            "accounts": _rows(connection, Account, {"identity_id": keys}, set()),
            "consents": _rows(connection, Consent, {"identity_id": keys}, {"customer_id"}),
            "checkouts": _rows(connection, Checkout, {"identity_id": keys, "store_id": stores}, {"id", "customer_id"}),
        }


def cursor(engine: Engine, stream: str = "orders") -> str | None:
    """The cursor stored for a stream."""
    checkpoints = table(Checkpoint)
    with engine.connect() as connection:
        return connection.scalar(select(checkpoints.c.cursor).where(checkpoints.c.stream == stream))


def _names(connection: Connection, model: type[Any], column: str) -> dict[int, str]:
    rows = table(model)
    return {row[0]: row[1] for row in connection.execute(select(rows.c.id, rows.c[column]))}


def _rows(
    connection: Connection, model: type[Any], names: dict[str, dict[int, str]], left_out: set[str]
) -> list[tuple[Any, ...]]:
    """The rows of a table in one order, each number of ours replaced by what it stands for."""
    columns = [column.name for column in table(model).c if column.name not in left_out]
    found = connection.execute(select(*(table(model).c[name] for name in columns)))
    rows = [
        tuple(names[name].get(value) if name in names else value for name, value in zip(columns, row, strict=True))
        for row in found
    ]
    return sorted(rows, key=repr)
