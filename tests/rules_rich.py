"""Random shops with all that rules can ask of them, and random rules about it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from hypothesis import strategies as st

from connector.query import Expression
from connector.query.tree import (
    Condition,
    Day,
    Matches,
    Not,
    Number,
    Offset,
    Operator,
    Text,
    Truth,
    Value,
    all_of,
    any_of,
)
from tests.rules_people import Person, Sale
from tests.rules_world import COUNTS, DATES, MONEY, near, sales, tests_of

WORDS = [
    "Web",
    "web",
    "POS",
    "Straße",
    "STRASSE",
    "Été",
    "e\u0301te\u0301",
    "İzmir",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
    "o'clock",
    "a\\b",
]
TEXTS = st.sampled_from(WORDS)
MAYBE = st.none() | TEXTS


@st.composite
def rich_sales(draw: st.DrawFn) -> Sale:
    sale = draw(sales())
    coupons = draw(st.lists(TEXTS, max_size=2))
    visit = {"medium": draw(MAYBE), "sessions": draw(st.none() | st.integers(1, 3))}
    sale.columns = {
        **{name: draw(MAYBE) for name in ("channel", "payment_method", "country", "region", "city")},
        "coupons": "\n".join(coupons) or None,
        "discount": draw(st.sampled_from([0, 0, 111, 250])),
        "delivered_day": draw(st.none() | st.integers(sale.day, sale.day + 20)),
        "attribution": draw(st.none() | st.just(json.dumps(visit))),
        "placed_at": draw(st.integers(0, 2)),
    }
    line = st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from([0, 500, 1000]))
    sale.lines = draw(st.lists(line, max_size=3))
    return sale


@st.composite
def rich_persons(draw: st.DrawFn) -> Person:
    placed = draw(st.lists(rich_sales(), max_size=4))
    joined = draw(near())
    someone = Person(min([joined, *(sale.day for sale in placed)]), placed)
    account = st.fixed_dictionaries(
        {
            **dict.fromkeys(("state", "language", "country", "region", "city"), MAYBE),
            "tags": st.none() | st.lists(TEXTS, min_size=1, max_size=2).map("\n".join),
        }
    )
    someone.accounts = draw(st.lists(account, max_size=2))
    someone.predicted = draw(st.none() | st.sampled_from([0, 999, 1000, 2500]))
    births = st.sampled_from(["1984-02-29", "1955-04-10", "1990-12-31", "2001-03-28", "never"])
    named = st.sampled_from(WORDS) | st.just("true") | st.lists(st.sampled_from(["1", "2", "Web"])).map("\n".join)
    mapped = draw(st.booleans())
    if someone.accounts and mapped:
        someone.fields = [("size", draw(named.filter(bool))), ("birth", draw(births))]
    someone.emails = draw(st.lists(st.sampled_from(["a@b.example", "c@Ünï.example"]), max_size=1))
    state = st.sampled_from(["subscribed", "unsubscribed", "not_subscribed", "pending", "invalid"])
    someone.consents = draw(st.lists(st.tuples(st.sampled_from(["email", "sms"]), state), max_size=3))
    begun = st.tuples(near(), st.none() | st.integers(0, 9), st.none() | st.sampled_from([0, 1000]))
    someone.checkouts = [
        (day, None if after is None else day + after, total) for day, after, total in draw(st.lists(begun, max_size=2))
    ]
    return someone


def rich_shops() -> st.SearchStrategy[list[Person]]:
    return st.lists(rich_persons(), min_size=1, max_size=3)


def one_of(name: str, values: st.SearchStrategy[Any], *operators: Operator) -> st.SearchStrategy[Condition]:
    """Comparisons with one value, or with several."""
    single = st.builds(
        lambda op, value: Condition(name, op, (value,)),
        st.sampled_from([op for op in operators if op not in ("IN", "NOT IN")]),
        values,
    )
    several = st.builds(
        lambda op, some: Condition(name, op, tuple(some)),
        st.sampled_from([op for op in operators if op in ("IN", "NOT IN")] or ["IN"]),
        st.lists(values, min_size=1, max_size=3),
    )
    return single | several if any(op in ("IN", "NOT IN") for op in operators) else single


def nulls(name: str) -> st.SearchStrategy[Condition]:
    return st.sampled_from([Condition(name, "IS NULL"), Condition(name, "IS NOT NULL")])


def texts(name: str, *, listed: bool = False) -> st.SearchStrategy[Condition]:
    operators: tuple[Operator, ...] = ("=", "!=", "IN", "NOT IN")
    if listed:
        operators += ("CONTAINS", "NOT CONTAINS")
    return one_of(name, TEXTS.map(lambda text: Text(normalize("NFC", text))), *operators) | nulls(name)


def numbers(name: str, values: st.SearchStrategy[Value], *, null: bool = False) -> st.SearchStrategy[Condition]:
    plain = tests_of(name, values, null=null)
    return plain | st.builds(lambda some: Condition(name, "IN", tuple(some)), st.lists(values, min_size=1, max_size=2))


PERCENT = st.sampled_from(["0", "10", "9.9911", "14.99", "20", "100"]).map(lambda text: Number(Decimal(text)))
FLAGS = st.booleans().map(Truth)
PRODUCT_TEXTS = st.sampled_from(["thé", "THÉ", "Strasse", "acme", "Tasse", "refill", "ÉTÉ", "bio", "Vaisselle"]).map(
    Text
)
IDS = st.sampled_from([101, 102, 103]).map(lambda n: Number(Decimal(n))) | st.sampled_from(["101", "x"]).map(Text)

ORDER_TESTS: dict[str, st.SearchStrategy[Condition]] = {
    "date": numbers("date", DATES),
    "amount": numbers("amount", MONEY),
    "channel": texts("channel"),
    "coupon": texts("coupon", listed=True),
    "discount_percent": tests_of("discount_percent", PERCENT, null=True),
    "discount_amount": numbers("discount_amount", MONEY),
    "payment_method": texts("payment_method"),
    "city": texts("city"),
    "utm_medium": texts("utm_medium"),
    "sessions": numbers("sessions", COUNTS, null=True),
    "ordinal": numbers("ordinal", COUNTS),
    "refunded": one_of("refunded", FLAGS, "=", "!="),
    "delivered_at": numbers("delivered_at", DATES, null=True),
    "category": one_of("category", PRODUCT_TEXTS, "CONTAINS", "NOT CONTAINS", "=", "!=", "IN") | nulls("category"),
    "category_amount": numbers("category_amount", MONEY),
    "count": numbers("count", COUNTS),
    "days": numbers("days", COUNTS),
    "sum_amount": numbers("sum_amount", MONEY),
}
LINE_TESTS: dict[str, st.SearchStrategy[Condition]] = {
    "date": numbers("date", DATES),
    "id": one_of("id", IDS, "=", "!=", "IN", "NOT IN"),
    "tag": one_of("tag", PRODUCT_TEXTS, "CONTAINS", "NOT CONTAINS", "=", "IN") | nulls("tag"),
    "product_type": one_of("product_type", PRODUCT_TEXTS, "=", "!=", "IN") | nulls("product_type"),
    "vendor": one_of("vendor", PRODUCT_TEXTS, "=", "!=", "NOT IN") | nulls("vendor"),
    "title": one_of("title", PRODUCT_TEXTS, "=", "!=", "IN"),
    "count": numbers("count", COUNTS),
    "sum_quantity": numbers("sum_quantity", COUNTS),
    "sum_amount": numbers("sum_amount", MONEY),
}
CHECKOUT_TESTS: dict[str, st.SearchStrategy[Condition]] = {
    "date": numbers("date", DATES),
    "amount": numbers("amount", MONEY, null=True),
    "count": numbers("count", COUNTS),
}


DUE_TESTS: dict[str, st.SearchStrategy[Condition]] = {
    "date": numbers("date", DATES | st.builds(Offset, st.integers(-40, 10), st.just("d"))),
    **{name: LINE_TESTS[name] for name in ("id", "tag", "product_type", "vendor")},
    "category": ORDER_TESTS["category"],
    "count": numbers("count", COUNTS),
}


@st.composite
def matching(draw: st.DrawFn, function: str, tests: dict[str, st.SearchStrategy[Condition]]) -> Matches:
    names = draw(st.lists(st.sampled_from(sorted(tests)), min_size=1, max_size=3, unique=True))
    return Matches(function, tuple(draw(tests[name]) for name in names))


AHEAD = st.builds(Offset, st.integers(-40, 40), st.just("d")) | st.just(Offset(1, "m")) | st.builds(Day, near())
STRETCHES = st.tuples(st.integers(-30, 30), st.integers(0, 30)).map(
    lambda stretch: (Offset(stretch[0] + stretch[1]), Offset(stretch[0]))
)
ANNIVERSARIES = st.builds(
    lambda op, stretch: Condition("anniversary(first_order_date)", op, stretch if op == "BETWEEN" else stretch[:1]),
    st.sampled_from(["=", "!=", "BETWEEN"]),
    STRETCHES,
)

BIRTHDAYS = ANNIVERSARIES.map(lambda rule: replace(rule, name="anniversary(metafields.birth)"))


def rich_leaves() -> st.SearchStrategy[Expression]:
    lists = ("customer_account_status", "customer_language", "customer_tags", "customer_email_domain")
    places = ("customer_countries", "customer_regions", "customer_cities")
    plain = [texts(name, listed=True) for name in (*lists, *places)]
    plain += [texts(name) for name in ("last_country", "last_city")]
    state = st.sampled_from(["SUBSCRIBED", "unsubscribed", "pending"]).map(Text)
    plain += [
        one_of(name, state, "=", "!=", "IN") | nulls(name)
        for name in ("email_subscription_status", "sms_subscription_status")
    ]
    flags = st.sampled_from(["has_email", "has_phone", "has_account"]).flatmap(lambda name: one_of(name, FLAGS, "="))
    return st.one_of(
        *plain,
        ANNIVERSARIES,
        BIRTHDAYS,
        texts("metafields.size", listed=True),
        texts("metafields.custom.size", listed=True),
        one_of("metafields.size", st.sampled_from([Number(Decimal(1)), Truth(True)]), "=", "!="),
        numbers("abandoned_checkout_date", AHEAD, null=True),
        tests_of("average_order_value", MONEY, null=True),
        numbers("number_of_orders", COUNTS),
        matching("orders_placed", ORDER_TESTS),
        matching("orders_placed", ORDER_TESTS),
        matching("products_purchased", LINE_TESTS),
        matching("abandoned_checkouts", CHECKOUT_TESTS),
        matching("replenish_due", DUE_TESTS),
        flags,
        numbers("clv_12m", MONEY, null=True),
        numbers("defection_signs", COUNTS, null=True),
        *(texts(name) for name in ("favourite_channel", "channel_mix")),
        one_of("favourite_category", PRODUCT_TEXTS, "=", "!=", "IN", "NOT IN") | nulls("favourite_category"),
    )


def rich_rules() -> st.SearchStrategy[Expression]:
    """Rules of every attribute, function and comparison."""
    return st.recursive(
        rich_leaves(),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(*parts)),
        ),
        max_leaves=3,
    )
