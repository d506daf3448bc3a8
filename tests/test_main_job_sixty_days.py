"""A shop that shows 60 days of orders, completed by its own CSV exports, is the shop that shows all.

Whichever comes first; and until both are there, nothing is claimed and nothing is pushed.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.worded import day
from sync.demo.boutique import ZONE, boutique
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from tests import outside, real_orders, shop_exports
from tests.command_line import CommandLine
from tests.outside import STAGES

PEOPLE = 500
NOW = datetime.now(UTC).replace(microsecond=0)  # what Shopify shows, it counts back from the real day
TODAY = NOW.astimezone(ZONE).date()
FLOOR = TODAY - timedelta(days=60)
WAYS = ("pull then import", "import then pull")


@dataclass
class Shown:
    """A shop and the database that was filled from it."""

    fake: FakeShopify
    line: CommandLine


def settings(fake: FakeShopify) -> str:
    return f"""
        [stores.boutique]
        platform = "shopify"
        shop = "{fake.shop.domain}"
        token = "shpat_demo"
        endpoint = "{fake.url}"

        [destinations.tags]
        platform = "shopify"
        store = "boutique"
    """


@pytest.fixture(scope="module")
def shop() -> Shop:
    return boutique(TODAY - timedelta(days=1), people=PEOPLE)


@pytest.fixture(scope="module")
def exports(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    shop_exports.write_orders(shop, folder / "orders_export.csv")
    shop_exports.write_customers(shop, folder / "customers_export.csv")
    return folder


def open_shop(stack: ExitStack, shop: Shop, folder: Path, *, all_orders: bool) -> Shown:
    fake = FakeShopify(copy.deepcopy(shop), now=lambda: NOW, all_orders=all_orders, maximum=1e9, polls=1)
    line = CommandLine(folder, NOW.isoformat())
    stack.enter_context(fake)
    line.write(settings(fake))
    return Shown(fake, line)


@pytest.fixture(scope="module")
def unlimited(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path_factory.mktemp("unlimited"), all_orders=True)
        shown.line.ask("pull")
        shown.line.ask("recompute")
        yield shown


@pytest.fixture(scope="module", params=WAYS)
def completed(
    request: pytest.FixtureRequest, shop: Shop, exports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shown]:
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path_factory.mktemp("completed"), all_orders=False)
        if request.param == WAYS[0]:
            shown.line.ask("pull")
        bring_exports(shown.line, exports)
        if request.param == WAYS[1]:
            shown.line.ask("pull")
        shown.line.ask("recompute")
        yield shown


def bring_exports(line: CommandLine, exports: Path) -> None:
    place = ("--store", "boutique", "--currency", "EUR", "--timezone", "Europe/Paris")
    for name in ("customers_export.csv", "orders_export.csv"):
        line.ask("import", str(exports / name), *place)


def family(line: CommandLine, *options: str) -> dict[str, Any]:
    (found,) = line.ask("segments", "--family", "spread", "--json", *options).last["families"]
    return dict(found)


def counts(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {stage["key"]: (stage["people"], stage["revenue"]["minor"]) for stage in found["stages"]}


def rows(line: CommandLine, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(line.database)) as connection:
        return sorted(connection.execute(statement), key=repr)


def tags_of(shop: Shop) -> dict[int, set[str]]:
    return {number: set(customer.tags) for number, customer in shop.customers.items()}


@pytest.mark.parametrize("window", [[], ["--window", "90"], ["--window", "400"]])
def test_sixty_days_alone_are_not_complete_and_say_why_and_what_to_do(
    shop: Shop, tmp_path: Path, window: list[str]
) -> None:
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path, all_orders=False)
        assert day(FLOOR, "en") in shown.line.ask("pull").err
        shown.line.ask("recompute")
        found = family(shown.line, *window)
        assert found["complete"] is False
        assert day(FLOOR, "en") in found["reason"]
        assert "read_all_orders" in found["remedy"]
        assert "import" in found["remedy"]


def test_sixty_days_alone_are_not_pushed(shop: Shop, tmp_path: Path) -> None:
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path, all_orders=False)
        shown.line.ask("run")
        said = shown.line.ask("push", "--json").last
        assert said["changes"] == 0
        assert day(FLOOR, "fr") in said["incomplete"]["spread"]
        assert shown.fake.writes == []
        assert tags_of(shown.fake.shop) == tags_of(shop)


def test_both_together_are_complete(completed: Shown) -> None:
    assert family(completed.line)["complete"] is True
    assert family(completed.line, "--window", "400")["complete"] is True


def test_each_order_is_there_once_with_the_shops_own_number(completed: Shown, shop: Shop) -> None:
    kept = rows(completed.line, "SELECT platform_id FROM orders")
    assert [int(number) for (number,) in kept] == sorted(shop.orders)


def test_the_stages_are_those_of_the_shop_that_shows_all(completed: Shown, unlimited: Shown, shop: Shop) -> None:
    for options in ([], ["--window", "90"]):
        assert counts(family(completed.line, *options)) == counts(family(unlimited.line, *options))
    books, today = real_orders.ledger(shop), outside.members(real_orders.ledger(shop), TODAY, 180)
    for stage in STAGES:
        members = completed.line.ask("members", f"spread.{stage}", "--json").lines
        named = {int(number) for member in members for numbers in member["accounts"].values() for number in numbers}
        assert named == today[stage] & books.keys()


def test_guests_are_the_same_people(completed: Shown, unlimited: Shown) -> None:
    def members(line: CommandLine) -> set[tuple[str, str]]:
        return {
            (stage, member["email"])
            for stage in STAGES
            for member in line.ask("members", f"spread.{stage}", "--json").lines
        }

    found = members(unlimited.line)
    assert members(completed.line) == found
    assert len(found) == PEOPLE


def test_consents_are_those_that_the_shop_itself_tells(completed: Shown, unlimited: Shown) -> None:
    statement = """
        SELECT identities.value, channel, source, state, since
        FROM consents JOIN identities ON identities.id = consents.identity_id
    """
    assert rows(completed.line, statement) == rows(unlimited.line, statement)
    assert {state for _, _, _, state, _ in rows(completed.line, statement)} >= {"subscribed", "unsubscribed"}


def test_what_is_pushed_then_is_the_stage_of_the_books(completed: Shown, shop: Shop) -> None:
    before = tags_of(shop)
    said = completed.line.ask("push", "--json").last
    assert said["incomplete"] == {}
    inside = outside.members(real_orders.ledger(shop), TODAY, 180)
    words = dict(zip(STAGES, ("Prospect", "Fidèle", "Nouveau", "Épisodique", "Inactif"), strict=True))
    wanted = {
        number: before[number] | {f"Cycle : {words[stage]}"} for stage, people in inside.items() for number in people
    }
    assert tags_of(completed.fake.shop) == wanted
    consents = {number: customer.consent for number, customer in completed.fake.shop.customers.items()}
    assert consents == {number: customer.consent for number, customer in shop.customers.items()}
    assert completed.fake.violations == []
    writes = len(completed.fake.writes)
    assert completed.line.ask("push", "--json").last["changes"] == 0
    assert len(completed.fake.writes) == writes


def test_the_exports_imported_again_change_nothing(completed: Shown, exports: Path) -> None:
    before = completed.line.dump()
    bring_exports(completed.line, exports)
    assert completed.line.dump() == before


def test_a_file_that_ends_before_the_sixty_days_leaves_the_gap_open(shop: Shop, tmp_path: Path) -> None:
    old = copy.deepcopy(shop)
    end = datetime.combine(FLOOR - timedelta(days=20), datetime.min.time(), ZONE)
    old.orders = {number: order for number, order in old.orders.items() if order.placed_at < end}
    shop_exports.write_orders(old, tmp_path / "old.csv")
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path, all_orders=False)
        shown.line.ask("pull")
        shown.line.ask("import", str(tmp_path / "old.csv"), "--store", "boutique")
        assert family(shown.line)["complete"] is False


def test_the_permission_given_later_brings_the_rest(shop: Shop, unlimited: Shown, tmp_path: Path) -> None:
    with ExitStack() as stack:
        shown = open_shop(stack, shop, tmp_path, all_orders=False)
        shown.line.ask("run")
        assert family(shown.line)["complete"] is False
        shown.fake.scopes.add("read_all_orders")
        shown.line.ask("pull")
        shown.line.ask("recompute")
        assert family(shown.line) == family(unlimited.line)
