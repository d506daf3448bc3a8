"""The main job over CDNOW's 69,659 orders: by Shopify, by WooCommerce and from the file itself, three times the same.

What is right is counted in `outside`, over the raw file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests import outside, real_orders
from tests.command_line import Answer, CommandLine
from tests.outside import MONTH_ENDS, STAGES, People

pytestmark = real_orders.needs_files

NOW = datetime(1998, 7, 1, 12, tzinfo=UTC)  # the newest order is of the day before
LATER = "1998-12-31T12:00:00Z"
ROADS = ("shopify", "woocommerce", "csv")
WINDOWS = (180, 90)
IMPORT = (
    "import", str(outside.CDNOW), "--currency", "USD", "--timezone", "America/New_York",
    "--map", "customer=customer_id,placed_at=date,total=amount", "--json",
)  # fmt: skip


@dataclass
class Loaded:
    """The three databases, each with its command line, and the shops that two of them were pulled from."""

    lines: dict[str, CommandLine]
    printed: dict[str, Answer]
    shopify: FakeShopify
    woocommerce: FakeWooCommerce


@cache
def buyers() -> People:
    """Everybody, from the raw file."""
    return outside.people_of(outside.cdnow())


@cache
def counted_outside(day: date, window: int = 180, *, zero: bool = False) -> dict[str, tuple[int, int]]:
    """People and money of each stage."""
    return outside.counts(buyers(), day, window, zero=zero)


@cache
def entries_outside(stage: str, day: date, window: int = 180, *, zero: bool = False) -> dict[int, str]:
    """The members of a stage, each with the day on which they came in."""
    inside = outside.members(buyers(), day, window, zero=zero)[stage]
    return {number: outside.entered(buyers()[number], day, window, zero=zero).isoformat() for number in inside}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Everything read and worked out, each road by one command; the three run at the same time."""
    shop = real_orders.cdnow_shop(outside.cdnow())
    with ExitStack() as stack:
        shopify = stack.enter_context(FakeShopify(shop, now=lambda: NOW, maximum=1e9, polls=1))
        woocommerce = stack.enter_context(FakeWooCommerce(shop, now=lambda: NOW))
        lines = {road: CommandLine(tmp_path_factory.mktemp(road), NOW.isoformat()).spread_alone() for road in ROADS}
        lines["shopify"].write(shopify_settings(shopify))
        lines["woocommerce"].write(woocommerce_settings(woocommerce))
        orders = {"shopify": ("run",), "woocommerce": ("run",), "csv": IMPORT}
        under_way = {road: lines[road].start(*orders[road]) for road in ROADS}
        printed: dict[str, Answer] = {}
        for road, process in under_way.items():
            printed[road] = Answer.of(process)
            assert printed[road].code == 0, printed[road].err
        yield Loaded(lines, printed, shopify, woocommerce)


def shopify_settings(fake: FakeShopify, **more: str) -> str:
    return f"""
        [stores.cdnow]
        platform = "shopify"
        shop = "{fake.shop.domain}"
        token = "shpat_demo"
        endpoint = "{fake.url}"
    """ + "".join(f"{name} = {value}\n" for name, value in more.items())


def woocommerce_settings(fake: FakeWooCommerce, **more: str) -> str:
    return f"""
        [stores.cdnow]
        platform = "woocommerce"
        url = "https://cdnow.example"
        consumer_key = "ck_demo"
        consumer_secret = "cs_demo"
        endpoint = "{fake.url}"
        ca = "{fake.ca}"
    """ + "".join(f"{name} = {value}\n" for name, value in more.items())


def copied(line: CommandLine, folder: Path, now: str | None = None) -> CommandLine:
    """The same database and settings in another folder."""
    folder.mkdir()
    line.ask("backup", str(folder / line.database.name))
    if line.settings.exists():
        shutil.copy(line.settings, folder)
    return CommandLine(folder, now or line.now).spread_alone()


@pytest.fixture(scope="module")
def with_zero(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, CommandLine]:
    """The three databases once orders of nothing count as well."""
    folder = tmp_path_factory.mktemp("zero")
    lines = {road: copied(loaded.lines[road], folder / road) for road in ROADS}
    lines["shopify"].write(shopify_settings(loaded.shopify, count_zero_orders="true"))
    lines["woocommerce"].write(woocommerce_settings(loaded.woocommerce, count_zero_orders="true"))
    lines["shopify"].run("run")
    lines["woocommerce"].run("run")
    said = lines["csv"].run(*IMPORT, "--count-zero").last
    assert (said["counted"], said["new"], said["changed"], said["unchanged"]) == (69_659, 0, 0, 69_659)
    return lines


def stages(line: CommandLine, day: date, *options: str) -> dict[str, tuple[int, int]]:
    """People and money of each stage, as `segments` prints them."""
    report = line.ask("segments", "--family", "spread", "--as-of", day.isoformat(), "--json", *options).last
    (family,) = report["families"]
    assert (report["as_of"], family["key"], family["version"]) == (day.isoformat(), "spread", 1)
    assert family["complete"] is True
    assert [stage["key"] for stage in family["stages"]] == list(STAGES)
    assert {stage["revenue"]["currency"] for stage in family["stages"]} == {"USD"}
    counted = {stage["key"]: (stage["people"], stage["revenue"]["minor"]) for stage in family["stages"]}
    assert report["people"] == sum(number for number, _ in counted.values())
    return counted


def since(line: CommandLine, stage: str, day: date, *options: str) -> dict[int, str]:
    """The day on which each member came in, by the customer's number at the shop, as `members` prints them."""
    found = {}
    for member in line.ask("members", f"spread.{stage}", "--as-of", day.isoformat(), "--json", *options).lines:
        ((number,),) = member["accounts"].values()
        found[int(number)] = member["since"]
    return found


