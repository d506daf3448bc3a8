"""Counting: which orders are purchases, until when, and for how much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.counting import Switches, amount, is_counted, void_day
from connector.records import OrderStatus

ALL = Switches(count_zero_orders=True, count_on_hold=True, count_refunded=True)


@pytest.mark.parametrize(
    ("status", "by_default", "with_all_switches"),
    [
        (OrderStatus.PAID, True, True),
        (OrderStatus.ON_HOLD, False, True),
        (OrderStatus.REFUNDED, False, True),
        (OrderStatus.PENDING, False, False),
        (OrderStatus.CANCELLED, False, False),
        (OrderStatus.FAILED, False, False),
        (OrderStatus.DRAFT, False, False),
        (OrderStatus.DELETED, False, False),
    ],
)
def test_a_status_counts_or_a_switch_decides(status: OrderStatus, by_default: bool, with_all_switches: bool) -> None:
    assert is_counted(status, test=False, gross=100, switches=Switches()) is by_default
    assert is_counted(status, test=False, gross=100, switches=ALL) is with_all_switches


def test_every_status_is_in_that_table() -> None:
    assert len(OrderStatus) == 8


@pytest.mark.parametrize("gross", [0, -100])
def test_an_order_of_no_value_counts_only_by_its_switch(gross: int) -> None:
    assert not is_counted("paid", test=False, gross=gross, switches=Switches())
    assert is_counted("paid", test=False, gross=gross, switches=Switches(count_zero_orders=True))


def test_a_test_order_never_counts() -> None:
    assert not is_counted("paid", test=True, gross=100, switches=ALL)


@pytest.mark.parametrize(
    ("tax", "shipping", "left"), [(True, True, 1200), (False, True, 1000), (True, False, 700), (False, False, 500)]
)
def test_an_amount_is_with_tax_and_shipping_unless_a_switch_leaves_them_out(
    tax: bool, shipping: bool, left: int
) -> None:
    assert amount(1200, 200, 500, Switches(include_tax=tax, include_shipping=shipping)) == left


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans(), st.booleans())
def test_an_amount_is_never_below_zero_nor_above_the_total(
    gross: int, tax: int, shipping: int, with_tax: bool, with_shipping: bool
) -> None:
    found = amount(gross, tax, shipping, Switches(include_tax=with_tax, include_shipping=with_shipping))
    assert 0 <= found <= max(0, gross)


@pytest.mark.parametrize(
    ("gross", "cancelled", "refunds", "day", "when_refunded_count"),
    [
        (1000, None, [], None, None),
        (1000, None, [(5, 999)], None, None),
        (1000, None, [(5, 1000)], 5, None),
        (1000, None, [(9, 400), (5, 600)], 9, None),
        (1000, None, [(5, 2000), (9, 10)], 5, None),
        (1000, 7, [], 7, 7),
        (1000, 7, [(5, 1000)], 5, 7),
        (1000, 3, [(5, 1000)], 3, 3),
        (0, None, [(5, 0)], None, None),
        (0, 4, [], 4, 4),
    ],
)
def test_an_order_counts_no_more_from_its_cancellation_or_from_the_refund_that_makes_it_whole(
    gross: int, cancelled: int | None, refunds: list[tuple[int, int]], day: int | None, when_refunded_count: int | None
) -> None:
    assert void_day(gross, cancelled, refunds, Switches()) == day
    assert void_day(gross, cancelled, refunds, Switches(count_refunded=True)) == when_refunded_count


@given(st.integers(1, 100), st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), max_size=6))
def test_the_void_day_is_the_first_on_which_all_is_given_back(gross: int, refunds: list[tuple[int, int]]) -> None:
    whole = [day for day in range(10) if sum(money for when, money in refunds if when <= day) >= gross]
    assert void_day(gross, None, refunds, Switches()) == min(whole, default=None)
