"""The shop's own figures: made on Mondays, kept, and the same for whoever asks."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select

from connector.days import day_number, monday
from connector.history.calibrations import Calibrated, cuts
from connector.models import Calibration, Customer, Order, Store
from connector.query.measures import Aggregate, Graded
from connector.tables import table
from tests.rules_people import Person
from tests.rules_rich import rich_shops
from tests.rules_world import BASE, lent

RISING = Graded("score", Aggregate("days"), "score", 5)
FALLING = Graded("rank", Aggregate("sum"), "rank", 100, falling=True)
FIRST = day_number(date(2026, 1, 7))  # a Wednesday

values = st.dictionaries(st.integers(0, 40), st.integers(1, 30), min_size=1, max_size=15)


def grade(graded: Graded, people: dict[int, int], value: int) -> int:
    """The grade of a value by its cuts."""
    found, grades = cuts(graded, people), range(1, graded.grades + 1)
    if graded.falling:
        return next(g for g in grades if g == graded.grades or value >= (found[g] or 0))
    return max(g for g in grades if g == 1 or value >= (found[g] or 0))


@given(values)
def test_a_score_is_one_and_the_fifths_of_people_below(people: dict[int, int]) -> None:
    whole = sum(people.values())
    for value in people:
        below = sum(number for other, number in people.items() if other < value)
        assert grade(RISING, people, value) == 1 + min(4, 5 * below // whole)


@given(values)
def test_the_best_hundredths_take_ties_in(people: dict[int, int]) -> None:
    whole = sum(people.values())
    for value in people:
        above = sum(number for other, number in people.items() if other > value)
        assert grade(FALLING, people, value) == 100 * above // whole + 1


def test_a_monday_is_the_last_one_up_to_a_day() -> None:
    for day in range(FIRST, FIRST + 30):
        assert date.fromordinal(monday(day) + date(1970, 1, 1).toordinal()).weekday() == 0
        assert 0 <= day - monday(day) < 7


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Three people: one purchase; two, ten days apart; three, ten and then twenty days apart."""
    with engine.begin() as connection:
        store = {"id": 1, "key": "s", "platform": "file", "shop_id": "s", "name": "s", "currency": "EUR"}
        switches = {
            "count_zero_orders": False,
            "count_on_hold": False,
            "count_refunded": False,
            "include_tax": True,
            "include_shipping": True,
        }
        connection.execute(insert(table(Store)), {**store, "timezone": "UTC", **switches})
        connection.execute(insert(table(Customer)), [{"id": n, "since_day": FIRST} for n in (1, 2, 3)])
        placed = [(1, 0, 1000), (2, 0, 2000), (2, 10, 2000), (3, 0, 500), (3, 10, 700), (3, 30, 900)]
        connection.execute(
            insert(table(Order)),
            [
                {
                    "id": number,
                    "store_id": 1,
                    "platform_id": str(number),
                    "customer_id": person,
                    "local_day": FIRST + after,
                    "counted": 1,
                    "total": total,
                    "gross": total,
                    "refunded": 0,
                    "placed_at": 0,
                    "digest": number,
                    "origin": "file",
                    "status": "paid",
                    "test": False,
                    "currency": "EUR",
                    "tax": 0,
                    "shipping": 0,
                    "discount": 0,
                }
                for number, (person, after, total) in enumerate(placed, 1)
            ],
        )
    return engine


def test_a_figure_holds_from_its_monday_to_the_next(shop: Engine) -> None:
    with shop.connect() as connection:
        figures = Calibrated(connection)
        assert figures.value("interval.pooled", FIRST - 1) is None
        assert figures.value("interval.pooled", FIRST + 11) is None  # the Monday before has no second purchase
        assert figures.value("interval.pooled", FIRST + 12) == 10_000
        assert figures.value("interval.pooled", FIRST + 32) == 10_000
        assert figures.value("interval.pooled", FIRST + 33) == 40_000 // 3


def test_reference_figures_are_of_the_state_of_their_day(shop: Engine) -> None:
    with shop.connect() as connection:
        figures = Calibrated(connection)
        assert figures.value("AVG(order_amount)", FIRST + 33) == 7100 // 6
        assert figures.value("AVG(order_amount, -20d)", FIRST + 33) == 900
        assert figures.value("PERCENTILE(amount_spent, 50)", FIRST + 33) == 2100
        assert figures.value("PERCENTILE(amount_spent, 95)", FIRST + 33) == 4000
        assert figures.value("AVG(average_order_value)", FIRST + 33) == (1000 + 2000 + 700) // 3


def test_what_was_made_is_kept_and_never_made_again(shop: Engine) -> None:
    with shop.begin() as connection:
        figures = Calibrated(connection)
        before = [figures.value(f"rfm.f.{cut}", FIRST + 33) for cut in range(2, 6)]
        figures.save()
        connection.execute(table(Order).delete().where(table(Order).c.local_day > FIRST))
        assert [Calibrated(connection).value(f"rfm.f.{cut}", FIRST + 33) for cut in range(2, 6)] == before


def test_a_history_that_begins_earlier_has_all_made_again(shop: Engine) -> None:
    calibrations = table(Calibration)
    with shop.begin() as connection:
        figures = Calibrated(connection)
        figures.value("interval.pooled", FIRST + 33)
        figures.value("interval.pooled", FIRST)
        figures.save()
        connection.execute(table(Order).update().where(table(Order).c.id == 1).values(local_day=FIRST - 100))
        again = Calibrated(connection)
        again.value("interval.pooled", FIRST - 90)
        again.save()
        assert Counter(connection.scalars(select(calibrations.c.day))) == {0: 1, monday(FIRST - 90): 1}


FIGURES = (
    "interval.pooled",
    "rfm.r.4",
    "rfm.f.2",
    "rfm.m.3",
    "spend_rank.20",
    "AVG(order_amount)",
    "AVG(order_amount, -20d)",
    "AVG(order_amount, -1m)",
    "PERCENTILE(order_amount, -30d, 90)",
    "PERCENTILE(amount_spent, 50)",
    "AVG(average_order_value)",
    "AVG(number_of_orders)",
    "AVG(category_amount, 'Bio', -40d)",
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_shops(), st.sampled_from(FIGURES), st.integers(0, 20))
def test_a_figure_of_many_mondays_is_what_each_monday_makes(
    engine: Engine, people: list[Person], key: str, weeks: int
) -> None:
    with lent(engine, people) as connection:
        first = connection.scalar(select(func.min(table(Order).c.local_day)).where(table(Order).c.counted == 1)) or BASE
        days = [first, *range(monday(first) + 7, first + 7 * weeks, 7)]
        one_by_one = {day: Calibrated(connection).value(key, day) for day in days}
        passed = Calibrated(connection, {key}, days[-1])

        assert {day: passed.value(key, day) for day in days} == one_by_one
