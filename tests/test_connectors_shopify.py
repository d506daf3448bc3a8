"""ShopifySource and ShopifyDestination over the fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.shopify import ShopifySource
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from tests.contract import Clock, SourceContract

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
