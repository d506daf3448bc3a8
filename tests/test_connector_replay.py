"""Past days at once: what is found on a person's own days, and between them, is right on every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert

from connector.history.replay import Days, past
from connector.query import Expression, canonical, parse
from connector.query.bounds import UNCALIBRATED, Calibrations
from connector.query.clocks import Calendar, Shape
from connector.query.meaning import meaning, timeless
from connector.query.select import Choice, moving, state
from connector.scratch import scratch
from tests.rules_people import Person
from tests.rules_rich import rich_rules, rich_shops
from tests.rules_world import BASE, holds, lent, rules, shops

EACH = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FIRST, UNTIL = BASE - 60, BASE + 20
DAYS = range(FIRST, UNTIL)

Answers = dict[tuple[int, int], bool]
"""Whether a rule holds of a person on a day."""


def choice(rule: Expression) -> Choice:
    return Choice("answer", ((meaning(rule, "EUR"), 1),))


def replayed(
    connection: Connection, rule: Expression, people: Sequence[Person], figures: Calibrations = UNCALIBRATED
) -> Answers:
    """The answer on each day, carried on from the last day on which one was found."""
    asked = [choice(rule)]
    with scratch(connection, asked) as tables:
        for number, someone in enumerate(people, 1):
            start = max(someone.since, FIRST)
            connection.execute(insert(tables.due), {"customer_id": number, "from_day": start, "start": start})
        days = Days(connection, Calendar(tables.calendar, moving(asked)), figures, UNTIL)
        days.reach(FIRST)
        with past(connection, asked, tables.due, days, UNTIL) as found:
            found.find()
            rows = {(row[0], row[1]): row[2] == 1 for row in connection.execute(found.answers())}
    for number, someone in enumerate(people, 1):
        for day in range(max(someone.since, FIRST) + 1, UNTIL):
            rows.setdefault((number, day), rows[number, day - 1])
    return rows


@EACH
@given(shops(), rules())
def test_the_past_is_as_the_words_say(engine: Engine, people: list[Person], rule: Expression) -> None:
    with lent(engine, people) as connection:
        assert replayed(connection, rule, people) == expected(people, rule), canonical(rule)


@EACH
@given(rich_shops(), rich_rules().filter(lambda rule: not timeless(rule)))
def test_the_past_of_every_attribute_is_as_the_words_say(
    engine: Engine, people: list[Person], rule: Expression
) -> None:
    with lent(engine, people) as connection:
        assert replayed(connection, rule, people) == expected(people, rule), canonical(rule)


def expected(people: Sequence[Person], rule: Expression) -> Answers:
    """By the evaluator in plain Python."""
    return {
        (number, day): holds(rule, someone, day)
        for number, someone in enumerate(people, 1)
        for day in DAYS
        if day >= someone.since
    }


@dataclass(frozen=True)
class Weekly:
    """Figures of the shop that change on some Mondays; `scale` says how large each key's are, None what is unknown."""

    values: tuple[int | None, ...]
    scale: int

    def value(self, key: str, day: int) -> Fraction | int | None:
        found = self.values[(day + 3) // 7 % len(self.values)]
        if found is None:
            return None
        if key.startswith("rfm.r"):
            return BASE - 70 + found * int(key[-1])
        if key.startswith("rfm."):
            return found * int(key[-1]) * (1 if key.startswith("rfm.f") else self.scale) // 8
        return 1000 * found if key == "interval.pooled" else found * self.scale


RULES = (
    "gap_ratio > 2",
    "gap_ratio BETWEEN 1 AND 2.5",
    "NOT gap_ratio <= 1.5",
    "expected_interval_days >= 12",
    "rfm_r >= 3",
    "rfm_r = 2 AND rfm_f >= 2 OR rfm_m BETWEEN 2 AND 4",
    "spend_rank_pct <= 20",
    "amount_spent > 1.15 * AVG(order_amount, -365d)",
    "amount_spent < PERCENTILE(amount_spent, 90)",
    "average_order_value > 1.15 * AVG(order_amount, -365d) AND number_of_orders <= 3",
    "average_order_value <= AVG(average_order_value)",
    "orders_placed MATCHES (date > -30d, amount > 1.15 * AVG(order_amount, -365d))",
    "orders_placed NOT MATCHES (amount >= AVG(order_amount, -365d), count >= 2)",
    "orders_placed MATCHES (date > -20d, sum_amount > AVG(order_amount, -365d))",
)
FIGURES = st.builds(
    Weekly,
    st.lists(st.none() | st.integers(0, 40), min_size=1, max_size=8).map(tuple),
    st.sampled_from([1, 100, 500]),
)


@settings(EACH, max_examples=100)
@given(shops(), st.sampled_from(RULES), FIGURES)
def test_the_past_is_what_each_day_was_when_the_shops_own_figures_move(
    engine: Engine, people: list[Person], text: str, figures: Weekly
) -> None:
    rule = parse(text)
    with lent(engine, people) as connection:
        asked = state([choice(rule)], Shape())
        by_day = {
            (row.customer_id, day): row.answer == 1
            for day in DAYS
            for row in connection.execute(asked.select, asked.clock.values(day, figures))
        }
        assert replayed(connection, rule, people, figures) == by_day
