"""Promise 5: nothing is missed when a shop is busy, whatever happens between two pages, whatever its clock says."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import ConnectorError
from connector.source import LiveSource
from connectors.shopify import ShopifySource
from connectors.woocommerce import WooCommerceSource
from sync.demo.server import Answer, FakeServer, Request
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopRefund
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.nightly import Nightly
from sync.pull import Progress, Pull
from tests.contract import NOW, Clock
from tests.pull_world import store
from tests.shop_books import booked, differences, stored
from tests.webhook_world import copied

Kind = Literal["shopify", "woocommerce", "old woocommerce"]
KINDS: tuple[Kind, ...] = ("shopify", "woocommerce", "old woocommerce")
HAPPENINGS = (
    "new",
    "twin",
    "edit",
    "refund",
    "silent refund",
    "cancel",
    "delete",
    "trash",
    "person",
    "moves",
    "leaves",
)
SERVERS = (-240, 0, 0, 240)
"""By how many seconds the clocks of a shop's own servers differ."""
APART = timedelta(seconds=240)


@dataclass(frozen=True)
class Happening:
    """One thing that happens: to whom is a number, and on which of the shop's servers."""

    what: str
    whom: int
    server: int


@dataclass(frozen=True)
class Sync:
    """One pull: what happens before each of its requests, after how many pages it is broken off, what comes after."""

    between: tuple[tuple[Happening, ...], ...]
    broken_off: int | None
    hours_after: int
    results_expire: bool


happenings = st.builds(Happening, st.sampled_from(HAPPENINGS), st.integers(0, 999), st.sampled_from(SERVERS))
syncs = st.builds(
    Sync,
    st.lists(st.lists(happenings, min_size=1, max_size=3).map(tuple), min_size=2, max_size=12).map(tuple),
    st.none() | st.integers(0, 3),
    st.integers(0, 30),
    st.booleans(),
)
histories = st.tuples(st.lists(syncs, min_size=1, max_size=3), st.sampled_from([-300, -17, 0, 300]))


class BrokenOffError(ConnectorError):
    """The machine was switched off."""


@dataclass
class World:
    """A shop that is busy, by its own clock."""

    shop: Shop
    now: Clock
    skew: int
    trashes: bool
    waiting: list[tuple[Happening, ...]] = field(default_factory=list)
    untold: set[str] = field(default_factory=set)  # what only a look at everything can find
    happened: Counter[str] = field(default_factory=Counter)

    def clock(self) -> datetime:
        """The shop's time."""
        return self.now() + timedelta(seconds=self.skew)

    def busy(self, _number: int, _request: Request) -> Answer | None:
        """Let happen what is next."""
        for one in self.waiting.pop(0) if self.waiting else ():
            self.happen(one)
            self.happened[one.what] += 1
        return None

    def happen(self, one: Happening) -> None:
        shop, now = self.shop, self.clock() + timedelta(seconds=one.server)
        order = [*shop.orders.values()][one.whom % len(shop.orders)]
        person = [*shop.customers.values()][one.whom % len(shop.customers)]
        match one.what:
            case "new":
                sell(shop, now, person.id if one.whom % 3 else None)
            case "twin":  # in the second of the newest change
                newest = max(order.updated_at for order in shop.orders.values())
                sell(shop, newest if abs(newest - now) < 2 * APART else now, person.id)
            case "edit":
                order.total += 1
                order.lines[0].total += 1
                self.stamp(order, now)
            case "refund" | "silent refund" if order.refunded < order.total:
                order.refunds.append(
                    ShopRefund(order.id * 100 + len(order.refunds), order.placed_at, one.whom % 500 + 1)
                )
                if one.what == "refund":
                    self.stamp(order, now)
                else:
                    self.untold.add(f"order {order.id}")
            case "cancel" if order.cancelled_at is None:
                order.status, order.cancelled_at = "cancelled", now
                self.stamp(order, now)
            case "delete" if len(shop.orders) > 5:
                del shop.orders[order.id]
                self.untold.add(f"order {order.id}")
            case "trash" if self.trashes:
                order.status = "trash"
                self.stamp(order, now)
            case "person":
                number = max(shop.customers) + 1
                shop.customers[number] = ShopCustomer(number, f"c{number}@example.com", now, now, city="Pau")
            case "moves":
                person.city = ("Lyon", "Brest")[one.whom % 2]
                person.updated_at = max(now, person.updated_at)
            case "leaves" if len(shop.customers) > 3:
                self.leave(person, now)

    def leave(self, person: ShopCustomer, now: datetime) -> None:
        """Delete an account; Shopify does so only where it has no orders, WordPress makes them a guest's."""
        owned = [order for order in self.shop.orders.values() if order.customer_id == person.id]
        if owned and not self.trashes:
            return
        del self.shop.customers[person.id]
        self.untold.add(f"account {person.id}")
        for order in owned:
            order.customer_id = None
            self.stamp(order, now)

    @staticmethod
    def stamp(order: ShopOrder, now: datetime) -> None:
        order.updated_at = max(now, order.updated_at + timedelta(seconds=1))


def sell(shop: Shop, at: datetime, owner: int | None) -> None:
    """A new order."""
    number = max(shop.orders, default=1000) + 1
    email = f"g{number}@example.com" if owner is None else None
    shop.orders[number] = ShopOrder(
        number, at, at, 3000, owner, email, lines=[ShopLine(number * 10, None, "Bol", 1, 3000)]
    )


