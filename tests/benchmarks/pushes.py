"""How many requests 14,000 tag changes take, as the platforms' fakes count them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from connector.destination import Destination, RemoteChange, Result
from connectors.mailchimp import MailchimpDestination
from connectors.shopify import ShopifyDestination
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.server import FakeServer
from sync.demo.shop import Shop, ShopCustomer
from sync.demo.shopify import FakeShopify
from tests.benchmarks.measure import Facts, Step

PEOPLE = 14_000
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
NEW = "Lifecycle: Loyal"


class Clock:
    """A clock that goes on by what a client waits."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now

    def timestamp(self) -> float:
        """The present instant in seconds since the epoch."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let the time pass, at once."""
        self.now += timedelta(seconds=seconds)


def shopify(facts: Facts) -> None:
    """Everyone gains one tag by a bulk operation, then another by ordinary documents."""
    clock = Clock()
    shop = Shop(customers={n: ShopCustomer(n, f"c{n}@example.fr", NOW, NOW) for n in range(1, PEOPLE + 1)})
    with FakeShopify(shop, now=clock) as fake:

        def connect(many: int) -> ShopifyDestination:
            return ShopifyDestination(
                shop=shop.domain,
                token="shpat_demo",
                endpoint=fake.url,
                sleep=clock.sleep,
                clock=clock.timestamp,
                many=many,
            )

        addresses = [str(number) for number in shop.customers]
        facts["shopify by bulk operation"] = _count(fake, connect(500), addresses, clock)
        facts["shopify by documents"] = _count(fake, connect(PEOPLE + 1), addresses, clock)
        assert fake.violations == []


def mailchimp(facts: Facts) -> None:
    """Everyone gains one tag, with automations and without."""
    clock = Clock()
    with FakeMailchimp(now=clock) as fake:
        addresses = [fake.add(f"c{number}@example.fr").email for number in range(PEOPLE)]
        destination = MailchimpDestination(
            api_key=fake.api_key, audience=fake.audience, endpoint=fake.url, sleep=clock.sleep
        )
        facts["mailchimp"] = _count(fake, destination, addresses, clock)
        facts["mailchimp, silent"] = _count(fake, destination, addresses, clock, silent=True)
        assert fake.violations == []


def _count(
    fake: FakeServer, destination: Destination, addresses: Sequence[str], clock: Clock, *, silent: bool = False
) -> dict[str, float]:
    """The requests of all kinds and the writes among them; `waited` is how long the platform made us wait."""
    requests, writes, began = len(fake.ledger), len(fake.writes), clock.now
    tag = f"{NEW} {requests}"
    changes = [RemoteChange(address, add=frozenset({tag})) for address in addresses]
    assert all(outcome.result is Result.ACCEPTED for outcome in destination.apply(changes, silent=silent))
    return {
        "requests": len(fake.ledger) - requests,
        "writes": len(fake.writes) - writes,
        "waited": (clock.now - began).total_seconds(),
    }


PARTS: Sequence[Callable[[Facts], None]] = (shopify, mailchimp)

if __name__ == "__main__":
    with Step() as told:
        for part in PARTS:
            part(told)
    print(json.dumps(told))
