"""The audiences of the table, each over a shop of its own with people just inside and just outside of its rule."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from connector.catalogue import library
from connector.records import Attribution, ConsentState
from tests.audience_world import ZONES, Bought, Case, Event, bought, cart, check, joined, lines, told, worth

CODE = ("ETE10",)


def came(*ago: int, **visit: Any) -> list[Event]:  # noqa: ANN401 - any field of a visit
    """An order on each of some days, with what is known of the visit before it."""
    return bought(*ago, attribution=Attribution(**visit))


def several(row: int, key: str, n: int, window: int) -> tuple[int, Case]:
    """Rows 4 to 6 and 8 to 10: so many orders in so many days."""
    lately, last, gone = [0] * (n - 1), window - 1, window
    people = {
        "the first on the last day of the window": bought(last, *lately),
        "the first a day too early": bought(gone, *lately),
        "one too few": bought(*lately),
        "one cancelled": [*bought(*lately), *bought(3, cancelled=2)],
        "the last one to be cancelled tomorrow": [*bought(*lately), *bought(3, cancelled=-1)],
        "the last one still to come": bought(-1, *lately),
    }
    says = f"{n} orders on the last {window} days, today included"
    inside = {"the first on the last day of the window", "the last one to be cancelled tomorrow"}
    return row, Case(key, says, people, inside, {"the last one still to come"})


def recent(row: int, key: str, window: int) -> tuple[int, Case]:
    """Rows 1 to 3: an order in so many days."""
    people = {
        "on the last day of the window": bought(window - 1),
        "a day too early": bought(window),
        "never": joined(1),
        "of no worth": bought(1, total=0),
        "given back whole": bought(2, refunds=[(1, 3000)]),
        "to be given back whole tomorrow": bought(2, refunds=[(-1, 3000)]),
        "long ago and today": bought(window + 40, 0),
    }
    inside = {"on the last day of the window", "to be given back whole tomorrow", "long ago and today"}
    return row, Case(key, f"an order on the last {window} days", people, inside, {"long ago and today"})


def discount(row: int, key: str, least: int, most: int | None) -> tuple[int, Case]:
    """Rows 12 to 14: a discount between hundredths of a percent, of 100.00 before it."""
    people = {
        "the least": bought(3, discount=least, total=10_000 - least),
        "a cent less": bought(3, discount=least - 1, total=10_001 - least),
        "on the last day of the window": bought(364, discount=least, total=10_000 - least),
        "a day too early": bought(365, discount=least, total=10_000 - least),
        "with shipping, which no discount is taken of": bought(3, discount=least, total=10_500 - least, shipping=500),
        "none": bought(3),
    }
    inside = {"the least", "on the last day of the window", "with shipping, which no discount is taken of"}
    if most is not None:
        people["a cent below the next band"] = bought(3, discount=most - 1, total=10_001 - most)
        people["the last ten-thousandth below the next band"] = bought(
            3, discount=most * 100 - 1, total=1_000_001 - most * 100
        )
        people["the next band"] = bought(3, discount=most, total=10_000 - most)
        inside |= {"a cent below the next band", "the last ten-thousandth below the next band"}
    return row, Case(key, f"{least / 100} % or more", people, inside, inside - {"on the last day of the window"})


def gender(row: int, key: str, value: str, other: str) -> tuple[int, Case]:
    """Rows 29 and 30: a buyer of whom the shop's own field says so."""
    people = {
        "bought, long ago": told(900, gender=value) + bought(900),
        "in small letters": told(20, gender=value.lower()) + bought(9),
        "the other one": told(20, gender=other) + bought(9),
        "a third one": told(20, gender="X") + bought(9),
        "another field": told(20, size=value) + bought(9),
        "nobody knows": bought(9),
        "never bought": told(20, gender=value),
        "the only order cancelled": told(20, gender=value) + bought(9, cancelled=8),
        "the first order tomorrow": told(20, gender=value) + bought(-1),
    }
    inside = {"bought, long ago", "in small letters"}
    after = {*inside, "the first order tomorrow"}
    return row, Case(key, "a buyer of whom the field says so", people, inside, after, {"gender": "custom.gender"})


HABITS = [
    recent(1, "aud.bought_365", 365),
    recent(2, "aud.bought_180", 180),
    recent(3, "aud.bought_30", 30),
    several(4, "aud.several_365", 2, 365),
    several(5, "aud.several_180", 2, 180),
    several(6, "aud.several_30", 2, 30),
    several(8, "aud.loyal_7_365", 7, 365),
    several(9, "aud.frequent_5_180", 5, 180),
    several(10, "aud.top_3_30", 3, 30),
    discount(12, "aud.discount_10", 1000, 1500),
    discount(13, "aud.discount_15", 1500, 2000),
    discount(14, "aud.discount_20", 2000, None),
    gender(29, "aud.women", "F", "M"),
    gender(30, "aud.men", "M", "F"),
]

