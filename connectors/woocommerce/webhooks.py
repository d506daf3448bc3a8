"""What WooCommerce tells by itself: changes of orders and accounts.

Facts: class-wc-webhook.php, and what a running WooCommerce 10.5 was seen to send. It makes no promise to deliver, and
gives a webhook up after more than five failures in a row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Literal
from urllib.parse import urlsplit

import msgspec

from connector.errors import RecordError, SettingsError
from connector.source import Hint, PrivacyRequest, Subscription
from connectors.woocommerce.source import WooCommerceSource

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)
PORTS = (80, 443, 8080)
"""The only ports that WordPress calls (wp_http_validate_url)."""
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


class _Body(msgspec.Struct):
    id: int = 0
    date_modified_gmt: str | None = None
    line_items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    role: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Webhook(msgspec.Struct):
    id: int
    topic: str
    delivery_url: str
    status: str


class WooCommerceWebhooks:
    """The webhooks of the shop that `source` reads, to be signed with `secret`; its key must have Read/Write."""

    topics: ClassVar[tuple[str, ...]] = TOPICS
    signature: ClassVar[str] = "x-wc-webhook-signature"
    event: ClassVar[str] = "x-wc-webhook-delivery-id"

    def __init__(self, *, source: WooCommerceSource, secret: str = "") -> None:
        self._client = source.client
        self._secret = secret

    def ping(self, body: bytes) -> bool:
        """Whether this is the question that comes, unsigned, when a webhook is made."""
        return _PING.fullmatch(body) is not None

    def misdirected(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Never said: each webhook has a secret of its own shop, and the address of a shop has many spellings."""
        return False

    def heard(self, headers: Mapping[str, str], body: bytes) -> Hint | PrivacyRequest | None:
        """What changed, by the body where that tells an order from an account; else by the topic.

        None where the thing is gone already: then an error stands in its place. RecordError where it is no JSON.
        """
        try:
            told = msgspec.json.decode(body, type=_Body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise RecordError(f"The shop's delivery cannot be read: {error}") from error
        resource = _resource(told) or headers.get("x-wc-webhook-topic", "").partition(".")[0]
        if told.id <= 0 or resource not in {"order", "customer"}:
            return None
        stream: Literal["orders", "customers"] = "orders" if resource == "order" else "customers"
        return Hint(stream, str(told.id), _changed(told.date_modified_gmt))

    def installed(self) -> list[Subscription]:
        """The shop's webhooks that this key's user can see, with what keeps one from being called."""
        first = self._client.rows("webhooks", orderby="id", order="asc")
        rows = list(first.rows)
        for number in range(2, first.pages + 1):
            rows += self._client.rows("webhooks", page=number, orderby="id", order="asc").rows
        return [_subscription(msgspec.json.decode(row, type=_Webhook)) for row in rows]

    def install(self, address: str) -> tuple[str, ...]:
        """Have each topic call `address`, with the present secret; the topics that did not.

        SettingsError for an address that WordPress would never call.
        """
        _refuse_port(address)
        known = {found.topic: found for found in self.installed() if found.address == address}
        added = []
        for topic in TOPICS:
            body = {"status": "active", "secret": self._secret}
            if topic in known:  # the secret cannot be read, so it is always set
                self._client.put(f"webhooks/{known[topic].id}", body, _Webhook)
            else:
                named = {"name": f"lifecycle-connector {topic}", "topic": topic, "delivery_url": address}
                self._client.post("webhooks", {**named, **body}, _Webhook)
            if topic not in known or known[topic].problem:
                added.append(topic)
        return tuple(added)

    def remove(self, address: str) -> tuple[str, ...]:
        """Delete the webhooks that call `address`; their topics."""
        ours = [found for found in self.installed() if found.address == address]
        for found in ours:
            self._client.delete(f"webhooks/{found.id}", _Webhook)
        return tuple(found.topic for found in ours)


def _resource(told: _Body) -> str:
    """What a body is of, "" where it does not tell."""
    if told.line_items is not msgspec.UNSET:
        return "order"
    return "customer" if told.role is not msgspec.UNSET else ""


def _subscription(webhook: _Webhook) -> Subscription:
    number = str(webhook.id)
    if webhook.status == "active":
        return Subscription(number, webhook.topic, webhook.delivery_url)
    why = {
        "disabled": "WooCommerce gave it up after more than five failures in a row.",
        "paused": "Somebody has paused it.",
    }.get(webhook.status, f"Its status is {webhook.status}.")
    remedy = "See that the service answers at that address, then `connector webhooks install` sets it going again."
    return Subscription(number, webhook.topic, webhook.delivery_url, why, remedy)


def _refuse_port(address: str) -> None:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS and parts.hostname != "127.0.0.1":
        raise SettingsError(
            f"WooCommerce calls only the ports 80, 443 and 8080, and public_url has {port}.",
            remedy="Put the service behind the shop's own web server: README has the lines for nginx and for Caddy.",
        )


def _changed(text: str | None) -> datetime | None:
    """The instant that a GMT time without a zone means."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
