from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from connector.days import day_number
from connector.errors import QueryError
from connector.language import Language
from connector.query import Expression, bind, canonical, parameters, parse
from connector.query.check import check
from connector.query.parse import parse_remarked
from connector.query.tree import AllOf, AnyOf, Condition, Day, Matches, Not, Number, Offset, Parameter, any_of
from tests.rules_world import rules


@given(rules())
def test_a_printed_rule_reads_as_the_same_tree(rule: Expression) -> None:
    assert parse(canonical(rule)) == rule


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("number_of_orders=0", "number_of_orders = 0"),
        ("last_order_date > yesterday", "last_order_date > -1d"),
        ("last_order_date > -0w", "last_order_date > today"),
        ("NOT orders_placed matches (count=1)", "orders_placed NOT MATCHES (count = 1)"),
        ("((true))", "TRUE"),
        ("true or (true and not (true or true))", "TRUE OR TRUE AND NOT (TRUE OR TRUE)"),
        ("first_order_date is\nnot null", "first_order_date IS NOT NULL"),
        ("amount_spent between 1.50 and $x", "amount_spent BETWEEN 1.50 AND $x"),
        ("last_order_date <= -$window", "last_order_date <= -$window"),
    ],
)
def test_a_rule_has_one_way_to_be_written(text: str, printed: str) -> None:
    assert canonical(parse(text)) == printed


def test_and_binds_tighter_than_or() -> None:
    one, two, three = (Condition("number_of_orders", "=", (Number(Decimal(n)),)) for n in (1, 2, 3))

    rule = parse("number_of_orders = 1 OR number_of_orders = 2 AND number_of_orders = 3")

    assert rule == AnyOf((one, AllOf((two, three))))


def test_a_range_keeps_its_own_and() -> None:
    rule = parse("last_order_date BETWEEN -90d AND -30d AND NOT number_of_orders = 1")

    assert rule == AllOf(
        (
            Condition("last_order_date", "BETWEEN", (Offset(90), Offset(30))),
            Not(Condition("number_of_orders", "=", (Number(Decimal(1)),))),
        )
    )


def test_parameters_are_found_and_filled_in() -> None:
    rule = parse("orders_placed MATCHES (date > -$window, count >= $n) AND first_order_date > $since")

    bound = bind(rule, {"window": 180, "n": 2, "since": date(2026, 1, 31)})

    assert parameters(rule) == {"window", "n", "since"}
    assert parameters(bound) == frozenset()
    assert canonical(bound) == "orders_placed MATCHES (date > -180d, count >= 2) AND first_order_date > 2026-01-31"


def test_a_parameter_without_a_value_stays_open() -> None:
    rule = bind(parse("amount_spent > $x AND last_order_date > -$window"), {"window": 30})

    assert parameters(rule) == {"x"}


@pytest.mark.parametrize("days", [1.5, 0, -1])
def test_a_window_that_is_no_number_of_days_is_refused_where_it_stands(days: float) -> None:
    with pytest.raises(QueryError, match="Give a whole number from 1 on") as error:
        bind(parse("last_order_date > -$window"), {"window": days})

    assert error.value.column == 19


@pytest.mark.parametrize(
    "text",
    [
        "last_order_date BETWEEN -1m AND -31d",  # a month has 31 days at times
        "last_order_date BETWEEN 2026-01-31 AND -2w",
        "number_of_orders BETWEEN 2 AND 2",
        "anniversary(first_order_date) BETWEEN 2026-12-20 AND 2026-01-05",  # it runs over the end of the year
    ],
)
def test_a_range_that_can_hold_someone_is_taken(text: str) -> None:
    assert canonical(parse(text)) == text


def test_positions_are_no_part_of_the_tree() -> None:
    assert parse("number_of_orders   =  1") == parse("number_of_orders = 1")


def test_values_know_what_they_are() -> None:
    rule = parse("orders_placed MATCHES (date BETWEEN 2026-01-31 AND -2w, amount > -$x)".replace("-$x", "$x"))

    assert isinstance(rule, Matches)
    assert rule.conditions[0].values == (Day(day_number(date(2026, 1, 31))), Offset(2, "w"))
    assert rule.conditions[1].values == (Parameter("x"),)


