"""A small world in which the program is interrupted; and what its books say must have come of it all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sync.demo.shop import Shop, ShopOrder, ShopRefund
from tests.command_line import CommandLine
from tests.three_destinations import START, World, listening

LATER = timedelta(days=60)
BLOG = 500_000
"""What the numbers of the blog's orders begin at."""


@dataclass
class Books(World):
    """The same three platforms, with orders in both shops; `before` is what stood there before we wrote."""

    blog_orders: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        chance, blog = Random(11), self.woocommerce.shop
        accounts = [account for account in blog.customers.values() if account.email]
        for number in range(BLOG, BLOG + self.blog_orders):
            account, ago = chance.choice(accounts), timedelta(minutes=chance.randrange(60, 700 * 24 * 60))
            at, total = START - ago, chance.randrange(500, 9000)
            blog.orders[number] = ShopOrder(number, at, at, total, account.id, account.email)
        self.before = self.standing()

    @property
    def books(self) -> Shop:
        """Both shops' orders: the accounts have the same numbers."""
        return replace(self.shop, orders={**self.shop.orders, **self.woocommerce.shop.orders})

    def go_on(self) -> None:
        """Sixty days later: some orders were changed, some people ordered."""
        self.now = START + LATER
        chance, shop = Random(12), self.shop
        paid = [order for order in shop.orders.values() if order.status == "paid" and not order.refunds]
        for order in chance.sample(paid, len(paid) // 6):
            order.updated_at = self.now - timedelta(days=chance.randrange(1, 50))
            if chance.random() < 0.5:
                order.refunds = [ShopRefund(order.id, order.updated_at, order.total)]
            else:
                order.cancelled_at = order.updated_at
        for number, account in enumerate(chance.sample(list(shop.customers.values()), len(shop.customers) // 4)):
            at = self.now - timedelta(days=chance.randrange(1, 50))
            new = ShopOrder(9000 + number, at, at, 2500, account.id, account.email)
            shop.orders[new.id] = new

    def assert_right(self, line: CommandLine) -> None:
        """The database has the shops' orders, each once; what was written there is what the books ask for."""
        with closing(sqlite3.connect(line.database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert orders(line) == self.ledger()
        assert self.standing() == self.wanted(self.before, self.now.date())
        assert self.shopify.violations == self.mailchimp.violations == []

    def ledger(self) -> list[tuple[str, str, int, int]]:
        """Each order of the shops: the store, its number, its total and what was given back of it."""
        shops = {"boutique": self.shop, "blog": self.woocommerce.shop}
        return sorted(
            (key, str(order.id), order.total, order.refunded)
            for key, shop in shops.items()
            for order in shop.orders.values()
        )


def orders(line: CommandLine) -> list[tuple[str, str, int, int]]:
    """Each order of the database, as the ledger has it."""
    statement = """
        SELECT stores.key, platform_id, total, refunded FROM orders JOIN stores ON stores.id = store_id ORDER BY 1, 2
    """
    with closing(sqlite3.connect(line.database)) as connection:
        return sorted(connection.execute(statement).fetchall())


def figures(line: CommandLine) -> dict[str, Any]:
    """The people and the money of each stage."""
    told = line.ask("segments", "--family", "spread", "--json").last
    (family,) = told["families"]
    return {"people": told["people"], "stages": family["stages"]}


@contextmanager
def open_books(folder: Path, people: int, blog_orders: int = 0) -> Iterator[Books]:
    """The world with its fakes listening; no audience is in force."""
    folder.mkdir(exist_ok=True)
    with listening(Books(folder, people, blog_orders=blog_orders)) as world:
        world.line.spread_alone()
        yield world


def copied(world: Books, folder: Path) -> CommandLine:
    """The command line of a copy of a world's database, with its settings, in another folder."""
    made = replace(world.line, folder=folder)
    world.line.ask("backup", str(made.database))
    for name in ("connector.toml", "segments.toml"):
        shutil.copy2(world.folder / name, folder / name)
    return made
