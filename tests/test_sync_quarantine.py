"""Bad records: each is kept with its reason and its hash, and blocks no other; `quarantine` lists and asks again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from connector.counting import Switches
from connector.models import Order, OrderLine, Quarantine
from connector.source import LiveSource
from connector.stores import register
from connector.tables import table
from connectors.shopify import ShopifySource
from connectors.woocommerce import WooCommerceSource
from sync.pull import Pull, PullReport
from tests.bad_records import BROKEN, LONG, NOW, Labelled, SpoiltShopify, SpoiltWooCommerce
from tests.command_line import CommandLine

Sizes = dict[str, int]
CI: Sizes = {"bulk": 900, "pages": 300, "woocommerce": 800}
FULL = {way: 50 * size for way, size in CI.items()}


def pulled(engine: Engine, source: LiveSource) -> PullReport:
    with engine.begin() as connection:
        store = register(connection, "boutique", source.platform, source.check(), Switches())
    return Pull(engine, store, lambda: NOW).run(source)


def by_bulk(engine: Engine, labelled: Labelled) -> PullReport:
    with SpoiltShopify(labelled) as fake:
        return pulled(engine, shopify(fake))


def by_pages(engine: Engine, labelled: Labelled) -> PullReport:
    """What a second pull reads, after the first found the shop without orders."""
    with SpoiltShopify(labelled) as fake:
        orders, labelled.shop.orders = dict(labelled.shop.orders), {}
        pulled(engine, shopify(fake))
        labelled.shop.orders = orders
        for n, order in enumerate(orders.values()):
            order.updated_at = NOW.replace(microsecond=n)
        files = sum(entry.request.path.startswith("/bulk/") for entry in fake.ledger)
        report = pulled(engine, shopify(fake))
        assert files == sum(entry.request.path.startswith("/bulk/") for entry in fake.ledger)
        return report


def by_woocommerce(engine: Engine, labelled: Labelled) -> PullReport:
    with SpoiltWooCommerce(labelled) as fake:
        return pulled(engine, woocommerce(fake))


def shopify(fake: SpoiltShopify) -> ShopifySource:
    return ShopifySource(
        shop=fake.shop.domain,
        token="shpat_demo",
        endpoint=fake.url,
        sleep=refuse_to_wait,
        clock=NOW.timestamp,
    )


def woocommerce(fake: SpoiltWooCommerce) -> WooCommerceSource:
    return WooCommerceSource(
        url="https://boutique.example",
        consumer_key="ck_demo",
        consumer_secret="cs_demo",
        endpoint=fake.url,
        ca=fake.ca,
        sleep=refuse_to_wait,
    )


def refuse_to_wait(seconds: float) -> None:
    assert seconds <= 1, "a bad record is nothing to wait for"


WAYS: dict[str, Callable[[Engine, Labelled], PullReport]] = {
    "bulk": by_bulk,
    "pages": by_pages,
    "woocommerce": by_woocommerce,
}


def each_bad_record_is_kept_and_the_rest_stored(engine: Engine, way: str, size: int) -> None:
    labelled = Labelled.of(size)
    report = WAYS[way](engine, labelled)
    kept, orders, lines = table(Quarantine), table(Order), table(OrderLine)
    with engine.connect() as connection:
        stored = set(connection.scalars(select(orders.c.platform_id)))
        rows = connection.execute(select(kept.c.platform_id, kept.c.reason, kept.c.digest, kept.c.stream)).all()
        long = connection.execute(
            select(lines.c.position).join(orders, orders.c.id == lines.c.order_id).where(orders.c.platform_id == "1000")
        ).all()
    assert stored == labelled.good()
    assert len(rows) == len(labelled.broken) <= report.quarantined  # what shares a second may be read twice
    assert all(row.reason and row.stream == "orders" for row in rows)
    assert {f"{row.digest % 2**64:016x}" for row in rows} == labelled.hashes()
    nameless = {n for n, label in labelled.broken.items() if label in {"no id", "an id that is a list"}}
    assert {row.platform_id for row in rows if row.platform_id} == {str(n) for n in set(labelled.broken) - nameless}
    assert len(long) == LONG


@pytest.mark.parametrize("way", WAYS)
def test_each_bad_record_is_kept_with_its_reason_and_hash_and_blocks_no_other(engine: Engine, way: str) -> None:
    assert len(BROKEN) >= 16
    assert sum(CI.values()) == 2000
    each_bad_record_is_kept_and_the_rest_stored(engine, way, CI[way])


@pytest.mark.full
@pytest.mark.parametrize("way", WAYS)
def test_a_hundred_thousand_records_of_which_every_tenth_is_bad(engine: Engine, way: str) -> None:
    assert sum(FULL.values()) == 100_000
    each_bad_record_is_kept_and_the_rest_stored(engine, way, FULL[way])


def test_reading_bad_records_again_keeps_each_once(engine: Engine) -> None:
    labelled = Labelled.of(300)
    by_woocommerce(engine, labelled)
    by_woocommerce(engine, labelled)
    with engine.connect() as connection:
        assert len(connection.execute(select(table(Quarantine).c.id)).all()) == len(labelled.broken)


@pytest.fixture
def labelled() -> Labelled:
    """Twenty-one orders that are broken, one of each kind, and the others."""
    return Labelled.of(10 * len(BROKEN))


@pytest.fixture(params=["shopify", "woocommerce"])
def line(request: pytest.FixtureRequest, labelled: Labelled, tmp_path: Path) -> Iterator[CommandLine]:
    """The command line at a shop with broken orders."""
    line = CommandLine(tmp_path, NOW.isoformat())
    made = SpoiltShopify(labelled) if request.param == "shopify" else SpoiltWooCommerce(labelled)
    with made as fake:
        line.write(SETTINGS[request.param].format(url=fake.url, ca=getattr(fake, "ca", None), domain=fake.shop.domain))
        yield line


SETTINGS = {
    "shopify": """
        [stores.boutique]
        platform = "shopify"
        shop = "{domain}"
        token = "shpat_demo"
        endpoint = "{url}"
    """,
    "woocommerce": """
        [stores.boutique]
        platform = "woocommerce"
        url = "https://boutique.example"
        consumer_key = "ck_demo"
        consumer_secret = "cs_demo"
        endpoint = "{url}"
        ca = "{ca}"
    """,
}


def test_the_list_names_each_with_its_reason_and_the_hash_of_what_was_sent(
    line: CommandLine, labelled: Labelled
) -> None:
    assert "kept in quarantine with the reason" in line.ask("pull").err
    rows = line.ask("quarantine", "list", "--json").lines
    assert {row["hash"] for row in rows} == labelled.hashes()
    assert {(row["store"], row["stream"], bool(row["reason"])) for row in rows} == {("boutique", "orders", True)}
    assert len(line.ask("quarantine", "list").out.splitlines()) == 2 * len(labelled.broken)


def test_a_retry_stores_what_was_mended_lets_go_of_what_is_gone_and_keeps_the_rest(
    line: CommandLine, labelled: Labelled
) -> None:
    line.ask("pull")
    mended, *_, gone = [n for n, label in labelled.broken.items() if "id" not in label.split()]
    del labelled.broken[mended]
    del labelled.shop.orders[gone]
    first = line.ask("quarantine", "retry", "--json").last
    assert first == {"stored": 1, "gone": 1, "kept": len(BROKEN) - 4, "nameless": 2}
    left = {row["id"] for row in line.ask("quarantine", "list", "--json").lines}
    assert {str(mended), str(gone)}.isdisjoint(left)
    assert len(left - {None}) == len(BROKEN) - 4
    assert line.ask("quarantine", "retry").out.splitlines()[0].startswith("0 stored, 0 gone at the shop, 17 still")


def test_one_record_alone_is_asked_for_again(line: CommandLine, labelled: Labelled) -> None:
    line.ask("pull")
    rows = line.ask("quarantine", "list", "--json").lines
    numbers = {row["id"]: row["number"] for row in rows}
    mended, other = [n for n, label in labelled.broken.items() if "id" not in label.split()][:2]
    del labelled.broken[mended]
    del labelled.broken[other]
    assert line.ask("quarantine", "retry", str(numbers[str(mended)]), "--json").last["stored"] == 1
    left = {row["id"] for row in line.ask("quarantine", "list", "--json").lines}
    assert str(other) in left
    assert str(mended) not in left


def test_a_number_that_is_not_in_quarantine_is_refused(line: CommandLine) -> None:
    line.ask("pull")
    refused = line.within("quarantine", "retry", "9999")
    assert refused.code == 1
    assert "No record 9999 is in quarantine." in refused.err


def test_the_reason_of_today_is_what_is_listed_after_a_retry(line: CommandLine, labelled: Labelled) -> None:
    line.ask("pull")
    worse = next(n for n, label in labelled.broken.items() if label == "no total")
    labelled.broken[worse] = "a total in words"
    line.at("2026-11-21T12:00:00+00:00").ask("quarantine", "retry")
    row = next(row for row in line.ask("quarantine", "list", "--json").lines if row["id"] == str(worse))
    assert "douze euros" in row["reason"]
    assert row["seen_at"].startswith("2026-11-21")
