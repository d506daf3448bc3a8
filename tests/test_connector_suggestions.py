"""What the shop's own data suggest for the values that segments ask for."""

from __future__ import annotations

from typing import get_args

import pytest
from sqlalchemy import Engine, update

from connector.answers.suggestions import suggested
from connector.catalogue import library
from connector.catalogue.entries import Ask, Text
from connector.models import Store
from connector.tables import table
from tests.rules_world import BASE, Person, Sale, lent

KINDS = get_args(Ask.model_fields["suggestion"].annotation)


def shop() -> list[Person]:
    """Three orders of two people, one of them taken back."""
    paris = {"city": "Paris", "country": "FR", "postcode": "75011", "channel": "web", "payment_method": "PayPal"}
    lyon = {**paris, "city": "Lyon", "attribution": '{"source": "ami"}', "shipping_method": "Retrait"}
    one = Person(BASE - 9, [Sale(BASE - 9, 4000, columns=paris, lines=[(1, 1, 500)])])
    one.sales.append(Sale(BASE - 3, 2550, columns=lyon, lines=[(1, 1, 500), (2, 1, 500)]))
    one.accounts = [{"tags": "vip\nsalon"}, {"tags": "salon"}]
    gone = Sale(BASE - 5, 999, void=BASE - 4, columns={"country": "BE", "city": "Paris"})
    return [one, Person(BASE - 5, [gone])]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("frequent_categories", ["Bio", "Thés", "Vaisselle"]),
        ("frequent_products", ["101", "102"]),
        ("frequent_cities", ["Lyon", "Paris"]),
        ("frequent_postcodes", ["75011"]),
        ("frequent_sources", ["ami"]),
        ("frequent_channels", ["web"]),
        ("frequent_shipping_methods", ["Retrait"]),
        ("frequent_payment_methods", ["PayPal"]),
        ("frequent_tags", ["salon", "vip"]),
        ("most_frequent_country", ["FR"]),
        ("amount_spent_95", ["65.50"]),
        ("mapped_fields", ["gender", "birth_date"]),
    ],
)
def test_the_most_frequent_values_of_the_shop_are_suggested(engine: Engine, kind: str, expected: list[str]) -> None:
    ask = Ask.model_validate({"label": Text(fr="x", en="x"), "suggestion": kind})
    fields = '{"gender": "custom.gender", "birth_date": "facts.birth_date"}'
    with lent(engine, shop()) as connection:
        connection.execute(update(table(Store)).values(fields=fields))

        assert suggested(connection, ask, BASE + 7) == expected


def test_every_value_that_a_segment_asks_for_has_a_suggestion_or_none(engine: Engine) -> None:
    asks = {ask.suggestion: ask for entry in library().entries() for ask in entry.asks.values()}
    with lent(engine, []) as connection:
        assert {kind: suggested(connection, ask, BASE) for kind, ask in asks.items()} == {kind: [] for kind in asks}
    assert set(asks) <= set(KINDS)