def small(accounts: int, orders: int) -> Shop:
    """Accounts, twelve of them with orders, of which thirty share each second."""
    shop = Shop(domain="boutique.myshopify.com")
    for number in range(101, 101 + accounts):
        opened = NOW - timedelta(days=30)
        shop.customers[number] = ShopCustomer(number, f"c{number}@example.com", opened, opened, city="Lille")
    for number in range(orders):
        sell(shop, NOW - timedelta(days=10) + timedelta(hours=number // 30), 101 + number % 12 if number % 5 else None)
    return shop


@contextmanager
def opened(kind: Kind, world: World) -> Iterator[tuple[FakeServer, LiveSource]]:
    """A fake of the shop by its own clock, and a source by ours."""
    now = world.now
    if kind == "shopify":
        with FakeShopify(world.shop, now=world.clock, maximum=1e9, polls=1) as shopify:
            yield (
                shopify,
                ShopifySource(
                    shop=world.shop.domain,
                    token="shpat_demo",
                    endpoint=shopify.url,
                    sleep=now.sleep,
                    clock=now.timestamp,
                ),
            )
        return
    with FakeWooCommerce(world.shop, now=world.clock, https=False) as woo:
        woo.sorts_by_modification = woo.lists_refunds = kind == "woocommerce"
        yield woo, WooCommerceSource(
            url="http://boutique.example", consumer_key="ck_demo", consumer_secret="cs_demo", allow_http=True,
            endpoint=woo.url, sleep=now.sleep, clock=now.timestamp,
        )  # fmt: skip


def missed(template: Path, kind: Kind, plan: list[Sync], skew: int) -> tuple[list[str], Counter[str]]:
    """What our tables have otherwise than the books after a history and one quiet sync, and what happened in it.

    What no change tells may be missing until the night's look at everything.
    """
    clock = Clock(NOW)
    shop_ = small(12, 30) if kind == "shopify" else small(112, 130)  # two pages of each
    world = World(shop_, clock, skew, trashes=kind != "shopify")
    with tempfile.TemporaryDirectory() as folder, opened(kind, world) as (fake, source):
        engine = copied(template, Path(folder) / "shop.db")
        shop = store(engine)
        for sync in plan:
            world.waiting, fake.fault = list(sync.between), world.busy
            with suppress(BrokenOffError):
                Pull(engine, shop, clock, progress=breaking_off(sync.broken_off)).run(source)
            fake.fault = None
            clock.move(hours=sync.hours_after)
            if sync.results_expire and isinstance(fake, FakeShopify):
                fake.operations.clear()
        clock.move(hours=25)
        pull = Pull(engine, shop, clock)
        pull.run(source)
        told = differences(booked(world.shop), stored(engine))
        missing = [line for line in told if line.partition(":")[0] not in world.untold]
        Nightly(pull, source).run(source.check())
        missing += differences(booked(world.shop), stored(engine))
        engine.dispose()
    return missing, world.happened


def breaking_off(after: int | None) -> Progress:
    """A progress that ends a pull after so many pages, never where None."""
    pages = 0

    def told(_stream: str, _done: int, _expected: int | None) -> None:
        nonlocal pages
        pages += 1
        if after is not None and pages > after:
            raise BrokenOffError("The machine was switched off.")

    return told


def check(template: Path, kind: Kind, histories_: int) -> Counter[str]:
    """What happened in so many histories of a platform; they are the same ones each time."""
    happened: Counter[str] = Counter()

    @settings(
        max_examples=histories_, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(histories)
    def holds(history: tuple[list[Sync], int]) -> None:
        missing, what = missed(template, kind, *history)
        happened.update(what)
        assert missing == []

    holds()
    return happened


@pytest.mark.parametrize(("kind", "number"), [("shopify", 40), ("woocommerce", 30), ("old woocommerce", 30)])
def test_whatever_happens_between_two_pages_one_quiet_sync_leaves_what_the_books_say(
    template: Path, kind: Kind, number: int
) -> None:
    """A hundred histories in all."""
    happened = check(template, kind, number)
    assert set(happened) == set(HAPPENINGS)
    assert happened.total() > 5 * number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["new", "person"])
@pytest.mark.parametrize("broken_off", range(4))
def test_what_happens_while_a_walk_lies_broken_off_comes_with_the_pull_that_ends_it(
    template: Path, kind: Kind, what: str, broken_off: int
) -> None:
    between = tuple((Happening(what, whom, 0),) for whom in range(4))
    missing, happened = missed(template, kind, [Sync(between, broken_off, 0, results_expire=False)], -300)
    assert missing == []
    assert happened[what] > 0


def test_as_many_orders_that_come_late_into_a_walk_as_leave_it_hide_none(template: Path) -> None:
    new, edit = Happening("new", 0, -240), Happening("edit", 0, 0)
    between = ((new,),) * 6 + ((new, edit),)
    missing, _ = missed(template, "old woocommerce", [Sync(between, None, 0, results_expire=False)], -300)
    assert missing == []


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_five_hundred_histories_of_each_platform(template: Path, kind: Kind) -> None:
    check(template, kind, 500)
