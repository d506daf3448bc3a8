"""Shopify as a source: customers, orders, abandoned checkouts and products of one shop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, TypeVar

import msgspec

from connector.days import time_zone
from connector.errors import AuthenticationError, RecordError
from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, Page, ProductRecord
from connector.source import Buyer, Problem, ShopCheck, ShopFigures, ShopSegment
from connectors.shopify import bulk, figures, metafields
from connectors.shopify.bulk import GroupingError
from connectors.shopify.client import API_VERSION, Admin, document
from connectors.shopify.convert import (
    REMEMBERED,
    checkout_record,
    customer_record,
    number,
    order_record,
    product_record,
)
from connectors.shopify.payloads import (
    Checkout,
    Connection,
    Count,
    Customer,
    Line,
    Order,
    Product,
    Reference,
)
from connectors.shopify.stream import Cursor, Stream, believable, changed_since, pages, parsed

CUSTOMERS_PER_PAGE = 150
CUSTOMER_COST = 6  # points of one, to which each mapped field adds one
ORDERS_PER_PAGE = 12  # 82 points each, of the 1000 that one question may cost
CHECKOUTS_PER_PAGE = 150
IDS_PER_REQUEST = 250
CUSTOMERS_OVERLAP = timedelta(days=1)  # their `updated_at` filter matches whole days
OVERLAP = timedelta(minutes=10)  # what was being written while we read
VISIBLE_DAYS = 60

_SCOPES = {
    "read_customers": ("Customers cannot be read.", True),
    "read_orders": ("Orders cannot be read.", True),
    "read_products": ("Types, vendors and tags of products cannot be read, so rules on them find nobody.", False),
}


NULL = b"null"
Thing = TypeVar("Thing")


class _Shop(msgspec.Struct, rename="camel"):
    id: str
    name: str
    created_at: datetime
    currency_code: str
    iana_timezone: str


class _Scope(msgspec.Struct):
    handle: str


class _Installation(msgspec.Struct, rename="camel"):
    access_scopes: list[_Scope]


class Setup(msgspec.Struct, rename="camel"):
    """What a shop says of itself and of what this app may do."""

    shop: _Shop
    current_app_installation: _Installation
    customers_count: Count | None = None
    orders_count: Count | None = None

    @property
    def scopes(self) -> set[str]:
        """What the app was granted; a scope to write includes the one to read."""
        granted = {scope.handle for scope in self.current_app_installation.access_scopes}
        return granted | {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}


class _OneAnswer(msgspec.Struct):
    found: msgspec.Raw = msgspec.Raw(NULL)


class _Lines(msgspec.Struct, rename="camel"):
    line_items: Connection[msgspec.Raw]


class _LinesAnswer(msgspec.Struct):
    order: _Lines | None = None


class _ProductsAnswer(msgspec.Struct):
    nodes: list[Product | None]


class ShopifySource:
    """One shop. `shop` is name.myshopify.com; the key is `token`, or `client_id` with `client_secret`.

    `fields` are customer metafields (namespace.key) by the names that rules know them by; no others are read.
    `endpoint` and `ca` are for a server on this machine; `clock` is in seconds since the epoch.
    """

    platform: ClassVar[str] = "shopify"

    def __init__(  # noqa: PLR0913 - the signature is the schema of the settings
        self,
        *,
        shop: str,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        fields: Mapping[str, str] | None = None,
        endpoint: str | None = None,
        ca: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._fields = fields or {}
        self._selection = metafields.selection(self._fields)
        self._decoder = msgspec.json.Decoder(Customer)
        self.admin = Admin(
            shop=shop,
            token=token,
            client_id=client_id,
            client_secret=client_secret,
            endpoint=endpoint,
            ca=ca,
            sleep=sleep,
            clock=clock,
        )

    def check(self) -> ShopCheck:
        """The shop's identity, its history floor, and each missing scope with its remedy."""
        answer = self.admin.ask("setup", Setup)
        setup = answer.data
        floor = self._floor(setup)
        return ShopCheck(
            shop_id=number(setup.shop.id),
            name=setup.shop.name,
            currency=setup.shop.currency_code,
            timezone=setup.shop.iana_timezone,
            customers=None if setup.customers_count is None else setup.customers_count.count,
            orders=None if setup.orders_count is None else setup.orders_count.count,
            floor=floor,
            problems=(
                *missing(setup, _SCOPES),
                *_floor_problems(floor),
                *_version_problems(self.admin.served_version),
                *_withheld(answer.warnings),
            ),
        )

    def customers(self, since: str | None) -> Iterator[Page[CustomerRecord]]:
        """Customers changed since the cursor."""
        first = CUSTOMERS_PER_PAGE * CUSTOMER_COST // (CUSTOMER_COST + len(self._fields))
        stream = Stream(self.admin, "customers", self._customer, first, CUSTOMERS_OVERLAP, selection=self._selection)
        return stream.read(since)

    def orders(self, since: str | None) -> Iterator[Page[OrderRecord]]:
        """Orders changed since the cursor, each with all its lines, and the products that the lines name."""
        reader = _OrderReader(self.admin)
        return Stream(self.admin, "orders", reader.read, ORDERS_PER_PAGE, OVERLAP, reader.take_products).read(since)

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self.admin.http.requests

    def orders_placed(self, since: datetime) -> Iterator[Page[OrderRecord]]:
        """Every order placed since an instant, whenever it changed; no page has a cursor."""
        reader = _OrderReader(self.admin)
        stream = Stream(self.admin, "orders", reader.read, ORDERS_PER_PAGE, OVERLAP, reader.take_products)
        return stream.found(f"processed_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'")

    def account_ids(self) -> Iterator[Sequence[str]]:
        """The id of every customer, by one bulk operation."""
        operation = bulk.finished(
            self.admin, bulk.start_query(self.admin, document("customer_ids_bulk"), grouped=True).id
        )
        for rows in bulk.download(self.admin.http, operation):
            yield [number(msgspec.json.decode(row, type=Reference).id) for row in rows if row]

    def figures(self) -> ShopFigures:
        """What the shop counts itself, in one request."""
        return figures.figures(self.admin)

    def buyers(self, most: int) -> Iterator[Buyer]:
        """What the shop says of its people, at most so many."""
        return figures.buyers(self.admin, "UTC", most)

    def segment(self, rule: str, zone: str, most: int) -> ShopSegment:
        """Whom the shop finds by a rule, days being those of a zone; PermanentError where it does not take the rule."""
        return figures.segment(self.admin, rule, zone, most)

    def checkouts(self, since: str | None) -> Iterator[Page[CheckoutRecord]]:
        """Abandoned checkouts changed since the cursor; sorted by creation, so only the last page has a cursor."""
        newest = Cursor.read(since).updated_at
        decoder = msgspec.json.Decoder(Checkout)
        search = None if newest is None else changed_since(newest, OVERLAP)
        for found, warnings in pages(self.admin, "checkouts", first=CHECKOUTS_PER_PAGE, search=search):
            rows = [(bytes(node), list[bytes]()) for node in found.nodes]
            records, rejected = parsed(lambda root, _: checkout_record(decoder.decode(root)), rows)
            times = believable(self.admin, records)
            newest = max([*times, *([newest] if newest else [])], default=None)
            last = not found.page_info.has_next_page and newest is not None
            cursor = str(Cursor(updated_at=newest)) if last else None
            yield Page(records, cursor, rejected, warnings=warnings)

    def order(self, order_id: str) -> OrderRecord | None:
        """One order as it is now, None where the shop has it no more (or hides it: older than 60 days).

        RecordError where it cannot be read.
        """
        return self._one("order", "Order", order_id, _OrderReader(self.admin).read)

    def customer(self, customer_id: str) -> CustomerRecord | None:
        """One account as it is now, None where it is gone or merged into another; RecordError where it is no record."""
        return self._one("customer", "Customer", customer_id, self._customer)

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        """One abandoned checkout as it is now, None where there is none; RecordError where it cannot be read."""
        if not checkout_id.isdecimal():
            return None
        for found, _ in pages(self.admin, "checkouts", first=1, search=f"id:{checkout_id}"):
            for node in found.nodes:
                return _read(bytes(node), lambda root, _: checkout_record(msgspec.json.decode(root, type=Checkout)))
        return None

    def _one(self, name: str, kind: str, thing: str, parse: Callable[[bytes, list[bytes]], Thing]) -> Thing | None:
        """What documents/`name`.graphql finds under a number."""
        if not thing.isdecimal():
            return None
        text = document(name).replace(metafields.PLACE, self._selection)
        answer = self.admin.run(text, _OneAnswer, {"id": f"gid://shopify/{kind}/{thing}"})
        node = bytes(answer.data.found)
        if node == NULL and answer.errors:  # what may not be seen is not gone
            raise AuthenticationError(" ".join(answer.warnings), remedy="Give the app the scope to read it.")
        return None if node == NULL else _read(node, parse)

    def _customer(self, root: bytes, _: list[bytes]) -> CustomerRecord:
        return customer_record(self._decoder.decode(root), metafields.read(root, self._fields))

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:
        """Products by id, those that still exist."""
        gids = [f"gid://shopify/Product/{product_id}" for product_id in product_ids if product_id.isdecimal()]
        answers = [
            self.admin.ask("products", _ProductsAnswer, ids=ids).data.nodes
            for ids in (gids[start : start + IDS_PER_REQUEST] for start in range(0, len(gids), IDS_PER_REQUEST))
        ]
        return tuple(product_record(product) for nodes in answers for product in nodes if product is not None)

    def _floor(self, setup: Setup) -> date | None:
        """The first day whose orders the shop shows, None where it shows all or is younger than the limit."""
        if "read_all_orders" in setup.scopes:
            return None
        zone = time_zone(setup.shop.iana_timezone)
        today = datetime.fromtimestamp(self.admin.clock(), UTC).astimezone(zone).date()
        floor = today - timedelta(days=VISIBLE_DAYS)
        return floor if setup.shop.created_at.astimezone(zone).date() < floor else None


