"""Shopify's own segments, as far as the fake works them out: who is found by a rule, by what Shopify counts.

It counts every order that is no test, also one that was cancelled or never paid; the money is what was paid, less what
was given back. None of this is shared with the product's own counting: only the rule's text is read by its parser.
"""

from __future__ import annotations

import operator
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLError

from connector.days import day_date
from connector.errors import QueryError
from connector.money import major_units
from connector.query.parse import parse
from connector.query.tree import (
    AllOf,
    AnyOf,
    Condition,
    Day,
    Expression,
    Matches,
    Not,
    Number,
    Offset,
    Text,
    Value,
)
from sync.demo.shop import Shop, ShopCustomer, ShopOrder
from sync.demo.shopify.views import financial_status

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
TAKEN = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}


def lifetime(orders: Iterable[ShopOrder]) -> tuple[int, int]:
    """How many orders Shopify counts of some, and the money in minor units."""
    counted = [order for order in orders if not order.test]
    paid = [order for order in counted if financial_status(order) in TAKEN and order.cancelled_at is None]
    return len(counted), sum(order.total - order.refunded for order in paid)


class Finder:
    """Finds a shop's customers by rules, days being those of `zone`."""

    def __init__(self, shop: Shop, orders: Iterable[ShopOrder], now: datetime, zone: str) -> None:
        self.shop = shop
        self.zone = ZoneInfo(zone)
        self.today = now.astimezone(self.zone).date()
        self.orders: dict[int, list[ShopOrder]] = {}
        for order in orders:
            if order.customer_id is not None:
                self.orders.setdefault(order.customer_id, []).append(order)

    def of(self, customer: ShopCustomer) -> list[ShopOrder]:
        """A customer's orders."""
        return self.orders.get(customer.id, [])

    def find(self, rule: str, customers: Iterable[ShopCustomer]) -> list[ShopCustomer]:
        """Those for whom a rule holds, by id; GraphQLError where it is no rule."""
        try:
            tree = parse(rule)
        except QueryError as error:
            raise GraphQLError(error.message) from None
        return sorted((one for one in customers if self.holds(tree, one)), key=lambda one: one.id)

    def holds(self, rule: Expression, customer: ShopCustomer) -> bool:
        """Whether a rule holds for a customer."""
        match rule:
            case AllOf(parts):
                return all(self.holds(part, customer) for part in parts)
            case AnyOf(parts):
                return any(self.holds(part, customer) for part in parts)
            case Not(part):
                return not self.holds(part, customer)
            case Condition(name, sign, values):
                return self._compared(self._attribute(name, customer), sign, values)
            case Matches("orders_placed", conditions):
                return self._matches(conditions, customer)
        raise GraphQLError(f"This fake does not work out {rule}.")

    def _matches(self, conditions: Sequence[Condition], customer: ShopCustomer) -> bool:
        asked = [test for test in conditions if test.name != "count"]
        counts = [test for test in conditions if test.name == "count"]
        found = [
            order
            for order in self.of(customer)
            if not order.test
            and all(self._compared(self._of_order(test.name, order), test.operator, test.values) for test in asked)
        ]
        if not counts:
            return bool(found)
        return all(self._compared(len(found), test.operator, test.values) for test in counts)

    def _of_order(self, name: str, order: ShopOrder) -> object:
        if name == "date":
            return self._day(order.placed_at)
        if name == "amount":
            return major_units(order.total, self.shop.currency)
        raise GraphQLError(f"orders_placed has no {name} here.")

    def _attribute(self, name: str, customer: ShopCustomer) -> object:
        orders = [order for order in self.of(customer) if not order.test]
        days = [self._day(order.placed_at) for order in orders]
        checkouts = [one for one in self.shop.checkouts.values() if one.customer_id == customer.id]
        abandoned = [self._day(one.created_at) for one in checkouts if one.completed_at is None]
        known: dict[str, Callable[[], object]] = {
            "number_of_orders": lambda: len(orders),
            "amount_spent": lambda: major_units(lifetime(orders)[1], self.shop.currency),
            "first_order_date": lambda: min(days, default=None),
            "last_order_date": lambda: max(days, default=None),
            "customer_added_date": lambda: self._day(customer.created_at),
            "abandoned_checkout_date": lambda: max(abandoned, default=None),
            "email_subscription_status": lambda: customer.consent.upper() if customer.email else None,
            "customer_tags": lambda: customer.tags,
            "customer_countries": lambda: {customer.country},
        }
        if name not in known:
            raise GraphQLError(f"'{name}' filter cannot be found.")
        return known[name]()

    def _compared(self, found: object, sign: str, values: Sequence[Value]) -> bool:
        if sign in {"IS NULL", "IS NOT NULL"}:
            return (found is None) is (sign == "IS NULL")
        wanted = [self._value(value) for value in values]
        if isinstance(found, set):
            return (wanted[0] in found) is (sign in {"=", "CONTAINS", "IN"})
        if found is None:
            return sign == "!="
        if sign == "BETWEEN":
            return bool(wanted[0] <= found <= wanted[1])
        return COMPARE[sign](found, wanted[0])

    def _value(self, value: Value) -> Any:  # noqa: ANN401 - what the attribute is compared with
        match value:
            case Number(number):
                return Decimal(number)
            case Text(text):
                return text
            case Day(number):
                return day_date(number)
            case Offset(count, unit):
                return self._before(count, unit)
        raise GraphQLError(f"{value} is no value of Shopify's.")

    def _before(self, count: int, unit: str) -> date:
        if unit in {"d", "w"}:
            return self.today - timedelta(days=count * (7 if unit == "w" else 1))
        months = self.today.year * 12 + self.today.month - 1 - count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.today.day, monthrange(year, month + 1)[1]))

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
