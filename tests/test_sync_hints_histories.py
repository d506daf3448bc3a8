"""Promise 6: what shops tell twice, late, shuffled or never leaves the database as polling alone would have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopRefund
from tests.contract import NOW
from tests.webhook_world import HOUR, World, copied, couriers, open_world, shops, twins


@dataclass
class History:
    """What happens in both shops in some hours, by a seed."""

    world: World
    random: Random

    def play(self) -> None:
        """Let things happen; deliveries come up to three times, up to four hours late, or never."""
        for courier in couriers(self.world):
            courier.fate = self.fate
        for _ in range(self.random.randrange(6, 16)):
            self.world.clock.move(minutes=self.random.randrange(1, 50))
            for fake in (self.world.boutique, self.world.outlet):
                self.happen(fake.shop, trash=fake is self.world.outlet)
            self.world.deliver()
            if self.random.random() < 0.5:
                self.world.fetch()
        self.world.clock.move(hours=5)
        self.world.deliver()
        self.world.fetch()

    def fate(self) -> list[timedelta]:
        if self.random.random() < 0.05:
            return []
        return [self.random.random() * 4 * HOUR for _ in range(self.random.randrange(1, 4))]

    def happen(self, shop: Shop, *, trash: bool) -> None:
        """One thing changes."""
        now, random = self.world.clock(), self.random
        live = [order for order in shop.orders.values() if order.status != "trash"]
        order, person = random.choice(live), random.choice(list(shop.customers.values()))
        match random.randrange(8):
            case 0:
                number = max(shop.orders) + 1
                guest = random.random() < 0.3
                line = ShopLine(number * 10, 7, "Bol", 1, 1000, "BOL-1")
                owner = None if guest else person.id
                shop.orders[number] = ShopOrder(number, now, now, 1000, owner, f"g{number}@example.com", lines=[line])
            case 1:
                order.total, order.updated_at = random.randrange(100, 9000), now
            case 2 if order.refunded < order.total:
                order.refunds.append(ShopRefund(len(order.refunds) + order.id * 10, now, 50))
                order.updated_at = now
            case 3 if order.cancelled_at is None:
                order.status, order.cancelled_at, order.updated_at = "cancelled", now, now
            case 4:
                number = max(shop.customers) + 1
                shop.customers[number] = ShopCustomer(number, f"n{shop.domain}{number}@example.com", now, now)
            case 5:
                person.consent, person.consent_at, person.updated_at = "subscribed", now, now
            case 6:
                person.city, person.updated_at = random.choice(["Lyon", "Brest", "Pau"]), now
                person.tags = {random.choice(["a", "b", "c"])}
            case 7 if trash and order.updated_at < NOW:  # of one changed and then trashed, polls see the end alone
                order.status, order.updated_at = "trash", now


@pytest.fixture(scope="module")
def read(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Shop, Shop]]:
    """A database that has read both shops, and the shops as they were then."""
    file = tmp_path_factory.mktemp("read") / "read.db"
    pair = shops()
    engine = copied(template, file)
    with open_world(engine, twins(pair)) as world:
        world.pull()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file, pair


def differs(read: tuple[Path, tuple[Shop, Shop]], folder: Path, seed: int) -> list[str]:
    """In which tables a history that was told, and then polled once, ends otherwise than one that was only polled."""
    file, pair = read
    told, polled = copied(file, folder / f"{seed}-told.db"), copied(file, folder / f"{seed}-polled.db")
    with open_world(told, twins(pair)) as world:
        world.subscribe()
        History(world, Random(seed)).play()
        assert world.kept() == []
        world.clock.move(days=1, hours=1)  # WooCommerce's accounts are walked once a day
        world.pull()
        first = world.said()
        other = World(polled, world.clock, world.boutique, world.outlet)
        other.pull()
        second = other.said()
    told.dispose()
    polled.dispose()
    return [name for name in second if first[name] != second[name]]


@pytest.mark.parametrize(
    "seeds",
    [
        *(range(part, 100, 4) for part in range(4)),
        *(pytest.param(range(first, first + 50), marks=pytest.mark.full) for first in range(100, 600, 50)),
    ],
)
def test_told_twice_late_shuffled_or_never_the_database_ends_as_a_polled_one(
    read: tuple[Path, tuple[Shop, Shop]], tmp_path: Path, seeds: range
) -> None:
    """Of 200 histories: a hundred of each shop, two at a time; a thousand others in the full run."""
    assert {seed: found for seed in seeds if (found := differs(read, tmp_path, seed))} == {}


def test_the_histories_have_what_they_promise(read: tuple[Path, tuple[Shop, Shop]], tmp_path: Path) -> None:
    """Of ten, enough was told, all of it was taken, and it was stored before any poll."""
    file, pair = read
    sent = changed_rows = 0
    for seed in range(5):
        engine = copied(file, tmp_path / f"{seed}.db")
        with open_world(engine, twins(pair)) as world:
            world.subscribe()
            before = world.said()
            History(world, Random(seed)).play()
            sent += sum(len(courier.sent) for courier in couriers(world))
            changed_rows += before["orders"] != world.said()["orders"]
            assert {status for courier in couriers(world) for _, status in courier.sent} == {200}
        engine.dispose()
    assert sent > 100
    assert changed_rows == 5