@pytest.mark.parametrize(
    ("text", "line", "column", "english", "french"),
    [
        ("", 1, 1, "stops short", "s'arrête trop tôt"),
        ("number_of_orders >", 1, 19, "expected a value", "attendu : une valeur"),
        (
            "TRUE AND\n  number_of_order = 1",
            2,
            3,
            "Did you mean number_of_orders?",
            "Vouliez-vous dire number_of_orders ?",
        ),
        ("number_of_orders ? 3", 1, 18, "? cannot stand here", "? ne peut pas se trouver ici"),
        ("number_of_orders = 1 2", 1, 22, "expected AND or OR or the end", "attendu : AND ou OR ou la fin"),
        ("(TRUE", 1, 6, "expected )", "attendu : )"),
        ("last_order_date > 5", 1, 19, "compared with a date", "se compare à une date"),
        ("last_order_date > -180", 1, 19, "such as -180d", "par exemple -180d"),
        ("number_of_orders = 1.5", 1, 20, "compared with a whole number", "se compare à un nombre entier"),
        ("amount_spent > today", 1, 16, "compared with an amount", "se compare à un montant"),
        ("amount_spent > -$x", 1, 16, "compared with an amount", "se compare à un montant"),
        ("last_order_date = 2026-02-31", 1, 19, "not a day of the calendar", "n'est pas un jour du calendrier"),
        ("last_order_date > 2026-01-31T25:00", 1, 19, "is no time of the shop's own day", "n'est pas une heure"),
        ("last_order_date > 2026-01-31T10:00:00Z", 1, 19, "is no time of the shop's own day", "n'est pas une heure"),
        ("last_order_date > 2026-02-31T10:00", 1, 19, "not a day of the calendar", "n'est pas un jour du calendrier"),
        ("products_purchased(id: 1) > true", 1, 1, "can only be = true", "n'admet que = true"),
        ("products_purchased(since: -1d) = true", 1, 20, "knows no since", "ne connaît pas since"),
        ("number_of_orders = (1, 2)", 1, 1, "takes one value", "prend une seule valeur"),
        ("last_order_date > -999999d", 1, 19, "is too large", "est trop grand"),
        ("number_of_orders > 9999999999999999", 1, 20, "is too large", "est trop grand"),
        ("orders_placed > 3", 1, 1, "orders_placed cannot stand here", "orders_placed ne peut pas"),
        ("number_of_orders MATCHES (count = 1)", 1, 1, "followed by MATCHES", "suivi de MATCHES"),
        ("order_placed MATCHES (count = 1)", 1, 1, "Did you mean orders_placed?", "Vouliez-vous dire orders_placed ?"),
        ("orders_placed MATCHES (counts = 1)", 1, 24, "knows no counts. Did you mean count?", "ne connaît pas counts"),
        ("orders_placed MATCHES (date > -3d, date < -1d)", 1, 36, "date stands twice", "date figure deux fois"),
        ("orders_placed MATCHES (date IS NULL)", 1, 24, "compared with a date", "se compare à une date"),
        ("orders_placed MATCHES ()", 1, 24, "expected an attribute", "attendu : un attribut"),
        ("number_of_orders BETWEEN 3 AND 1", 1, 26, "write number_of_orders BETWEEN 1 AND 3", "rien entre 3 et 1"),
        ("last_order_date BETWEEN -30d AND -90d", 1, 25, "BETWEEN -90d AND -30d", "rien entre -30d et -90d"),
        ("last_order_date BETWEEN -1m AND -32d", 1, 25, "BETWEEN -32d AND -1m", "rien entre -1m et -32d"),
        ("last_order_date BETWEEN 2026-02-01 AND 2026-01-01", 1, 25, "Nothing lies between", "Il n'y a rien entre"),
        ("orders_placed MATCHES (amount BETWEEN 20 AND 9.5)", 1, 39, "amount BETWEEN 9.5 AND 20", "20 et 9.5"),
        ("anniversary(first_order_date) BETWEEN +7d AND today", 1, 39, "BETWEEN today AND +7d", "entre +7d et today"),
        ("NOT " * 60 + "TRUE", 1, 1, "too deeply nested", "trop imbriquée"),
        ("NOT " * 2400 + "TRUE", 1, 1, "too deeply nested", "trop imbriquée"),
        ("TRUE OR " * 2000 + "TRUE", 1, 1, "too long", "trop longue"),
    ],
)
def test_an_error_points_at_the_character(text: str, line: int, column: int, english: str, french: str) -> None:
    said: dict[Language, str] = {"en": english, "fr": french}
    for language, words in said.items():
        with pytest.raises(QueryError) as error:
            parse(text, language)

        assert words in str(error.value)
        assert (error.value.line, error.value.column, error.value.text) == (line, column, text)


