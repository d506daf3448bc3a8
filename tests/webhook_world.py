"""Two shops that call a service of ours: fakes that sign and send, the application that receives, one database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from connector.database import connect
from connector.models import Customer, Identity, Order
from connector.settings import Settings
from connector.tables import table
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.webhooks import Courier, signature
from sync.demo.woocommerce import FakeWooCommerce
from sync.hints import look
from sync.inbox import Inbox
from sync.language.voice import Voice
from sync.lock import writer
from sync.tasks.cycle import work_hints
from sync.tasks.pull import pull_all
from sync.web import app
from sync.workspace import Workspace
from tests import pull_world
from tests.contract import NOW, Clock, small_shop

PUBLIC = "https://boutique.example/connector"
SECRET = "shpss_0123456789abcdef"
OLD = "shpss_fedcba9876543210"
WOO_SECRET = "un long secret de webhook"
QUIET = Voice("en", quiet=True)


@dataclass
class World:
    """A Shopify shop `boutique`, a WooCommerce shop `outlet`, and a service that reads both."""

    engine: Engine
    clock: Clock
    boutique: FakeShopify
    outlet: FakeWooCommerce
    destinations: dict[str, Any] = field(default_factory=dict)
    woken: int = 0

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.settings(), self.engine, wait=self.clock.sleep, clock=self.clock)
        self.inbox = Inbox(self.engine)
        self.client = TestClient(app(self.workspace, self._wake), raise_server_exceptions=False)
        for courier in (self.boutique.courier, self.outlet.courier):
            courier.post = self.post

    def _wake(self) -> None:
        self.woken += 1

    def settings(self) -> Settings:
        stores: dict[str, Any] = {
            "boutique": {
                "platform": "shopify",
                "shop": self.boutique.shop.domain,
                "token": "shpat_demo",
                "endpoint": self.boutique.url,
                "webhook_secret": [SECRET, OLD],
            },
            "outlet": {
                "platform": "woocommerce",
                "url": "https://outlet.example",
                "consumer_key": "ck_demo",
                "consumer_secret": "cs_demo",
                "endpoint": self.outlet.url,
                "ca": self.outlet.ca,
                "webhook_secret": WOO_SECRET,
            },
        }
        serve: Any = {"public_url": PUBLIC}
        return Settings(stores=stores, destinations=self.destinations, serve=serve)

    def post(self, address: str, headers: dict[str, str], body: bytes) -> int:
        """What a platform's call to an address is answered with, by the application itself."""
        path = urlsplit(address).path.removeprefix("/connector")
        return self.client.post(path, headers=headers, content=body).status_code

    def subscribe(self) -> None:
        """Have both shops tell of everything."""
        topics = ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_DELETE", "REFUNDS_CREATE")
        people = ("CUSTOMERS_CREATE", "CUSTOMERS_UPDATE", "CUSTOMERS_DELETE")
        for topic in (*topics, *people):
            self.boutique.courier.add(topic, f"{PUBLIC}/webhooks/boutique", SECRET)
        for resource in ("order", "customer"):
            for event in ("created", "updated", "deleted"):
                self.outlet.courier.add(f"{resource}.{event}", f"{PUBLIC}/webhooks/outlet", WOO_SECRET)

    def pull(self) -> None:
        """Poll both shops."""
        with writer(self.engine, now=self.clock()):
            pull_all(self.workspace, QUIET)

    def look(self) -> int:
        """Look into every hint; how many rows that changed."""
        changed = 0
        while self.inbox.waiting():
            changed += work_hints(self.workspace, QUIET, self.inbox).changed
        return changed

    def fetch(self) -> None:
        """Look into every hint, and leave the memberships as they are."""
        with writer(self.engine, now=self.clock()):
            while self.inbox.waiting():
                look(self.workspace, self.inbox)

    def deliver(self) -> list[int]:
        """Have the shops tell what they have to; the statuses that they were answered with."""
        couriers = self.boutique.courier, self.outlet.courier
        before = [len(courier.sent) for courier in couriers]
        for courier in couriers:
            courier.deliver()
        return [status for n, courier in enumerate(couriers) for _, status in courier.sent[before[n] :]]

    def signed(self, body: bytes, secret: str = SECRET, **headers: str) -> dict[str, str]:
        """The headers of a delivery of Shopify's."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"X-Shopify-Hmac-Sha256": signature(body, secret), "X-Shopify-Topic": "orders/updated", **named}

    def kept(self) -> list[tuple[str, str]]:
        """What waits in the inbox: stream and id."""
        hints = [*self.inbox.hints("boutique", 1000), *self.inbox.hints("outlet", 1000)]
        return [(item.hint.stream, item.hint.id) for item in hints]

    def said(self) -> dict[str, Any]:
        """What the tables say, and which keys are one person's."""
        identities = table(Identity)
        with self.engine.connect() as connection:
            rows = connection.execute(select(identities.c.customer_id, identities.c.kind, identities.c.value)).all()
        people: dict[int, list[tuple[str, str]]] = {}
        for row in rows:
            people.setdefault(row.customer_id, []).append((row.kind, row.value))
        return {**pull_world.said(self.engine), "people": sorted(sorted(keys) for keys in people.values())}

    def count(self, model: type[Any]) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(table(model))) or 0)

    def status(self, number: int | str, store_id: int = 1) -> str | None:
        """An order's status as it is stored."""
        orders = table(Order)
        with self.engine.connect() as connection:
            return connection.scalar(
                select(orders.c.status).where(orders.c.platform_id == str(number), orders.c.store_id == store_id)
            )

    def due(self) -> int:
        """How many people are to be looked at."""
        people = table(Customer)
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).where(people.c.next_review_on.is_not(None))) or 0)


def shops() -> tuple[Shop, Shop]:
    """A shop for each platform, with other numbers, and nobody in common."""
    one, other = small_shop(), small_shop()
    other.domain = "outlet.example"
    for customer in other.customers.values():
        customer.email = f"outlet-{customer.email}"
    for order in other.orders.values():
        order.email = f"outlet-{order.email}" if order.email else None
    return one, other


@contextmanager
def open_world(
    engine: Engine, pair: tuple[Shop, Shop] | None = None, destinations: dict[str, Any] | None = None
) -> Iterator[World]:
    """A world over a database; of two shops as they are given, or of new ones."""
    clock = Clock(NOW)
    one, other = pair or shops()
    with (
        FakeShopify(one, now=clock, maximum=1e9, polls=1) as boutique,
        FakeWooCommerce(other, now=clock) as outlet,
    ):
        yield World(engine, clock, boutique, outlet, destinations or {})
        assert boutique.violations == []


def copied(file: Path, to: Path) -> Engine:
    """The engine of a copy of a database file that nobody writes."""
    shutil.copy(file, to)
    return connect(str(to))


def twins(pair: tuple[Shop, Shop]) -> tuple[Shop, Shop]:
    """Both shops, to be changed alone."""
    return deepcopy(pair)


def couriers(world: World) -> tuple[Courier, Courier]:
    return world.boutique.courier, world.outlet.courier


HOUR = timedelta(hours=1)
