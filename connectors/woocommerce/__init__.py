"""WooCommerce, by its REST API wc/v3: orders and customers read, customer meta written."""

from connectors.woocommerce.destination import WooCommerceDestination
from connectors.woocommerce.source import WooCommerceSource

__all__ = ["WooCommerceDestination", "WooCommerceSource"]