OTHERS = [
    (7, Case(
        "aud.bought_180_not_90", "the last order is 90 to 179 days old",
        {
            "179 days": bought(179),
            "180 days": bought(180),
            "90 days": bought(90),
            "89 days": bought(89),
            "came back 89 days ago": bought(179, 89),
            "came back 20 days ago": bought(179, 20),
            "came back on the first day of the quiet": bought(170, 90),
            "never bought": joined(120),
        },
        {"179 days", "90 days", "came back on the first day of the quiet"},
        {"90 days", "came back on the first day of the quiet", "89 days", "came back 89 days ago"},
    )),
    (11, Case(
        "aud.coupon_30", "a coupon code on an order of the last 30 days",
        {
            "on the last day of the window": bought(29, coupons=CODE),
            "a day too early": bought(30, coupons=CODE),
            "on another order than the recent one": [*bought(2), *bought(31, coupons=CODE)],
            "a discount without a code": bought(2, discount=500),
            "on an order that was cancelled": bought(2, cancelled=1, coupons=CODE),
            "today": bought(0, coupons=CODE),
        },
        {"on the last day of the window", "today"},
        {"today"},
    )),
    (15, Case(
        "aud.category_several", "two pieces of the category in a year",
        {
            "on two orders, one on the last day": [*bought(364, lines=lines(tea=1)), *bought(0, lines=lines(tea=1))],
            "on two orders, one a day early": [*bought(365, lines=lines(tea=1)), *bought(0, lines=lines(tea=1))],
            "on one order": bought(9, lines=lines(tea=2)),
            "one piece": bought(9, lines=lines(tea=1)),
            "one piece and one of another category": bought(9, lines=lines(tea=1, cup=1)),
            "of another category": bought(9, lines=lines(cup=5)),
        },
        {"on two orders, one on the last day", "on one order"},
        {"on one order"},
        {"c": "thés"},
    )),
    (16, Case(
        "aud.category_big", "15 % more than the mean of 10.00 in the category, over an order of a year",
        {
            "a cent above": bought(50, lines=worth(1151)),
            "exactly 15 %": bought(50, lines=worth(1150)),
            "above on the last day": bought(364, lines=worth(1151)),
            "above a day too early": bought(365, lines=worth(1151)),
            "above by another category": bought(50, lines=worth(100, cup=9000)),
            "the others": bought(60, 61, 62, lines=worth(1099)),
        },
        {"a cent above", "above on the last day"},
        {"a cent above"},
        {"c": "Thés"},
    )),
    (22, Case(
        "aud.big_order_30", "an order of a month 15 % above the year's mean of 10.00",
        {
            "a cent above": bought(9, total=1151),
            "exactly 15 %": bought(9, total=1150),
            "above on the last day": bought(29, total=1151),
            "above a day too early": bought(30, total=1151),
            "above until a cent was given back": bought(9, total=1151, refunds=[(3, 1)]),
            "above until a cent is given back tomorrow": bought(9, total=1151, refunds=[(-1, 1)]),
            "before the year of the mean": bought(366, total=900_000),
            "the others": bought(60, 61, 62, 63, total=774),
        },
        {"a cent above", "above on the last day", "above until a cent is given back tomorrow"},
        {"a cent above"},
    )),
    (23, Case(
        "aud.vip", "more than 500.00 in all, net of what was given back",
        {
            "a cent more": bought(400, 1, total=25_000) + bought(3, total=1),
            "exactly": bought(400, 1, total=25_000),
            "a cent more before a refund": bought(20, total=50_001, refunds=[(3, 1)]),
            "a cent more before the refund of tomorrow": bought(20, total=50_001, refunds=[(-1, 1)]),
            "a cent more with an order that is cancelled": bought(20, total=50_000) + bought(9, cancelled=8),
        },
        {"a cent more", "a cent more before the refund of tomorrow"},
        {"a cent more"},
        {"x": 500},
    )),
    (24, Case(
        "aud.abandoned_cart_7", "a cart of the last 7 days that is still open, and no order in 7 days",
        {
            "on the last day": cart(6),
            "a day too early": cart(7),
            "and an order on the last day": cart(2) + bought(6),
            "and an order a day before the window": cart(2) + bought(7),
            "on the last day, an order before": cart(6) + bought(7),
            "completed the day after": cart(3, completed=2),
            "to be completed tomorrow": cart(3, completed=-1),
            "tomorrow": joined(5) + cart(-1),
        },
        {"on the last day", "and an order a day before the window", "on the last day, an order before",
         "to be completed tomorrow"},
        {"and an order on the last day", "and an order a day before the window", "tomorrow"},
    )),
    (25, Case(
        "aud.quick_decision", "a quarter of an hour from arrival to purchase, in a year",
        {
            "15 minutes": came(20, minutes_to_purchase=15),
            "16 minutes": came(20, minutes_to_purchase=16),
            "nobody knows": bought(20),
            "on the last day": came(364, minutes_to_purchase=0),
            "a day too early": came(365, minutes_to_purchase=0),
        },
        {"15 minutes", "on the last day"},
        {"15 minutes"},
    )),
    (28, Case(
        "aud.one_shot", "the only order ever, in six months, by a single visit",
        {
            "on the last day": came(179, sessions=1),
            "a day too early": came(180, sessions=1),
            "after two visits": came(20, sessions=2),
            "after nobody knows how many": bought(20),
            "the second order": came(400, 20, sessions=1),
            "today": came(0, sessions=1),
        },
        {"on the last day", "today"},
        {"today"},
    )),
    (31, Case(
        "aud.repeated_carts", "two carts left open, never an order",
        {
            "two": cart(80, 2),
            "one": cart(2),
            "two, of which one was completed": cart(80) + cart(2, completed=2),
            "two and an order": cart(80, 2) + bought(90),
            "two and an order that was cancelled": cart(80, 2) + bought(90, cancelled=89),
            "one and one tomorrow": cart(3, -1),
            "two and the first order tomorrow": cart(80, 2) + bought(-1),
        },
        {"two", "two and an order that was cancelled", "two and the first order tomorrow"},
        {"two", "two and an order that was cancelled", "one and one tomorrow"},
    )),
    (32, Case(
        "aud.impulse", "four pages before the purchase, in a year",
        {
            "4 pages": came(20, pages=4),
            "5 pages": came(20, pages=5),
            "nobody knows": bought(20),
            "on the last day": came(364, pages=4),
            "a day too early": came(365, pages=4),
        },
        {"4 pages", "on the last day"},
        {"4 pages"},
    )),
    (33, Case(
        "aud.account", "has an account that is open",
        {
            "enabled": joined(9, state="ENABLED"),
            "enabled, in small letters": joined(9, state="enabled"),
            "invited": joined(9, state="INVITED"),
            "disabled": joined(9, state="DISABLED"),
            "a guest": bought(9),
        },
        {"enabled", "enabled, in small letters"},
        {"enabled", "enabled, in small letters"},
    )),
    (34, Case(
        "aud.newsletter", "has said yes to e-mails, and not taken it back",
        {
            "yes": joined(9, email=ConsentState.SUBSCRIBED),
            "not confirmed yet": joined(9, email=ConsentState.PENDING),
            "no more": joined(9, email=ConsentState.UNSUBSCRIBED),
            "said nothing": bought(9),
        },
        {"yes"},
        {"yes"},
    )),
    (35, Case(
        "aud.email_buyers", "an order of a year after an e-mail",
        {
            "on the last day": came(364, medium="email"),
            "a day too early": came(365, medium="email"),
            "in capitals": came(20, medium="EMAIL"),
            "after an advertisement": came(20, medium="cpc"),
            "nobody knows": bought(20),
        },
        {"on the last day", "in capitals"},
        {"in capitals"},
    )),
    (36, Case(
        "aud.local", "the last order went to one of the postcodes",
        {
            "near": bought(20, postcode="69002"),
            "next to it": bought(20, postcode="69004"),
            "moved here": bought(20, postcode="75001") + bought(19, postcode="69001"),
            "moved away": bought(20, postcode="69001") + bought(19, postcode="75001"),
            "moves away tomorrow": bought(20, postcode="69001") + bought(-1, postcode="75001"),
            "nobody knows": bought(20),
        },
        {"near", "moved here", "moves away tomorrow"},
        {"near", "moved here"},
        {"postcodes": ("69001", "69002")},
    )),
    (37, Case(
        "aud.distant", "any buyer whose last order went elsewhere",
        {
            "near": bought(20, postcode="69002"),
            "next to it": bought(20, postcode="69004"),
            "moved here": bought(20, postcode="75001") + bought(19, postcode="69001"),
            "moved away": bought(20, postcode="69001") + bought(19, postcode="75001"),
            "moves away tomorrow": bought(20, postcode="69001") + bought(-1, postcode="75001"),
            "nobody knows": bought(20),
            "never bought": joined(20, postcode="75001"),
        },
        {"next to it", "moved away", "nobody knows"},
        {"next to it", "moved away", "nobody knows", "moves away tomorrow"},
        {"postcodes": ("69001", "69002")},
    )),
    (38, Case(
        "aud.city", "a buyer with an address in the city",
        {
            "an order to it": bought(900, city="Lyon"),
            "in capitals": bought(20, city="LYON"),
            "another name": bought(20, city="Lyon 3e"),
            "the account's address": joined(30, city="Lyon") + bought(20, city="Paris"),
            "never bought": joined(30, city="Lyon"),
            "the first order tomorrow": joined(30, city="Lyon") + bought(-1),
        },
        {"an order to it", "in capitals", "the account's address"},
        {"an order to it", "in capitals", "the account's address", "the first order tomorrow"},
        {"city": "Lyon"},
    )),
    (39, Case(
        "aud.app", "an order by the app",
        {
            "once, long ago": bought(2000, channel="4713") + bought(3, channel="web"),
            "another one": bought(3, channel="4714"),
            "tomorrow": bought(20, channel="web") + bought(-1, channel="4713"),
            "nobody knows": bought(3),
        },
        {"once, long ago"},
        {"once, long ago", "tomorrow"},
        {"app": "4713"},
    )),
    (40, Case(
        "aud.affiliate", "an order of a year after a visit from one of the affiliates",
        {
            "on the last day": came(364, source="blog-a"),
            "a day too early": came(365, source="blog-a"),
            "the other affiliate": came(20, source="Blog-B"),
            "no affiliate": came(20, source="blog-ab"),
            "nobody knows": bought(20),
        },
        {"on the last day", "the other affiliate"},
        {"the other affiliate"},
        {"affiliates": ("blog-a", "blog-b")},
    )),
    (42, Case(
        "aud.delivery_method", "an order by the delivery method",
        {
            "once, long ago": bought(2000, shipping_method="Point relais") + bought(3, shipping_method="Colissimo"),
            "another": bought(3, shipping_method="Point relais 24 h"),
            "on a cancelled order": bought(3, shipping_method="Point relais", cancelled=2),
            "none": bought(3),
        },
        {"once, long ago"},
        {"once, long ago"},
        {"m": "Point relais"},
    )),
    (43, Case(
        "aud.payment_method", "an order by the payment method",
        {
            "once, long ago": bought(2000, payment_method="PayPal") + bought(3, payment_method="card"),
            "another": bought(3, payment_method="PayPal 4x"),
            "tomorrow": bought(3, payment_method="card") + bought(-1, payment_method="paypal"),
            "none": bought(3),
        },
        {"once, long ago"},
        {"once, long ago", "tomorrow"},
        {"m": "paypal"},
    )),
]  # fmt: skip

