"""Shopify, by its Admin GraphQL API: customers and orders from there, tags to there."""

from connectors.shopify.destination import ShopifyDestination
from connectors.shopify.source import ShopifySource

__all__ = ["ShopifyDestination", "ShopifySource"]
