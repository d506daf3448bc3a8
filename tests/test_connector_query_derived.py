from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Engine, func

from connector.history.memberships import activate, advance, full
from connector.query import derived, parse
from connector.query.bounds import Span
from connector.query.clocks import Shape
from connector.query.meaning import Leaf, cuts, meaning
from connector.query.measures import Aggregate, Derived, Figures, Graded, Kind
from connector.query.select import Choice, calibrated, state
from tests.rules_world import BASE, Person, family, intervals, lent, person, stages_on

EACH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Weekly:
    """Figures that change each Monday, by a list that is gone through again and again."""

    values: tuple[int, ...]

    def value(self, key: str, day: int) -> Fraction | int | None:
        assert key == derived.POOLED
        return self.values[(day + 3) // 7 % len(self.values)]


def gap_ratio(someone: Person, as_of: int, calibrations: Weekly) -> Fraction | None:
    """By the words of segments.md L18 to L20."""
    days = sorted({sale.day for sale in someone.placed(as_of)})
    if not days:
        return None
    gaps = [later - earlier for earlier, later in pairwise(days)]
    pooled = Fraction(calibrations.values[(as_of + 3) // 7 % len(calibrations.values)], 1000)
    expected = max(Fraction(7), (2 * pooled + sum(gaps)) / (2 + len(gaps)))
    return (as_of - days[-1]) / expected


PEOPLE = st.lists(
    st.lists(st.integers(BASE - 90, BASE), max_size=5).map(lambda days: person(*days, since=BASE - 90)),
    min_size=1,
    max_size=3,
)
FIGURES = st.lists(st.integers(3000, 40000), min_size=1, max_size=3).map(lambda values: Weekly(tuple(values)))
RULES: dict[str, Callable[[Fraction | None], bool]] = {
    "gap_ratio > 2": lambda ratio: ratio is not None and ratio > 2,
    "gap_ratio <= 1.5": lambda ratio: ratio is not None and ratio <= Fraction(3, 2),
    "gap_ratio BETWEEN 1 AND 2.5": lambda ratio: ratio is not None and 1 <= ratio <= Fraction(5, 2),
    "gap_ratio != 0": lambda ratio: ratio is None or ratio != 0,
    "gap_ratio IS NULL": lambda ratio: ratio is None,
}


def choice(rule: str) -> Choice:
    return Choice("answer", ((meaning(parse(rule), "EUR"), 1),))


@EACH
@given(PEOPLE, FIGURES, st.sampled_from(sorted(RULES)), st.integers(BASE - 95, BASE + 60))
def test_a_ratio_is_exact_and_its_review_is_never_late(
    engine: Engine, people: list[Person], figures: Weekly, rule: str, as_of: int
) -> None:
    with lent(engine, people) as connection:
        asked = state([choice(rule)], Shape())
        rows = connection.execute(asked.select, asked.clock.values(as_of, figures)).all()

    for row in rows:
        someone = people[row.customer_id - 1]
        assert (row.answer == 1) == RULES[rule](gap_ratio(someone, as_of, figures))
        for day in range(as_of + 1, min(row.review, as_of + 30)):
            later = RULES[rule](gap_ratio(someone, day, figures))
            assert later == (row.answer == 1), (day, row.review)


def test_without_figures_no_one_is_late_and_the_complement_is_everyone(engine: Engine) -> None:
    with lent(engine, [person(BASE - 90)]) as connection:
        for rule, answer in (("gap_ratio > 2", None), ("NOT gap_ratio > 2", 1), ("gap_ratio IS NULL", 1)):
            asked = state([choice(rule)], Shape())
            row = connection.execute(asked.select, asked.clock.values(BASE)).one()
            assert row.answer == answer


def test_what_a_rule_is_compared_with_is_known_before_it_is_answered() -> None:
    assert calibrated([choice("gap_ratio > 2 OR number_of_orders = 1")]) == {derived.POOLED}


@dataclass(frozen=True)
class Cuts:
    """Cuts by grade."""

    values: dict[str, int]

    def value(self, key: str, day: int) -> int | None:
        return self.values.get(key) if day else None


@pytest.mark.parametrize(
    ("falling", "span", "orders"),
    [
        (False, Span(low=1), {1, 2, 3, 4, 5}),
        (False, Span(low=2), {2, 3, 4, 5}),
        (False, Span(low=2, high=2), {2, 3}),
        (False, Span(low=3), {4, 5}),
        (False, Span(high=1), {1}),
        (False, Span(low=2, high=2, outside=True), {0, 1, 4, 5}),
        (False, Span(low=4), set()),
        (False, Span(low=4, outside=True), {0, 1, 2, 3, 4, 5}),
        (True, Span(low=1, high=1), {4, 5}),
        (True, Span(high=2), {2, 3, 4, 5}),
        (True, Span(low=3), {1}),
        (True, Span(outside=True), {0}),
    ],
)
def test_a_grade_is_where_its_cuts_say(engine: Engine, falling: bool, span: Span[int], orders: set[int]) -> None:
    bought = Derived("bought", Kind.COUNT, nullif, needs=(Aggregate("count"),))
    graded = Graded("g", bought, "g", grades=3, falling=falling)
    figures = Cuts({"g.1": 4, "g.2": 2} if falling else {"g.2": 2, "g.3": 4})
    people = [person(*range(BASE - number, BASE), since=BASE - 9) for number in range(6)]
    with lent(engine, people) as connection:
        asked = state([Choice("answer", ((Leaf(graded.of, cuts(graded, span)), 1),))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(BASE, figures))

        assert {row.number_of_orders for row in rows if row.answer == 1} == orders


def nullif(figures: Figures) -> ColumnElement[int | None]:
    """Orders, null for who has none."""
    return func.nullif(figures.value("count"), 0)


@settings(EACH, max_examples=25)
@given(PEOPLE, FIGURES, st.sampled_from(sorted(RULES)), st.integers(BASE - 80, BASE), st.integers(1, 12))
def test_replay_and_the_day_agree_when_figures_change_each_week(
    engine: Engine, people: list[Person], figures: Weekly, rule: str, first: int, days: int
) -> None:
    families = [family("late", rule)]
    with lent(engine, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day, calibrations=figures)
            late = {n for n, someone in enumerate(people, 1) if RULES[rule](gap_ratio(someone, day, figures))}
            assert stages_on(connection, day) == {n: {"late.s0"} for n in late}
            assert full(connection, families, day, calibrations=figures) == 0
        one_by_one = intervals(connection)

    with lent(engine, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day, calibrations=figures)

        assert intervals(connection) == one_by_one
