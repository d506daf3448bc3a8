"""What becomes of what shops tell: each thing is asked for again, and stored as a poll would have stored it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from connector.days import day_number
from connector.errors import SettingsError
from connector.models import Account, Consent, Order, Store
from connector.people import find_people
from connector.tables import table
from sync.inbox import Inbox
from sync.lock import writer
from sync.privacy.erasing import erase
from sync.tasks.cycle import recompute_and_push, work_hints
from tests.webhook_world import HOUR, PUBLIC, QUIET, SECRET, World, open_world


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    with open_world(engine) as made:
        made.pull()
        made.subscribe()
        yield made


def changed(world: World, number: int, total: int) -> None:
    """Both shops change an order."""
    world.clock.move(minutes=5)
    for fake in (world.boutique, world.outlet):
        fake.shop.orders[number].total, fake.shop.orders[number].updated_at = total, world.clock()


def totals(world: World, number: int) -> list[int]:
    orders = table(Order)
    with world.engine.connect() as connection:
        statement = select(orders.c.gross).where(orders.c.platform_id == str(number)).order_by(orders.c.store_id)
        return list(connection.scalars(statement))


def test_a_change_is_fetched_and_stored_without_a_poll(world: World) -> None:
    changed(world, 1005, 4444)
    assert set(world.deliver()) == {200}
    assert totals(world, 1005) == [3000, 3000]
    assert world.look() == 2
    assert totals(world, 1005) == [4444, 4444]
    assert world.kept() == []


def test_what_is_told_late_of_an_older_state_is_not_even_fetched(world: World) -> None:
    world.boutique.courier.fate = lambda: (2 * HOUR,)
    changed(world, 1005, 4444)
    world.boutique.courier.notice()
    changed(world, 1005, 5555)
    world.pull()
    world.clock.move(hours=3)
    world.deliver()
    asked = len(world.boutique.ledger)
    assert world.kept() != []
    world.look()
    questions = [entry.request.body for entry in world.boutique.ledger[asked:]]
    assert sum(b"query Order(" in body for body in questions) <= 1  # the second delivery's time is the stored one
    assert totals(world, 1005) == [5555, 5555]


def test_a_hint_stays_until_what_it_led_to_is_stored(world: World) -> None:
    changed(world, 1005, 4444)
    world.deliver()
    world.boutique.revoke()
    with pytest.raises(Exception, match="Invalid API key"):
        work_hints(world.workspace, QUIET, world.inbox)
    assert world.kept() == [("orders", "1005")]  # the other shop's was looked into
    assert totals(world, 1005) == [3000, 4444]
    world.boutique.tokens["shpat_demo"] = float("inf")
    world.look()
    assert totals(world, 1005) == [4444, 4444]
    assert world.kept() == []


def test_hints_of_a_shop_that_was_never_read_wait_for_its_first_pull(engine: Engine) -> None:
    with open_world(engine) as world:
        world.subscribe()
        changed(world, 1005, 4444)
        world.deliver()
        assert work_hints(world.workspace, QUIET, world.inbox).done == 0
        assert len(world.kept()) == 2


def test_an_order_that_is_gone_counts_no_more_and_one_that_is_not_still_does(world: World) -> None:
    del world.boutique.shop.orders[1005]
    world.outlet.trash(1007)
    world.deliver()
    lie = b'{"id": 1010}'
    world.post(f"{PUBLIC}/webhooks/boutique", world.signed(lie, X_Shopify_Topic="orders/delete"), lie)
    world.look()
    assert world.status(1005) == "deleted"
    assert world.status(1007, store_id=2) == "deleted"
    assert world.status(1010) == "paid"


def test_an_order_that_shopify_merely_withholds_is_not_taken_for_deleted(world: World) -> None:
    orders, stores = table(Order), table(Store)
    world.boutique.scopes.discard("read_all_orders")
    del world.boutique.shop.orders[1006]
    old = world.boutique.shop.orders[1005]
    long_ago = old.placed_at - timedelta(days=90)
    with world.engine.begin() as connection:  # as a CSV export had brought it, which lifted the floor
        day = day_number(long_ago.date())
        connection.execute(orders.update().where(orders.c.platform_id == "1005").values(local_day=day))
        assert connection.scalar(select(func.count()).where(stores.c.floor_day.is_not(None))) == 0
    world.boutique.shop.customers[101].created_at = old.placed_at = long_ago
    for number in (1005, 1006):
        body = f'{{"id": {number}}}'.encode()
        world.post(f"{PUBLIC}/webhooks/boutique", world.signed(body, X_Shopify_Topic="orders/delete"), body)
    world.look()
    assert (world.status(1005), world.status(1006)) == ("paid", "deleted")


def test_an_account_that_is_gone_is_forgotten_with_its_consents_and_its_orders_stay(world: World) -> None:
    accounts, consents, orders = (world.count(model) for model in (Account, Consent, Order))
    lie = b'{"id": 102}'
    world.post(f"{PUBLIC}/webhooks/boutique", world.signed(lie, X_Shopify_Topic="customers/delete"), lie)
    world.boutique.shop.customers[101].deleted = True
    world.deliver()
    world.look()
    assert world.count(Account) == accounts - 1
    assert world.count(Consent) < consents
    assert world.count(Order) == orders


def test_what_cannot_be_read_goes_to_quarantine_and_holds_up_nothing(world: World) -> None:
    changed(world, 1005, 10**30)
    changed(world, 1006, 4444)
    world.deliver()
    world.look()
    assert totals(world, 1005) == [3000, 3000]
    assert totals(world, 1006) == [4444, 4444]
    assert world.kept() == []


def test_writing_back_makes_shops_tell_of_it_and_nothing_more_is_written(engine: Engine) -> None:
    """Tags at Shopify, meta data at WooCommerce: each write comes back as a delivery, and ends there."""
    destinations = {
        "tags": {"platform": "shopify", "store": "boutique"},
        "meta": {"platform": "woocommerce", "store": "outlet"},
    }
    with open_world(engine, destinations=destinations) as world:
        world.pull()
        world.subscribe()
        with writer(engine, now=world.clock()):
            recompute_and_push(world.workspace, QUIET)
        written = len(world.boutique.writes), len(world.outlet.writes)
        assert min(written) > 0
        rounds = []
        for _ in range(3):
            world.clock.move(minutes=1)
            rounds.append(len(world.deliver()))
            world.look()
        assert rounds[0] >= 24
        assert rounds[1:] == [0, 0]
        assert (len(world.boutique.writes), len(world.outlet.writes)) == written


def test_an_inbox_of_nobody_wakes_nobody(world: World) -> None:
    assert not Inbox(world.engine).waiting()
    assert SECRET not in repr(world.workspace.settings)


def test_who_was_erased_does_not_come_back_by_what_a_shop_tells(world: World) -> None:
    with writer(world.engine, now=world.clock()), world.engine.connect() as connection:
        people = find_people(connection, "client103@example.com")
    with writer(world.engine, now=world.clock()):
        erase(world.engine, world.workspace.suppressed, people, now=world.clock(), reason="asked")
    world.clock.move(minutes=5)
    account = world.boutique.shop.customers[103]
    account.city, account.updated_at = "Lyon", world.clock()
    world.deliver()
    world.look()
    with world.engine.connect() as connection, pytest.raises(SettingsError, match="Nobody here"):
        find_people(connection, "client103@example.com")
