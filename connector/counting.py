"""Which orders are purchases, from when until when, and for how much (ground rules G1 to G3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector.records import OrderStatus


@dataclass(frozen=True, slots=True)
class Switches:
    """What a merchant may decide about counting."""

    count_zero_orders: bool = False
    count_on_hold: bool = False
    count_refunded: bool = False
    include_tax: bool = True
    include_shipping: bool = True


def is_counted(status: str, *, test: bool, gross: int, switches: Switches) -> bool:
    """Whether an order is a purchase from its day on. A zero-value order, by its total before refunds, is not."""
    if test or (gross <= 0 and not switches.count_zero_orders):
        return False
    if status == OrderStatus.ON_HOLD:
        return switches.count_on_hold
    if status == OrderStatus.REFUNDED:
        return switches.count_refunded
    return status == OrderStatus.PAID


def amount(gross: int, tax: int, shipping: int, switches: Switches) -> int:
    """The money of an order that is summed: with tax and shipping, unless a switch leaves them out; never below 0."""
    left_out = (0 if switches.include_tax else tax) + (0 if switches.include_shipping else shipping)
    return max(0, gross - left_out)


def void_day(
    gross: int, cancelled_day: int | None, refunds: Iterable[tuple[int, int]], switches: Switches
) -> int | None:
    """The first day on which an order counts no more: its cancellation, or the (day, amount) that refunded it whole."""
    days = [] if cancelled_day is None else [cancelled_day]
    given_back = 0
    for day, money in sorted(refunds):
        given_back += money
        if gross > 0 and given_back >= gross and not switches.count_refunded:
            days.append(day)
            break
    return min(days, default=None)
