"""An invented shop of any size as Shopify's bulk files, the same for the same seed.

Orders are skewed over customers by gamma(0.6), which leaves 29 % of them without one, and spread over three years.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from tests.benchmarks.dates import NOW

SEED = 20260630
YEARS = timedelta(days=3 * 365)
FIRST_ID = 5_400_000_000_000
PRODUCTS = 2000
SAMPLE = 20_000
CITIES = [("Lille", "59000"), ("Lyon", "69003"), ("Paris", "75011"), ("Nantes", "44000"), ("Bordeaux", "33000")]


@dataclass(frozen=True)
class Files:
    """The bulk files of a shop in a folder: everything, what one day changes, and a sample of the orders."""

    folder: Path

    @property
    def customers(self) -> Path:
        """Every customer."""
        return self.folder / "customers.jsonl"

    @property
    def orders(self) -> Path:
        """Every order up to NOW, each with its lines after it."""
        return self.folder / "orders.jsonl"

    @property
    def day(self) -> Path:
        """What the day after NOW brings: 0.2 % new orders, and refunds of 0.006 % of the old ones."""
        return self.folder / "day.jsonl"

    @property
    def sample(self) -> Path:
        """The first orders, for what is too slow to be given them all."""
        return self.folder / "sample.jsonl"


def write(files: Files, orders: int) -> None:
    """Write the files of a shop with so many orders and a fourth as many customers."""
    rng = np.random.default_rng(SEED)
    people = max(orders // 4, 1)
    weights = rng.gamma(0.6, size=people)
    refunded_next_day = set(rng.integers(0, orders, size=max(1, orders * 6 // 100_000)).tolist())
    with files.customers.open("w") as file:
        file.writelines(_customer(number) + "\n" for number in range(people))
    drawn = _draw(rng, orders, weights, NOW - YEARS, YEARS)
    with files.orders.open("w") as file, files.day.open("w") as day, files.sample.open("w") as sample:
        for number, order in enumerate(drawn):
            row = order.rows(number)
            file.write(row)
            if number < SAMPLE:
                sample.write(row)
            if number in refunded_next_day:
                day.write(order.refunded(NOW + timedelta(hours=12)).rows(number))
        later = _draw(rng, max(1, orders // 500), weights, NOW, timedelta(hours=20))
        day.writelines(order.rows(orders + number) for number, order in enumerate(later))


@dataclass(frozen=True)
class _Order:
    person: int
    placed_at: datetime
    state: str  # paid, pending, cancelled or refunded (in part)
    lines: tuple[tuple[int, int, int], ...]  # product, quantity, total in cents
    until: datetime  # nothing has happened after
    refund_at: datetime | None = None

    def refunded(self, at: datetime) -> _Order:
        return _Order(self.person, self.placed_at, "refunded", self.lines, at, at)

    def rows(self, number: int) -> str:
        """The order's row of the file, and a row for each of its lines."""
        gid = f"gid://shopify/Order/{FIRST_ID + number}"
        rows = [json.dumps(self._order(gid, number), separators=(",", ":"))]
        for position, (product, quantity, total) in enumerate(self.lines):
            rows.append(_line(gid, number * 10 + position, product, quantity, total))
        return "\n".join(rows) + "\n"

    def _order(self, gid: str, number: int) -> dict[str, object]:
        goods = sum(total for *_, total in self.lines)
        total = goods + 490
        city, zip_code = CITIES[number % len(CITIES)]
        status = {"paid": "PAID", "pending": "PENDING", "cancelled": "PAID", "refunded": "PARTIALLY_REFUNDED"}
        refund_at = self.refund_at or min(self.placed_at + timedelta(days=5), self.until)
        return {
            "id": gid,
            "name": f"#{1000 + number}",
            "processedAt": _time(self.placed_at),
            "updatedAt": _time(max(self.placed_at, self.refund_at or self.placed_at)),
            "cancelledAt": _time(min(self.placed_at + timedelta(hours=6), self.until))
            if self.state == "cancelled"
            else None,
            "test": False,
            "email": f"client{self.person}@example.fr",
            "phone": None,
            "sourceName": "web",
            "displayFinancialStatus": status[self.state],
            "paymentGatewayNames": ["shopify_payments"],
            "discountCodes": ["BIENVENUE"] if number % 9 == 0 else [],
            "customer": {"id": f"gid://shopify/Customer/{FIRST_ID + self.person}"},
            "shippingAddress": {"city": city, "provinceCode": None, "countryCodeV2": "FR", "zip": zip_code},
            "shippingLine": {"title": "Colissimo"},
            "fulfillments": [{"deliveredAt": _time(min(self.placed_at + timedelta(days=3), self.until))}],
            "totalPriceSet": {"shopMoney": {"amount": _money(total), "currencyCode": "EUR"}},
            "totalTaxSet": {"shopMoney": {"amount": _money(total // 6)}},
            "totalShippingPriceSet": {"shopMoney": {"amount": "4.9"}},
            "totalDiscountsSet": {"shopMoney": {"amount": "0.0"}},
            "refunds": [
                {
                    "id": gid.replace("Order", "Refund"),
                    "createdAt": _time(refund_at),
                    "totalRefundedSet": {"shopMoney": {"amount": _money(goods // 2)}},
                }
            ]
            if self.state == "refunded"
            else [],
            "customerJourneySummary": {
                "daysToConversion": number % 7,
                "momentsCount": {"count": 1 + number % 5},
                "lastVisit": {"source": "google", "referrerUrl": "https://www.google.fr/", "utmParameters": None},
            },
        }


def _draw(
    rng: np.random.Generator, orders: int, weights: np.ndarray, start: datetime, span: timedelta
) -> Iterator[_Order]:
    """So many orders, the oldest first."""
    people = rng.choice(len(weights), size=orders, p=weights / weights.sum())
    seconds = np.sort(rng.integers(0, int(span.total_seconds()), size=orders))
    states = rng.choice(["paid", "pending", "cancelled", "refunded"], size=orders, p=[0.93, 0.02, 0.02, 0.03])
    numbers = rng.choice([1, 2, 3, 4], size=orders, p=[0.30, 0.35, 0.20, 0.15])  # 2.2 lines each
    products = iter(rng.integers(0, PRODUCTS, size=numbers.sum()).tolist())
    for person, second, state, lines in zip(
        people.tolist(), seconds.tolist(), states.tolist(), numbers.tolist(), strict=True
    ):
        items = tuple((product, 1 + product % 2, _price(product)) for product in islice(products, lines))
        yield _Order(person, start + timedelta(seconds=second), state, items, start + span)


def _price(product: int) -> int:
    return (490 + product * 37 % 9000) * (1 + product % 2)


def _line(parent: str, number: int, product: int, quantity: int, total: int) -> str:
    return json.dumps(
        {
            "id": f"gid://shopify/LineItem/{FIRST_ID + number}",
            "title": f"Article {product}",
            "sku": f"ART-{product:05}",
            "quantity": quantity,
            "isGiftCard": False,
            "discountedTotalSet": {"shopMoney": {"amount": _money(total)}},
            "variant": {"id": f"gid://shopify/ProductVariant/{FIRST_ID + product * 3}"},
            "product": {
                "id": f"gid://shopify/Product/{FIRST_ID + product}",
                "title": f"Article {product}",
                "productType": f"Type {product % 40}",
                "vendor": f"Maison {product % 25}",
                "tags": ["nouveau"] if product % 10 == 0 else [],
                "category": {"fullName": "Home & Garden > Kitchen & Dining"},
            },
            "__parentId": parent,
        },
        separators=(",", ":"),
    )


def _customer(number: int) -> str:
    created = _time(NOW - YEARS - timedelta(minutes=number % 100_000))
    city, zip_code = CITIES[number % len(CITIES)]
    state = "SUBSCRIBED" if number % 3 else "NOT_SUBSCRIBED"
    return json.dumps(
        {
            "id": f"gid://shopify/Customer/{FIRST_ID + number}",
            "createdAt": created,
            "updatedAt": created,
            "locale": "fr",
            "state": "ENABLED",
            "tags": [],
            "defaultEmailAddress": {
                "emailAddress": f"client{number}@example.fr",
                "marketingState": state,
                "marketingUpdatedAt": created,
            },
            "defaultPhoneNumber": {
                "phoneNumber": f"+336{11_111_111 + number:08}",
                "smsMarketingConsent": {"state": "NOT_SUBSCRIBED", "updatedAt": None},
            }
            if number % 2
            else None,
            "defaultAddress": {"city": city, "provinceCode": None, "countryCodeV2": "FR", "zip": zip_code},
        },
        separators=(",", ":"),
    )


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _money(cents: int) -> str:
    """As Shopify writes it: 12.5 for twelve and a half."""
    return f"{cents // 100}.{cents % 100:02}".removesuffix("0")
