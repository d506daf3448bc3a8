"""Promise 16: money adds up, to the minor unit, in currencies of no, two and three decimals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, func, select

from connector.answers.listing import listing
from connector.answers.totals import totals
from connector.catalogue import library
from connector.days import day_number
from connector.models import Identity, Order, OrderLine
from connector.source import LiveSource
from connector.tables import table
from connectors.shopify import ShopifySource
from connectors.woocommerce import WooCommerceSource
from sync.demo.server import Answer, FakeServer, Request
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.pull import Pull
from tests.contract import NOW, Clock
from tests.pull_world import store
from tests.shop_books import booked, differences, stored
from tests.webhook_world import copied


@dataclass(frozen=True)
class Case:
    """A shop's platform and currency, the currencies of its foreign orders, and how it writes 1234 minor units."""

    platform: str
    currency: str
    foreign: tuple[str, ...]
    written: bytes


CASES = (
    Case("shopify", "TND", ("EUR", "JPY"), b"1.234"),
    Case("shopify", "JPY", ("KWD", "USD"), b"1234.0"),
    Case("shopify", "EUR", ("JPY", "KWD"), b"12.34"),
    Case("woocommerce", "KWD", ("JPY", "EUR"), b"1.234"),
    Case("woocommerce", "JPY", ("EUR", "TND"), b"1234"),
    Case("woocommerce", "CHF", ("TND", "XPF"), b"12.34"),
)
LINES = 5
"""Of an order, on average."""
LATER = NOW + timedelta(days=1)


def amount(random: Random) -> int:
    """Any amount of minor units, small ones and those that a binary fraction cannot hold among them."""
    return random.choice((1, 5, 10, 29, 99, 1005, 101, 4_503_599_627, random.randrange(1, 50_000)))


