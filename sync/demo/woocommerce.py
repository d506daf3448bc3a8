"""A WooCommerce shop that is not there: wc/v3 as a running WooCommerce 10.5 was seen to answer.

It enforces what the platform enforces and forgives nothing: keys, signatures, date forms, exclusive bounds, limits.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sync.demo.certificate import certificate
from sync.demo.server import Answer, FakeServer, Fault, Request
from sync.demo.shop import Shop, ShopCustomer, ShopOrder, digits
from sync.demo.webhooks import Courier, Kind
from sync.demo.woocommerce_analytics import buyers
from sync.demo.woocommerce_keys import Keys, Refusal, stranger
from sync.demo.woocommerce_shapes import (
    Json,
    customer_json,
    order_json,
    product_json,
    refund_json,
    second,
    status,
)
from sync.demo.woocommerce_webhooks import WooCommerceSpeaker, change, make, view

API = "/wp-json/wc/v3/"
ANALYTICS = "/wp-json/wc-analytics/reports/customers"
BATCH = 100
CONSENT = re.compile("subscri|opt_?in|consent|newsletter|marketing", re.IGNORECASE)
ORDER_SORTS = ("date", "id", "include", "title", "slug", "modified")
CUSTOMER_SORTS = ("id", "include", "name", "registered_date")


class FakeWooCommerce(FakeServer):
    """Serves `shop`; what is changed there is seen at once. `now` is the shop's clock.

    `https=False` wants signed requests, as WordPress does where it sees no TLS. An older shop has
    `sorts_by_modification` and `lists_refunds` off; one without a city has a `gmt_offset`. `roles` and `order_meta`
    add what a Shop does not hold, by id. `analytics_leave_out` are the statuses that its Analytics do not count.
    `violations` lists what no client of ours may ever write.
    """

    def __init__(
        self,
        shop: Shop,
        *,
        now: Callable[[], datetime],
        key: str = "ck_demo",
        secret: str = "cs_demo",  # noqa: S107 - it opens nothing
        https: bool = True,
        permission: str = "read_write",
        fault: Fault | None = None,
    ) -> None:
        super().__init__(fault=fault)
        self.shop = shop
        self.now = now
        self.keys = Keys(key, secret, permission)
        self.sorts_by_modification = True
        self.lists_refunds = True
        self.batch_limit = BATCH
        self.gmt_offset: float | None = None
        self.roles: dict[int, str] = {}
        self.order_meta: dict[int, dict[str, str]] = {}
        self.zone = ZoneInfo(shop.timezone)
        self.ca: str | None = None
        if https:
            made = certificate()
            self.ca, self.certificate = made.authority, (made.certificate, made.key)
        self.violations: list[str] = []
        self.analytics_leave_out = {"pending", "failed", "cancelled", "checkout-draft", "trash"}
        self._meta_ids: dict[tuple[int, str], int] = {}
        self._index = _Index()
        self.courier = Courier(shop, WooCommerceSpeaker(self), now, late=True)

    # The shop's own hands -------------------------------------------------------------------------------------------

    def delete_customer(self, number: int) -> None:
        """Delete an account, as WordPress does: its orders become a guest's, and count as modified."""
        self.shop.customers.pop(number)
        for order in self.shop.orders.values():
            if order.customer_id == number:
                order.customer_id, order.updated_at = None, self.now()

    def trash(self, number: int) -> None:
        """Move an order to the trash, which counts as a modification."""
        self.shop.orders[number].status, self.shop.orders[number].updated_at = "trash", self.now()

    # Requests -------------------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Answer one request, dated by the shop's clock."""
        answer = super().handle(request)
        return replace(answer, headers={"Date": format_datetime(self.now(), usegmt=True), **answer.headers})

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """The answer, and whether the request could have changed a thing."""
        try:
            if request.path.rstrip("/") == "/wp-json":
                return self._site(request), False
            if request.path == ANALYTICS:
                self.keys.authenticate(request, self.url)
                return self._analytics(request), False
            if not request.path.startswith(API):
                return _nothing_there(request), False
            self.keys.authenticate(request, self.url)
            return self._route(request, request.path.removeprefix(API).rstrip("/"))
        except Refusal as refusal:
            return _answer(refusal.body, refusal.status), False

    def _site(self, request: Request) -> Answer:
        if "authorization" in request.headers:  # WordPress takes it for an application password
            raise Refusal(401, "invalid_username", "Unknown username. Check again or try your email address.")
        city = self.gmt_offset is None
        offset = self.now().astimezone(self.zone).utcoffset()
        return _answer(
            {
                "name": self.shop.name,
                "home": f"https://{self.shop.domain}",
                "gmt_offset": offset.total_seconds() / 3600 if city and offset else str(self.gmt_offset or 0),
                "timezone_string": self.shop.timezone if city else "",
            }
        )

    def _route(self, request: Request, path: str) -> tuple[Answer, bool]:  # noqa: C901, PLR0911 - one case per route
        number = int(found[1]) if (found := re.match(r"\w+/(\d+)", path)) else 0
        if path.partition("/")[0] == "webhooks":
            return self._webhooks(request, number)
        match request.method, re.sub(r"\d+", "#", path):
            case "GET", "orders":
                return self._orders(request), False
            case "GET", "orders/#":
                return _answer(self._order(self._known_order(number), request)), False
            case "GET", "orders/#/refunds":
                return self._refunds(request, [self._known_order(number)]), False
            case "GET", "refunds" if self.lists_refunds:
                return self._refunds(request, list(self.shop.orders.values())), False
            case "GET", "products":
                return self._products(request), False
            case "GET", "customers":
                return self._customers(request), False
            case "GET", "customers/#":
                return _answer(self._customer(self._known_customer(number))), False
            case (("PUT" | "POST"), "customers/#"):
                return _answer(self._update_customer(number, _body(request))), True
            case "DELETE", "customers/#":
                return self._delete_customer(request, number), True
            case "POST", "customers/batch":
                return self._batch(_body(request))
            case "GET", "data/currencies/current":
                return _answer({"code": self.shop.currency, "name": self.shop.currency, "symbol": "&euro;"}), False
        raise Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    # Orders ---------------------------------------------------------------------------------------------------------

    def _orders(self, request: Request) -> Answer:
        query = request.query
        sorts = ORDER_SORTS if self.sorts_by_modification else ORDER_SORTS[:-1]
        sort = _choice(query, "orderby", sorts, "date")
        bounds = self._bound(query, "modified_after"), self._bound(query, "modified_before")
        wanted = query.get("status", "any").split(",")
        found = self._index.between(self.shop, *bounds, trashed=wanted == ["trash"])
        if "any" not in wanted and wanted != ["trash"]:
            found = [order for order in found if status(order) in wanted]
        after, before = self._bound(query, "after"), self._bound(query, "before")
        if after or before:
            found = [
                order
                for order in found
                if (not after or second(order.placed_at) > after) and (not before or second(order.placed_at) < before)
            ]
        if "customer" in query:
            found = [order for order in found if (order.customer_id or 0) == int(query["customer"])]
        found = _selected(found, query)
        keys: dict[str, Callable[[ShopOrder], Any]] = {
            "date": lambda order: (order.placed_at, order.id),
            "modified": lambda order: (second(order.updated_at), order.id),
        }
        found = _sorted(found, keys.get(sort, lambda order: order.id), query, already=sort == "modified")
        return self._page(request, found, lambda order: self._order(order, request))

    def _bound(self, query: Mapping[str, str], name: str) -> datetime | None:
        """A bound in UTC, with the platform's own mistake: a time with a zone *and* dates_are_gmt is shifted."""
        text = query.get(name)
        if text is None:
            return None
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            raise _invalid(name, "Invalid date.") from None
        wall = given.astimezone(self.zone).replace(tzinfo=None) if given.tzinfo else given
        gmt = query.get("dates_are_gmt") in {"true", "1"}
        return wall if gmt else wall.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)

    def _order(self, order: ShopOrder, request: Request) -> Json:
        shown = order_json(order, self.shop, self.zone, self._digits(order), self.order_meta.get(order.id, {}))
        return _fields(shown, request.query)

    def _digits(self, order: ShopOrder) -> int:
        return digits(order.currency or self.shop.currency)

    def _known_order(self, number: int) -> ShopOrder:
        if number not in self.shop.orders:
            raise Refusal(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return self.shop.orders[number]

    def _refunds(self, request: Request, orders: Sequence[ShopOrder]) -> Answer:
        found = [(order, refund) for order in orders for refund in order.refunds]
        if "include" in request.query:
            wanted = set(map(int, request.query["include"].split(",")))
            found = [(order, refund) for order, refund in found if refund.id in wanted]
        found.sort(key=lambda pair: pair[1].at, reverse=True)
        return self._page(
            request,
            found,
            lambda pair: _fields(refund_json(pair[0], pair[1], self.zone, self._digits(pair[0])), request.query),
        )

    def _products(self, request: Request) -> Answer:
        found = _selected(list(self.shop.products.values()), request.query)
        places = digits(self.shop.currency)
        return self._page(request, found, lambda product: _fields(product_json(product, places), request.query))

    # Customers ------------------------------------------------------------------------------------------------------

    def _customers(self, request: Request) -> Answer:
        """Accounts by role, `customer` unless told otherwise; modified_after is no parameter here, and ignored."""
        query = request.query
        sort = _choice(query, "orderby", CUSTOMER_SORTS, "name")
        role = query.get("role", "customer")
        found = [
            customer
            for customer in self.shop.customers.values()
            if not customer.deleted and role in {"all", self.roles.get(customer.id, "customer")}
        ]
        if "email" in query:
            found = [customer for customer in found if customer.email == query["email"]]
        found = _selected(found, query)
        keys: dict[str, Callable[[ShopCustomer], Any]] = {
            "name": lambda customer: (customer.last_name, customer.id),
            "registered_date": lambda customer: (customer.created_at, customer.id),
        }
        found = _sorted(found, keys.get(sort, lambda customer: customer.id), query, descends=False)
        return self._page(request, found, lambda customer: _fields(self._customer(customer), query))

    def _customer(self, customer: ShopCustomer) -> Json:
        meta: list[Json] = []
        for key, value in customer.meta.items():
            number = self._meta_ids.setdefault((customer.id, key), len(self._meta_ids) + 1)
            meta.append({"id": number, "key": key, "value": value})
        return customer_json(customer, self.roles.get(customer.id, "customer"), self.zone, meta)

    def _known_customer(self, number: int) -> ShopCustomer:
        customer = self.shop.customers.get(number)
        if customer is None or customer.deleted:
            raise Refusal(404, "wc_user_invalid_id", "Invalid resource ID.")
        return customer

    def _update_customer(self, number: int, body: Json) -> Json:
        """Meta by key; a null takes away the entry whose id it names; keys with _ are accepted and not kept."""
        customer = self._known_customer(number)
        self._guard(body)
        for entry in body.get("meta_data", []):
            key, value = str(entry.get("key", "")), entry.get("value")
            if value is None:
                named = next(
                    (held for held in customer.meta if self._meta_ids.get((number, held)) == entry.get("id")), None
                )
                customer.meta.pop(named or "", None)
            elif not key.startswith("_"):
                customer.meta[key] = value if isinstance(value, str) else json.dumps(value)
        if "email" in body:
            customer.email = body["email"]
        customer.updated_at = self.now()
        return self._customer(customer)

    def _guard(self, body: Json) -> None:
        """A violation for what a segmentation tool has no business with: the account itself, a plugin's consent."""
        named = {str(entry.get("key", "")) for entry in body.get("meta_data", [])}
        strange = sorted(body.keys() - {"id", "meta_data"}) + [key for key in sorted(named) if CONSENT.search(key)]
        if strange:
            self.violations += strange
            raise Refusal(403, "woocommerce_rest_cannot_edit", f"Refused: {', '.join(strange)}.")

    def _delete_customer(self, request: Request, number: int) -> Answer:
        customer = self._known_customer(number)
        if request.query.get("force") != "true":
            raise Refusal(501, "woocommerce_rest_trash_not_supported", "Customers do not support trashing.")
        self.delete_customer(number)
        return _answer(self._customer(customer))

    def _batch(self, body: Json) -> tuple[Answer, bool]:
        """Each item's own answer or error, in its place; nothing is done where there are too many."""
        size = sum(len(body.get(part, [])) for part in ("create", "update", "delete"))
        if size > self.batch_limit:
            words = f"Unable to accept more than {self.batch_limit} items for this request."
            raise Refusal(413, "woocommerce_rest_request_entity_too_large", words)
        answers = []
        for item in body.get("update", []):
            try:
                answers.append(self._update_customer(int(item["id"]), item))
            except Refusal as refusal:
                answers.append({"id": item["id"], "error": refusal.body})
        return _answer({"update": answers} if answers else []), size > 0

    # Webhooks -------------------------------------------------------------------------------------------------------

    def shown(self, kind: Kind, number: int) -> Json:
        """An order or an account as the API shows it; Refusal where there is none."""
        if kind == "customer":
            return self._customer(self._known_customer(number))
        order = self._known_order(number)
        return order_json(order, self.shop, self.zone, self._digits(order), self.order_meta.get(number, {}))

    def _webhooks(self, request: Request, number: int) -> tuple[Answer, bool]:
        hooks = self.courier.hooks
        if number and number not in hooks:
            raise Refusal(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
        match request.method, bool(number):
            case "GET", False:
                return self._page(request, sorted(hooks.values(), key=lambda hook: hook.id), view), False
            case "POST", False:
                return _answer(view(make(self.courier, _body(request))), 201), True
            case "PUT", True:
                return _answer(view(change(hooks[number], _body(request)))), True
            case "DELETE", True:
                if request.query.get("force") != "true":
                    raise Refusal(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
                return _answer(view(hooks.pop(number))), True
        raise Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    # Analytics ------------------------------------------------------------------------------------------------------

    def _analytics(self, request: Request) -> Answer:
        """What Analytics say of each buyer."""
        return self._page(request, buyers(self.shop, self.analytics_leave_out), lambda row: row)

    # Pages ----------------------------------------------------------------------------------------------------------

    def _page(self, request: Request, found: Sequence[Any], render: Callable[[Any], Json]) -> Answer:
        """A page, with the totals as texts, and a Link that repeats the query, signatures and all."""
        size = _number(request.query, "per_page", 10, 100)
        number = _number(request.query, "page", 1, None)
        shown = found[(number - 1) * size : number * size]
        pages = -(-len(found) // size)
        beyond = number > 1 and not shown
        totals = {"X-WP-Total": str(0 if beyond else len(found)), "X-WP-TotalPages": str(0 if beyond else pages)}
        links = [("prev", number - 1)] if number > 1 else []
        links += [("next", number + 1)] if number < pages else []
        for name, page in links:
            query = urlencode({**request.query, "page": page})
            totals["Link"] = f'<{self.url}{request.path}?{query}>; rel="{name}"'
        answer = _answer([render(item) for item in shown])
        return replace(answer, headers={**answer.headers, **totals})


class _Index:
    """Orders by their time of change. A Shop is changed from anywhere, so what was sorted is compared each time."""

    def __init__(self) -> None:
        self._seen: tuple[list[ShopOrder], list[datetime], list[str]] | None = None
        self._sorted: dict[bool, tuple[list[datetime], list[ShopOrder]]] = {}

    def between(self, shop: Shop, after: datetime | None, before: datetime | None, *, trashed: bool) -> list[ShopOrder]:
        """The orders in the trash, or all others, modified between two times, both excluded, oldest first."""
        orders = list(shop.orders.values())
        seen = orders, [order.updated_at for order in orders], [order.status for order in orders]
        if seen != self._seen:
            self._seen, self._sorted = seen, {}
        times, found = self._sorted.get(trashed) or self._sort(orders, trashed=trashed)
        low = bisect_right(times, after) if after else 0
        high = bisect_left(times, before) if before else len(times)
        return found[low:high]

    def _sort(self, orders: list[ShopOrder], *, trashed: bool) -> tuple[list[datetime], list[ShopOrder]]:
        shown = [order for order in orders if (order.status == "trash") is trashed]
        shown.sort(key=lambda order: (second(order.updated_at), order.id))
        self._sorted[trashed] = [second(order.updated_at) for order in shown], shown
        return self._sorted[trashed]


def _answer(value: object, status: int = 200) -> Answer:
    """JSON as WordPress writes it: slashes and everything that is not ASCII escaped."""
    body = json.dumps(value).replace("/", "\\/").encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=UTF-8"})


def _nothing_there(request: Request) -> Answer:
    """Keys are only looked at under wp-json/wc/, so /?rest_route= knows nobody; all else is a page for people."""
    if "rest_route" in request.query:
        raise stranger()
    return Answer(404, b"<!DOCTYPE html><title>Page not found</title>", {"Content-Type": "text/html"})


def _body(request: Request) -> Json:
    try:
        body = request.json()
    except ValueError:
        raise Refusal(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    return body if isinstance(body, dict) else {}


def _invalid(name: str, reason: str) -> Refusal:
    details = {name: {"code": "rest_invalid_param", "message": reason, "data": None}}
    message = f"Invalid parameter(s): {name}"
    return Refusal(400, "rest_invalid_param", message, params={name: reason}, details=details)


def _choice(query: Mapping[str, str], name: str, choices: Sequence[str], default: str) -> str:
    value = query.get(name, default)
    if value not in choices:
        raise _invalid(name, f"{name} is not one of {', '.join(choices)}.")
    return value


def _number(query: Mapping[str, str], name: str, default: int, largest: int | None) -> int:
    text = query.get(name, str(default))
    value = int(text) if text.isdecimal() else 0
    if value < 1 or (largest is not None and value > largest):
        raise _invalid(name, f"{name} must be between 1 (inclusive) and {largest or 'more'} (inclusive)")
    return value


def _selected(found: list[Any], query: Mapping[str, str]) -> list[Any]:
    for name, kept in (("include", True), ("exclude", False)):
        if name in query:
            ids = {int(number) for number in query[name].split(",")}
            found = [item for item in found if (item.id in ids) is kept]
    return found


def _sorted(
    found: list[Any],
    key: Callable[[Any], Any],
    query: Mapping[str, str],
    *,
    descends: bool = True,
    already: bool = False,
) -> list[Any]:
    down = _choice(query, "order", ("asc", "desc"), "desc" if descends else "asc") == "desc"
    if already:
        return found[::-1] if down else found
    return sorted(found, key=key, reverse=down)


def _fields(item: Json, query: Mapping[str, str]) -> Json:
    """The fields that `_fields` asks for, in the thing's own order; "billing.email" reaches inside."""
    if "_fields" not in query:
        return item
    wanted: dict[str, list[str]] = {}
    for path in query["_fields"].split(","):
        name, _, inner = path.strip().partition(".")
        wanted.setdefault(name, []).append(inner)
    return {name: _inside(value, wanted[name]) for name, value in item.items() if name in wanted}


def _inside(value: object, names: list[str]) -> object:
    if "" in names or not isinstance(value, dict):
        return value
    return {name: value[name] for name in names if name in value}
