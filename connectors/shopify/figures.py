"""What a Shopify shop counts itself: its figures, and the people that its own segments find.

Facts: shopify.dev/docs/api/admin-graphql/latest/queries/customerSegmentMembers, …/customersCount, …/ordersCount. Days
in a segment's rule are those of `timezone`, which is UTC where it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connector.errors import AuthenticationError
from connector.money import minor_units
from connector.source import Buyer, ShopFigures, ShopSegment
from connectors.shopify.client import Admin
from connectors.shopify.convert import number
from connectors.shopify.payloads import Count, EmailAddress, Money, PageInfo

PER_PAGE = 200  # 4 points each, of the 1000 that one question may cost
EVERYONE = "number_of_orders >= 0"


class _Statistic(msgspec.Struct):
    sum: float | None = None


class _Statistics(msgspec.Struct, rename="camel"):
    attribute_statistics: _Statistic | None = None


class _Everyone(msgspec.Struct):
    statistics: _Statistics | None = None


class _Shop(msgspec.Struct, rename="camel"):
    currency_code: str


class _Figures(msgspec.Struct):
    accounts: Count
    shop: _Shop
    authorized: Count
    pending: Count
    paid: Count
    partially_paid: Count
    partially_refunded: Count
    refunded: Count
    voided: Count
    expired: Count
    everyone: _Everyone | None = None


STATUSES = tuple(name for name in _Figures.__struct_fields__ if name not in {"accounts", "shop", "everyone"})


class _Member(msgspec.Struct, rename="camel"):
    id: str
    number_of_orders: str | int  # UnsignedInt64 comes as a text
    amount_spent: Money | None = None
    default_email_address: EmailAddress | None = None


class _Edge(msgspec.Struct):
    node: _Member


class _Members(msgspec.Struct, rename="camel"):
    total_count: int
    page_info: PageInfo
    edges: list[_Edge]


class _Found(msgspec.Struct):
    found: _Members | None = None


def figures(admin: Admin) -> ShopFigures:
    """What the shop counts, in one request."""
    found = admin.ask("figures", _Figures).data
    return ShopFigures(
        found.accounts.count, {name.upper(): getattr(found, name).count for name in STATUSES}, _spent(found)
    )


def _spent(found: _Figures) -> int | None:
    statistics = found.everyone and found.everyone.statistics
    total = statistics and statistics.attribute_statistics and statistics.attribute_statistics.sum
    return None if total is None else minor_units(f"{total:.4f}", found.shop.currency_code)


def buyers(admin: Admin, zone: str, most: int) -> Iterator[Buyer]:
    """What the shop says of its people, at most so many."""
    for members in _pages(admin, EVERYONE, zone, most):
        for edge in members.edges:
            yield _buyer(edge.node)


def segment(admin: Admin, rule: str, zone: str, most: int) -> ShopSegment:
    """Whom the shop finds by a rule; PermanentError where it does not take the rule."""
    people, accounts = 0, set[str]()
    for members in _pages(admin, rule, zone, most):
        people = members.total_count
        accounts |= {number(edge.node.id) for edge in members.edges}
    return ShopSegment(people, frozenset(accounts))


def _pages(admin: Admin, rule: str, zone: str, most: int) -> Iterator[_Members]:
    after, left = None, most
    while left > 0:
        first = min(left, PER_PAGE)
        answer = admin.ask("segment_members", _Found, query=rule, timezone=zone, first=first, after=after)
        found = answer.data.found
        if found is None:
            raise AuthenticationError(
                f"Shopify shows no members of a segment: {' '.join(answer.warnings)}",
                remedy="Give the app the scope read_customers, then reinstall it.",
            )
        yield found
        left -= len(found.edges)
        after = found.page_info.end_cursor
        if not found.page_info.has_next_page or not found.edges:
            return


def _buyer(member: _Member) -> Buyer:
    money, email = member.amount_spent, member.default_email_address
    spent = 0 if money is None or money.currency_code is None else minor_units(money.amount, money.currency_code)
    address = None if email is None else email.email_address
    return Buyer(number(member.id), address, int(member.number_of_orders), spent)
