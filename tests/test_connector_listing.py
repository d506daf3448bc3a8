"""What there is to switch on, with the people of each, what it lacks, and what the shop suggests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, event, insert

from connector.answers.listing import listing
from connector.answers.reports import members
from connector.answers.supply import limits
from connector.catalogue import library
from connector.catalogue.load import load as read_text
from connector.models import Store
from connector.tables import table
from tests.rules_world import BASE, Person, Sale, lent

LIBRARY = library()
WAITING = {17, 18, 19, 20, 21, 26, 27, 41}
ASKING = {15, 16, 23, 29, 30, 36, 37, 38, 39, 40, 42, 43}


def sale(ago: int, total: int = 1000, **columns: object) -> Sale:
    """An order some days before the day asked for."""
    return Sale(BASE - ago, total, columns=columns)


PEOPLE = [
    Person(BASE - 500, accounts=[{"tags": "salon\nvip", "state": "enabled"}], fields=[("gender", "F")]),
    Person(
        BASE - 400,
        [
            sale(400, payment_method="card", city="Lyon", postcode="69001", country="FR", channel="web"),
            Sale(BASE - 20, 5000, columns={"payment_method": "card", "coupons": "ETE"}, lines=[(1, 2, 4000)]),
            Sale(BASE - 5, 9000, refunds=[(BASE - 1, 500)], columns={"channel": "pos"}, lines=[(2, 1, 100)]),
        ],
        consents=[("email", "subscribed")],
        emails=["a@b.example"],
    ),
    Person(
        BASE - 150,
        [
            sale(150, payment_method="paypal", city="Lille", country="BE", delivered_day=BASE - 140),
            Sale(
                BASE - 100, columns={"payment_method": "card", "attribution": '{"source": "news"}'}, lines=[(1, 1, 9)]
            ),
        ],
        accounts=[{"tags": "salon"}],
    ),
    Person(BASE - 40, [sale(40)], checkouts=[(BASE - 3, None, 900)]),
    Person(BASE + 1),
]


@pytest.fixture
def shop(engine: Engine) -> Iterator[Connection]:
    with lent(engine, PEOPLE) as connection:
        yield connection


def test_all_families_and_the_audiences_of_the_table_come_in_order(shop: Connection) -> None:
    report = listing(shop, LIBRARY, BASE)

    on = {family["key"]: family["on"] for family in report["families"]}
    assert on == {"spread": True, "cartelis": False, "loyalty": False, "emarsys": False, "rfm": False}
    assert list(on) == ["spread", "cartelis", "loyalty", "emarsys", "rfm"]
    keys = [audience["key"] for audience in report["audiences"]]
    assert keys[:43] == [audience.key for audience in LIBRARY.table()]
    assert sorted(keys) == sorted(LIBRARY.audiences)
    assert {audience["key"] for audience in report["audiences"] if audience["on"]} == {
        entry.key for entry in LIBRARY.on() if entry.key.startswith("aud.")
    }


def test_whatever_can_be_answered_has_the_people_that_are_listed_for_it(shop: Connection) -> None:
    report = listing(shop, LIBRARY, BASE)

    for entry in report["audiences"]:
        if entry["available"]:
            found = list(members(shop, [LIBRARY.ready(entry["key"])], entry["key"], BASE))
            assert entry["people"] == len(found), entry["key"]
    for family in report["families"]:
        for stage in family["stages"]:
            key = f"{family['key']}.{stage['key']}"
            assert stage["people"] == len(list(members(shop, [LIBRARY.ready(family["key"])], key, BASE))), key
        assert sum(stage["people"] for stage in family["stages"]) == report["people"] == 4
    assert any(entry["people"] for entry in report["audiences"])


def test_all_of_it_is_counted_by_one_statement(shop: Connection) -> None:
    counted: list[str] = []

    def note(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(shop, "before_cursor_execute", note)
    listing(shop, LIBRARY, BASE)
    event.remove(shop, "before_cursor_execute", note)

    assert sum("people_0" in statement for statement in counted) == 1
    assert len(counted) < 60  # with figures of the shop, suggestions and what is known of it


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_waits_says_why_in_the_language_and_what_asks_says_for_what(shop: Connection, language: str) -> None:
    told = "fr" if language == "fr" else "en"
    table_of = listing(shop, LIBRARY, BASE, language="fr" if told == "fr" else "en")["audiences"][:43]

    waiting = {
        row for row, entry in enumerate(table_of, 1) if (entry["missing"] or "needs_value")[:11] != "needs_value"
    }
    asking = {row for row, entry in enumerate(table_of, 1) if (entry["missing"] or "").startswith("needs_value: ")}
    assert (waiting, asking) == (WAITING, ASKING)
    for row, entry in enumerate(table_of, 1):
        assert entry["available"] is (row not in WAITING | ASKING)
        assert (entry["people"] is None) is (row in WAITING | ASKING)
    assert ("visite sur le site" if told == "fr" else "visit to the site") in table_of[16]["missing"]
    assert table_of[22]["missing"] == "needs_value: x"


def test_entries_come_with_values_of_the_shop(shop: Connection) -> None:
    told = {entry["key"]: entry for entry in listing(shop, LIBRARY, BASE)["audiences"]}

    assert told["aud.payment_method"]["suggestions"] == ["card", "paypal"]
    assert told["aud.vip"]["suggestions"] == ["145.00"]
    assert "suggestions" not in told["aud.bought_30"]


def test_what_a_shop_tells_in_part_comes_with_the_share_that_is_known(shop: Connection) -> None:
    shop.execute(table(Store).update().values(platform="shopify"))
    found = limits(shop, LIBRARY, LIBRARY.entries(), "en")
    of = {(key, limit["need"]): limit for key, some in found.items() for limit in some}

    assert of["aud.delivered", "deliveries"]["coverage"] == 16.7  # one of six orders
    assert of["aud.women", "mapped_fields"]["coverage"] == 25.0  # one of four people, of whom one has no order
    assert of["aud.account", "account_states"]["coverage"] == 25.0
    assert of["aud.abandoned_cart_7", "checkouts"]["coverage"] is None
    assert of["aud.reco_no_purchase", "web_events"]["level"] == "none"
    assert {limit["store"] for limit in of.values()} == {"shop"}
    assert ("aud.bought_30", "orders") not in of


def test_each_store_has_its_own_limits(shop: Connection) -> None:
    second = {"id": 2, "key": "blog", "platform": "woocommerce", "shop_id": "2", "name": "Blog", "timezone": "UTC"}
    switches = dict.fromkeys(("count_zero_orders", "count_on_hold", "count_refunded"), False)
    shop.execute(
        insert(table(Store)), {**second, **switches, "currency": "EUR", "include_tax": True, "include_shipping": True}
    )
    found = limits(shop, LIBRARY, [LIBRARY.entry("aud.coupon_30")], "fr")["aud.coupon_30"]

    assert [(limit["store"], limit["level"], limit["coverage"]) for limit in found] == [("shop", "partial", None)]


def test_another_window_is_for_families_and_leaves_audiences_as_they_are_set(shop: Connection) -> None:
    before, after = listing(shop, LIBRARY, BASE), listing(shop, LIBRARY, BASE, window=10)

    assert before["audiences"] == after["audiences"]
    assert before["families"][0]["stages"] != after["families"][0]["stages"]


def test_a_merchants_own_entries_are_among_them(shop: Connection) -> None:
    own = read_text(
        "[audiences.big]\nlabel = 'Big'\non = true\nrule = 'orders_placed MATCHES (amount > 80)'\n"
        "[audiences.payment_method]\non = true\neach = ['card', 'PayPal']\n"
        "[families.two]\nlabel = 'Two'\n"
        "[families.two.stages.bought]\nlabel = 'Bought'\nrule = 'number_of_orders > 0'\n"
        "[families.two.stages.rest]\nlabel = 'Not'\nrule = 'TRUE'\n"
    )
    report = listing(shop, own, BASE)
    people = {entry["key"]: entry["people"] for entry in report["audiences"]}

    assert people["aud.big"] == 1
    assert (people["aud.payment_method_card"], people["aud.payment_method_paypal"]) == (2, 1)
    assert people["aud.payment_method"] is None
    assert [stage["people"] for stage in report["families"][-1]["stages"]] == [3, 1]


def test_only_some_can_be_asked_for(shop: Connection) -> None:
    report = listing(shop, LIBRARY, BASE, keys=["spread", "aud.vip"])

    assert [entry["key"] for entry in report["families"]] == ["spread"]
    assert [entry["key"] for entry in report["audiences"]] == ["aud.vip"]
