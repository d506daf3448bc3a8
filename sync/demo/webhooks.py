"""What a fake platform tells by itself: it looks for what changed in its shop, signs a delivery, and calls for real.

How a delivery fares is a fault plan: each returns the delays after which a copy is sent, none where it is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

import requests

from sync.demo.shop import Shop, ShopCustomer, ShopOrder

Kind = Literal["order", "customer"]
Event = Literal["created", "updated", "deleted", "refunded"]
Fate = Callable[[], Sequence[timedelta]]
Post = Callable[[str, dict[str, str], bytes], int]
"""Sends a body with headers to an address, and returns the status of the answer."""


@dataclass
class Hook:
    """A subscription; `secret` signs, `failures` are those in a row."""

    id: int
    topic: str
    address: str
    secret: str = field(repr=False)
    status: str = "active"
    fields: list[str] = field(default_factory=list)
    failures: int = 0


@dataclass
class Delivery:
    """A call to be made from `due` on; without a `body` it is written when it is sent."""

    due: datetime
    number: int  # of the event: copies share it
    hook: Hook
    kind: Kind
    thing: int
    body: bytes | None


class Speaker(Protocol):
    """How a platform puts its deliveries."""

    def topic(self, kind: Kind, event: Event) -> str:
        """The topic of an event."""
        ...

    def body(self, hook: Hook, kind: Kind, thing: int) -> bytes:
        """What is said of a thing as it is now."""
        ...

    def headers(self, delivery: Delivery, signature: str) -> dict[str, str]:
        """The headers of a delivery."""
        ...

    def answered(self, hook: Hook, status: int) -> None:
        """Take note of an answer; 0 where there was none."""
        ...


def call(address: str, headers: dict[str, str], body: bytes) -> int:
    """Send it, and return the answer's status; 0 where nobody answers within five seconds."""
    try:
        return requests.post(address, data=body, headers=headers, timeout=5, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


class Courier:
    """The webhooks of one fake. `late` bodies are written when they are sent, as WooCommerce does."""

    def __init__(self, shop: Shop, speaker: Speaker, now: Callable[[], datetime], *, late: bool) -> None:
        self.shop = shop
        self.hooks: dict[int, Hook] = {}
        self.fate: Fate = lambda: (timedelta(0),)
        self.post: Post = call
        self.sent: list[tuple[str, int]] = []  # topic and status of each call
        self._speaker, self._now, self._late = speaker, now, late
        self._queue: list[Delivery] = []
        self._events = 0
        self._seen = dict(_state(shop))

    def add(self, topic: str, address: str, secret: str, fields: list[str] | None = None) -> Hook:
        """A new subscription; what happened before is not told."""
        self.notice()
        hook = Hook(max(self.hooks, default=0) + 1, topic, address, secret, fields=fields or [])
        self.hooks[hook.id] = hook
        return hook

    def notice(self) -> None:
        """Look for what changed since the last look, and write a delivery for each subscriber."""
        found = dict(_state(self.shop))
        for key in sorted(found.keys() | self._seen.keys()):
            for event in _events(self._seen.get(key), found.get(key)):
                self._write(*key, event)
        self._seen = found

    def _write(self, kind: Kind, thing: int, event: Event) -> None:
        self._events += 1
        topic = self._speaker.topic(kind, event)
        for hook in self.hooks.values():
            if hook.topic == topic and hook.status == "active":
                body = None if self._late else self._speaker.body(hook, kind, thing)
                for delay in self.fate():
                    self._queue.append(Delivery(self._now() + delay, self._events, hook, kind, thing, body))

    def deliver(self) -> int:
        """Send what is due by now, in the order in which it fell due; how many calls that were."""
        self.notice()
        due = sorted((one for one in self._queue if one.due <= self._now()), key=lambda one: one.due)
        self._queue = [one for one in self._queue if one.due > self._now()]
        for delivery in due:
            body = delivery.body
            if body is None:
                body = self._speaker.body(delivery.hook, delivery.kind, delivery.thing)
            headers = self._speaker.headers(delivery, signature(body, delivery.hook.secret))
            status = self.post(delivery.hook.address, headers, body)
            self.sent.append((delivery.hook.topic, status))
            self._speaker.answered(delivery.hook, status)
        return len(due)


def signature(body: bytes, secret: str) -> str:
    """The base64 of a body's HMAC-SHA256, as both platforms sign."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def chosen(body: dict[str, Any], fields: list[str]) -> bytes:
    """The body as JSON, of its fields those that a subscription asks for, where it asks for some."""
    return json.dumps({name: value for name, value in body.items() if not fields or name in fields}).encode()


def zulu(moment: datetime) -> str:
    """A time as Shopify writes it in a webhook."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _state(shop: Shop) -> Iterator[tuple[tuple[Kind, int], tuple[object, ...]]]:
    """Of each thing that is there, what a change of it changes; the first entry is what was given back."""
    for order in shop.orders.values():
        if order.status != "trash":
            yield ("order", order.id), (order.refunded, *_facts(order))
    for customer in shop.customers.values():
        if not customer.deleted:
            yield ("customer", customer.id), (0, *_facts(customer))


def _facts(thing: ShopOrder | ShopCustomer) -> tuple[object, ...]:
    if isinstance(thing, ShopOrder):
        return thing.updated_at, thing.status, thing.customer_id, thing.total
    return thing.updated_at, frozenset(thing.tags), thing.consent, tuple(thing.meta.items()), thing.email


def _events(before: tuple[object, ...] | None, now: tuple[object, ...] | None) -> list[Event]:
    if before is None:
        return ["created"]
    if now is None:
        return ["deleted"]
    if before == now:
        return []
    return ["updated", "refunded"] if before[0] != now[0] else ["updated"]
