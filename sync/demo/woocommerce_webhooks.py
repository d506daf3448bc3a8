"""How WooCommerce puts its webhooks: as a running 10.5 was seen to, bodies written when they are sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sync.demo.webhooks import Courier, Delivery, Event, Hook, Kind
from sync.demo.woocommerce_keys import Refusal
from sync.demo.woocommerce_shapes import Json

if TYPE_CHECKING:
    from sync.demo.woocommerce import FakeWooCommerce

GIVEN_UP = 5
"""Failures in a row after which one more disables a webhook."""
EVENTS = ("created", "updated", "deleted", "restored")
TOPICS = {f"{kind}.{event}" for kind in ("order", "customer") for event in EVENTS}


class WooCommerceSpeaker:
    """Writes the deliveries of one shop."""

    def __init__(self, fake: FakeWooCommerce) -> None:
        self.fake = fake

    def topic(self, kind: Kind, event: Event) -> str:
        """A refund is a change of its order."""
        return f"{kind}.{'updated' if event == 'refunded' else event}"

    def body(self, hook: Hook, kind: Kind, thing: int) -> bytes:
        """What the REST API answers now: the error, where the thing is gone; of a deletion the id alone."""
        if hook.topic.endswith(".deleted"):
            return json.dumps({"id": thing}).encode()
        try:
            return json.dumps(self.fake.shown(kind, thing)).encode()
        except Refusal as refusal:
            return json.dumps(refusal.body).encode()

    def headers(self, delivery: Delivery, signature: str) -> dict[str, str]:
        """WooCommerce's own headers."""
        resource, _, event = delivery.hook.topic.partition(".")
        return {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"https://{self.fake.shop.domain}/",
            "X-WC-Webhook-Topic": delivery.hook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-ID": str(delivery.hook.id),
            "X-WC-Webhook-Delivery-ID": f"{delivery.hook.id}-{delivery.number}",
        }

    def answered(self, hook: Hook, status: int) -> None:
        """200 to 302 is a success; one failure too many disables it."""
        hook.failures = 0 if 200 <= status <= 302 else hook.failures + 1
        if hook.failures > GIVEN_UP:
            hook.status = "disabled"


def view(hook: Hook) -> Json:
    """A webhook as the API shows it: never its secret."""
    resource, _, event = hook.topic.partition(".")
    return {
        "id": hook.id,
        "name": f"Webhook {hook.id}",
        "status": hook.status,
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "delivery_url": hook.address,
    }


def make(courier: Courier, body: Json) -> Hook:
    """A new webhook, which is called at once, unsigned, to see whether anybody is there."""
    if body.get("topic") not in TOPICS:
        raise Refusal(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
    if not str(body.get("delivery_url", "")).startswith(("http://", "https://")):
        words = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise Refusal(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", words)
    hook = courier.add(body["topic"], body["delivery_url"], body.get("secret", "of the user"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    courier.sent.append(("ping", courier.post(hook.address, form, f"webhook_id={hook.id}".encode())))
    return hook


def change(hook: Hook, body: Json) -> Hook:
    """A webhook with another status or secret; set active, it has failed at nothing."""
    hook.status, hook.secret = body.get("status", hook.status), body.get("secret", hook.secret)
    hook.failures = 0 if body.get("status") == "active" else hook.failures
    return hook
