"""Every attribute, filter and comparison, on random shops, against the evaluator in plain Python."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from connector.history.memberships import activate, advance, full
from connector.history.steps import shape_of
from connector.query import Expression, canonical, parse
from connector.query.clocks import Shape
from connector.query.meaning import meaning, timeless
from connector.query.select import Choice, state
from tests.rules_people import Person
from tests.rules_rich import rich_rules, rich_shops
from tests.rules_world import BASE, family, holds, intervals, lent, person, stage, stages_on

EACH = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(EACH, max_examples=25)


def answers(connection: Connection, rule: Expression, as_of: int, shape: Shape) -> dict[int, tuple[bool, int | None]]:
    asked = state([Choice("answer", ((meaning(rule, "EUR"), 1),))], shape)
    rows = connection.execute(asked.select, asked.clock.values(as_of))
    return {row.customer_id: (row.answer == 1, row.review) for row in rows}


@EACH
@given(rich_rules())
def test_what_is_printed_is_read_as_the_same_tree(rule: Expression) -> None:
    assert parse(canonical(rule)) == rule


@EACH
@given(rich_shops(), rich_rules(), st.integers(BASE - 65, BASE + 30))
def test_sql_answers_as_the_words_say_and_no_flip_precedes_its_review(
    engine: Engine, people: list[Person], rule: Expression, as_of: int
) -> None:
    with lent(engine, people) as connection:
        found = answers(connection, rule, as_of, Shape())
        assert answers(connection, rule, as_of, shape_of(connection, as_of)).keys() == found.keys()

    for number, (answer, review) in found.items():
        someone = people[number - 1]
        assert answer == holds(rule, someone, as_of), canonical(rule)
        until = min(as_of + 60 if review is None else review, as_of + 60)
        for day in range(as_of + 1, until):
            assert holds(rule, someone, day) == answer, (canonical(rule), day, review)


@FEW
@given(rich_shops(), rich_rules(), st.integers(BASE - 10, BASE), st.integers(1, 8))
def test_day_by_day_replay_and_the_full_answer_agree(
    engine: Engine, people: list[Person], rule: Expression, first: int, days: int
) -> None:
    families = [family("rich", canonical(rule))]
    with lent(engine, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day)
            there = {n for n, someone in enumerate(people, 1) if stage(families[0], someone, day) == 0}
            assert stages_on(connection, day) == {n: {"rich.s0"} for n in there}, canonical(rule)
            assert full(connection, families, day) == 0
        one_by_one = intervals(connection)

    with lent(engine, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day)
        if not timeless(rule):  # what has no past begins on the day on which it is first asked for
            assert intervals(connection) == one_by_one, canonical(rule)


def test_what_has_no_past_begins_when_it_is_first_asked_for(engine: Engine) -> None:
    someone = person(BASE - 50)
    someone.accounts = [{"tags": "vip"}]
    tagged = family("vip", "customer_tags CONTAINS 'VIP'")
    with lent(engine, [someone]) as connection:
        activate(connection, [tagged], BASE)
        advance(connection, [tagged], BASE)

        assert intervals(connection) == {(1, "vip.s0", 1, BASE, None, "definition")}
        assert full(connection, [tagged], BASE) == 0
