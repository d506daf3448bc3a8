"""The admin of the demo's shop: the fake Shopify with pages more, which show customers' tags as a shop does.

It shows the fake's own books, not what the product believes to have written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from connector.language import Language
from sync.demo.server import Answer, Request
from sync.demo.shop import ShopCustomer
from sync.demo.shopify import FakeShopify
from sync.language.voice import Voice

CUSTOMERS = "/admin/customers"
MOST = 50
"""Customers on one page."""

_CUSTOMER = re.compile(rf"{CUSTOMERS}/(\d+)")
_environment = Environment(
    loader=PackageLoader("sync.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Sought:
    """What a visitor of the list asks for."""

    words: str
    tag: str

    def fits(self, customer: ShopCustomer) -> bool:
        """Whether a customer is among what was asked for."""
        name = f"{customer.first_name} {customer.last_name} {customer.email or ''}".casefold()
        return self.words.casefold() in name and (not self.tag or self.tag in customer.tags)


class Storefront(FakeShopify):
    """The fake Shopify, with its admin below /admin/customers; `language` is that of who says no other."""

    language: Language = "fr"

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """A page of the admin, or what the fake answers."""
        if request.method != "GET" or not request.path.startswith(CUSTOMERS):
            return super().answer(request)
        return self._admin(request), False

    def example(self, among: Collection[str | None] = ()) -> ShopCustomer | None:
        """A customer to look at: if possible one of these addresses, with a tag of the shop's own, who bought."""
        with self.lock:
            bought = {order.customer_id for order in self.shop.orders.values()}
            people = [customer for customer in self.shop.customers.values() if not customer.deleted]
        rank = {one.id: (one.email in among, bool(one.tags), one.id in bought, -one.id) for one in people}
        return max(people, key=lambda one: rank[one.id], default=None)

    def _admin(self, request: Request) -> Answer:
        asked = request.query.get("language", "")
        say = Voice("fr" if asked == "fr" else "en" if asked == "en" else self.language)
        found = _CUSTOMER.fullmatch(request.path)
        if found is None:
            sought = Sought(request.query.get("q", "")[:100], request.query.get("tag", "")[:255])
            return _page("customers.html", say, self._customers(sought))
        customer = self.shop.customers.get(int(found[1]))
        return Answer(404) if customer is None else _page("customer.html", say, self._customer(customer))

    def _customers(self, sought: Sought) -> dict[str, Any]:
        people = [customer for customer in self.shop.customers.values() if not customer.deleted]
        found = [customer for customer in people if sought.fits(customer)]
        return {
            "shop": self.shop.name,
            "sought": sought,
            "tags": sorted(Counter(tag for customer in people for tag in customer.tags).items()),
            "customers": found[:MOST],
            "found": len(found),
            "writes": len(self.writes),
        }

    def _customer(self, customer: ShopCustomer) -> dict[str, Any]:
        orders = [order for order in self.shop.orders.values() if order.customer_id == customer.id]
        return {"shop": self.shop.name, "customer": customer, "orders": orders[::-1], "writes": len(self.writes)}


def _page(template: str, say: Voice, values: dict[str, Any]) -> Answer:
    """A page in one language; nothing of it comes from elsewhere, and no script runs in it."""
    text = _environment.get_template(template).render(t=say.text, say=say, **values)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'"
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(200, text.encode(), {**headers, "Content-Security-Policy": policy})
