"""The night: what no change ever tells is found all the same, each shop day once, in few requests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.demo.shop import Shop, ShopCustomer, ShopOrder, ShopRefund
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests.command_line import CommandLine
from tests.contract import Clock, small_shop
from tests.test_sync_quarantine import SETTINGS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOMORROW = "2026-11-21T12:00:00+00:00"
Fake = FakeShopify | FakeWooCommerce


class World:
    """A shop, the command line that reads it, and its books."""

    def __init__(self, fake: Fake, folder: Path, platform: str, clock: Clock) -> None:
        self.fake, self.shop, self.clock, self.platform = fake, fake.shop, clock, platform
        self.line = CommandLine(folder, clock().isoformat()).spread_alone()
        settings = SETTINGS[platform].format(url=fake.url, ca=getattr(fake, "ca", None), domain=fake.shop.domain)
        self.line.write(settings)

    def tomorrow(self) -> None:
        """Let a day pass."""
        self.clock.move(days=1)
        self.line = self.line.at(self.clock().isoformat())

    def ask(self, statement: str) -> list[Any]:
        """What the database holds."""
        with closing(sqlite3.connect(self.line.database)) as connection:
            return connection.execute(statement).fetchall()

    def refunded(self, number: int) -> int:
        """What was given back of an order, as we know it."""
        ((amount,),) = self.ask(f"SELECT refunded FROM orders WHERE platform_id = '{number}'")
        return int(amount)

    def counted(self) -> set[int]:
        """The orders that count, as we know them."""
        return {int(name) for (name,) in self.ask("SELECT platform_id FROM orders WHERE counted AND void_day IS NULL")}

    def nights(self) -> list[str]:
        """How each night ended."""
        return [outcome for (outcome,) in self.ask("SELECT outcome FROM runs WHERE kind LIKE 'nightly %' ORDER BY id")]

    def requests(self) -> int:
        """How many requests the shop has answered."""
        return len(self.fake.ledger)


@pytest.fixture(params=["shopify", "woocommerce"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    clock = Clock(NOW)
    kinds: dict[str, Callable[[Shop], Fake]] = {
        "shopify": lambda shop: FakeShopify(shop, now=clock, maximum=1e9, polls=1),
        "woocommerce": lambda shop: FakeWooCommerce(shop, now=clock),
    }
    with kinds[request.param](small_shop()) as fake:
        yield World(fake, tmp_path, request.param, clock)
        assert fake.writes == []


def test_a_refund_that_leaves_the_orders_date_alone_is_found_the_next_night(world: World) -> None:
    world.line.ask("run")
    order = world.shop.orders[1002]
    order.refunds.append(ShopRefund(77, NOW, 1200))
    world.line.ask("run")
    assert world.refunded(1002) == 0
    world.tomorrow()
    out = world.line.ask("run").out
    assert world.refunded(1002) == 1200
    assert "1 corrected" in out


def test_an_order_that_was_deleted_for_good_counts_no_more_after_the_night(world: World) -> None:
    world.line.ask("run")
    assert 1002 in world.counted()
    del world.shop.orders[1002]
    world.tomorrow()
    out = world.line.ask("run").out
    assert 1002 not in world.counted()
    assert "1 order, 0 accounts" in out
    assert world.counted() == {n for n in world.shop.orders if n != 1009}


def test_an_order_that_the_list_forgets_but_the_shop_still_has_is_not_taken_for_gone(world: World) -> None:
    world.line.ask("run")
    world.tomorrow()
    world.shop.orders[1002] = replace(world.shop.orders[1002], placed_at=NOW - timedelta(days=200))
    world.line.ask("run")
    assert world.ask("SELECT status FROM orders WHERE platform_id = '1002'") == [("paid",)]


def test_an_order_older_than_the_window_is_left_alone(world: World) -> None:
    placed = NOW - timedelta(days=90)
    world.shop.orders[900] = ShopOrder(900, placed, placed, 3000, 101)
    world.line.ask("run")
    del world.shop.orders[900]
    world.tomorrow()
    world.line.ask("run")
    assert 900 in world.counted()


def test_an_order_of_a_file_is_never_taken_for_gone(world: World) -> None:
    world.line.ask("run")
    file = world.line.folder / "orders.csv"
    file.write_text("Commande,Client,Date,Total\n777,client101@example.com,2026-11-15,30.00\n", encoding="utf-8")
    world.line.ask(
        "import", str(file), "--store", "boutique", "--map", "order=Commande,email=Client,placed_at=Date,total=Total"
    )
    world.tomorrow()
    world.line.ask("run")
    assert 777 in world.counted()


def test_an_account_that_was_deleted_is_forgotten_and_its_person_stays(world: World) -> None:
    world.shop.customers[150] = ShopCustomer(150, "parti@example.com", NOW, NOW)
    world.line.ask("run")
    before = world.ask("SELECT count(*) FROM customers")
    del world.shop.customers[150]
    world.tomorrow()
    out = world.line.ask("run").out
    assert "0 orders, 1 account" in out
    accounts = "SELECT count(*) FROM accounts a JOIN identities i ON i.id = a.identity_id WHERE i.value = '150'"
    assert world.ask(accounts) == [(0,)]
    assert world.ask("SELECT count(*) FROM customers") == before
    world.tomorrow()
    assert "0 orders, 0 accounts" in world.line.ask("run").out


def test_accounts_that_shopify_merged_become_one_person(world: World) -> None:
    if world.platform != "shopify":
        pytest.skip("WooCommerce merges no accounts")
    world.line.ask("run")
    people = "SELECT count(*) FROM customers WHERE merged_into IS NULL"
    ((before,),) = world.ask(people)
    for order in world.shop.orders.values():  # what Shopify's merge does; the orders' dates stay as they were
        if order.customer_id == 103:
            order.customer_id = 104
    world.shop.customers[103].deleted = True
    world.tomorrow()
    out = world.line.ask("run").out
    assert "1 account merged" in out
    assert world.ask(people) == [(before - 1,)]
    owners = "SELECT DISTINCT customer_id FROM identities WHERE kind = 'account' AND value IN ('103', '104')"
    assert len(world.ask(owners)) == 1
    assert len(world.line.ask("merges", "--json").lines) == 1


def test_each_shop_day_is_looked_at_once_and_the_first_day_not_at_all(world: World) -> None:
    world.line.ask("run")
    world.line.ask("run")
    assert world.nights() == []
    world.tomorrow()
    for _ in range(3):
        world.line.ask("run")
    assert world.nights() == ["done"]
    world.tomorrow()
    world.line.ask("run")
    assert world.nights() == ["done", "done"]


def test_what_is_asked_for_by_hand_is_done_at_once(world: World) -> None:
    world.line.ask("pull")
    world.shop.orders[1002].refunds.append(ShopRefund(77, NOW, 1200))
    world.line.ask("pull", "--recheck")
    assert world.refunded(1002) == 1200


def test_it_says_how_many_requests_it_took_and_they_are_few(world: World) -> None:
    world.line.ask("pull")
    before = world.requests()
    world.line.ask("pull")
    alone = world.requests() - before
    before = world.requests()
    out = world.line.ask("pull", "--recheck").out
    said = int(out.splitlines()[-1].rpartition("(")[2].partition(" ")[0])
    assert said <= world.requests() - before - alone
    assert said <= 12


def test_a_shop_that_fails_at_night_does_not_keep_the_day_from_being_worked_out(world: World) -> None:
    world.line.ask("run")
    world.tomorrow()
    world.fake.fault = lambda _n, request: _refusal(request.path, request.query, request.body)
    world.line.ask("recompute")
    answer = world.line.within("run")
    world.fake.fault = None
    assert "Traceback" not in answer.err
    assert world.nights() == ["failed"]
    assert world.ask("SELECT max(as_of) FROM runs WHERE outcome = 'done'") == [(20778,)]
    world.line.ask("run")
    assert world.nights() == ["failed", "done"]


def _refusal(path: str, query: dict[str, str], body: bytes) -> Any:  # noqa: ANN401 - an answer or None
    from sync.demo.server import Answer  # noqa: PLC0415

    windowed = b"processed_at" in body or (path.endswith("/orders") and "after" in query)
    return Answer.of({"errors": "no", "code": "no", "message": "no"}, 400) if windowed else None


def test_much_is_read_by_one_bulk_operation(tmp_path: Path) -> None:
    clock, shop = Clock(NOW), small_shop()
    for number in range(3000, 3400):
        placed = NOW - timedelta(days=5, minutes=number)
        shop.orders[number] = ShopOrder(number, placed, placed, 1000, 101)
    old = NOW - timedelta(days=100)
    shop.orders[10] = ShopOrder(10, old, old, 1000, 101)
    with FakeShopify(shop, now=clock, maximum=1e9, polls=1) as fake:
        world = World(fake, tmp_path, "shopify", clock)
        world.line.ask("pull")
        shop.orders[3001].refunds.append(ShopRefund(78, NOW, 400))
        shop.orders[10].refunds.append(ShopRefund(79, NOW, 400))
        out = world.line.ask("pull", "--recheck").out.splitlines()[-1]
        assert "440 orders of the last 60 days read again, 1 corrected" in out
        assert world.refunded(3001) == 400
        assert world.refunded(10) == 0
        assert int(out.rpartition("(")[2].partition(" ")[0]) <= 10
