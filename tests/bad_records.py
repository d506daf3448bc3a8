"""Payloads that are no record, one of each kind, and records that are odd and right; put into a fake's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sync.demo.server import Answer, Request
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MARK = "@raw@"
Row = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """What a platform calls the parts of an order."""

    placed: str
    city: str
    lines: str
    gid: bool

    def total(self, row: Row, value: Any) -> None:  # noqa: ANN401 - whatever is no amount
        """Write something in the place of the order's total."""
        if self.gid:
            row["totalPriceSet"]["shopMoney"]["amount"] = value
        else:
            row["total"] = value

    def address(self, row: Row) -> Row:
        """The address that is read."""
        found: Row = row["shippingAddress" if self.gid else "shipping"]
        return found

    def first_line(self, row: Row) -> Row:
        """The first line of an order; in a bulk file the row is the line."""
        lines = row.get(self.lines, [row])
        first: Row = (lines["nodes"] if isinstance(lines, dict) else lines)[0]
        return first


SHOPIFY = Names("processedAt", "city", "lineItems", gid=True)
WOO = Names("date_created_gmt", "city", "line_items", gid=False)

Spoil = Callable[[Row, Names], bytes | None]
"""Changes a row for the worse; what it returns stands in the place of MARK, as it is."""


def _total(value: Any, token: bytes | None = None) -> Spoil:  # noqa: ANN401
    def spoil(row: Row, names: Names) -> bytes | None:
        names.total(row, value)
        return token

    return spoil


def _set(key: str, value: Any) -> Spoil:  # noqa: ANN401
    return lambda row, names: row.update({key: value})


def _city(token: bytes) -> Spoil:
    return lambda row, names: names.address(row).update({names.city: MARK}) or token


def _placed(value: Any) -> Spoil:  # noqa: ANN401
    return lambda row, names: row.update({names.placed: value})


def _no_total(row: Row, names: Names) -> None:
    row.pop("totalPriceSet" if names.gid else "total")


def _no_id(row: Row, names: Names) -> None:
    row.pop("id")


def _quantity(token: bytes) -> Spoil:
    return lambda row, names: names.first_line(row).update({"quantity": MARK}) or token


BROKEN: dict[str, Spoil] = {
    "no id": _no_id,
    "an id that is a list": _set("id", [1]),
    "no total": _no_total,
    "a total that is an object": _total({"amount": 3}),
    "a total in words": _total("douze euros"),
    "a total of 1e400": _total("1e400"),
    "a total of infinity": _total("Infinity"),
    "a total less than nothing": _total("-5.00"),
    "a number that is none": _total(MARK, b"NaN"),
    "a number without end": _total(MARK, b"-Infinity"),
    "a quantity of 2**63": _quantity(str(2**63).encode()),
    "a quantity of five thousand digits": _quantity(b"9" * 5000),
    "a hundred thousand nested lists": lambda row, names: row.update(extra=MARK) or b"[" * 100_000 + b"]" * 100_000,
    "half of a surrogate pair": _city(rb'"Lille \ud83d"'),
    "a NUL": _city(rb'"Li\u0000lle"'),
    "bytes that are no text": _city(b'"Li\xffle"'),
    "the year 1": _placed("0001-01-01T00:00:00Z"),
    "the year 9999": _placed("9999-12-31T23:59:59Z"),
    "the 30th of February": _placed("2026-02-30T12:00:00Z"),
    "a date in words": _placed("yesterday"),
    "refunds that are a text": _set("refunds", "none"),
}
IN_LINES = {label for label in BROKEN if "quantity" in label}


def _odd_status(row: Row, names: Names) -> None:
    row["displayFinancialStatus" if names.gid else "status"] = "BARTERED"


ODD: dict[str, Callable[[ShopOrder], None]] = {
    "emoji": lambda order: setattr(order, "city", "Zürich 🏔 \u202e"),
    "a text that looks like a NUL": lambda order: setattr(order, "city", "\\u0000"),
    "a quotation of JSON": lambda order: setattr(order, "city", '"}],"nodes":[{'),
    "no price": lambda order: setattr(order, "total", 0),
    "another currency": lambda order: setattr(order, "currency", "JPY"),
    "nobody's": lambda order: setattr(order, "customer_id", None),
    "a quantity below zero": lambda order: setattr(order.lines[0], "quantity", -2),
    "no lines": lambda order: setattr(order, "lines", []),
    "much money": lambda order: setattr(order, "total", 10**14),
}
ODD_ROWS: dict[str, Spoil] = {
    "a status that is new": _odd_status,
    "a field that is new": _set("loyaltyTier", {"a": [1, {"b": None}]}),
    "forty nested lists": lambda row, names: row.update(extra=MARK) or b"[" * 40 + b"]" * 40,
}
LONG = 500


