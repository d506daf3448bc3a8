from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from connector.days import day_number
from connector.errors import QueryError
from connector.query import Expression, bind, canonical, parameters, parse
from connector.query.messages import Language, pointed
from connector.query.tree import All, Any, Condition, Day, Matches, Not, Number, Offset, Parameter
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

    assert rule == Any((one, All((two, three))))


def test_a_range_keeps_its_own_and() -> None:
    rule = parse("last_order_date BETWEEN -90d AND -30d AND NOT number_of_orders = 1")

    assert rule == All(
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


def test_a_window_that_is_no_number_of_days_is_refused_where_it_stands() -> None:
    with pytest.raises(QueryError) as error:
        bind(parse("last_order_date > -$window"), {"window": 1.5})

    assert error.value.column == 19


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
        ("number_of_orders >", 1, 19, "expected a value", "attendu : une valeur"),
        (
            "TRUE AND\n  number_of_order = 1",
            2,
            3,
            "Did you mean number_of_orders?",
            "Vouliez-vous dire number_of_orders ?",
        ),
        ("number_of_orders ? 3", 1, 18, "? cannot stand here", "? ne peut pas se trouver ici"),
        ("number_of_orders = 1 2", 1, 22, "expected AND or OR or the end", "attendu : AND ou OR ou la fin"),
        ("(TRUE", 1, 6, "expected )", "attendu : )"),
        ("last_order_date > 5", 1, 19, "compared with a date", "se compare à une date"),
        ("last_order_date > -180", 1, 19, "such as -180d", "par exemple -180d"),
        ("number_of_orders = 1.5", 1, 20, "compared with a whole number", "se compare à un nombre entier"),
        ("amount_spent > today", 1, 16, "compared with an amount", "se compare à un montant"),
        ("amount_spent > -$x", 1, 16, "compared with an amount", "se compare à un montant"),
        ("last_order_date = 2026-02-31", 1, 19, "not a day of the calendar", "n'est pas un jour du calendrier"),
        ("last_order_date > -999999d", 1, 19, "is too large", "est trop grand"),
        ("number_of_orders > 9999999999999999", 1, 20, "is too large", "est trop grand"),
        ("orders_placed > 3", 1, 1, "orders_placed cannot stand here", "orders_placed ne peut pas"),
        ("number_of_orders MATCHES (count = 1)", 1, 1, "followed by MATCHES", "suivi de MATCHES"),
        ("order_placed MATCHES (count = 1)", 1, 1, "Did you mean orders_placed?", "Vouliez-vous dire orders_placed ?"),
        ("orders_placed MATCHES (counts = 1)", 1, 24, "knows no counts. Did you mean count?", "ne connaît pas counts"),
        ("orders_placed MATCHES (date > -3d, date < -1d)", 1, 36, "date stands twice", "date figure deux fois"),
        ("orders_placed MATCHES (date IS NULL)", 1, 24, "compared with a date", "se compare à une date"),
        ("orders_placed MATCHES ()", 1, 24, "expected an attribute", "attendu : un attribut"),
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


def test_a_pointed_error_has_the_line_and_a_mark_below() -> None:
    with pytest.raises(QueryError) as error:
        parse("TRUE AND\nlast_order_date > 5")

    assert pointed(error.value).splitlines()[1:] == ["last_order_date > 5", "                  ^"]
