"""Signs of defection and favourites, against what the words say in plain Python, and against people made by hand."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connector.answers.why import explain
from connector.catalogue import library
from connector.history.memberships import activate, advance, full
from connector.query import Expression, canonical, parse
from connector.query.clocks import Shape
from connector.query.meaning import meaning
from connector.query.select import Choice, state
from tests.rules_evaluator import signs
from tests.rules_people import Person, Sale
from tests.rules_world import BASE, family, holds, intervals, lent, stages_on

EACH = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
RULES = [
    parse(text)
    for text in (
        "defection_signs >= 1",
        "defection_signs >= 2",
        "defection_signs = 3",
        "defection_signs IS NULL",
        "NOT defection_signs = 0",
        "favourite_category = 'THÉS'",
        "favourite_category != 'Vaisselle'",
        "favourite_category IS NULL",
        "favourite_channel IN ('WEB', 'straße')",
        "channel_mix = 'omnichannel' OR channel_mix IS NULL",
    )
]


@st.composite
def buyers(draw: st.DrawFn) -> Person:
    """People with a year and more of orders, so that windows of 180 days pass over them."""
    days = draw(st.lists(st.integers(BASE - 420, BASE), min_size=0, max_size=7))
    found = []
    for day in days:
        sale = Sale(day, draw(st.sampled_from([1000, 1000, None])), draw(st.sampled_from([1, 1, 1, 0])))
        if sale.total:
            later = st.tuples(st.integers(day, day + 300), st.sampled_from([1, 500]))
            sale.refunds = draw(st.lists(later, max_size=2))
        sale.void = draw(st.none() | st.none() | st.integers(day, day + 300))
        line = st.tuples(st.integers(1, 3), st.integers(0, 3), st.sampled_from([0, 700, 800, 1000, 1001]))
        sale.lines = draw(st.lists(line, max_size=2))
        sale.columns = {
            "placed_at": draw(st.integers(0, 2)),
            "channel": draw(st.sampled_from([None, "web", "Web", "pos", "POS", "Straße"])),
        }
        found.append(sale)
    return Person(min([BASE - 420, *days]), found)


PEOPLE = st.lists(buyers(), min_size=1, max_size=3)


@EACH
@given(PEOPLE, st.sampled_from(RULES), st.integers(BASE - 430, BASE + 250))
def test_habits_are_what_the_words_say_and_no_flip_precedes_its_review(
    engine: Engine, people: list[Person], rule: Expression, as_of: int
) -> None:
    with lent(engine, people) as connection:
        asked = state([Choice("answer", ((meaning(rule, "EUR"), 1),))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(as_of)).all()

    for row in rows:
        someone = people[row.customer_id - 1]
        answer = holds(rule, someone, as_of)
        assert (row.answer == 1) == answer
        until = as_of + 320 if row.review is None else min(row.review, as_of + 320)
        for day in range(as_of + 1, until):
            assert holds(rule, someone, day) == answer, (day, row.review)


@settings(EACH, max_examples=15)
@given(PEOPLE, st.sampled_from(RULES), st.integers(BASE - 200, BASE + 100), st.integers(1, 6))
def test_replay_and_the_day_agree(
    engine: Engine, people: list[Person], rule: Expression, first: int, days: int
) -> None:
    families = [family("habit", canonical(rule))]
    with lent(engine, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day)
            there = {n for n, someone in enumerate(people, 1) if holds(rule, someone, day)}
            assert stages_on(connection, day) == {n: {"habit.s0"} for n in there}
        assert full(connection, families, day) == 0
        one_by_one = intervals(connection)

    with lent(engine, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day)

        assert intervals(connection) == one_by_one


def bought(*days: int, price: int = 1000, back: tuple[int, ...] = ()) -> Person:
    """Someone who bought one piece so many days ago, and gave something back for the first of them."""
    placed = [Sale(BASE - ago, price, lines=[(1, 1, price)]) for ago in days]
    placed[0].refunds = [(BASE - ago, 1) for ago in back]
    return Person(BASE - max(days), placed)


def priced(*prices: int) -> Person:
    """Someone who paid these prices for a piece, 30 days apart."""
    days = [30 * number for number in range(len(prices), 0, -1)]
    placed = [Sale(BASE - ago, price, lines=[(1, 1, price)]) for ago, price in zip(days, prices, strict=True)]
    return Person(BASE - days[0], placed)


@pytest.mark.parametrize(
    ("someone", "expected"),
    [
        (bought(100, 90, 80, 65), (False, False, False)),  # 15 days are 1.5 times 10
        (bought(100, 90, 80, 64), (True, False, False)),
        (bought(90, 80, 64), (False, False, False)),  # two gaps are too few
        (bought(100, 90, 70, 48), (False, False, False)),  # the median of 10 and 20 is 15
        (bought(100, 90, 70, 47), (True, False, False)),
        (priced(1000, 1000, 800, 800), (False, False, False)),
        (priced(1000, 1000, 800, 799), (False, True, False)),
        (priced(1000, 500, 500), (False, False, False)),
        (bought(300, 250, 200, 100, back=(90,)), (True, False, True)),
        (bought(300, 250, 200, 150, back=(290, 200, 149)), (False, False, True)),  # 1 of 1 beats 2 of 3
        (bought(300, 250, 200, 150, back=(290, 230, 200, 149)), (False, False, False)),  # 1 of 1 and 3 of 3
        (bought(100, 60, 20, back=(90, 80)), (False, False, False)),  # nothing lies before
    ],
)
def test_each_sign_stands_where_its_words_say(engine: Engine, someone: Person, expected: tuple[bool, ...]) -> None:
    with lent(engine, [someone]) as connection:
        told = explain(connection, 1, library(), [family("x", "defection_signs >= 2")], BASE)
    clause = told["segments"][0]["clauses"][0]

    assert signs(someone, BASE) == expected
    assert clause["value"] == sum(expected)
    assert [part["value"] for part in clause["parts"]] == [int(sign) for sign in expected]
    assert [part["name"] for part in clause["parts"]] == ["rarer", "cheaper", "returning"]


def test_favourites_say_which(engine: Engine) -> None:
    someone = Person(BASE - 9, [Sale(BASE - 9, lines=[(1, 1, 5)]), Sale(BASE - 3, lines=[(2, 9, 5), (1, 1, 5)])])
    for sale, channel in zip(someone.sales, ("POS", "web"), strict=True):
        sale.columns["channel"] = channel
    rules = "favourite_category = 'bio' AND favourite_channel = 'x' AND channel_mix = 'x'"
    with lent(engine, [someone]) as connection:
        told = explain(connection, 1, library(), [family("x", rules)], BASE)

    assert [clause["value"] for clause in told["segments"][0]["clauses"]] == ["Bio", "web", "omnichannel"]
