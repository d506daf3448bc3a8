"""Money: whole minor units, rounded once, and never more than is believed."""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import RecordError
from connector.money import LARGEST, believed, decimals, major_units, minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.50", "EUR", 1250),
        ("-0.005", "EUR", -1),
        ("0.005", "EUR", 1),
        ("0.0049", "EUR", 0),
        ("1.1", "EUR", 110),
        ("120", "JPY", 120),
        ("120.5", "JPY", 121),
        ("1.2345", "TND", 1235),
        ("1.5", "CLF", 15000),
        ("100.49", "RSD", 10049),
        (12, "EUR", 1200),
        (Decimal("12.345"), "EUR", 1235),
        ("1e2", "EUR", 10000),
        ("1e-400", "EUR", 0),
    ],
)
def test_an_amount_is_whole_minor_units_of_its_own_currency(
    amount: str | int | Decimal, currency: str, units: int
) -> None:
    assert minor_units(amount, currency) == units


@pytest.mark.parametrize(
    "amount",
    ["", "twelve", "12,50", "NaN", "sNaN", "Infinity", "-inf", "1e400", "9" * 30, 2**70, Decimal(10) ** 5000, "10e15"],
)
def test_what_is_no_amount_is_refused_in_one_short_sentence(amount: str | int | Decimal) -> None:
    with pytest.raises(RecordError) as refused:
        minor_units(amount, "EUR")
    assert len(str(refused.value)) < 90


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_rounding_is_to_the_nearest_and_halves_away_from_zero(amount: Decimal) -> None:
    assert minor_units(amount, "EUR") == int((amount * 100).to_integral_value(ROUND_HALF_UP))


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(["EUR", "JPY", "TND", "CLF"]))
def test_there_and_back_again_loses_nothing(units: int, currency: str) -> None:
    assert minor_units(major_units(units, currency), currency) == units


def test_a_number_of_thousands_of_digits_is_refused_too() -> None:
    with pytest.raises(RecordError, match=r"1.000e\+5000 is too large"):
        minor_units(10**5000, "EUR")


@given(st.text(max_size=30))
def test_no_text_does_anything_but_be_an_amount_or_a_record_error(text: str) -> None:
    found = 0
    with suppress(RecordError):
        found = minor_units(text, "EUR")
    assert abs(found) <= LARGEST


def test_a_currency_has_the_digits_of_iso_4217() -> None:
    assert [decimals(code) for code in ("EUR", "JPY", "KWD", "CLF", "RSD", "LBP", "IQD", "HUF", "XXX")] == [
        2, 0, 3, 4, 2, 2, 3, 2, 2,
    ]  # fmt: skip


def test_numbers_whose_sum_might_not_be_counted_are_not_believed() -> None:
    believed(LARGEST, -LARGEST, 0)
    assert 9_000 * LARGEST < 2**63
    for number in (LARGEST + 1, -LARGEST - 1, 2**70):
        with pytest.raises(RecordError, match="too large"):
            believed(1, number)
