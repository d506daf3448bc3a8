"""Real shops: the orders of CDNOW and of Online Retail as what a fake platform serves, and the ledgers of such shops.

The files stand in ../shared/data, beside the project; where they are absent the tests that need them are skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopRefund
from tests import outside
from tests.outside import Cd, Line, Person, Purchase, pennies

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")

needs_files = pytest.mark.skipif(
    not (outside.CDNOW.exists() and outside.ONLINE_RETAIL.exists()),
    reason="../shared/data does not hold cdnow_master.csv.gz and online_retail_2010_2011.csv.gz",
)


def address(number: int) -> str:
    """The e-mail address of a customer."""
    return f"c{number:05d}@example.test"


def customer(number: int, since: datetime) -> ShopCustomer:
    """An account that was opened with the first order."""
    return ShopCustomer(number, address(number), created_at=since, updated_at=since, country="US")


def cdnow_shop(orders: Iterable[Cd]) -> Shop:
    """A shop with CDNOW's orders, each in the first or the last half hour of its day in New York.

    The one is the day before in the west, the other the day after in UTC; no second holds many.
    """
    shop = Shop("CDNOW", "cdnow.myshopify.com", "USD", "America/New_York")
    for row, order in enumerate(orders):
        hour, minute = (0, 0) if row % 2 else (23, 30)
        local = time(hour, minute + row * 7 // 60 % 30, row * 7 % 60)
        at = datetime.combine(order.day, local, NEW_YORK).astimezone(UTC)
        number = 100_000 + row
        shop.orders[number] = ShopOrder(number, at, at, order.total, order.person, address(order.person))
        known = shop.customers.get(order.person)
        if known is None or at < known.created_at:
            shop.customers[order.person] = customer(order.person, at)
    return shop


def instant(line: Line) -> datetime:
    """When a line was written, on the clock of London."""
    return line.at.replace(tzinfo=LONDON).astimezone(UTC)


def online_retail_shop(lines: list[Line]) -> Shop:
    """A shop with the sales of Online Retail, before anything was given back."""
    shop = Shop("Online Retail", "online-retail.myshopify.com", "GBP", "Europe/London")
    for number, sold in outside.invoices(lines).items():
        order = shop.orders[int(number)] = _order(int(number), sold)
        assert order.customer_id is not None
        known = shop.customers.get(order.customer_id)
        if known is None or order.placed_at < known.created_at:
            shop.customers[order.customer_id] = customer(order.customer_id, order.placed_at)
    return shop


def give_back(shop: Shop, lines: list[Line], entered_at: datetime) -> tuple[int, int]:
    """Turn the cancelling lines into refunds, each on its own day, that were put into the books at one late time.

    How many lines became refunds, and how many match no sale.
    """
    pairs, alone = outside.matched(lines)
    for row, (cancelling, sale) in enumerate(pairs):
        order = shop.orders[int(sale.invoice)]
        back = min(pennies(-cancelling.worth), order.total - order.refunded)
        if back > 0:
            order.refunds.append(ShopRefund(900_000 + row, instant(cancelling), back))
            order.updated_at = entered_at
    return len(pairs), len(alone)


def _order(number: int, sold: list[Line]) -> ShopOrder:
    at, person = min(instant(line) for line in sold), sold[0].person
    assert person is not None
    total = pennies(sum((line.worth for line in sold), Decimal(0)))
    lines = [
        ShopLine(number * 2000 + n, None, line.product, line.quantity, pennies(line.worth))
        for n, line in enumerate(sold)
    ]
    return ShopOrder(number, at, at, total, person, address(person), country="GB", lines=lines)


def ledger(shop: Shop) -> dict[int, Person]:
    """What a shop's own books say of each account: its orders and refunds, on the shop's days."""
    zone = ZoneInfo(shop.timezone)
    people = {
        number: Person(known.created_at.astimezone(zone).date())
        for number, known in shop.customers.items()
        if not known.deleted
    }
    for order in shop.orders.values():
        if order.customer_id is None or order.status != "paid" or order.test:
            continue
        person, day = people[order.customer_id], order.placed_at.astimezone(zone).date()
        person.since = min(person.since, day)
        person.purchases.append(Purchase(day, order.total, tuple(_taken_back(order, zone))))
    return people


def _taken_back(order: ShopOrder, zone: ZoneInfo) -> Iterable[tuple[date, int]]:
    left = order.total
    for refund in order.refunds:
        yield refund.at.astimezone(zone).date(), refund.amount
        left -= refund.amount
    if order.cancelled_at is not None and left:
        yield order.cancelled_at.astimezone(zone).date(), left


def moved(shop: Shop, by: timedelta) -> Shop:
    """The same shop at another time, in objects of its own."""

    def at(moment: datetime) -> datetime:
        return moment + by

    return replace(
        shop,
        customers={
            number: replace(
                known, created_at=at(known.created_at), updated_at=at(known.updated_at), tags=set(known.tags)
            )
            for number, known in shop.customers.items()
        },
        orders={
            number: replace(
                order,
                placed_at=at(order.placed_at),
                updated_at=at(order.updated_at),
                refunds=[replace(refund, at=at(refund.at)) for refund in order.refunds],
            )
            for number, order in shop.orders.items()
        },
    )
