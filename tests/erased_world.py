"""A world of three platforms in which people ask to be erased, and what may then be found nowhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sync.demo.shop import ShopCheckout, ShopCustomer, ShopOrder, ShopRefund
from tests.command_line import CommandLine
from tests.three_destinations import World

FAR = 7_300_000_000_000
"""What the numbers of accounts and orders begin at, so that each is found by its bytes alone."""

FAMILIES = ("spread", "rfm", "cartelis", "emarsys")
DAYS = [date(2024, 1, 15), date(2025, 6, 30), date(2026, 3, 1), date(2026, 6, 29)]


@dataclass
class Someone:
    """A person of the shop, with what may tell of them."""

    account: ShopCustomer
    orders: list[ShopOrder] = field(default_factory=list)
    traits: set[str] = field(default_factory=set)

    @property
    def email(self) -> str:
        """Their address, by which they ask."""
        return str(self.account.email)

    def traces(self) -> set[str]:
        """What must be found nowhere once they are erased."""
        own = {self.email, str(self.account.phone), self.account.city, self.account.postcode, str(self.account.id)}
        own |= {f"{self.account.first_name} {self.account.last_name}"}
        return own | {str(order.id) for order in self.orders} | {order.city for order in self.orders if order.city}


def people_of(world: World, count: int, chance: Random) -> list[Someone]:
    """So many accounts of the shop, each with a random part of what a shop can know of somebody."""
    _renumber(world)
    found = [Someone(account) for account in list(world.shop.customers.values())[:count]]
    by_email = {one.email: one for one in found}
    for order in world.shop.orders.values():
        if order.email in by_email:
            by_email[str(order.email)].orders.append(order)
    for number, one in enumerate(found):
        _give(world, one, number, chance)
    return found


def _renumber(world: World) -> None:
    shop = world.shop
    shop.orders = {FAR + 10_000_000 + n: replace(o, id=FAR + 10_000_000 + n) for n, o in shop.orders.items()}
    for order in shop.orders.values():
        order.customer_id = order.customer_id and FAR + order.customer_id
    for books in (shop, world.woocommerce.shop):
        own = FAR if books is shop else FAR + 500_000
        books.customers = {own + n: replace(c, id=own + n) for n, c in books.customers.items()}


def _give(world: World, one: Someone, number: int, chance: Random) -> None:
    traits = ("phone", "guest", "refund", "cancelled", "checkout", "unreadable", "sent", "test", "foreign")
    one.traits = {trait for trait in traits if chance.random() < 0.4}
    one.account.first_name, one.account.last_name = f"Prénom{number}", f"Nom-{number}-Lévêque"
    one.account.city, one.account.postcode = f"Ville-{number}-sur-Loire", f"PC{number:05d}"
    one.account.phone = (
        f"+336{24_000_000 + 17 * number}" if "phone" in one.traits else f"+337{24_000_000 + 17 * number}"
    )
    for order in one.orders:
        order.city, order.postcode = f"Livrée-{number}", f"PL{number:05d}"
    if one.orders and "refund" in one.traits:
        order = one.orders[-1]
        order.refunds = [ShopRefund(order.id, order.placed_at + timedelta(hours=30), order.total // 2)]
    if len(one.orders) > 1 and "cancelled" in one.traits:
        one.orders[0].cancelled_at = one.orders[0].placed_at + timedelta(days=3)
    if one.orders and "foreign" in one.traits:
        one.orders[0].currency = "USD"
    if one.orders and "test" in one.traits:
        one.orders[0].test = True
    placed = world.now - timedelta(days=chance.randrange(5, 900))
    if "guest" in one.traits:
        _add(world, one, number, ShopOrder(0, placed, placed, 4200, email=one.email, city=f"Invité-{number}"))
    if "unreadable" in one.traits:
        _add(
            world,
            one,
            5000 + number,
            ShopOrder(0, placed, placed, 10**17, one.account.id, one.email, one.account.phone),
        )
    if "checkout" in one.traits:
        checkout = ShopCheckout(FAR + 30_000_000 + number, placed, placed, 900, None, one.email)
        world.shop.checkouts[checkout.id] = checkout


def _add(world: World, one: Someone, number: int, order: ShopOrder) -> None:
    order.id = FAR + 20_000_000 + number
    world.shop.orders[order.id] = order
    one.orders.append(order)


def hits(folder: Path, traces: set[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Which of the traces stand in which file below a folder."""
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name not in but}
    return [
        f"{trace} in {file.name}" for trace in sorted(traces) for file, held in files.items() if trace.encode() in held
    ]


def figures(line: CommandLine) -> dict[str, Any]:
    """The people and the money of each stage on some past days, and each day's number of people."""
    only = [part for family in FAMILIES for part in ("--family", family)]
    past = {
        str(day): [
            {stage["key"]: (stage["people"], stage["revenue"]) for stage in family["stages"]}
            for family in line.ask("segments", "--as-of", str(day), "--json", *only).last["families"]
        ]
        for day in DAYS
    }
    drawn = {
        family: line.ask("evolution", "--from", str(DAYS[0]), "--to", str(DAYS[-1]), "--family", family, "--json").out
        for family in FAMILIES
    }
    return {**past, **drawn}


def moved(line: CommandLine, folder: Path, settings: Mapping[str, str] | None = None) -> CommandLine:
    """The same database, with the file of the suppressed, in another folder."""
    made = replace(line, folder=folder)
    line.ask("backup", str(made.database))
    for name in ("connector.toml", "segments.toml", "connector.db.suppressed"):
        if (line.folder / name).exists():
            shutil.copy2(line.folder / name, folder / name)
    for old, new in (settings or {}).items():
        made.write(made.settings.read_text(encoding="utf-8").replace(old, new))
    return made


def put_back(backup: Path, line: CommandLine) -> None:
    """Have a backup in the place of the database, as its owner would: without the journal of the other one."""
    for end in ("-wal", "-shm"):
        line.database.with_name(line.database.name + end).unlink(missing_ok=True)
    shutil.copy2(backup, line.database)


def read_again(world: World) -> None:
    """Have the shops show everything as changed just now."""
    for books in (world.shop, world.woocommerce.shop):
        for account in books.customers.values():
            account.updated_at = world.now
        for order in books.orders.values():
            order.updated_at = world.now
        for checkout in books.checkouts.values():
            checkout.updated_at = world.now


def erased(line: CommandLine, people: list[Someone], chance: Random) -> Iterator[dict[str, Any]]:
    """What each command says that erases them, one or some at a time."""
    rest = list(people)
    while rest:
        some, rest = rest[: (size := chance.choice((1, 3, 12, 25)))], rest[size:]
        yield line.ask("erase", *(one.email for one in some), "--yes", "--json").last
