"""Shopify, by its Admin GraphQL API."""

from connectors.shopify.source import ShopifySource

__all__ = ["ShopifySource"]
