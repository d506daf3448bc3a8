"""The main job over Online Retail: sales with their lines by both platforms, refunds that come later, and the raw file.

What is right is counted in `outside`, over the raw file, or read from the fake shop's own books.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests import outside, real_orders
from tests.command_line import Answer, CommandLine
from tests.outside import STAGES, Line

pytestmark = real_orders.needs_files

SOLD = datetime(2011, 12, 10, 12, tzinfo=UTC)  # the newest order is of the day before
GIVEN_BACK = datetime(2011, 12, 11, 12, tzinfo=UTC)  # all refunds are put into the books at once
NOW = datetime(2011, 12, 12, 12, tzinfo=UTC)
DAYS = (date(2011, 1, 18), date(2011, 3, 31), date(2011, 6, 30), date(2011, 9, 30), date(2011, 12, 9))
ROADS = ("shopify", "woocommerce")
IMPORT = (
    "import", str(outside.ONLINE_RETAIL), "--currency", "GBP", "--timezone", "Europe/London", "--json", "--map",
    "order=invoice,customer=customer_id,placed_at=invoice_date,quantity=quantity,price=price,product=stock_code",
)  # fmt: skip


@cache
def raw() -> list[Line]:
    """The lines of the file."""
    return outside.online_retail()


@dataclass
class Roads:
    """The two shops, and the databases that were pulled from them: by now with refunds; what was printed before."""

    shop: Shop
    lines: dict[str, CommandLine]
    sold: dict[str, dict[str, tuple[int, int]]]  # the stages over ten years, before anything was given back
    printed: dict[str, list[Answer]]
    matched: int
    alone: int


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roads]:
    shop = real_orders.online_retail_shop(raw())
    time = {"now": SOLD}
    with ExitStack() as stack:
        shopify = stack.enter_context(FakeShopify(shop, now=lambda: time["now"], maximum=1e9, polls=1))
        woocommerce = stack.enter_context(FakeWooCommerce(shop, now=lambda: time["now"]))
        lines = {road: CommandLine(tmp_path_factory.mktemp(road), SOLD.isoformat()).spread_alone() for road in ROADS}
        lines["shopify"].write(f"""
            [stores.gifts]
            platform = "shopify"
            shop = "{shop.domain}"
            token = "shpat_demo"
            endpoint = "{shopify.url}"
        """)
        lines["woocommerce"].write(f"""
            [stores.gifts]
            platform = "woocommerce"
            url = "https://gifts.example"
            consumer_key = "ck_demo"
            consumer_secret = "cs_demo"
            endpoint = "{woocommerce.url}"
            ca = "{woocommerce.ca}"
        """)
        printed = {road: [answer] for road, answer in _run(lines).items()}
        sold = {road: stages(lines[road], DAYS[-1], "--window", "3650") for road in ROADS}
        matched, alone = real_orders.give_back(shop, raw(), GIVEN_BACK)
        time["now"] = NOW
        lines = {road: line.at(NOW.isoformat()) for road, line in lines.items()}
        for road, answer in _run(lines).items():
            printed[road].append(answer)
        yield Roads(shop, lines, sold, printed, matched, alone)


def _run(lines: dict[str, CommandLine]) -> dict[str, Answer]:
    under_way = {road: line.start("run") for road, line in lines.items()}
    answers = {road: Answer.of(process) for road, process in under_way.items()}
    assert [answer.err for answer in answers.values() if answer.code] == []
    return answers


def stages(line: CommandLine, day: date, *options: str) -> dict[str, tuple[int, int]]:
    """People and money of each stage."""
    report = line.ask("segments", "--family", "spread", "--as-of", day.isoformat(), "--json", *options).last
    (family,) = report["families"]
    assert {stage["revenue"]["currency"] for stage in family["stages"]} == {"GBP"}
    return {stage["key"]: (stage["people"], stage["revenue"]["minor"]) for stage in family["stages"]}


@pytest.mark.parametrize("road", ROADS)
def test_sales_give_the_orders_people_and_money_of_the_file(roads: Roads, road: str) -> None:
    orders = Counter(sold[0].person for sold in outside.invoices(raw()).values())
    assert (sum(orders.values()), len(orders), sum(count > 1 for count in orders.values())) == (18_532, 4_338, 2_845)
    assert roads.printed[road][0].out == (
        "gifts: 18,532 new orders, 0 changed, 0 as before; 4,338 new accounts, 0 changed.\n"
    )
    counted = roads.sold[road]
    assert counted["loyal"][0] == 2_845
    assert sum(people for people, _ in counted.values()) == 4_338
    assert sum(money for _, money in counted.values()) == 891_140_790


@pytest.mark.parametrize("road", ROADS)
def test_refunds_that_come_later_count_from_their_own_days(roads: Roads, road: str) -> None:
    print(f"{roads.matched} cancelling lines became refunds, {roads.alone} match no earlier sale")
    assert (roads.matched, roads.alone) == (2_899, 6_006)
    changed = sum(order.updated_at == GIVEN_BACK for order in roads.shop.orders.values())
    assert f"gifts: 0 new orders, {changed:,} changed," in roads.printed[road][1].out
    books = real_orders.ledger(roads.shop)
    for day in DAYS:
        for window in (180, 90):
            assert stages(roads.lines[road], day, "--window", str(window)) == outside.counts(books, day, window), day


@pytest.mark.parametrize("road", ROADS)
def test_who_took_back_everything_is_a_prospect_from_that_day_on(roads: Roads, road: str) -> None:
    """Customer 12346 buys 74,215 pieces at 10:01 and cancels at 10:17; 16446 buys twice, and keeps the smaller one."""
    books, day = real_orders.ledger(roads.shop), "2011-12-09"
    prospects = _numbers(roads.lines[road].ask("members", "spread.prospect", "--as-of", day, "--json"))
    assert 12346 in prospects
    assert 16446 not in prospects
    assert prospects == outside.members(books, DAYS[-1], 180)["prospect"]


@pytest.mark.parametrize("road", ROADS)
def test_members_stand_since_the_days_of_the_books(roads: Roads, road: str) -> None:
    books = real_orders.ledger(roads.shop)
    for stage in STAGES:
        printed = roads.lines[road].ask("members", f"spread.{stage}", "--as-of", "2011-12-09", "--json").lines
        since = {int(member["accounts"]["gifts"][0]): member["since"] for member in printed}
        inside = outside.members(books, DAYS[-1], 180)[stage]
        assert since == {n: outside.entered(books[n], DAYS[-1], 180).isoformat() for n in inside}


def _numbers(answer: Answer) -> set[int]:
    return {int(number) for member in answer.lines for numbers in member["accounts"].values() for number in numbers}


@pytest.mark.parametrize("road", ROADS)
def test_lines_have_the_quantities_and_money_of_the_file(roads: Roads, road: str) -> None:
    sold = [line for lines in outside.invoices(raw()).values() for line in lines]
    with closing(sqlite3.connect(roads.lines[road].database)) as connection:
        kept = connection.execute("SELECT count(*), sum(quantity), sum(total) FROM order_lines").fetchone()
    assert kept == (len(sold), sum(line.quantity for line in sold), sum(outside.pennies(line.worth) for line in sold))


@pytest.mark.parametrize("road", ROADS)
def test_reading_everything_again_changes_nothing(roads: Roads, road: str) -> None:
    line = roads.lines[road]
    before = line.dump()
    with closing(sqlite3.connect(line.database)) as connection, connection:
        connection.execute("DELETE FROM checkpoints")
    said = line.run("run").out
    assert "gifts: 0 new orders, 0 changed, 18,532 as before; 0 new accounts, 0 changed." in said
    assert line.dump() == before


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Answer]:
    """The raw file in a database of its own, and what its import printed."""
    line = CommandLine(tmp_path_factory.mktemp("file"), NOW.isoformat()).spread_alone()
    return line, line.run(*IMPORT)


def test_the_raw_file_nets_to_its_sum(file: tuple[CommandLine, Answer]) -> None:
    people, net = outside.whole_file(raw())
    said = file[1].last
    assert net == 974_774_793
    assert said["net"] == {"minor": net, "currency": "GBP"}
    assert (said["people"], len(people)) == (4_372, 4_372)
    assert (said["new"], said["changed"], said["unchanged"], said["quarantined"]) == (25_900, 0, 0, 0)


def test_the_raw_file_has_the_stages_counted_outside(file: tuple[CommandLine, Answer]) -> None:
    people, _ = outside.whole_file(raw())
    for day in DAYS:
        assert stages(file[0], day) == outside.counts(people, day, 180), day


def test_importing_the_raw_file_twice_changes_nothing(file: tuple[CommandLine, Answer]) -> None:
    line, first = file
    before = line.dump()
    again = line.run(*IMPORT).last
    assert line.dump() == before
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 25_900)
    same = ("people", "orders", "counted", "anonymous", "net")
    assert {name: again[name] for name in same} == {name: first.last[name] for name in same}


def test_a_file_of_some_days_of_it_changes_nothing_either(file: tuple[CommandLine, Answer], tmp_path: Path) -> None:
    """Exports overlap in real life."""
    line, _ = file
    before = line.dump()
    part = tmp_path / "december.csv"
    rows = [row for row in outside.rows(outside.ONLINE_RETAIL) if row["invoice_date"].startswith("2011-12-0")]
    columns = list(rows[0])
    cells = [columns, *([row[column] for column in columns] for row in rows)]
    part.write_text("\n".join(";".join(row).replace('"', "'") for row in cells), encoding="cp1252")
    said = line.run(IMPORT[0], str(part), *IMPORT[2:]).last
    assert (said["new"], said["changed"]) == (0, 0)
    assert line.dump() == before