@dataclass
class Labelled:
    """A shop of which every tenth order is broken and every tenth odd; `sent` is what went out, by order."""

    shop: Shop
    broken: dict[int, str] = field(default_factory=dict)
    odd: dict[int, str] = field(default_factory=dict)
    sent: dict[int, bytes] = field(default_factory=dict)

    @staticmethod
    def of(orders: int, first: int = 1000) -> Labelled:
        """So many orders, three in a minute, of ten accounts."""
        made = Labelled(Shop())
        opened = NOW - timedelta(days=90)
        for number in range(1, 11):
            made.shop.customers[number] = ShopCustomer(number, f"client{number}@example.com", opened, opened)
        odd = [*ODD, *ODD_ROWS]
        for n in range(orders):
            number = first + n
            placed = NOW - timedelta(days=50) + timedelta(seconds=20 * n)
            line = ShopLine(number * 1000, None, "Bol", 2, 2500, "BOL-1")
            order = ShopOrder(number, placed, placed, 3000, 1 + n % 10, city="Lille", lines=[line])
            made.shop.orders[number] = order
            if n % 10 == 4:
                made.broken[number] = list(BROKEN)[n // 10 % len(BROKEN)]
            elif n % 10 == 7:
                made.odd[number] = odd[n // 10 % len(odd)]
                if change := ODD.get(made.odd[number]):
                    change(order)
        long = made.shop.orders[first]
        long.lines = [ShopLine(first * 1000 + n, None, f"Bol {n}", 1, 5) for n in range(LONG)]
        return made

    def good(self) -> set[str]:
        """The ids of all orders that are to be stored."""
        return {str(number) for number in self.shop.orders if number not in self.broken}

    def hashes(self) -> set[str]:
        """The hash of each broken payload as it was sent."""
        return {
            blake2b(payload.decode("utf-8", "backslashreplace").encode()).hexdigest()[:16]
            for payload in self.sent.values()
        }

    def row(self, row: Row, names: Names) -> bytes:
        """An order's row as it is sent."""
        text = str(row.get("id", "")).rpartition("/")[2]
        number = int(text) if text.isdecimal() else 0
        label = self.broken.get(number) or self.odd.get(number, "")
        spoil = BROKEN.get(label) or ODD_ROWS.get(label)
        if spoil is None or (label in IN_LINES and names.lines not in row):
            return _json(row, None)
        body = _json(row, spoil(row, names))
        if number in self.broken:
            self.sent[number] = body
        return body

    def bulk(self, body: bytes) -> bytes:
        """A bulk file as it is sent: each order's row with those of its lines."""
        rows = []
        parts: dict[int, list[bytes]] = {}
        for line in body.splitlines():
            row = json.loads(line)
            parent = row.get("__parentId", row.get("id")).rpartition("/")[2]
            number = int(parent)
            if "__parentId" in row and self.broken.get(number) in IN_LINES:
                sent = _json(row, BROKEN[self.broken[number]](row, SHOPIFY))
            else:
                sent = line if "__parentId" in row else self.row(row, SHOPIFY)
            rows.append(sent)
            if number in self.broken:
                parts.setdefault(number, []).append(sent)
        self.sent.update({number: b"\n".join(sent) for number, sent in parts.items()})
        return b"\n".join(rows) + b"\n"


def _json(row: Row, token: bytes | None) -> bytes:
    body = json.dumps(row, ensure_ascii=False).encode()
    return body if token is None else body.replace(f'"{MARK}"'.encode(), token)


class SpoiltShopify(FakeShopify):
    """Serves a labelled shop's orders, in pages, in bulk and one by one."""

    def __init__(self, labelled: Labelled) -> None:
        super().__init__(labelled.shop, now=lambda: NOW, maximum=1e9, polls=1)
        self.labelled = labelled

    def answer(self, request: Request) -> tuple[Answer, bool]:
        answer, write = super().answer(request)
        if request.path.startswith("/bulk/") and b"gid://shopify/Order/" in answer.body:
            return replace(answer, body=self.labelled.bulk(answer.body)), write
        if not answer.body.startswith(b'{"data": {"found": '):
            return answer, write
        whole = json.loads(answer.body)
        found = whole["data"]["found"]
        if found is None or "gid://shopify/Order/" not in str(found.get("id") or (found.get("nodes") or [{}])[0]):
            return answer, write
        rows = [found] if "id" in found else found["nodes"]
        sent = [self.labelled.row(row, SHOPIFY) for row in rows]
        if "id" in found:
            whole["data"]["found"] = MARK
            return replace(answer, body=_json(whole, sent[0])), write
        found["nodes"] = MARK
        return replace(answer, body=_json(whole, b"[" + b", ".join(sent) + b"]")), write


class SpoiltWooCommerce(FakeWooCommerce):
    """Serves a labelled shop's orders, in pages and one by one."""

    def __init__(self, labelled: Labelled) -> None:
        super().__init__(labelled.shop, now=lambda: NOW)
        self.labelled = labelled

    def answer(self, request: Request) -> tuple[Answer, bool]:
        answer, write = super().answer(request)
        path = request.path.removeprefix("/wp-json/wc/v3/orders")
        if path == request.path or answer.status != 200 or "status" in request.query:
            return answer, write
        if path == "":
            rows = [self.labelled.row(row, WOO) for row in json.loads(answer.body)]
            return replace(answer, body=b"[" + b",".join(rows) + b"]"), write
        if path[1:].isdecimal():
            return replace(answer, body=self.labelled.row(json.loads(answer.body), WOO)), write
        return answer, write