ROWS = dict(sorted([*HABITS, *OTHERS]))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row}-{ROWS[row].key}")
def test_each_row_holds_who_is_just_inside_and_not_who_is_just_outside(engine: Engine, row: int, zone: str) -> None:
    check(engine, ROWS[row], zone)


def test_no_available_row_is_left_out() -> None:
    found = library()
    available = {audience.row: audience.key for audience in found.table() if not found.waiting(audience)}

    assert {row: case.key for row, case in ROWS.items()} == available
    assert len(available) == 35


def test_every_shop_has_both_and_time_moves_those_with_a_window() -> None:
    windows = {key for key, audience in library().audiences.items() if "window" in audience.parameters}
    for case in ROWS.values():
        assert case.inside, case.key
        assert case.people.keys() - case.inside, case.key
        assert case.inside - case.after or case.key not in windows, case.key
        assert case.inside | case.after <= case.people.keys(), case.key


def test_the_shops_of_the_means_have_the_mean_that_they_say() -> None:
    """Of the year up to the Monday before, net of what was given back by then."""
    teas = [event.facts["lines"][0].total for event in orders(ROWS[16])]
    nets = [
        event.total - sum(amount for ago, amount in event.refunds if ago >= 1)
        for event in orders(ROWS[22])
        if event.ago <= 365
    ]

    assert (sum(teas), sum(nets)) == (1000 * len(teas), 1000 * len(nets))


def orders(case: Case) -> list[Bought]:
    """All orders of a shop."""
    return [event for events in case.people.values() for event in events if isinstance(event, Bought)]