class _OrderReader:
    """Makes an order of its row and the rows of its lines, or of its node; keeps the products that are new to it."""

    def __init__(self, admin: Admin) -> None:
        self.admin = admin
        self.order = msgspec.json.Decoder(Order).decode
        self.line = msgspec.json.Decoder(Line).decode
        self.seen: set[str] = set()
        self.fresh: list[Product] = []

    def read(self, root: bytes, children: list[bytes]) -> OrderRecord:
        order = self.order(root)
        lines = [self.line(child) for child in children] if order.line_items is None else self.all_lines(order)
        for line in lines:
            if line.parent is not None and line.parent != order.id:
                raise GroupingError(f"A line of {line.parent} stands under {order.id}.")
            if line.product is not None and line.product.id not in self.seen:
                self.remember(line.product)
        return order_record(order, lines)

    def all_lines(self, order: Order) -> list[Line]:
        """The lines of an order, the further ones of a long order fetched."""
        if order.line_items is None:
            return []
        lines, info = order.line_items.nodes, order.line_items.page_info
        while info.has_next_page:
            found = self.admin.ask("order_lines", _LinesAnswer, id=order.id, after=info.end_cursor).data.order
            if found is None:
                raise RecordError("The order went away while its lines were read.")
            lines += [self.line(node) for node in found.line_items.nodes]
            info = found.line_items.page_info
        return lines

    def remember(self, product: Product) -> None:
        if len(self.seen) >= REMEMBERED:
            self.seen.clear()
        self.seen.add(product.id)
        self.fresh.append(product)

    def take_products(self) -> tuple[ProductRecord, ...]:
        """The products met since the last call."""
        fresh, self.fresh = self.fresh, []
        return tuple(product_record(product) for product in fresh)


