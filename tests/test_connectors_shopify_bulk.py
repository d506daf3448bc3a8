"""A bulk operation's file is worked off as it comes, however long it is."""

from __future__ import annotations

import json
import tracemalloc

from connectors.shopify import ShopifySource
from sync.demo.server import Answer, Request
from sync.demo.shopify import FakeShopify
from tests.contract import NOW, Clock, small_shop

PADDING = "x" * 4000


class Long(FakeShopify):
    """A shop whose file of customers has so many rows, of 4 KB each."""

    def __init__(self, rows: int) -> None:
        super().__init__(small_shop(), now=lambda: NOW, maximum=1e9, polls=1)
        row = {"createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z", "aside": PADDING}
        self.file = b"".join(
            json.dumps({"id": f"gid://shopify/Customer/{n}", **row}).encode() + b"\n" for n in range(1, rows + 1)
        )

    def answer(self, request: Request) -> tuple[Answer, bool]:
        if request.path.startswith("/bulk/"):
            return Answer(200, self.file), False
        return super().answer(request)


def peak(rows: int) -> int:
    """The most memory, in bytes, that reading such a file takes."""
    clock = Clock(NOW)
    with Long(rows) as fake:
        source = ShopifySource(
            shop=fake.shop.domain, token="shpat_demo", endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp
        )
        pages = source.customers(None)
        next(pages)  # the operation is begun: documents and schema are read
        tracemalloc.start()
        assert sum(len(page.records) for page in pages) == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_file() -> None:
    peak(10)  # what is read once
    assert peak(6000) < peak(2000) * 1.5