@pytest.mark.parametrize(
    ("text", "canonical_text", "remark"),
    [
        ("last_order_date > 2026-01-31T12:00:00", "last_order_date > 2026-01-31", "taken as 2026-01-31"),
        ("last_order_date >= 30_days_ago", "last_order_date >= -30d", "read as -30d"),
        ("last_order_date BETWEEN 12_months_ago AND 1_year_ago", "last_order_date BETWEEN -12m AND -1y", "-12m"),
        (
            "products_purchased(id: 12, date: 2_weeks_ago) = true",
            "products_purchased MATCHES (id = 12, date = -2w)",
            "read as products_purchased MATCHES (id = 12",
        ),
        ("orders_placed() = false", "orders_placed NOT MATCHES (count >= 1)", "an old form of Shopify's"),
        ("orders_placed() != true", "orders_placed NOT MATCHES (count >= 1)", "an old form of Shopify's"),
    ],
)
def test_older_forms_of_shopify_are_read_and_told(text: str, canonical_text: str, remark: str) -> None:
    expression, remarks = parse_remarked(text)

    assert canonical(expression) == canonical_text
    assert any(remark in sentence for sentence in remarks)
    assert parse_remarked(canonical_text) == (expression, ())


@pytest.mark.parametrize(
    "text",
    [
        "abandoned_checkout_date > -7d",
        "amount_spent >= 100.50",
        "anniversary('metafields.facts.birth_date') = today",
        "companies IS NOT NULL",
        "created_by_app_id = 12",
        "customer_account_status = 'ENABLED'",
        "customer_added_date BETWEEN 2026-01-01 AND yesterday",
        "customer_cities CONTAINS 'US-CA-LosAngeles'",
        "customer_countries NOT CONTAINS 'FR'",
        "customer_email_domain = 'gmail.com'",
        "customer_language = 'fr'",
        "customer_regions CONTAINS 'US-CA'",
        "customer_tags CONTAINS 'it\\'s'",
        "customer_within_distance MATCHES (coordinates = (48.85, 2.35), distance_km = 10)",
        "email_subscription_status != 'SUBSCRIBED'",
        "first_order_date <= -1y AND last_order_date IS NULL",
        "metafields.facts.size = 'M'",
        "number_of_orders > 1 OR (number_of_orders = 0 AND amount_spent < 5)",
        "orders_placed MATCHES (date > -12m, amount >= 10, location_id = 1, app_id = 2, count < 3, sum_amount <= 9)",
        "predicted_spend_tier = 'HIGH'",
        "product_subscription_status = 'ACTIVE'",
        "products_purchased NOT MATCHES (id IN (1, 2), tag = 'x', category = 'y', date >= -12m, count > 1)",
        "products_purchased MATCHES (id = 1, sum_quantity >= 2)",
        "rfm_group = 'CHAMPIONS'",
        "shopify_email.opened MATCHES (activity_id = 1, date > -2w, count >= 1)",
        "sms_subscription_status = 'SUBSCRIBED'",
        "store_credit_accounts MATCHES (balance >= 10, currency = 'EUR')",
        "storefront_event.collection_viewed MATCHES (id = 1, date > -7d)",
        "storefront_event.product_viewed MATCHES (id = 1, count > 1)",
    ],
)
def test_every_word_of_shopify_is_read(text: str) -> None:
    assert parse(canonical(parse(text))) == parse(text)


def test_a_rule_has_as_many_conditions_as_a_database_takes() -> None:
    with pytest.raises(QueryError, match="more than 800 conditions"):
        check(any_of(*[parse("number_of_orders = 1")] * 801))


def test_what_is_filled_in_is_refused_in_french_too() -> None:
    with pytest.raises(QueryError, match="n'est pas un nombre de jours") as error:
        bind(parse("last_order_date > -$w"), {"w": 1.5}, "fr")

    assert error.value.column == 19