def _read(node: bytes, parse: Callable[[bytes, list[bytes]], Thing]) -> Thing:
    records, rejected = parsed(parse, [(node, [])])
    if rejected:
        raise RecordError(rejected[0].reason)
    return records[0]


def missing(setup: Setup, needed: dict[str, tuple[str, bool]]) -> Iterator[Problem]:
    """A problem for each scope that is needed and not granted."""
    for scope, (message, fatal) in needed.items():
        if scope not in setup.scopes:
            remedy = f"Give the app the scope {scope} (Dev Dashboard, a new version of the app), then reinstall it."
            yield Problem(message, remedy, fatal)


def _floor_problems(floor: date | None) -> Iterator[Problem]:
    if floor is not None:
        yield Problem(
            f"Shopify shows this app only the orders of the last {VISIBLE_DAYS} days, since {floor}.",
            "Ask for the scope read_all_orders, or import the shop's CSV exports into the same store: "
            "connector import FILE --store NAME",
        )


def _version_problems(served: str) -> Iterator[Problem]:
    if served != API_VERSION:
        yield Problem(
            f"Shopify answers with version {served} of its API, not {API_VERSION}.",
            "Update the connector: this version is no longer served, and answers may differ.",
        )


def _withheld(warnings: Sequence[str]) -> Iterator[Problem]:
    for warning in warnings:
        yield Problem(warning, "Ask for that field or scope in the app's settings (Protected customer data access).")
