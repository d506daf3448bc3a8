from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from connector.catalogue import catalogue
from connector.history.steps import shape_of
from connector.query import Expression, canonical, parse
from connector.query.clocks import Shape
from connector.query.meaning import meaning
from connector.query.select import Choice, state
from connector.query.tree import any_of
from tests.rules_world import BASE, Person, Sale, family, holds, lent, metrics_of, person, rules, shops, stage

EACH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def choice(rule: Expression) -> Choice:
    return Choice("answer", ((meaning(rule, "EUR"), 1),))


def answers(connection: Connection, rule: Expression, as_of: int, shape: Shape) -> dict[int, bool]:
    asked = state([choice(rule)], shape)
    rows = connection.execute(asked.select, asked.clock.values(as_of))
    return {row.customer_id: row.answer == 1 for row in rows}


def expected(people: list[Person], rule: Expression, as_of: int) -> dict[int, bool]:
    alive = {number: someone for number, someone in enumerate(people, 1) if someone.since <= as_of}
    return {number: holds(rule, someone, as_of) for number, someone in alive.items()}


@EACH
@given(shops(), rules(), st.integers(BASE - 65, BASE + 60))
@example([person(BASE - 3)], parse("NOT last_order_date <= -180d"), BASE)
@example([Person(BASE)], parse("NOT last_order_date <= -180d"), BASE)
@example([Person(BASE, [Sale(BASE, None)])], parse("orders_placed MATCHES (amount != 5)"), BASE)
def test_sql_answers_as_the_words_say(engine: Engine, people: list[Person], rule: Expression, as_of: int) -> None:
    with lent(engine, people) as connection:
        general, cheapest = Shape(), shape_of(connection, as_of)

        assert answers(connection, rule, as_of, general) == expected(people, rule, as_of), canonical(rule)
        assert answers(connection, rule, as_of, cheapest) == expected(people, rule, as_of), canonical(rule)


@EACH
@given(shops(), rules(), st.integers(BASE - 65, BASE + 20))
def test_nothing_changes_before_its_review(engine: Engine, people: list[Person], rule: Expression, as_of: int) -> None:
    with lent(engine, people) as connection:
        asked = state([choice(rule)], Shape())
        reviews = {row.customer_id: row.review for row in connection.execute(asked.select, asked.clock.values(as_of))}

    for number, review in reviews.items():
        someone = people[number - 1]
        until = min(review if review is not None else as_of + 90, as_of + 90)
        first = holds(rule, someone, as_of)
        for day in range(as_of + 1, until):
            assert holds(rule, someone, day) == first, (canonical(rule), day)


@pytest.mark.parametrize(
    ("rule", "review"),
    [
        ("last_order_date > -30d", BASE + 30),
        ("last_order_date >= -30d", BASE + 31),
        ("last_order_date < -30d", BASE + 31),
        ("last_order_date <= -30d", BASE + 30),
        ("days_since_last_order > 30", BASE + 31),
        ("first_order_date > -30d", BASE - 10 + 30),
        ("last_order_date = -30d", BASE + 30),
        ("last_order_date = today", BASE + 1),
        ("orders_placed MATCHES (date > -30d, count >= 2)", BASE - 10 + 30),
        ("orders_placed MATCHES (date BETWEEN -30d AND -15d)", BASE - 10 + 15),
        ("orders_placed MATCHES (date > -5d)", BASE + 5),
        ("last_order_date > -1m", BASE + 28),
        ("last_order_date > -1y AND number_of_orders = 9", BASE + 365),
        ("last_order_date > -5d OR NOT first_order_date > -30d", BASE + 5),
        ("number_of_orders = 2", None),
        ("last_order_date > 2026-01-01", None),
        ("first_order_date > -3d", None),
        ("TRUE", None),
    ],
)
def test_a_review_is_due_on_the_very_day_of_the_flip(engine: Engine, rule: str, review: int | None) -> None:
    with lent(engine, [person(BASE - 10, BASE)]) as connection:
        asked = state([choice(parse(rule))], Shape())

        assert connection.execute(asked.select, asked.clock.values(BASE)).one().review == review


