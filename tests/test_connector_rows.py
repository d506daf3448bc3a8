"""Rows: what a record changes, from which day on, and for whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from connector.counting import Switches
from connector.models import Checkout, Consent, Customer, Order, OrderLine, Product, Refund
from connector.records import (
    Attribution,
    CheckoutRecord,
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    Page,
    ProductRecord,
)
from connector.rows.orders import recount
from connector.rows.writing import Digested, newest
from connector.tables import table
from tests.conftest import Fresh
from tests.pull_world import (
    Pages,
    at,
    calm,
    checkout,
    customer,
    number,
    order,
    owner,
    person,
    pull,
    put,
    refund,
    reviews,
    said,
    store,
)

BASE = order(1, 10, refunds=(refund("r1", 500, 20),), cancelled_at=None, city="Lille", coupons=("NOEL",))

CHANGES: dict[str, tuple[dict[str, Any], int]] = {
    "its total": ({"total": 4000}, 10),
    "its status": ({"status": OrderStatus.PENDING}, 10),
    "moved to an earlier day": ({"placed_at": at(4)}, 4),
    "moved to a later day": ({"placed_at": at(14)}, 10),
    "a refund more": ({"refunds": (refund("r1", 500, 20), refund("r2", 100, 30))}, 30),
    "a second refund like the first": ({"refunds": (refund("r1", 500, 20), refund("r2", 500, 20))}, 20),
    "a refund less": ({"refunds": ()}, 20),
    "a refund moved back": ({"refunds": (refund("r1", 500, 15),)}, 15),
    "a refund moved on": ({"refunds": (refund("r1", 500, 25),)}, 20),
    "the rest refunded": ({"refunds": (refund("r1", 500, 20), refund("r2", 2500, 40))}, 40),
    "an undated refund": ({"refunds": (refund("r1", 500, 20), refund("r2", 1))}, 10),
    "a dated cancellation": ({"cancelled_at": at(35)}, 35),
    "a delivery": ({"delivered_at": at(13)}, 13),
    "another article": ({"lines": (LineRecord("71", 2, 2500, title="Bol", sku="BOL-1"),)}, 10),
    "a refund and another article": ({"refunds": (), "lines": (LineRecord("71", 2, 2500),)}, 10),
    "another city": ({"city": "Lens"}, 10),
    "a refund and another city": ({"refunds": (), "city": "Lens"}, 10),
    "the platform's own word alone": ({"platform_status": "PARTIALLY_REFUNDED"}, 10),
}


@pytest.mark.parametrize(("change", "day"), CHANGES.values(), ids=CHANGES)
def test_a_changed_order_has_its_person_looked_at_again_from_the_first_day_that_is_another(
    fresh: Fresh, change: dict[str, Any], day: int
) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, BASE, order(2, 0, customer_id="8"))
    calm(engine)
    put(engine, shop, replace(BASE, updated_at=at(50), **change), order(2, 0, customer_id="8"))
    assert reviews(engine) == {"7": day}


def test_a_deleted_order_has_its_person_looked_at_again_from_its_day(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, BASE, order(2, 0, customer_id="8"))
    calm(engine)
    put(engine, shop, gone=["1"])
    assert reviews(engine) == {"7": 10}


def test_an_order_that_changes_hands_concerns_both_people_from_its_day(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, BASE, order(2, 0, customer_id="8"), order(3, 0, customer_id="9"))
    calm(engine)
    put(engine, shop, replace(BASE, updated_at=at(50), customer_id="8", refunds=()))
    assert reviews(engine) == {"7": 10, "8": 10}
    calm(engine)
    put(engine, shop, replace(BASE, updated_at=at(51), customer_id=None, refunds=()))
    assert reviews(engine) == {"8": 10}
    assert owner(engine, "1") is None


def test_new_orders_have_each_person_looked_at_from_the_earliest(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1, 0), order(2, 0, customer_id="8"))
    calm(engine)
    put(engine, shop, order(3, 9), order(4, 5), order(5, 7), order(6, 3, customer_id="8"))
    assert reviews(engine) == {"7": 5, "8": 3}


def test_an_order_from_before_makes_its_person_older(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1, 30))
    calm(engine)
    put(engine, shop, order(2, 20, status=OrderStatus.FAILED))
    assert reviews(engine) == {"7": 20}
    with engine.connect() as connection:
        assert connection.scalar(select(table(Customer).c.since_day)) == number(20)


def test_what_comes_unchanged_touches_nobody(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    everything: list[OrderRecord | CustomerRecord | CheckoutRecord] = [BASE, customer(7, 2), customer(8, 1)]
    everything += [order(2, 3, customer_id="8"), checkout(5, 4)]
    put(engine, shop, *everything)
    calm(engine)
    report = put(engine, shop, *everything)
    assert reviews(engine) == {}
    assert [report.rows(stream).same for stream in ("customers", "orders", "checkouts")] == [2, 2, 1]


def test_a_changed_profile_is_looked_at_today_for_it_has_no_past(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, customer(7, 2))
    calm(engine)
    put(engine, shop, replace(customer(7, 2), updated_at=at(60), tags=("vip",)))
    assert set(reviews(engine).values()) == {171}  # 30 June is today


def test_accounts_of_one_person_on_one_page_count_from_the_first_that_was_opened(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, *(customer(n, day, email="une@example.com") for n, day in ((1, 30), (2, 10), (3, 20))))
    with engine.connect() as connection:
        rows = connection.execute(
            select(table(Customer).c.since_day, table(Customer).c.next_review_on).where(
                table(Customer).c.merged_into.is_(None)
            )
        ).all()
    assert rows == [(number(10), number(10))]


def test_a_changed_checkout_touches_from_the_earlier_day_both_who_began_it_and_whose_it_is(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1, 0), order(2, 0, customer_id="8"), checkout(5, 9, customer_id="7"))
    calm(engine)
    put(engine, shop, checkout(5, 6, updated_at=at(50), customer_id="8"), checkout(6, 12, customer_id="8"))
    assert reviews(engine) == {"7": 9, "8": 6}


def test_somebody_with_two_checkouts_on_a_page_exists_since_the_first(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, checkout(5, 3), checkout(6, 9))
    with engine.connect() as connection:
        rows = connection.execute(select(table(Customer).c.since_day, table(Customer).c.next_review_on)).all()
    assert rows == [(number(3), number(3))]


def test_a_merge_on_the_way_has_the_absorbed_reviewed_once_so_that_their_stages_go(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, order(1, 5, customer_id=None, email="a@example.com"), customer(8, 20, email="b@example.com"))
    put(engine, shop, order(2, 6, customer_id=None, email="b@example.com"))
    link = order(3, 9, email="a@example.com", customer_id="8", phone="+33612345671")
    put(engine, shop, link, order(1, 4, customer_id=None, email="a@example.com", updated_at=at(50)), origin="file")
    people = table(Customer)
    with engine.connect() as connection:
        rows = connection.execute(select(people.c.merged_into, people.c.next_review_on).order_by(people.c.id)).all()
    assert all(row.next_review_on is not None for row in rows)
    assert person(engine, "a@example.com") == person(engine, "b@example.com") == person(engine, "8")


COUNTING: dict[str, tuple[OrderRecord, tuple[int, int | None, int | None, int]]] = {
    "paid": (order(1), (1, None, 3000, 0)),
    "free": (order(1, total=0, lines=()), (0, None, 0, 0)),
    "a test": (order(1, test=True), (0, None, 3000, 0)),
    "on hold": (order(1, status=OrderStatus.ON_HOLD), (0, None, 3000, 0)),
    "failed": (order(1, status=OrderStatus.FAILED), (0, None, 3000, 0)),
    "refunded without a date": (order(1, status=OrderStatus.REFUNDED), (0, 0, 3000, 3000)),
    "refunded in part": (order(1, refunds=(refund("r", 1000, 4),)), (1, None, 3000, 1000)),
    "refunded whole in two": (order(1, refunds=(refund("r", 1000, 4), refund("s", 2000, 9))), (1, 9, 3000, 3000)),
    "refunded beyond": (order(1, refunds=(refund("r", 9000, 4),)), (1, 4, 3000, 3000)),
    "refunded twice on a day": (order(1, refunds=(refund("r", 1000, 4), refund("s", 500, 4))), (1, None, 3000, 1500)),
    "refunded twice without a day": (order(1, refunds=(refund("r", 700), refund("s", 500))), (1, None, 3000, 1200)),
    "cancelled on a day": (order(1, cancelled_at=at(5)), (1, 5, 3000, 0)),
    "cancelled before it was placed": (order(1, 3, cancelled_at=at(1)), (1, 3, 3000, 0)),
    "in another currency": (order(1, currency="USD"), (1, None, None, 0)),
    "refunded in another currency": (order(1, currency="USD", refunds=(refund("r", 3000, 4),)), (1, 4, None, 0)),
}


@pytest.mark.parametrize(("record", "expected"), COUNTING.values(), ids=COUNTING)
def test_an_order_counts_from_its_day_until_it_is_taken_back_and_a_foreign_one_without_its_amount(
    engine: Engine, record: OrderRecord, expected: tuple[int, int | None, int | None, int]
) -> None:
    put(engine, store(engine), record)
    orders = table(Order)
    with engine.connect() as connection:
        counted, void, total, refunded = connection.execute(
            select(orders.c.counted, orders.c.void_day, orders.c.total, orders.c.refunded)
        ).one()
    assert (counted, void if void is None else void - number(0), total, refunded) == expected


def test_every_field_of_an_order_has_its_column(engine: Engine) -> None:
    record = order(
        1001,
        2,
        name="#1001",
        platform_status="PAID",
        test=False,
        tax=500,
        shipping=490,
        discount=100,
        coupons=("NOEL", "ÉTÉ"),
        channel="web",
        payment_method="card",
        shipping_method="Colissimo",
        country="FR",
        region="Nord",
        city="Lille",
        postcode="59000",
        delivered_at=at(5),
        attribution=Attribution("google", "cpc", sessions=3),
        lines=(LineRecord("70", 2, 2500, "Bol", "BOL-1", "v1"), LineRecord(None, 1, 500, "Carte", gift_card=True)),
    )
    put(engine, store(engine), record)
    orders, lines = table(Order), table(OrderLine)
    with engine.connect() as connection:
        row = connection.execute(select(orders)).one()._mapping
        positions = connection.execute(select(lines).order_by(lines.c.position)).all()
    stored = {name: row[name] for name in row if name in {"name", "platform_status", "tax", "shipping", "discount"}}
    assert stored == {"name": "#1001", "platform_status": "PAID", "tax": 500, "shipping": 490, "discount": 100}
    assert (row["gross"], row["total"], row["coupons"]) == (3000, 3000, "NOEL\nÉTÉ")
    places = [row[name] for name in ("channel", "payment_method", "shipping_method", "country", "region", "city")]
    assert places == ["web", "card", "Colissimo", "FR", "Nord", "Lille"]
    assert row["delivered_day"] == number(5)
    assert row["attribution"].startswith('{"source": "google", "medium": "cpc", "campaign": null')
    assert [(line.product_id is None, line.quantity, line.total, line.title, line.gift_card) for line in positions] == [
        (False, 2, 2500, "Bol", False),
        (True, 1, 500, "Carte", True),
    ]


def test_a_file_s_negative_order_is_a_refund_of_its_own_without_an_order(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    credit = order("c1", 8, sale=False, total=0, lines=(), refunds=(refund("c1", 700, 8),), updated_at=None)
    for record in (order(1, 2), credit, credit):
        put(engine, shop, record, origin="file")
    refunds = table(Refund)
    with engine.connect() as connection:
        rows = connection.execute(select(refunds.c.order_id, refunds.c.day, refunds.c.amount)).all()
    assert rows == [(None, number(8), 700)]
    assert [row[1] for row in said(engine)["orders"]] == ["1"]
    calm(engine)
    moved = replace(credit, refunds=(refund("c1", 700, 5),))
    assert put(engine, shop, moved, origin="file").rows("orders").changed == 1
    assert reviews(engine) == {"7": 5}


def test_a_customer_s_consents_are_those_of_the_newest_state(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, customer(7, 1, phone="+33612345671"))
    text = ConsentRecord("sms", ConsentState.SUBSCRIBED)
    no_more = ConsentRecord("email", ConsentState.UNSUBSCRIBED, at(9))
    put(engine, shop, replace(customer(7, 1), consents=(no_more, text), updated_at=at(9)))
    put(engine, shop, customer(8, 1))
    consents = table(Consent)
    with engine.connect() as connection:
        rows = connection.execute(
            select(consents.c.channel, consents.c.state)
            .where(consents.c.customer_id == person(engine, "7"))
            .order_by(consents.c.channel)
        ).all()
    assert rows == [("email", "unsubscribed"), ("sms", "subscribed")]


def test_a_product_is_known_by_its_number_until_it_is_described(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    put(engine, shop, order(1))
    bowl = ProductRecord("70", "Bol", "Vaisselle", "Atelier", ("Table", "Terre"), ("bleu",))
    pull(engine, shop, Pages([Page((order(2),), products=(ProductRecord("70", "Ancien"), bowl))]))
    products = table(Product)
    with engine.connect() as connection:
        rows = connection.execute(select(products.c.platform_id, products.c.title, products.c.categories)).all()
    assert rows == [("70", "Bol", "Table\nTerre")]


def test_a_checkout_in_another_currency_has_no_amount(engine: Engine) -> None:
    put(engine, store(engine), checkout(5), checkout(6, currency="USD"))
    checkouts = table(Checkout)
    with engine.connect() as connection:
        assert connection.scalars(select(checkouts.c.total).order_by(checkouts.c.platform_id)).all() == [1000, None]


def test_a_second_shop_may_have_the_same_numbers(fresh: Fresh) -> None:
    engine = fresh()
    one, two = store(engine), store(engine, "outlet")
    put(engine, one, order(1), customer(7, email="a@example.com"))
    put(engine, two, order(1), customer(7, email="b@example.com"))
    orders = table(Order)
    with engine.connect() as connection:
        assert len(set(connection.scalars(select(orders.c.customer_id)))) == 2


states = st.builds(
    order,
    st.integers(1, 8),
    st.integers(0, 5),
    status=st.sampled_from(OrderStatus),
    test=st.booleans(),
    total=st.sampled_from((0, 500, 3000)),
    tax=st.sampled_from((0, 100)),
    shipping=st.sampled_from((0, 490, 4000)),
    currency=st.sampled_from(("EUR", "EUR", "USD")),
    customer_id=st.sampled_from(("7", "8", None)),
    cancelled_at=st.sampled_from((None, None, at(0), at(7))),
    refunds=st.sampled_from(
        ((), (refund("", 500, 4),), (refund("", 2600, 4),), (refund("", 3000, 9),), (refund("", 1),))
    ),
).map(lambda record: replace(record, refunds=tuple(replace(r, id=f"r{record.id}") for r in record.refunds)))

SWITCHES = st.builds(Switches, *[st.booleans()] * 5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(states, min_size=1, max_size=8, unique_by=lambda record: record.id), SWITCHES, SWITCHES)
def test_recounting_after_the_switches_changed_is_as_good_as_importing_anew_with_them(
    fresh: Fresh, records: list[OrderRecord], before: Switches, after: Switches
) -> None:
    engine = fresh()
    put(engine, store(engine, switches=before), *records)
    first = {row[1]: row for row in said(engine)["orders"]}
    calm(engine)
    shop = store(engine, switches=after)
    with engine.begin() as connection:
        changed = recount(connection, shop)
    touched = reviews(engine)
    recounted = said(engine)
    engine = fresh()
    put(engine, store(engine, switches=after), *records)
    assert recounted == said(engine)
    other = [record for record in records if first[record.id] not in recounted["orders"]]
    assert changed == len(other)
    earliest: dict[str, int] = {}
    for record in other:
        if record.customer_id:
            day = (record.placed_at - at(0)).days
            earliest[record.customer_id] = min(day, earliest.get(record.customer_id, day))
    assert touched == earliest


instants = st.one_of(st.none(), st.integers(0, 3).map(lambda second: at(0, second)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), instants, st.integers(0, 5)), max_size=8))
def test_of_one_page_that_record_is_kept_which_would_be_had_each_come_alone(
    states: list[tuple[int, Any, int]],
) -> None:
    kept: dict[str, tuple[Any, int]] = {}
    for name, changed, content in states:
        known = kept.get(str(name))
        if known is None or changed is None or known[0] is None or changed >= known[0]:
            kept[str(name)] = (changed, content)
    page = [Digested(order(name, updated_at=changed), content) for name, changed, content in states]
    assert {item.record.id: (item.record.updated_at, item.digest) for item in newest(page)} == kept
