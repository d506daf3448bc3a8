"""Customer fields that a merchant maps: read from each platform, kept alone, and asked for in rules."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from connector.answers.questions import Answer, ask
from connector.catalogue import library
from connector.days import day_number
from connector.errors import QueryError, SettingsError
from connector.fields import day_of, map_fields, mapped
from connector.identity import merge
from connector.models import Checkpoint, Customer, CustomerField
from connector.records import Page
from connector.source import Source
from connector.tables import table
from connectors.csvfile import CsvSource
from connectors.shopify import ShopifySource
from connectors.woocommerce import WooCommerceSource
from sync.cli import app
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.pull import Pull
from tests.contract import NOW, Clock, records, small_shop
from tests.pull_world import Pages, calm, person, reviews, store
from tests.shop_exports import write_customers

FIELDS = {"gender": "custom.gender", "birth_date": "facts.birth_date", "likes": "custom.likes"}
TODAY = day_number(NOW.date())
BORN = f"1984-{NOW + timedelta(days=3):%m-%d}"


@pytest.fixture
def shop() -> Shop:
    """A shop in which some tell more of themselves than we may read."""
    made = small_shop()
    made.customers[101].meta = {"custom.gender": "F", "facts.birth_date": BORN, "custom.income": "much"}
    made.customers[102].meta = {"custom.gender": "M", "custom.likes": '["thé", "café"]'}
    return made


@pytest.fixture(params=["shopify", "woocommerce"])
def serving(request: pytest.FixtureRequest, shop: Shop) -> Iterator[FakeShopify | FakeWooCommerce]:
    """The shop on one platform."""
    fake = FakeShopify(shop, now=Clock(NOW)) if request.param == "shopify" else FakeWooCommerce(shop, now=Clock(NOW))
    with fake:
        yield fake


def source_of(fake: FakeShopify | FakeWooCommerce, fields: Mapping[str, str]) -> Source:
    if isinstance(fake, FakeShopify):
        clock = Clock(NOW)
        return ShopifySource(
            shop=fake.shop.domain,
            token="shpat_demo",
            fields=fields,
            endpoint=fake.url,
            sleep=clock.sleep,
            clock=clock.timestamp,
        )
    return WooCommerceSource(
        url="https://boutique.example",
        consumer_key="ck_demo",
        consumer_secret="cs_demo",
        fields=fields,
        allow_http=fake.ca is None,
        endpoint=fake.url,
        ca=fake.ca,
        sleep=lambda _: None,
    )


def told(source: Source, since: str | None = None) -> dict[str, dict[str, str]]:
    """What each customer's mapped fields say."""
    found = records(list(source.customers(since)))
    return {one.id: {field.name: field.value for field in one.fields} for one in found if one.fields}


def test_mapped_fields_come_with_a_first_load_and_no_others(serving: FakeShopify | FakeWooCommerce) -> None:
    found = told(source_of(serving, FIELDS))

    assert found["101"] == {"gender": "F", "birth_date": BORN}
    assert found["102"]["gender"] == "M"
    assert found.keys() == {"101", "102"}
    assert told(source_of(serving, {})) == {}


def test_mapped_fields_come_with_changes_too(shop: Shop) -> None:
    with FakeShopify(shop, now=Clock(NOW)) as fake:
        source = source_of(fake, FIELDS)
        cursor = list(source.customers(None))[-1].cursor
        shop.customers[103].meta = {"custom.gender": "X"}
        shop.customers[103].updated_at = NOW + timedelta(seconds=5)

        assert told(source, cursor)["103"] == {"gender": "X"}
        assert fake.violations == []


def test_a_list_is_read_as_its_values(shop: Shop) -> None:
    with FakeShopify(shop, now=Clock(NOW)) as fake:
        assert told(source_of(fake, FIELDS))["102"]["likes"] == "thé\ncafé"


@pytest.mark.parametrize("path", ["gender", 'custom.g") { value } x: id #', "custom.", "a b.c"])
def test_what_is_no_metafield_is_refused(path: str) -> None:
    with pytest.raises(SettingsError, match="is not a customer metafield"):
        ShopifySource(shop="x.myshopify.com", token="t", fields={"gender": path})


def test_a_column_of_an_export_of_customers_is_read(tmp_path: Path, shop: Shop) -> None:
    file = tmp_path / "customers.csv"
    write_customers(shop, file)
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([[*rows[0], "Genre"], *([*row, "F" if n else ""] for n, row in enumerate(rows[1:]))])
    source = CsvSource(file, currency="EUR", timezone="Europe/Paris", fields={"gender": "Genre"})

    assert len(told(source)) == len(rows) - 2

    with pytest.raises(SettingsError, match="has no column 'Sexe'"):
        CsvSource(file, currency="EUR", timezone="Europe/Paris", fields={"gender": "Sexe"})
    arguments = ["import", str(file), "--database", str(tmp_path / "x.db"), "--fields", "gender=Genre"]
    done = CliRunner().invoke(app, [*arguments, "--currency", "EUR", "--timezone", "Europe/Paris"])
    assert done.exit_code == 0, done.output
    asked = ["query", "metafields.gender = 'f'", "--database", str(tmp_path / "x.db"), "--json"]
    assert json.loads(CliRunner().invoke(app, asked).stdout)["people"] == len(rows) - 2


