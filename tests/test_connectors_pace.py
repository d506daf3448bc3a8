"""Promise 11: a shop is never asked more than it bears, and hardly ever refused where others ask it too."""

from __future__ import annotations

import pytest

from connectors.pace import MOST, Caution
from connectors.shopify import ShopifySource
from connectors.woocommerce import WooCommerceSource
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests.contract import NOW, Clock, last_cursor, small_shop
from tests.limits import Host, Neighbour, share_budget
from tests.test_sync_bad_day import busy_shop

MANY = 1200
"""Requests, so that what is learnt at first weighs little."""


def woo_source(fake: FakeWooCommerce, clock: Clock, per_second: float | None) -> WooCommerceSource:
    return WooCommerceSource(
        url="https://boutique.example", consumer_key="ck_demo", consumer_secret="cs_demo", endpoint=fake.url,
        ca=fake.ca, requests_per_second=per_second, sleep=clock.sleep, clock=clock.timestamp,
    )  # fmt: skip


def read_on(source: WooCommerceSource | ShopifySource, requests: int) -> None:
    """Ask for orders, one by one and in pages, until so many requests were sent."""
    while source.requests < requests:
        list(source.orders(None))
        source.order("1001")


def test_a_host_that_bears_two_requests_a_second_is_never_sent_more() -> None:
    clock, shop = Clock(NOW), small_shop()
    host = Host(clock, burst=1.0)
    with FakeWooCommerce(shop, now=clock, fault=host) as fake:
        read_on(woo_source(fake, clock, 2.0), 300)
    assert host.refused == 0
    assert host.most(1.0) <= 2
    assert host.most(10.0) <= 20


def test_a_host_half_of_which_others_use_refuses_less_than_one_request_in_a_hundred() -> None:
    clock, shop = Clock(NOW), small_shop()
    host = Host(clock, burst=4.0, neighbours=[Neighbour(2.0, 1.0, 1), Neighbour(4.0, 2.0, 2)])
    with FakeWooCommerce(shop, now=clock, fault=host) as fake:
        read_on(woo_source(fake, clock, 2.0), MANY)
    assert 0 < host.refused <= len(host.times) / 100
    assert (clock.now - NOW).total_seconds() < MANY * 3  # twice as slow as alone would be just; some more is caution


def changes(fake: FakeShopify, source: ShopifySource, clock: Clock, requests: int) -> None:
    """Read changes of a busy shop, page after page, until so many requests were sent."""
    cursor = last_cursor(list(source.orders(None)))
    people = last_cursor(list(source.customers(None)))
    while source.requests < requests:
        clock.move(seconds=20)
        for order in fake.shop.orders.values():
            order.updated_at = clock.now
        cursor = last_cursor(list(source.orders(cursor)), cursor)
        people = last_cursor(list(source.customers(people)), people)
        source.order("1001")


def shopify_source(fake: FakeShopify, clock: Clock) -> ShopifySource:
    return ShopifySource(
        shop=fake.shop.domain, token="shpat_demo", endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp
    )


@pytest.mark.parametrize(("maximum", "restore"), [(1000, 50), (2000, 100)])
def test_a_shopify_budget_is_never_overdrawn(maximum: float, restore: float) -> None:
    clock = Clock(NOW)
    with FakeShopify(busy_shop(1), now=clock, maximum=maximum, restore=restore) as fake:
        changes(fake, shopify_source(fake, clock), clock, 100)
        assert fake.throttled == 0


def test_a_budget_half_of_which_others_use_throttles_less_than_one_question_in_a_hundred() -> None:
    clock = Clock(NOW)
    with FakeShopify(busy_shop(1, orders=80), now=clock) as fake:
        share_budget(fake, [Neighbour(4.0, 100.0, 1), Neighbour(10.0, 250.0, 2)])
        changes(fake, shopify_source(fake, clock), clock, MANY)
        assert 0 < fake.throttled <= len(fake.ledger) / 100


def test_caution_grows_with_refusals_and_fades_with_answers() -> None:
    caution = Caution()
    for _ in range(20):
        caution.refused()
    assert caution.factor == MOST
    for _ in range(5000):
        caution.granted()
    assert caution.factor == 1.0
