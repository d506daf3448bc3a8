"""A fake Shopify on 127.0.0.1, for the demo and the tests; it needs the extra `demo`."""

from sync.demo.shopify.fake import SCOPES, FakeShopify

__all__ = ["SCOPES", "FakeShopify"]