def answered(engine: Engine, rule: str) -> Answer:
    with engine.connect() as connection:
        return ask(connection, rule, TODAY, library())


@pytest.fixture
def read(engine: Engine, shop: Shop) -> Engine:
    """A base into which the shop was pulled."""
    opened = store(engine)
    with engine.begin() as connection:
        map_fields(connection, opened.id, FIELDS, TODAY)
    with FakeShopify(shop, now=Clock(NOW)) as fake:
        Pull(engine, opened, lambda: NOW).run(source_of(fake, FIELDS))
    return engine


@pytest.mark.parametrize(
    ("rule", "people", "native"),
    [
        ("metafields.gender = 'f'", 1, "metafields.custom.gender = 'f'"),
        ("metafields.custom.gender = 'F'", 1, "metafields.custom.gender = 'F'"),
        ("metafields.gender IS NOT NULL", 2, "metafields.custom.gender IS NOT NULL"),
        ("metafields.likes CONTAINS 'CAFÉ'", 1, "metafields.custom.likes CONTAINS 'CAFÉ'"),
        (
            "anniversary('birth_date') BETWEEN today AND +7d",
            1,
            "anniversary('metafields.facts.birth_date') BETWEEN today AND +7d",
        ),
        (
            "anniversary('metafields.facts.birth_date') = today",
            0,
            "anniversary('metafields.facts.birth_date') = today",
        ),
    ],
)
def test_rules_ask_for_them_and_shopify_is_told_its_own_names(
    read: Engine, rule: str, people: int, native: str
) -> None:
    found = answered(read, rule)

    assert (found.people, found.portability.native) == (people, native)


def test_a_field_that_is_not_mapped_is_refused_with_what_to_write(read: Engine) -> None:
    with pytest.raises(QueryError, match=r'fields = \{ shoe = "custom.shoe" \}') as error:
        answered(read, "TRUE AND metafields.shoe = 3")
    assert error.value.column == 10

    with pytest.raises(QueryError, match=r"Did you mean metafields.gender\?"):
        answered(read, "metafields.gendr = 'F'")


def test_audiences_take_the_name_of_the_field() -> None:
    asking = [entry for entry in library().audiences.values() if "metafields.$" in entry.stage.rule]

    assert len(asking) == 3
    for entry in asking:
        name = next(iter(entry.asks))
        assert entry.missing == (name,)
        changed = entry.changed({name: "birth_date"})
        assert "metafields.birth_date" in changed.rules()[0]


def test_what_is_no_longer_mapped_is_not_kept(read: Engine) -> None:
    calm(read)
    with read.begin() as connection:
        map_fields(connection, 1, {"gender": "custom.gender"}, TODAY)
        names = set(connection.scalars(select(table(CustomerField).c.name)))
        paths = mapped(connection)

    assert names == {"gender"}
    assert paths == {"gender": "custom.gender"}
    assert set(reviews(read)) >= {"101", "102"}  # who lost something is looked at again


def test_another_mapping_reads_the_customers_anew(engine: Engine) -> None:
    opened, checkpoints = store(engine), table(Checkpoint)
    for fields, expected in ((FIELDS, None), (FIELDS, "1"), ({"size": "custom.size"}, None)):
        with engine.begin() as connection:
            map_fields(connection, opened.id, fields, TODAY)
            kept = connection.scalar(select(checkpoints.c.cursor).where(checkpoints.c.stream == "customers"))
        Pull(engine, opened, lambda: NOW).run(Pages(customers_=[Page((), "1")]))

        assert kept == expected


def test_fields_go_where_a_merged_person_goes(read: Engine) -> None:
    one, other = person(read, "101"), person(read, "102")
    with read.begin() as connection:
        merge(connection, one, other, identity_id=1, now=0)
        connection.execute(update(table(Customer)).values(next_review_on=None))

    assert answered(read, "metafields.gender = 'F' AND metafields.gender = 'M'").people == 1


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("1984-07-02", "1984-07-02"),
        ("1984-07-02T00:00:00+01:00", "1984-07-02"),
        ("2/7/1984", "1984-07-02"),
        ("02.07.1984", "1984-07-02"),
        ("1984-02-30", None),
        ("juillet", None),
        ("", None),
    ],
)
def test_a_birth_date_is_read_as_it_is_written(value: str, day: str | None) -> None:
    found = day_of(value)

    assert found == (None if day is None else day_number(date.fromisoformat(day)))