def test_rows_of_the_future_are_reviewed_on_their_own_day(engine: Engine) -> None:
    people = [
        Person(BASE, [Sale(BASE + 5)]),
        Person(BASE, [Sale(BASE, void=BASE + 4)]),
        Person(BASE, [Sale(BASE, refunds=[(BASE + 3, 10)])]),
        Person(BASE, [Sale(BASE + 1, counted=0)]),
        Person(BASE, credits=[(BASE + 2, 10)]),
    ]
    with lent(engine, people) as connection:
        asked = state([choice(parse("TRUE"))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(BASE))

        assert [row.review for row in rows] == [BASE + 5, BASE + 4, BASE + 3, None, BASE + 2]


@EACH
@given(shops(), st.integers(BASE - 65, BASE + 60))
def test_metrics_are_as_of_the_day(engine: Engine, people: list[Person], as_of: int) -> None:
    with lent(engine, people) as connection:
        for shape in (Shape(), shape_of(connection, as_of)):
            asked = state([], shape)
            rows = connection.execute(asked.select, asked.clock.values(as_of))

            for number, _, *figures in rows:
                assert tuple(figures) == metrics_of(people[number - 1], as_of)


def test_spread_gives_every_history_one_stage(engine: Engine) -> None:
    """All histories of up to four orders on the days that matter: exhaustive, disjoint, as its text says."""
    boundary = [0, 1, 178, 179, 180, 181, 360]
    histories = [days for size in range(5) for days in combinations_with_replacement(boundary, size)]
    people = [person(*(BASE - ago for ago in days), since=BASE - 400) for days in histories]
    spread = catalogue()[0]
    with lent(engine, people) as connection:
        asked = state([spread.choice("stage", "EUR", range(5))], Shape(closed=True))
        found = {row.customer_id: row.stage for row in connection.execute(asked.select, asked.clock.values(BASE))}

    assert len(histories) == 330
    for number, days in enumerate(histories, 1):
        recent = [ago for ago in days if ago < 180]
        by_hand = {
            0: not days,
            1: len(recent) >= 2,
            2: len(days) == 1 and len(recent) == 1,
            3: len(days) >= 2 and len(recent) == 1,
            4: bool(days) and not recent,
        }
        assert [value for value, true in by_hand.items() if true] == [found[number]], days
        assert found[number] == stage(spread, people[number - 1], BASE)


def test_the_whole_base_is_read_from_the_covering_index(engine: Engine) -> None:
    asked = state([family("f", "orders_placed MATCHES (date > -30d, sum_amount > 5)").choice("f", "EUR", [1])], Shape())
    text = str(asked.select.compile(engine, compile_kwargs={"render_postcompile": True}))
    compiled = asked.select.compile(engine)
    values = tuple({**compiled.params, **asked.clock.values(BASE)}[name] for name in compiled.positiontup or ())
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]

    assert any("USING COVERING INDEX ix_orders_counted" in line for line in plan), plan
    assert not any("TEMP B-TREE" in line for line in plan), plan


def test_shared_measures_are_computed_once() -> None:
    spread = catalogue()[0]
    twice = state([spread.choice("a", "EUR", range(5)), spread.choice("b", "EUR", range(5))], Shape(closed=True))
    once = state([spread.choice("a", "EUR", range(5))], Shape(closed=True))

    assert str(twice.select).count("FILTER") == str(once.select).count("FILTER") == 2


def test_the_statement_names_what_it_returns() -> None:
    asked = state([choice(parse("TRUE"))], Shape())

    assert select(asked.select.subquery()).selected_columns.keys() == [
        "customer_id",
        "answer",
        "review",
        "number_of_orders",
        "first_order_day",
        "last_order_day",
        "amount_spent",
    ]


def test_a_rule_of_as_many_conditions_as_are_allowed_is_answered(engine: Engine) -> None:
    several = any_of(*(parse(f"orders_placed MATCHES (date > -{n}d, count = {n})") for n in range(1, 400)))
    many = any_of(*(parse(f"number_of_orders = {n}") for n in range(1, 800)), several.parts[0])  # type: ignore[union-attr] # an Any
    with lent(engine, [person(BASE)]) as connection:
        for rule in (several, many):
            assert answers(connection, rule, BASE, Shape()) == {1: True}