def test_the_file_itself_says_what_is_printed_of_it() -> None:
    orders = outside.cdnow()
    assert (len(buyers()), len(orders), sum(order.total for order in orders)) == (23_570, 69_659, 250_031_563)
    assert sum(len(person.purchases) == 1 for person in buyers().values()) == 11_908


def test_shopify_was_read_by_bulk_operations_and_woocommerce_over_tls(loaded: Loaded) -> None:
    assert [operation.kind for operation in loaded.shopify.operations.values()] == ["QUERY", "QUERY"]
    assert loaded.shopify.violations == []
    assert loaded.woocommerce.url.startswith("https://127.0.0.1:")
    assert len(loaded.woocommerce.ledger) > 69_659 / 100
    assert loaded.shopify.writes == loaded.woocommerce.writes == []


def test_the_import_prints_people_orders_and_money(loaded: Loaded) -> None:
    said = loaded.printed["csv"].last
    assert said["store"] == "shop"
    assert (said["people"], said["orders"], said["new"], said["quarantined"]) == (23_570, 69_659, 69_659, 0)
    assert said["counted"] == sum(order.total > 0 for person in buyers().values() for order in person.purchases)
    assert said["net"] == {"minor": 250_031_563, "currency": "USD"}
    assert said["warnings"] == []


@pytest.mark.parametrize("road", ["shopify", "woocommerce"])
def test_a_pull_prints_what_it_read(loaded: Loaded, road: str) -> None:
    assert loaded.printed[road].out == (
        "cdnow: 69,659 new orders, 0 changed, 0 as before; 23,570 new accounts, 0 changed.\n"
    )
    assert "could not be read" not in loaded.printed[road].err


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("road", ROADS)
def test_stages_have_the_people_and_the_money_counted_outside(
    loaded: Loaded, with_zero: dict[str, CommandLine], road: str, zero: bool
) -> None:
    line = with_zero[road] if zero else loaded.lines[road]
    for day in MONTH_ENDS:
        for window in WINDOWS:
            counted = stages(line, day, "--window", str(window))
            assert counted == counted_outside(day, window, zero=zero), (day, window)
    assert sum(money for _, money in stages(line, MONTH_ENDS[-1]).values()) == 250_031_563


@pytest.mark.parametrize("road", ROADS)
def test_the_first_days_are_counted_as_any_other(loaded: Loaded, road: str) -> None:
    for day in (date(1996, 12, 31), date(1997, 1, 1), date(1997, 1, 2), date(1997, 6, 29), date(1997, 7, 1)):
        assert stages(loaded.lines[road], day) == counted_outside(day), day


@pytest.mark.parametrize("road", ROADS)
def test_published_numbers_of_active_people_are_found(with_zero: dict[str, CommandLine], road: str) -> None:
    """The table counts a last purchase at most 90 days before: a window of 91 days, the day itself included."""
    published = (23_570, 5_376, 4_227, 4_189, 3_831, 3_317)
    for day, active in zip(MONTH_ENDS, published, strict=True):
        counted = stages(with_zero[road], day, "--window", "91")
        assert sum(counted[stage][0] for stage in ("loyal", "new", "occasional")) == active, day


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("day", [date(1997, 9, 30), date(1998, 6, 30)])
def test_members_are_the_people_counted_outside_each_since_their_day(loaded: Loaded, road: str, day: date) -> None:
    for stage in STAGES:
        assert since(loaded.lines[road], stage, day) == entries_outside(stage, day), stage


@pytest.mark.parametrize("road", ROADS)
def test_members_are_others_where_orders_of_nothing_count(with_zero: dict[str, CommandLine], road: str) -> None:
    day = date(1998, 6, 30)
    for stage in ("loyal", "inactive"):
        assert since(with_zero[road], stage, day) == entries_outside(stage, day, zero=True)
        assert entries_outside(stage, day, zero=True) != entries_outside(stage, day)


@pytest.mark.parametrize("road", ROADS)
def test_members_under_another_window_came_in_on_other_days(loaded: Loaded, road: str) -> None:
    day = date(1997, 12, 31)
    assert since(loaded.lines[road], "occasional", day, "--window", "90") == entries_outside("occasional", day, 90)
    assert stages(loaded.lines[road], day) == counted_outside(day)  # what was asked changed nothing


@pytest.mark.parametrize("road", ROADS)
def test_months_later_people_stand_where_time_alone_has_brought_them(loaded: Loaded, road: str, tmp_path: Path) -> None:
    line = copied(loaded.lines[road], tmp_path / road, LATER)
    assert line.run("recompute").out == "As of 31 Dec 1998.\n"
    day = date(1998, 12, 31)
    assert line.ask("segments", "--family", "spread", "--json").last["as_of"] == day.isoformat()
    assert stages(line, day) == counted_outside(day)
    for stage in ("loyal", "occasional", "inactive"):
        assert since(line, stage, day) == entries_outside(stage, day)
    assert "0 differences repaired" in line.run("recompute", "--full").out


def test_a_member_is_printed_with_every_id_and_the_address_where_the_shop_knows_it(loaded: Loaded) -> None:
    for road in ROADS:
        line = loaded.lines[road]
        printed = line.run("members", "spread.loyal", "--as-of", "1998-06-30", "--json").lines
        assert all(set(member) == {"person", "since", "email", "accounts"} for member in printed)
        assert len({member["person"] for member in printed}) == len(printed)
        for member in printed:
            ((store, (number,)),) = member["accounts"].items()
            assert store == ("shop" if road == "csv" else "cdnow")
            assert member["email"] == (None if road == "csv" else real_orders.address(int(number)))
