"""Stores: one merchant, one currency; another shop is never taken for the one we know."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, select

from connector.counting import Switches
from connector.days import day_number
from connector.errors import SettingsError, UnsafeError
from connector.models import Checkpoint, Store
from connector.source import ShopCheck
from connector.stores import FILE, Merchant, OpenStore, complete_history, merchant, open_store, register
from connector.tables import table
from tests.pull_world import Pages, at, number, order, pull, put, store

SHOP = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris")


def registered(
    engine: Engine, key: str, check: ShopCheck, platform: str = "shopify", *, force: bool = False
) -> OpenStore:
    with engine.begin() as connection:
        return register(connection, key, platform, check, Switches(), force=force)


def floor(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.execute(select(table(Store).c.floor_day)).scalar_one()
    return found


def test_the_first_store_decides_currency_and_time_zone(engine: Engine) -> None:
    with engine.connect() as connection:
        assert merchant(connection) is None
        assert open_store(connection, "boutique") is None
    one = registered(engine, "boutique", SHOP)
    two = registered(engine, "outlet", ShopCheck("gid-2", "Outlet", "EUR", "America/New_York"))
    with engine.connect() as connection:
        assert merchant(connection) == Merchant("EUR", one.zone)
        assert open_store(connection, "outlet") == two
    assert (two.zone.key, two.base) == ("America/New_York", "EUR")


def test_a_store_in_another_currency_is_refused_with_the_remedy(engine: Engine) -> None:
    registered(engine, "boutique", SHOP)
    with pytest.raises(SettingsError, match=r"sells in USD.*another database"):
        registered(engine, "us", ShopCheck("gid-2", "US", "USD", "America/New_York"))
    with pytest.raises(SettingsError, match="sells in USD"):
        registered(engine, "boutique", ShopCheck("gid-1", "Boutique", "USD", "Europe/Paris"))


def test_a_time_zone_that_is_none_changes_nothing(engine: Engine) -> None:
    with pytest.raises(SettingsError, match="not a time zone"):
        registered(engine, "boutique", ShopCheck("gid-1", "Boutique", "EUR", "Europe/Pari"))
    with engine.connect() as connection:
        assert open_store(connection, "boutique") is None


def test_another_shop_under_a_known_name_is_refused_unless_forced(engine: Engine) -> None:
    first = registered(engine, "boutique", SHOP)
    other = ShopCheck("gid-9", "Autre", "EUR", "Europe/Paris")
    with pytest.raises(UnsafeError, match=r"Another shop answers for boutique: Autre \(gid-9\), before Boutique"):
        registered(engine, "boutique", other)
    assert registered(engine, "boutique", other, force=True).id == first.id


def test_another_platform_under_a_known_name_is_refused_even_if_forced(engine: Engine) -> None:
    registered(engine, "boutique", SHOP)
    with pytest.raises(UnsafeError, match="was a shopify shop until now"):
        registered(engine, "boutique", ShopCheck("x", "W", "EUR", "Europe/Paris"), "woocommerce", force=True)


def test_one_shop_under_two_names_is_refused(engine: Engine) -> None:
    registered(engine, "boutique", SHOP)
    with pytest.raises(UnsafeError, match="doublon is the same shop as boutique"):
        registered(engine, "doublon", SHOP)


def test_a_store_of_files_becomes_the_shop_that_is_connected_to_it(engine: Engine) -> None:
    file = registered(engine, "boutique", ShopCheck("file", "boutique", "EUR", "Europe/Paris"), FILE)
    shop = registered(engine, "boutique", SHOP)
    assert (shop.id, shop.platform) == (file.id, "shopify")


def test_switches_are_kept_with_the_store(engine: Engine) -> None:
    wanted = Switches(True, True, True, False, False)
    store(engine, switches=wanted)
    with engine.connect() as connection:
        found = open_store(connection, "boutique")
    assert found is not None
    assert found.switches == wanted


def test_the_floor_is_that_of_the_first_reading_and_goes_when_the_platform_shows_all(engine: Engine) -> None:
    withheld = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris", floor=at(10).date())
    shop = registered(engine, "boutique", withheld)
    assert shop.floor_day == number(10)
    pull(engine, shop, Pages())
    with engine.begin() as connection:
        row = {"store_id": shop.id, "stream": "orders", "cursor": "1", "at": 0}
        connection.execute(table(Checkpoint).insert(), row)
    moved_on = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris", floor=at(40).date())
    assert registered(engine, "boutique", moved_on).floor_day == number(10)
    assert registered(engine, "boutique", SHOP).floor_day is None
    with engine.connect() as connection:
        assert connection.execute(select(table(Checkpoint))).all() == []


def test_the_floor_follows_the_platform_while_nothing_was_read(engine: Engine) -> None:
    for day in (10, 40):
        check = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris", floor=at(day).date())
        assert registered(engine, "boutique", check).floor_day == number(day)


def test_an_export_that_reaches_over_the_floor_lifts_it(engine: Engine) -> None:
    shop = registered(engine, "boutique", ShopCheck("gid-1", "B", "EUR", "Europe/Paris", floor=at(10).date()))
    with engine.begin() as connection:
        assert not complete_history(connection, shop, number(-90), number(8))  # a day is missing
        assert not complete_history(connection, shop, number(10), number(50))  # nothing older
        assert complete_history(connection, shop, number(-90), number(9))
    assert floor(engine) is None


def test_a_store_whose_files_reach_over_the_floor_never_gets_it(engine: Engine) -> None:
    file = registered(engine, "boutique", ShopCheck("file", "boutique", "EUR", "Europe/Paris"), FILE)
    put(engine, file, order(1, -90), order(2, 20), origin="file")
    check = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris", floor=at(10).date())
    assert registered(engine, "boutique", check).floor_day is None


def test_a_floor_is_a_day_number(engine: Engine) -> None:
    check = ShopCheck("gid-1", "Boutique", "EUR", "Europe/Paris", floor=date(2026, 9, 22))
    registered(engine, "boutique", check)
    assert floor(engine) == day_number(date(2026, 9, 22))
