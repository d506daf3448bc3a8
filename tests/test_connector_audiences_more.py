"""The audiences beyond the table, each over a shop of its own with people just inside and just outside of its rule."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from connector.catalogue import library
from connector.records import ConsentState
from tests.audience_prospects import PROSPECTS
from tests.audience_world import ZONES, Case, bought, cart, check, joined, lines, told, worth
from tests.conftest import Fresh
from tests.test_connector_audiences import ROWS

CODE = ("ETE10",)
TO_COME = {"aud.replenish"}
"""What asks for something that is not worked out yet."""

VALUE = [
    Case(
        "aud.top_20", "the best fifth by what was spent in a year, ties included",
        {
            "the best, by an order of the year's last day": bought(364, total=9000),
            "the second": bought(50, total=8000),
            "as much as the second": bought(50, 40, total=4000),
            "a cent less": bought(50, total=7999),
            **{f"more, before the year {n}": bought(366, total=50_000) for n in range(30)},
            **{f"one of many {n}": bought(50 + n) for n in range(6)},
        },
        {"the best, by an order of the year's last day", "the second", "as much as the second"},
        {"the second", "as much as the second"},
    ),
    Case(
        "aud.spent_over", "a customer of more than 100.00 in all",
        {
            "exactly": bought(900, 1, total=5000),
            "a cent more": bought(20, total=10_001),
            "a cent more before the refund of tomorrow": bought(20, total=10_001, refunds=[(-1, 1)]),
            "never bought": joined(9),
        },
        {"a cent more", "a cent more before the refund of tomorrow"},
        {"a cent more"},
        {"x": 100},
    ),
    Case(
        "aud.spent_up_to", "a customer of 100.00 or less in all",
        {
            "exactly": bought(900, 1, total=5000),
            "a cent more": bought(20, total=10_001),
            "a cent more before the refund of tomorrow": bought(20, total=10_001, refunds=[(-1, 1)]),
            "never bought": joined(9),
        },
        {"exactly"},
        {"exactly", "a cent more before the refund of tomorrow"},
        {"x": 100},
    ),
    Case(
        "aud.big_basket", "three orders at most, on average 15 % above the year's mean of 10.00",
        {
            "a third of a cent above": bought(50, 40, total=1150) + bought(30, total=1151),
            "exactly 15 %": bought(50, total=1150),
            "four orders": bought(50, 40, 30, 20, total=1200),
            "a fourth order tomorrow": bought(50, 40, 30, total=1200) + bought(-1, total=1200),
            "long ago": bought(800, total=1151),
            "the others": bought(60, total=299) + bought(61, 62, total=350),
        },
        {"a third of a cent above", "a fourth order tomorrow", "long ago"},
        {"a third of a cent above", "long ago"},
    ),
    Case(
        "aud.rfm_best", "recency and frequency of 4 or more: three fifths of the ten stay below on both",
        {
            "the last of all, twice": bought(364, 10),
            "twice on one day": bought(20, 20),
            "once": bought(30),
            "six are less recent": bought(300, 40),
            "five are less recent": bought(300, 50),
            **{f"one of many {n}": bought(60 + n) for n in range(4)},
            "less recent than all": bought(300, 100),
            "once, today": bought(0),
        },
        {"the last of all, twice", "six are less recent"},
        {"six are less recent"},
    ),
    Case(
        "aud.costly", "three returns, for half of what was bought",
        {
            "half": bought(50, total=10_000, refunds=[(5, 2000), (4, 2000), (3, 1000)]),
            "a cent less": bought(50, total=10_000, refunds=[(5, 2000), (4, 2000), (3, 999)]),
            "two returns": bought(50, total=10_000, refunds=[(5, 3000), (4, 3000)]),
            "the third return tomorrow": bought(50, total=10_000, refunds=[(5, 3000), (4, 3000), (-1, 1)]),
            "all of it": bought(50, total=10_000, refunds=[(5, 3000), (4, 3000), (3, 4000)]),
            "another order tomorrow": bought(50, total=10_000, refunds=[(5, 2000), (4, 2000), (3, 1000)]) + bought(-1),
        },
        {"half", "all of it", "another order tomorrow"},
        {"half", "the third return tomorrow", "all of it"},
    ),
]  # fmt: skip

HABITS = [
    Case(
        "aud.coupon_mostly", "a coupon on half of the orders",
        {
            "one of two": bought(400, coupons=CODE) + bought(9),
            "one of three": bought(400, coupons=CODE) + bought(9, 8),
            "one of three from tomorrow": bought(400, coupons=CODE) + bought(9, -1),
            "none": bought(9),
            "never bought": joined(9),
        },
        {"one of two", "one of three from tomorrow"},
        {"one of two"},
    ),
    Case(
        "aud.category_bought", "something of the category in a year",
        {
            "on the last day": bought(364, lines=lines(tea=1)),
            "a day too early": bought(365, lines=lines(tea=1)),
            "something else": bought(9, lines=lines(cup=1)),
            "by its other category": bought(9, lines=lines(tea=1, cup=1)),
        },
        {"on the last day", "by its other category"},
        {"by its other category"},
        {"c": "bio"},
    ),
    Case(
        "aud.cross_sell", "the one product, never the other",
        {
            "the one, long ago": bought(900, lines=lines(tea=1)),
            "both on one order": bought(9, lines=lines(tea=1, cup=1)),
            "the other one since": bought(9, lines=lines(tea=1)) + bought(8, lines=lines(cup=1)),
            "the other one tomorrow": bought(9, lines=lines(tea=1)) + bought(-1, lines=lines(cup=1)),
            "the other one": bought(9, lines=lines(cup=1)),
        },
        {"the one, long ago", "the other one tomorrow"},
        {"the one, long ago"},
        {"a": "101", "b": "102"},
    ),
    Case(
        "aud.defecting", "two of: a gap 1.5 times the usual, pieces at 0.8 times the price, more returns in 180 days",
        {
            "rarer and cheaper": bought(100, 90, lines=worth(1000)) + bought(80, 64, lines=worth(799)),
            "1.5 times, and cheaper": bought(100, 90, lines=worth(1000)) + bought(80, 65, lines=worth(799)),
            "rarer, and 0.8 times": bought(100, 90, lines=worth(1000)) + bought(80, 64, lines=worth(800)),
            "rarer, a return on the last day": bought(400, 390, 380) + bought(364, refunds=[(179, 1)]),
            "rarer, a return a day too early": bought(400, 390, 380) + bought(364, refunds=[(180, 1)]),
            "rarer, a return tomorrow": bought(400, 390, 380) + bought(364, refunds=[(-1, 1)]),
        },
        {"rarer and cheaper", "rarer, a return on the last day"},
        {"rarer and cheaper", "rarer, a return tomorrow"},
    ),
    Case(
        "aud.given_up", "inactive for 30 days or more",
        {
            "30 days": bought(210),
            "29 days": bought(209),
            "30 days, then an order today": bought(210, 0),
            "never bought": joined(300),
        },
        {"30 days"},
        {"30 days", "29 days"},
        beside=("spread",),
    ),
    Case(
        "aud.already_customer", "an order, ever",
        {"long ago": bought(3000), "tomorrow": joined(9) + bought(-1), "cancelled": bought(9, cancelled=8)},
        {"long ago"},
        {"long ago", "tomorrow"},
    ),
    Case(
        "aud.just_bought", "an order of the last 7 days",
        {"on the last day": bought(6), "a day too early": bought(7), "never": joined(2), "today": bought(0)},
        {"on the last day", "today"},
        {"today"},
    ),
]  # fmt: skip

MOMENTS = [
    Case(
        "aud.delivered", "delivered 3 to 10 days ago",
        {
            "2 days": bought(20, delivered=2),
            "3 days": bought(20, delivered=3),
            "10 days": bought(20, delivered=10),
            "11 days": bought(20, delivered=11),
            "not yet": bought(5),
        },
        {"3 days", "10 days"},
        {"2 days", "3 days"},
    ),
    Case(
        "aud.reorder", "delivered 30 to 60 days ago, no order in 30 days",
        {
            "29 days": bought(70, delivered=29),
            "30 days, on the day of the order": bought(30, delivered=30),
            "60 days": bought(70, delivered=60),
            "61 days": bought(70, delivered=61),
            "ordered again 29 days ago": bought(70, delivered=45) + bought(29),
            "ordered again 9 days ago": bought(70, delivered=45) + bought(9),
        },
        {"30 days, on the day of the order", "60 days"},
        {"29 days", "30 days, on the day of the order", "ordered again 29 days ago"},
    ),
    Case(
        "aud.first_order_anniversary", "the first order was on a day of the coming week, some years ago",
        {
            "yesterday": bought(366),
            "today": bought(365),
            "in 7 days": bought(358),
            "in 8 days": bought(357),
            "in 7 days, of two years ago": bought(723, 9),
            "in 3 days, but not of the first order": bought(700, 362),
            "today, for the first time": bought(0),
        },
        {"today", "in 7 days", "in 7 days, of two years ago"},
        {"in 7 days", "in 8 days", "in 7 days, of two years ago"},
    ),
    Case(
        "aud.birthday", "born on a day of the coming week",
        {
            "yesterday": told(60, birth="1984-06-22"),
            "today": told(60, birth="1984-06-23"),
            "in 7 days": told(60, birth="30/06/1951"),
            "in 8 days": told(60, birth="1984-07-01"),
            "said otherwise": told(60, birth="June"),
            "nobody knows": joined(60),
        },
        {"today", "in 7 days"},
        {"in 7 days", "in 8 days"},
        {"birth": "birth"},
    ),
]  # fmt: skip

PLACES = [
    Case(
        "aud.home", "the last order went to the country",
        {
            "there": bought(20, country="FR"),
            "moved away": bought(20, country="FR") + bought(19, country="BE"),
            "moves away tomorrow": bought(20, country="FR") + bought(-1, country="BE"),
            "nobody knows": bought(20),
            "never bought": joined(20, country="FR"),
        },
        {"there", "moves away tomorrow"},
        {"there"},
        {"home": "FR"},
    ),
    Case(
        "aud.abroad", "the last order went to another country",
        {
            "there": bought(20, country="FR"),
            "moved away": bought(20, country="FR") + bought(19, country="BE"),
            "moves away tomorrow": bought(20, country="FR") + bought(-1, country="BE"),
            "nobody knows": bought(20),
            "never bought": joined(20, country="BE"),
        },
        {"moved away"},
        {"moved away", "moves away tomorrow"},
        {"home": "FR"},
    ),
    Case(
        "aud.store_only", "at the till alone",
        {
            "the till": bought(900, 20, channel="pos"),
            "both": bought(900, channel="web") + bought(20, channel="POS"),
            "both from tomorrow": bought(20, channel="pos") + bought(-1, channel="web"),
            "the site": bought(20, channel="web"),
        },
        {"the till", "both from tomorrow"},
        {"the till"},
    ),
    Case(
        "aud.web_only", "online alone",
        {
            "the site": bought(900, 20, channel="web"),
            "nobody knows": bought(20),
            "both": bought(900, channel="web") + bought(20, channel="POS"),
            "both from tomorrow": bought(20, channel="web") + bought(-1, channel="pos"),
            "the till": bought(20, channel="pos"),
        },
        {"the site", "both from tomorrow"},
        {"the site"},
    ),
    Case(
        "aud.web_and_store", "online and at the till",
        {
            "both": bought(900, channel="web") + bought(20, channel="POS"),
            "both from tomorrow": bought(20, channel="web") + bought(-1, channel="pos"),
            "the till": bought(900, 20, channel="pos"),
            "the site": bought(20, channel="web"),
        },
        {"both"},
        {"both", "both from tomorrow"},
    ),
    Case(
        "aud.pickup", "an order that was picked up",
        {
            "once": bought(900, shipping_method="Retrait en boutique") + bought(9, shipping_method="Colissimo"),
            "never": bought(9, shipping_method="Colissimo"),
            "tomorrow": bought(9) + bought(-1, shipping_method="retrait en boutique"),
        },
        {"once"},
        {"once", "tomorrow"},
        {"pickup": "Retrait en boutique"},
    ),
    Case(
        "aud.near_store_web_only", "near the shop, never at its till",
        {
            "near": bought(20, postcode="69001", channel="web"),
            "near, nobody knows where": bought(20, postcode="69001"),
            "near, at the till tomorrow": bought(20, postcode="69001", channel="web")
            + bought(-1, postcode="69001", channel="pos"),
            "near, at the till once": bought(900, channel="pos") + bought(20, postcode="69001", channel="web"),
            "next to it": bought(20, postcode="69004", channel="web"),
        },
        {"near", "near, at the till tomorrow"},
        {"near"},
        {"postcodes": ("69001",)},
    ),
    Case(
        "aud.coupon_in_store", "a coupon at the till in 90 days",
        {
            "on the last day": bought(89, channel="pos", coupons=CODE),
            "a day too early": bought(90, channel="pos", coupons=CODE),
            "online": bought(9, channel="web", coupons=CODE),
            "at the till without": bought(9, channel="pos") + bought(8, channel="web", coupons=CODE),
            "today": bought(0, channel="pos", coupons=CODE),
        },
        {"on the last day", "today"},
        {"today"},
    ),
    Case(
        "aud.everyone", "everyone who is known",
        {"joined today": joined(0), "joins tomorrow": joined(-1), "a guest": bought(900), "a cart": cart(0)},
        {"joined today", "a guest", "a cart"},
        {"joined today", "joins tomorrow", "a guest", "a cart"},
    ),
    Case(
        "aud.unreachable", "has not said yes to e-mails",
        {
            "yes": joined(9, email=ConsentState.SUBSCRIBED),
            "not confirmed": joined(9, email=ConsentState.PENDING),
            "no more": joined(9, email=ConsentState.UNSUBSCRIBED),
            "said nothing": bought(9),
        },
        {"not confirmed", "no more", "said nothing"},
        {"not confirmed", "no more", "said nothing"},
    ),
]  # fmt: skip

CASES = {case.key: case for case in (*PROSPECTS, *VALUE, *HABITS, *MOMENTS, *PLACES)}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("key", CASES)
def test_each_audience_holds_who_is_just_inside_and_not_who_is_just_outside(
    engine: Engine, key: str, zone: str
) -> None:
    check(engine, CASES[key], zone)


@pytest.mark.parametrize("case", [ROWS[16], ROWS[22], *VALUE], ids=lambda case: case.key)
def test_sums_of_money_are_the_same_on_either_database(fresh: Fresh, case: Case) -> None:
    check(fresh(), case, "Pacific/Kiritimati")


def test_no_available_audience_is_left_out() -> None:
    found = library()
    available = {key for key, entry in found.audiences.items() if entry.row is None and not found.waiting(entry)}

    assert CASES.keys() == available - (TO_COME - CASES.keys())


def test_every_shop_has_both_and_time_moves_those_with_a_window() -> None:
    windows = {key for key, audience in library().audiences.items() if "window" in audience.parameters}
    for case in CASES.values():
        assert case.inside, case.key
        assert case.people.keys() - case.inside, case.key
        assert case.inside - case.after or case.key not in windows, case.key
        assert case.inside | case.after <= case.people.keys(), case.key
