"""Promise 3: on a bad day of a platform every sync completes, and leaves what the shop's own books say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine

from connector.destination import Destination, RemoteChange, Result
from connector.source import LiveSource
from connectors.http import Client
from connectors.mailchimp import MailchimpDestination
from connectors.shopify import ShopifyDestination, ShopifySource
from connectors.woocommerce import WooCommerceDestination, WooCommerceSource
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.server import FakeServer
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.pull import Pull
from tests.bad_day import BadDay
from tests.contract import NOW, Clock, records
from tests.pull_world import store
from tests.shop_books import booked, differences, stored
from tests.webhook_world import copied

KINDS = ("shopify", "woocommerce")
PLACES = ("shopify", "shopify in bulk", "woocommerce", "mailchimp", "mailchimp silently")
SIMULTANEOUS = 10
"""What Mailchimp allows. We send one at a time, but one that was given up may still be under way there."""
KEY = "0123456789abcdef0123456789abcdef-us21"


def busy_shop(seed: int, orders: int = 150) -> Shop:
    """People, products and orders of the last weeks, by a seed."""
    random, shop = Random(seed), Shop(domain="boutique.myshopify.com")
    shop.products = {n: ShopProduct(n, f"Bol {n}", 1250, "Vaisselle") for n in range(1, 9)}
    for number in range(101, 131):
        opened = NOW - timedelta(days=50)
        shop.customers[number] = ShopCustomer(number, f"c{number}@example.com", opened, opened, city="Lille")
    for _ in range(orders):
        place(shop, random, NOW - timedelta(minutes=random.randrange(60, 40 * 1440)))
    return shop


def place(shop: Shop, random: Random, at: datetime) -> ShopOrder:
    """A new order."""
    number = max(shop.orders, default=1000) + 1
    lines = [
        ShopLine(
            number * 10 + n, random.choice([*shop.products]), "Bol", random.randrange(1, 4), random.randrange(5000)
        )
        for n in range(random.randrange(1, 4))
    ]
    owner = random.choice([*shop.customers, None])
    email = f"invite{number}@example.com" if owner is None else None
    total = sum(line.total for line in lines)
    shop.orders[number] = ShopOrder(number, at, at, total, owner, email, lines=lines)
    return shop.orders[number]


def trade(shop: Shop, random: Random, clock: Clock, much: int) -> None:
    """New orders, edits and refunds, each at a moment of its own."""
    for _ in range(much):
        clock.move(seconds=random.randrange(1, 60))
        order = random.choice([*shop.orders.values()])
        match random.randrange(4):
            case 0:
                order = place(shop, random, clock())
            case 1 if order.refunded < order.total:
                order.refunds.append(ShopRefund(order.id * 10 + len(order.refunds), clock(), 1))
            case 2 if order.cancelled_at is None:
                order.status, order.cancelled_at = "cancelled", clock()
            case _:
                order.lines[0].total += 1
                order.total += 1
        order.updated_at = clock()


@contextmanager
def opened(kind: str, shop: Shop, clock: Clock) -> Iterator[tuple[FakeServer, LiveSource, Client]]:
    """A fake of the shop, and the source that reads it; neither waits for long."""
    if kind == "shopify":
        with FakeShopify(shop, now=clock, maximum=2000) as fake:
            source = ShopifySource(
                shop=shop.domain, token="shpat_demo", endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp
            )
            source.check()  # the first question waits for the schema
            yield fake, source, source.admin.http
            assert fake.violations == []
        return
    with FakeWooCommerce(shop, now=clock) as fake:
        other = WooCommerceSource(
            url="https://boutique.example", consumer_key="ck_demo", consumer_secret="cs_demo",
            endpoint=fake.url, ca=fake.ca, sleep=clock.sleep, clock=clock.timestamp,
        )  # fmt: skip
        other.check()
        yield fake, other, other.client.http


def bad_days(kind: str, engine: Engine, seed: int, requests: int) -> BadDay:
    """Pull a busy shop until so many requests were sent; each pull must end with what the books say."""
    clock, shop, random = Clock(NOW), busy_shop(seed), Random(seed)
    with opened(kind, shop, clock) as (fake, source, client):
        day = BadDay(fake, client, clock, seed, dates=kind == "woocommerce")
        pull = Pull(engine, store(engine), clock)
        while True:
            pull.run(source)
            assert differences(booked(shop), stored(engine)) == [], day.told()
            if len(fake.ledger) >= requests:
                return day
            trade(shop, random, clock, 40)
            clock.move(hours=1)


@dataclass
class Place:
    """A destination with 30 people, and what it holds of them: tags and fields, and what they agreed to."""

    fake: FakeServer
    client: Client
    destination: Destination
    addresses: list[str]
    held: Callable[[], dict[str, tuple[set[str], dict[str, str]]]]
    agreed: Callable[[], object]
    silent: bool = False


@contextmanager
def place_of(kind: str, clock: Clock) -> Iterator[Place]:
    """A destination, which never waits for long."""
    shop = busy_shop(0, orders=0)
    people, ids = shop.customers, [str(number) for number in shop.customers]
    for one in people.values():
        one.tags, one.meta = {"VIP"}, {"note": "x"}
    if kind.startswith("shopify"):
        with FakeShopify(shop, now=clock) as shopify:
            tags = ShopifyDestination(
                shop=shop.domain, token="shpat_demo", endpoint=shopify.url, sleep=clock.sleep,
                clock=clock.timestamp, many=1 if "bulk" in kind else 500,
            )  # fmt: skip
            tags.check()
            yield Place(
                shopify,
                tags.admin.http,
                tags,
                ids,
                lambda: {str(n): (set(one.tags), {}) for n, one in people.items()},
                lambda: {n: one.consent for n, one in people.items()},
            )
            assert shopify.violations == []
    elif kind == "woocommerce":
        with FakeWooCommerce(shop, now=clock) as woo:
            fields = WooCommerceDestination(
                url="https://boutique.example", consumer_key="ck_demo", consumer_secret="cs_demo",
                endpoint=woo.url, ca=woo.ca, sleep=clock.sleep, clock=clock.timestamp,
            )  # fmt: skip
            yield Place(
                woo,
                fields.client.http,
                fields,
                ids,
                lambda: {str(n): (set[str](), dict(one.meta)) for n, one in people.items()},
                dict,
            )
    else:
        with FakeMailchimp(api_key=KEY, now=clock) as mailchimp:
            for number in range(30):
                mailchimp.add(f"c{number}@example.com", ("subscribed", "unsubscribed", "cleaned")[number % 3], "VIP")
            audience = MailchimpDestination(
                api_key=KEY, audience=mailchimp.audience, endpoint=mailchimp.url, sleep=clock.sleep
            )
            members = mailchimp.members
            yield Place(
                mailchimp,
                audience.account.client,
                audience,
                [*members],
                lambda: {m.email: (set(m.tags), dict(m.merge_fields)) for m in members.values()},
                lambda: {m.email: m.status for m in members.values()},
                silent="silently" in kind,
            )
            assert mailchimp.violations == []


def bad_pushes(kind: str, seed: int, requests: int) -> BadDay:
    """Push random changes until so many requests were sent; each push must end with what was wanted."""
    random, clock = Random(seed), Clock(NOW)
    with place_of(kind, clock) as place:
        day, wanted, agreed = BadDay(place.fake, place.client, clock, seed), place.held(), place.agreed()
        while len(place.fake.ledger) < requests:
            changes = {}
            for address in random.sample(place.addresses, random.choice([3, 25])):
                change = changed(place.destination, address, random)
                tags, fields = wanted[address]
                set_now = {name: value for name, value in change.fields.items() if value is not None}
                wanted[address] = (tags | change.add) - change.remove, {**fields, **set_now}
                changes[address] = change
            pushed(place, changes)
            assert place.held() == wanted, day.told()
            assert place.agreed() == agreed
            states = {state.address: state for state in place.destination.read(place.addresses)}
            assert all(states[name].exists for name in place.addresses), day.told()
            assert {name: set(states[name].tags) for name in wanted} == {name: wanted[name][0] for name in wanted}
        assert place.fake.busiest <= SIMULTANEOUS
        return day


def changed(destination: Destination, address: str, random: Random) -> RemoteChange:
    """Some change that the destination can make."""
    add, remove = random.sample(["Cycle : Fidèle", "Cycle : Nouveau"], 2)
    tagged = "tag" in destination.kinds
    return RemoteChange(
        address,
        frozenset({add} if tagged else ()),
        frozenset({remove} if tagged else ()),
        {"LIFECYCLE": random.choice(["Fidèle", "Nouveau"])} if "field" in destination.kinds else {},
    )


def pushed(place: Place, changes: dict[str, RemoteChange]) -> None:
    """Push until all is accepted: what is to be tried again goes with the next push."""
    for _ in range(5):
        outcomes = list(place.destination.apply([*changes.values()], silent=place.silent))
        assert {outcome.address for outcome in outcomes} == changes.keys()
        assert {outcome.result for outcome in outcomes} <= {Result.ACCEPTED, Result.RETRY}
        changes = {out.address: changes[out.address] for out in outcomes if out.result is Result.RETRY}
        if not changes:
            return
    raise AssertionError(f"{len(changes)} changes were never accepted")


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_every_pull_completes_and_the_rows_are_those_of_the_books(
    kind: str, template: Path, tmp_path: Path
) -> None:
    for seed in range(3):
        day = bad_days(kind, copied(template, tmp_path / f"{seed}.db"), seed, 100)
        assert day.early == 0, day.told()
        assert len(day.found) > 8


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_twenty_shops_with_a_thousand_requests_each_have_a_bad_day(kind: str, template: Path, tmp_path: Path) -> None:
    for seed in range(100, 110):
        day = bad_days(kind, copied(template, tmp_path / f"{seed}.db"), seed, 1000)
        assert day.early == 0, day.told()


@pytest.mark.parametrize("kind", PLACES)
def test_whatever_fails_every_push_ends_with_what_was_wanted_and_nothing_else(kind: str) -> None:
    for seed in range(2):
        day = bad_pushes(kind, seed, 60)
        assert day.early == 0, day.told()


@pytest.mark.full
@pytest.mark.parametrize("kind", PLACES)
def test_a_thousand_requests_to_each_place_on_bad_days(kind: str) -> None:
    for seed in range(100, 104):
        day = bad_pushes(kind, seed, 250)
        assert day.early == 0, day.told()


def test_a_first_load_comes_whole_however_its_file_arrives() -> None:
    clock, shop = Clock(NOW), busy_shop(1, orders=400)
    books = booked(shop).orders
    with opened("shopify", shop, clock) as (fake, source, client):
        for seed in range(10):
            day = BadDay(fake, client, clock, seed, share=0.4)
            found = records(source.orders(None))
            assert {one.id: one.total for one in found} == {n: one.gross for n, one in books.items()}, day.told()
            assert len(found) == len(books), day.told()
            assert [page.rejected for page in source.orders(None) if page.rejected] == [], day.told()
        files = [entry for entry in fake.ledger if entry.request.path.startswith("/bulk/")]
        assert len(files) > 25
