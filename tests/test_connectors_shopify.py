"""ShopifySource and ShopifyDestination over the fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.shopify import ShopifyDestination, ShopifySource
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from tests.contract import Clock, SourceContract, TagContract

TOKEN = "shpat_demo"


class TestShopifySourceContract(SourceContract):
    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeShopify]:
        with FakeShopify(shop, now=clock) as fake:
            yield fake
        assert fake.violations == []

    @pytest.fixture
    def source(self, fake: FakeShopify, clock: Clock) -> ShopifySource:
        return ShopifySource(
            shop=fake.shop.domain,
            token=TOKEN,
            endpoint=fake.url,
            sleep=clock.sleep,
            clock=clock.timestamp,
        )


class TestShopifyDestinationContract(TagContract):
    unknown = "999"

    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeShopify]:
        with FakeShopify(shop, now=clock) as fake:
            yield fake
        assert fake.violations == []

    @pytest.fixture
    def destination(self, fake: FakeShopify, clock: Clock) -> ShopifyDestination:
        return ShopifyDestination(
            shop=fake.shop.domain, token=TOKEN, endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp
        )


class TestShopifyDestinationContractInBulk(TestShopifyDestinationContract):
    @pytest.fixture
    def destination(self, fake: FakeShopify, clock: Clock) -> ShopifyDestination:
        return ShopifyDestination(
            shop=fake.shop.domain, token=TOKEN, endpoint=fake.url, many=1, sleep=clock.sleep, clock=clock.timestamp
        )