def dealings(case: Case, lines: int, seed: int) -> Shop:
    """A shop with so many lines, by a seed."""
    random = Random(seed)
    shop = Shop(domain="boutique.myshopify.com", currency=case.currency, timezone="Asia/Tokyo")
    shop.products = {n: ShopProduct(n, f"Bol {n}", 100) for n in range(1, 9)}
    for number in range(101, 101 + max(20, lines // 50)):
        opened = NOW - timedelta(days=400)
        shop.customers[number] = ShopCustomer(number, f"c{number}@example.com", opened, opened)
    people = [*shop.customers]
    for number in range(1001, 1001 + lines // LINES):
        at = NOW - timedelta(minutes=random.randrange(60, 300 * 1440))
        sold = [
            ShopLine(number * 10 + n, random.randrange(1, 9), "Bol", random.randrange(1, 4), amount(random))
            for n in range(random.randrange(1, 2 * LINES))
        ]
        shipping, tax = random.choice((0, 495)), random.randrange(300)
        order = ShopOrder(
            number, at, at, sum(line.total for line in sold) + shipping + tax, random.choice(people),
            tax=tax, shipping=shipping, discount=random.choice((0, 333)), lines=sold,
            currency=random.choice(case.foreign) if random.random() < 0.05 else None,
        )  # fmt: skip
        match random.randrange(20):
            case 0:
                order.test = case.platform == "shopify"
            case 1:
                order.status, order.cancelled_at = "cancelled", at + timedelta(hours=1)
            case 2:
                order.total, order.lines, order.tax, order.shipping = 0, [], 0, 0
            case 3:
                order.status = "pending"
            case 4 | 5:
                give_back(order, random)
        shop.orders[number] = order
    return shop


def give_back(order: ShopOrder, random: Random) -> None:
    """Give some of an order's money back, in several parts, or all that is left of it."""
    for _ in range(random.randrange(1, 4)):
        left = order.total - order.refunded
        if left > 0:
            part = left if random.random() < 0.3 else random.randrange(1, left + 1)
            at = order.placed_at + timedelta(minutes=random.randrange(1, 50))
            order.refunds.append(ShopRefund(order.id * 10 + len(order.refunds), at, part))


def edit(shop: Shop, random: Random, clock: Clock, much: int) -> None:
    """Change lines, add some, take some away, give money back, cancel."""
    for order in random.sample([*shop.orders.values()], much):
        match random.randrange(4):
            case 0 if order.lines and not order.refunds:
                order.lines[0].total += 7
                order.total += 7
            case 1 if len(order.lines) > 1 and not order.refunds:
                order.total -= order.lines.pop().total
            case 2:
                give_back(order, random)
            case _ if order.status == "paid":
                order.status, order.cancelled_at = "cancelled", clock()
        order.updated_at = clock()


@contextmanager
def reading(case: Case, shop: Shop, clock: Clock) -> Iterator[tuple[FakeServer, LiveSource]]:
    """A source that reads the shop; a fake that writes amounts as the platform does."""
    if case.platform == "shopify":
        with FakeShopify(shop, now=clock, maximum=1e9, polls=1) as shopify:
            yield (
                shopify,
                ShopifySource(
                    shop=shop.domain, token="shpat_demo", endpoint=shopify.url, sleep=clock.sleep, clock=clock.timestamp
                ),
            )
        return
    with FakeWooCommerce(shop, now=clock, https=False) as woo:
        yield woo, WooCommerceSource(
            url="http://boutique.example", consumer_key="ck_demo", consumer_secret="cs_demo", allow_http=True,
            endpoint=woo.url, sleep=clock.sleep, clock=clock.timestamp,
        )  # fmt: skip


def adds_up(case: Case, engine: Engine, lines: int, seed: int) -> int:
    """How many lines were read; each order, each person and all together must be as the books have them."""
    clock, shop, random = Clock(NOW), dealings(case, lines, seed), Random(seed)
    first = next(iter(shop.orders.values()))
    first.currency, first.status, first.total, first.lines, first.refunds = None, "paid", 1234, [], []
    first.cancelled_at, first.test, first.tax, first.shipping = None, False, 0, 0
    seen: set[bytes] = set()

    def noted(_request: Request, answer: Answer) -> Answer:
        seen.update({case.written} if b'"%s"' % case.written in answer.body else ())
        return answer

    with reading(case, shop, clock) as (fake, source):
        fake.spoil = noted
        pull = Pull(engine, store(engine, currency=case.currency, timezone=shop.timezone), clock)
        pull.run(source)
        assert seen == {case.written}  # the fake writes amounts as the currency has them
        compare(shop, engine)
        clock.move(hours=2)
        edit(shop, random, clock, 100)
        clock.move(hours=2)
        pull.run(source)
        return compare(shop, engine)


def compare(shop: Shop, engine: Engine) -> int:
    """Compare all sums with the books; returns the number of lines."""
    books = booked(shop).orders
    assert differences(booked(shop), stored(engine)) == []
    counting = {n: one for n, one in books.items() if one.counts and one.amount is not None}
    people: Counter[int | None] = Counter()
    for number, one in counting.items():
        people[shop.orders[int(number)].customer_id] += (one.amount or 0) - one.refunded
    assert spent(engine) == dict(people)
    lines = table(OrderLine)
    with engine.connect() as connection:
        all_lines, worth = connection.execute(select(func.count(), func.sum(lines.c.total))).one()
        found = totals(connection)
        told = listing(connection, library(), day_number(LATER.date()), keys=["spread"])
    assert (all_lines, worth) == (
        sum(len(one.lines) for one in books.values()),
        sum(total for one in books.values() for _, _, total in one.lines),
    )
    assert found.quarantined == 0
    assert found.foreign >= sum(one.counts and one.amount is None for one in books.values()) > 0
    (spread,) = told["families"]
    assert sum(stage["revenue"]["minor"] for stage in spread["stages"]) == sum(people.values())
    assert {stage["revenue"]["currency"] for stage in spread["stages"]} == {shop.currency}
    return int(all_lines)


def spent(engine: Engine) -> dict[int | None, int]:
    """What each account's orders that count are worth, net, by its number at the shop."""
    orders, identities = table(Order), table(Identity)
    statement = (
        select(identities.c.value, func.sum(orders.c.total - orders.c.refunded))
        .join(orders, orders.c.identity_id == identities.c.id)
        .where(orders.c.counted == 1, orders.c.void_day.is_(None), orders.c.total.is_not(None))
        .group_by(identities.c.value)
    )
    with engine.connect() as connection:
        return {int(number): int(worth) for number, worth in connection.execute(statement)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.platform} {case.currency}")
def test_generated_orders_with_refunds_and_edits_add_up_to_the_minor_unit(
    case: Case, template: Path, tmp_path: Path
) -> None:
    engine = copied(template, tmp_path / "money.db")
    assert adds_up(case, engine, 8_000, 1) > 7_000
    engine.dispose()


@pytest.mark.full
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.platform} {case.currency}")
def test_a_million_generated_lines_add_up_to_the_minor_unit(case: Case, template: Path, tmp_path: Path) -> None:
    """Of a million, the share of each platform and currency."""
    engine = copied(template, tmp_path / "money.db")
    assert adds_up(case, engine, 175_000, 2) > 1_000_000 / len(CASES)
    engine.dispose()
