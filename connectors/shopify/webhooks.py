"""What Shopify tells by itself: changes of orders and customers, and what people ask about their data.

Facts: shopify.dev/docs/apps/build/webhooks (delivery, signature, duplicates) and …/privacy-law-compliance. The privacy
topics are set in the app's own configuration, not by this API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from connector.errors import PermanentError, RecordError
from connector.source import Hint, PrivacyRequest, Subscription
from connectors.shopify.payloads import PageInfo
from connectors.shopify.source import ShopifySource

TOPICS: dict[str, list[str]] = {
    "ORDERS_CREATE": ["id", "admin_graphql_api_id", "updated_at"],
    "ORDERS_UPDATED": ["id", "admin_graphql_api_id", "updated_at"],
    "ORDERS_DELETE": [],
    "REFUNDS_CREATE": ["id", "order_id"],
    "CUSTOMERS_CREATE": ["id", "admin_graphql_api_id", "updated_at"],
    "CUSTOMERS_UPDATE": ["id", "admin_graphql_api_id", "updated_at"],
    "CUSTOMERS_DELETE": [],
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE": ["customer_id"],
}
"""What is subscribed to, each with all that its deliveries are to hold: an id is enough, the rest is asked for."""

_KINDS = {"Order": "orders", "Customer": "customers"}


class _Person(msgspec.Struct):
    id: int = 0


class _Body(msgspec.Struct):
    """What a delivery of any topic may hold of what matters here."""

    id: int = 0
    admin_graphql_api_id: str = ""
    updated_at: datetime | None = None
    order_id: int = 0
    customer_id: int = 0
    shop_domain: str | None = None
    customer: _Person | None = None
    orders_requested: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data_request: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Node(msgspec.Struct):
    id: str
    topic: str
    uri: str


class _Nodes(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[_Node]


class _Listed(msgspec.Struct, rename="camel"):
    webhook_subscriptions: _Nodes


class _UserError(msgspec.Struct):
    message: str


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[_UserError] = []


class _Done(msgspec.Struct):
    done: _Payload | None = None


class ShopifyWebhooks:
    """The webhooks of the shop that `source` reads; they are signed with the app's secret, so `secret` is not asked."""

    topics: ClassVar[tuple[str, ...]] = tuple(TOPICS)
    signature: ClassVar[str] = "x-shopify-hmac-sha256"
    event: ClassVar[str] = "x-shopify-event-id"

    def __init__(self, *, source: ShopifySource, secret: str = "") -> None:  # noqa: ARG002 - the contract's
        self._admin = source.admin

    def ping(self, body: bytes) -> bool:  # noqa: ARG002
        """Never: Shopify signs whatever it sends."""
        return False

    def misdirected(self, headers: Mapping[str, str]) -> bool:
        """Whether the headers name another shop than this one."""
        named = headers.get("x-shopify-shop-domain")
        return named is not None and named.casefold() != self._admin.shop.casefold()

    def heard(self, headers: Mapping[str, str], body: bytes) -> Hint | PrivacyRequest | None:
        """What changed or is asked for, by the body where that says it; the topic only tells where there is but an id.

        RecordError where the body is another shop's, or no JSON of a known form.
        """
        try:
            told = msgspec.json.decode(body, type=_Body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise RecordError(f"Shopify's delivery cannot be read: {error}") from error
        if told.shop_domain is not None:
            return self._asked(told)
        return _hint(told, headers.get("x-shopify-topic", ""))

    def _asked(self, told: _Body) -> PrivacyRequest:
        """What is asked, by the signed body alone: who holds one such body cannot turn it into another request."""
        if str(told.shop_domain).casefold() != self._admin.shop.casefold():
            raise RecordError("The delivery concerns another shop.")
        if told.customer is None:
            return PrivacyRequest("erase_shop")
        asks = told.orders_requested is not msgspec.UNSET or told.data_request is not msgspec.UNSET
        return PrivacyRequest("export" if asks else "erase", str(told.customer.id))

    def installed(self) -> list[Subscription]:
        """The subscriptions of this app at the shop."""
        return [Subscription(node.id, node.topic, node.uri) for node in self._nodes()]

    def _nodes(self) -> Iterator[_Node]:
        after: str | None = None
        while True:
            found = self._admin.ask("webhooks", _Listed, after=after).data.webhook_subscriptions
            yield from found.nodes
            if not found.page_info.has_next_page:
                return
            after = found.page_info.end_cursor

    def install(self, address: str) -> tuple[str, ...]:
        """Subscribe `address` to each topic that it is not subscribed to; those that were added."""
        known = {found.topic for found in self.installed() if found.address == address}
        new = tuple(topic for topic in TOPICS if topic not in known)
        for topic in new:
            webhook: dict[str, Any] = {"uri": address, "format": "JSON"}
            if TOPICS[topic]:
                webhook["includeFields"] = TOPICS[topic]
            self._do("webhook_create", topic=topic, webhook=webhook)
        return new

    def remove(self, address: str) -> tuple[str, ...]:
        """Delete the subscriptions that call `address`; their topics."""
        ours = [found for found in self.installed() if found.address == address]
        for found in ours:
            self._do("webhook_delete", id=found.id)
        return tuple(found.topic for found in ours)

    def _do(self, name: str, **variables: Any) -> None:  # noqa: ANN401 - as the schema has them
        done = self._admin.ask(name, _Done, **variables).data.done
        words = " ".join(error.message for error in done.user_errors) if done else "no reason given"
        if words:
            raise PermanentError(f"Shopify refused a webhook: {words}", remedy="It calls public https addresses only.")


def _hint(told: _Body, topic: str) -> Hint | None:
    changed = told.updated_at and told.updated_at.astimezone(UTC)
    if told.order_id > 0:  # a refund's
        return Hint("orders", str(told.order_id))
    if told.customer_id > 0:  # a consent's
        return Hint("customers", str(told.customer_id))
    kind = told.admin_graphql_api_id.rpartition("/")[0].rpartition("/")[2]
    stream = _KINDS.get(kind) or topic.partition("/")[0]
    if told.id <= 0 or stream not in {"orders", "customers"}:
        return None
    return Hint("orders" if stream == "orders" else "customers", str(told.id), changed)
