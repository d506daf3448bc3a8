"""When people run out: by their own gaps, by everyone's, and by what the merchant says, on any day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from connector.answers.questions import ask
from connector.catalogue import library
from connector.days import monday
from connector.history.calibrations import Calibrated
from connector.history.lifespans import ENOUGH, set_lifespans
from connector.history.memberships import activate, advance, full
from connector.models import Calibration
from connector.query import parse
from connector.query.clocks import Shape
from connector.query.meaning import meaning
from connector.query.select import Choice, state
from connector.tables import table
from tests.rules_evaluator import due
from tests.rules_people import Person, Sale
from tests.rules_world import BASE, family, intervals, lent, stages_on

EACH = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
RULE = "replenish_due MATCHES (date BETWEEN today AND +7d)"
WINDOWS = {
    RULE: (0, 7),
    "replenish_due MATCHES (date BETWEEN +1d AND +3d)": (1, 3),
    "replenish_due MATCHES (date = today)": (0, 0),
}


def buyer(*purchases: tuple[int, int], product: int = 1) -> Person:
    """Somebody who bought so many pieces of a product on some days."""
    placed = [Sale(day, lines=[(product, pieces, 500)]) for day, pieces in purchases]
    return Person(min(day for day, _ in purchases), placed)


def crowd(gaps: list[int]) -> list[Person]:
    """People who came back for one piece after each of these gaps, once each, the last one on the base day."""
    return [buyer((BASE - 60, 1), (BASE - 60 + gap, 1)) for gap in gaps]


def usual(people: list[Person], as_of: int) -> dict[int, int]:
    """The life span of each product by everyone's gaps, in plain Python."""
    found: dict[int, list[int]] = {}
    for someone in people:
        for product in (1, 2, 3):
            bought: dict[int, int] = {}
            for sale in someone.placed(as_of):
                pieces = sum(number for other, number, _ in sale.lines if other == product)
                if pieces:
                    bought[sale.day] = bought.get(sale.day, 0) + pieces
            days = sorted(bought)
            found.setdefault(product, []).extend((b - a) * 1000 // bought[a] for a, b in pairwise(days))
    return {p: int(Fraction(median(lasted))) for p, lasted in found.items() if len(lasted) >= ENOUGH}


def runs_out(people: list[Person], someone: Person, rule: str, as_of: int) -> bool:
    first = min(sale.day for other in people for sale in other.sales if sale.counted)
    known = usual(people, max(first, monday(as_of))) if as_of >= first else {}
    low, high = WINDOWS[rule]
    return any(as_of + low <= day <= as_of + high for day in due(someone, as_of, known).values())


@st.composite
def others(draw: st.DrawFn) -> Person:
    days = draw(st.lists(st.integers(BASE - 50, BASE + 10), min_size=1, max_size=5))
    line = st.tuples(st.integers(1, 2), st.integers(0, 3), st.just(500))
    placed = [Sale(day, lines=draw(st.lists(line, min_size=1, max_size=2))) for day in days]
    for sale in placed:
        sale.void = draw(st.none() | st.none() | st.integers(sale.day, sale.day + 20))
    return Person(min(days), placed)


SHOPS = st.tuples(
    st.lists(st.integers(5, 30), min_size=ENOUGH, max_size=ENOUGH + 2).map(crowd),
    st.lists(others(), min_size=1, max_size=3),
).map(lambda both: [*both[1], *both[0]])


@contextmanager
def figures(engine: Engine, people: list[Person]) -> Iterator[tuple[Connection, Calibrated]]:
    with lent(engine, people) as connection:
        yield connection, Calibrated(connection)


@EACH
@given(SHOPS, st.sampled_from(sorted(WINDOWS)), st.integers(BASE - 40, BASE + 40))
def test_who_runs_out_is_who_the_words_say_and_no_flip_precedes_its_review(
    engine: Engine, people: list[Person], rule: str, as_of: int
) -> None:
    with figures(engine, people) as (connection, calibrated):
        asked = state([Choice("answer", ((meaning(parse(rule), "EUR"), 1),))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(as_of, calibrated)).all()

    for row in rows:
        someone = people[row.customer_id - 1]
        answer = runs_out(people, someone, rule, as_of)
        assert (row.answer == 1) == answer
        for day in range(as_of + 1, row.review):
            assert runs_out(people, someone, rule, day) == answer, (day, row.review)


@settings(EACH, max_examples=12)
@given(SHOPS, st.sampled_from(sorted(WINDOWS)), st.integers(BASE - 20, BASE + 10), st.integers(1, 12))
def test_replay_and_the_day_agree(engine: Engine, people: list[Person], rule: str, first: int, days: int) -> None:
    families = [family("out", rule)]
    with lent(engine, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day)
            there = {n for n, one in enumerate(people, 1) if one.since <= day and runs_out(people, one, rule, day)}
            assert stages_on(connection, day) == {n: {"out.s0"} for n in there}
            assert full(connection, families, day) == 0
        one_by_one = intervals(connection)

    with lent(engine, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day)

        assert intervals(connection) == one_by_one


def answered(connection: Connection, rule: str, as_of: int = BASE) -> int:
    return ask(connection, rule, as_of, library()).people


@pytest.mark.parametrize(
    ("someone", "day"),
    [
        (buyer((BASE - 5, 1)), BASE + 5),  # by everyone's ten days
        (buyer((BASE - 5, 3)), BASE + 25),  # three pieces last three times as long
        (buyer((BASE - 40, 2), (BASE - 20, 2), (BASE - 2, 1)), BASE + 7),  # 10 and 9 days a piece: 9.5, whole days
        (buyer((BASE - 30, 1), (BASE - 2, 1)), BASE + 8),  # once back is no habit yet
    ],
)
def test_it_is_due_when_the_pieces_are_used_up(engine: Engine, someone: Person, day: int) -> None:
    with lent(engine, [someone, *crowd([10] * 2 * ENOUGH)]) as connection:
        for number in range(BASE, BASE + 30):
            mine = f"replenish_due MATCHES (date = {number - BASE:+d}d) AND last_order_date > -6d"
            found = answered(connection, mine.replace("+0d", "today"))
            assert found == (number == day), number - BASE


def test_too_few_gaps_say_nothing_but_the_merchant_can(engine: Engine) -> None:
    people = [buyer((BASE - 5, 2)), *crowd([10] * (ENOUGH - 1))]
    with lent(engine, people) as connection:
        assert answered(connection, RULE) == 0
        set_lifespans(connection, 1, {"101": 4}, BASE)
        assert answered(connection, "replenish_due MATCHES (date = +3d, tag = 'REFILL', id = 101)") == 1
        assert answered(connection, "replenish_due MATCHES (date = +3d, category = 'Vaisselle')") == 0
        set_lifespans(connection, 1, {}, BASE)
        assert answered(connection, RULE) == 0


def test_a_life_span_is_kept_under_a_key_of_its_product_and_read_again(engine: Engine) -> None:
    calibrations = table(Calibration)
    with lent(engine, [buyer((BASE - 5, 1)), *crowd([10] * ENOUGH)]) as connection:
        made = Calibrated(connection)
        assert made.value("lifespans", BASE) == monday(BASE)
        made.save()
        kept = select(calibrations.c.value).where(
            calibrations.c.key == "lifespan.1", calibrations.c.day == monday(BASE)
        )
        assert connection.scalar(kept) == 10_000
        connection.execute(calibrations.update().where(calibrations.c.key == "lifespan.1").values(value=6_000))

        assert answered(connection, "replenish_due MATCHES (date = +1d)") == 1
        assert connection.scalar(select(func.count()).select_from(calibrations)) == 3
