from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.days import day_date, day_number
from connector.query.bounds import Crossing, Edge, Span, crossings, day_span, number_span
from connector.query.tree import Number, Offset, Operator, Unit
from tests.rules_world import BASE


@pytest.mark.parametrize(
    ("as_of", "count", "unit", "day"),
    [
        (date(2026, 8, 31), 6, "m", date(2026, 2, 28)),
        (date(2024, 8, 31), 6, "m", date(2024, 2, 29)),
        (date(2026, 3, 31), 1, "m", date(2026, 2, 28)),
        (date(2026, 1, 15), 1, "m", date(2025, 12, 15)),
        (date(2024, 2, 29), 1, "y", date(2023, 2, 28)),
        (date(2026, 6, 30), 180, "d", date(2026, 1, 1)),
    ],
)
def test_an_offset_is_a_calendar_day_clamped_at_the_end_of_its_month(
    as_of: date, count: int, unit: Unit, day: date
) -> None:
    assert day_date(Edge(0, count, unit).on(day_number(as_of))) == day


def inside(span: Span[Edge], day: int, as_of: int) -> bool:
    low = span.low is None or span.low.on(as_of) <= day
    high = span.high is None or day <= span.high.on(as_of)
    return (low and high) is not span.outside


OPERATORS: tuple[Operator, ...] = ("=", "!=", ">", ">=", "<", "<=", "BETWEEN")


@given(
    st.sampled_from(OPERATORS),
    st.tuples(*[st.builds(Offset, st.integers(0, 40), st.just("d"))] * 2),
    st.integers(BASE - 30, BASE + 30),
)
def test_days_cross_a_bound_exactly_where_a_crossing_says(
    operator: Operator, values: tuple[Offset, Offset], day: int
) -> None:
    span = day_span(operator, values[: 2 if operator == "BETWEEN" else 1])
    assert isinstance(span, Span)
    seen = [inside(span, day, as_of) for as_of in range(day, day + 60)]

    flips = {number for number in range(1, 60) if seen[number] != seen[number - 1]}

    assert flips <= {crossing.first for crossing in crossings(span)}
    assert operator in ("BETWEEN", "=", "!=") or flips == {c.first for c in crossings(span) if c.first > 0}


@given(
    st.sampled_from(OPERATORS),
    st.sampled_from([Offset(1, "m"), Offset(2, "m"), Offset(7, "m"), Offset(1, "y"), Offset(2, "y")]),
    st.integers(day_number(date(2023, 1, 1)), day_number(date(2025, 12, 31))),
)
def test_months_and_years_cross_within_their_stretch(operator: Operator, value: Offset, day: int) -> None:
    span = day_span(operator, (value, value) if operator == "BETWEEN" else (value,))
    assert isinstance(span, Span)
    seen = [inside(span, day, as_of) for as_of in range(day, day + 800)]

    flips = {number for number in range(1, 800) if seen[number] != seen[number - 1]}

    assert flips or operator in ("=", "!=", "BETWEEN")  # no day is two months after 30 December
    for flip in flips:
        assert any(crossing.first <= flip <= crossing.last for crossing in crossings(span))


def test_a_fixed_day_crosses_nothing() -> None:
    assert crossings(Span(Edge(BASE), Edge(BASE + 3))) == frozenset()


def test_the_usual_window_crosses_on_its_last_day() -> None:
    assert crossings(day_span(">", (Offset(180),))) == {Crossing(180, 180)}
    assert crossings(day_span("<=", (Offset(180),))) == {Crossing(180, 180)}
    assert crossings(day_span(">=", (Offset(180),))) == {Crossing(181, 181)}


@pytest.mark.parametrize(
    ("operator", "number", "low", "high"),
    [
        (">", "10.005", 1001, None),
        (">=", "10.005", 1001, None),
        ("<", "10.005", None, 1000),
        ("<=", "10.005", None, 1000),
        ("=", "10.005", 1001, 1000),
        (">", "10", 1001, None),
        ("<", "-10", None, -1001),
        ("=", "10.00", 1000, 1000),
    ],
)
def test_amounts_are_compared_in_minor_units_without_rounding(
    operator: Operator, number: str, low: int | None, high: int | None
) -> None:
    assert number_span(operator, (Number(Decimal(number)),), 2) == Span(low, high)
