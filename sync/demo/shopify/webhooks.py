"""How Shopify puts its webhooks: the body of the moment of the event, and headers that nothing signs."""

from __future__ import annotations

from typing import Any

from sync.demo.shop import Shop
from sync.demo.webhooks import Delivery, Event, Hook, Kind, chosen, zulu

WORDS = {"created": "CREATE", "updated": "UPDATED", "deleted": "DELETE"}


class ShopifySpeaker:
    """Writes the deliveries of one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def topic(self, kind: Kind, event: Event) -> str:
        """ORDERS_CREATE and the like: customers are UPDATE, orders UPDATED."""
        if event == "refunded":
            return "REFUNDS_CREATE"
        return f"{kind.upper()}S_{'UPDATE' if (kind, event) == ('customer', 'updated') else WORDS[event]}"

    def body(self, hook: Hook, kind: Kind, thing: int) -> bytes:
        """The thing as the REST API had it, of which little is here; of what is gone the id alone."""
        if hook.topic.endswith("_DELETE"):
            return chosen({"id": thing}, [])
        found: Any = (self.shop.orders if kind == "order" else self.shop.customers)[thing]
        if hook.topic == "REFUNDS_CREATE":
            refund = found.refunds[-1]
            known = {"id": refund.id, "order_id": thing, "admin_graphql_api_id": f"gid://shopify/Refund/{refund.id}"}
            return chosen(known, hook.fields)
        body = {
            "id": thing,
            "admin_graphql_api_id": f"gid://shopify/{kind.capitalize()}/{thing}",
            "email": found.email,
            "phone": found.phone,
            "updated_at": zulu(found.updated_at),
        }
        return chosen(body, hook.fields)

    def headers(self, delivery: Delivery, signature: str) -> dict[str, str]:
        """Shopify's own headers."""
        resource, _, event = delivery.hook.topic.lower().rpartition("_")
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": f"{resource}/{event}",
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Shop-Domain": self.shop.domain,
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": f"{delivery.hook.id}-{delivery.number}",
            "X-Shopify-Event-Id": f"event-{delivery.number}",
            "X-Shopify-Triggered-At": zulu(delivery.due),
        }

    def answered(self, hook: Hook, status: int) -> None:
        """Nothing is remembered here."""
