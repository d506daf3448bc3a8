"""CDNOW's days one after the other, with every family and every available audience on: what each day's recompute leaves
is compared with a full one. All days of all people: `python -m tests.every_day [--first DAY] [--days N]`.

CDNOW tells who bought for how much on which day. So that every rule has something to read, a rich record makes up the
rest from an order's number: products, coupons, channels, places, visits, deliveries, cancellations and refunds. What
happens to an order later reaches the base by a pull on its day.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from connector.catalogue import Family, library, load
from connector.database import open_database
from connector.days import day_date, day_number
from connector.fields import map_fields
from connector.history.memberships import activate, advance, full
from connector.records import (
    Attribution,
    CheckoutRecord,
    CustomerRecord,
    FieldRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
)
from connector.stores import OpenStore
from tests import outside
from tests.outside import Cd
from tests.pull_world import customer, order, put, store

ZONE = ZoneInfo("America/New_York")
FIRST, LAST = date(1997, 1, 1), date(1998, 6, 30)
DAYS = range(day_number(FIRST), day_number(LAST) + 1)
"""The 546 days of CDNOW's record."""

Record = OrderRecord | CustomerRecord | CheckoutRecord

CATEGORIES = ("Jazz", "Rock", "Classique", "Pop")
PLACES = (("FR", "Lyon", "69001"), ("FR", "Paris", "75011"), ("BE", "Liège", "4000"))
PRODUCTS = [
    ProductRecord(str(n), title=f"Disque {n}", categories=(CATEGORIES[n % 4],), tags=("refill",) if n < 4 else ())
    for n in range(12)
]
VALUES: dict[str, dict[str, Any]] = {
    "category_several": {"c": "Jazz"},
    "category_big": {"c": "Rock"},
    "category_bought": {"c": "Pop"},
    "vip": {"x": 150},
    "women": {"gender": "gender"},
    "men": {"gender": "gender"},
    "birthday": {"birth": "birth_date"},
    "local": {"postcodes": ["69001"]},
    "distant": {"postcodes": ["69001"]},
    "near_store_web_only": {"postcodes": ["69001", "75011"]},
    "city": {"city": "Lyon"},
    "app": {"app": "app"},
    "affiliate": {"affiliates": ["partenaire"]},
    "delivery_method": {"m": "relais"},
    "payment_method": {"m": "carte"},
    "pickup": {"pickup": "retrait"},
    "prospect_tag": {"tag": "salon"},
    "spent_over": {"x": 100},
    "spent_up_to": {"x": 100},
    "cross_sell": {"a": "1", "b": "2"},
    "home": {"home": "FR"},
    "abroad": {"home": "FR"},
}
"""What audiences ask of the shop."""


def everything() -> tuple[Family, ...]:
    """Every family and every audience that some platform can answer, as a merchant switches them on."""
    return load(switched_on()).in_force()


def switched_on() -> str:
    """What a merchant writes into segments.toml to have everything on."""
    shipped = library()
    lines = [f"[families.{key}]\non = true" for key in shipped.families]
    for audience in shipped.audiences.values():
        if not shipped.waiting(audience):
            asked = VALUES.get(audience.stage.key, {})
            values = ", ".join(f"{name} = {value!r}" for name, value in asked.items())
            lines.append(f"[audiences.{audience.stage.key}]\non = true\nparameters = {{ {values} }}")
    return "\n".join(lines)


class Told:
    """What the shop tells on each day: the bare record, or a rich one."""

    def __init__(self, sold: Iterable[Cd], *, rich: bool = True) -> None:
        self.told: dict[int, list[Record]] = defaultdict(list)
        known: set[int] = set()
        for row, purchase in enumerate(sold):
            if rich and purchase.person not in known:
                known.add(purchase.person)
                self._account(purchase)
            if rich:
                self._order(row, purchase)
            else:
                self.told[day_number(purchase.day)].append(_bare(row, purchase))

    def until(self, day: int, *, since: int | None) -> list[Record]:
        """The last that was told of everything by the end of a day, since that of another."""
        last: dict[tuple[type[Record], str], Record] = {}
        for on in sorted(on for on in self.told if on <= day and (since is None or on > since)):
            last |= {(type(record), record.id): record for record in self.told[on]}
        return list(last.values())

    def _account(self, purchase: Cd) -> None:
        name = purchase.person
        fields = (
            FieldRecord("gender", "custom.gender", "FM"[name % 2]),
            FieldRecord("birth_date", "custom.birth_date", f"1970-{1 + name % 12:02}-{1 + name % 28:02}"),
        )
        at = instant(name, purchase.day)
        known = customer(name, fields=fields if name % 3 else (), updated_at=at, email=f"c{name}@example.test")
        day = day_number(purchase.day)
        self.told[day].append(replace(known, created_at=at))
        if name % 6 == 0:
            cart = CheckoutRecord(f"cart-{name}", at, currency="USD", total=2500, customer_id=str(name), updated_at=at)
            self.told[day].append(cart)
            later = instant(name, purchase.day + timedelta(days=20))
            self.told[day + 20].append(replace(cart, completed_at=later, updated_at=later))

    def _order(self, row: int, purchase: Cd) -> None:
        at, day = instant(row, purchase.day), day_number(purchase.day)
        country, city, postcode = PLACES[row % 3]
        placed = order(
            row, placed_at=at, updated_at=at, total=purchase.total, currency="USD", customer_id=str(purchase.person),
            lines=(LineRecord(str(row % 12), 1 + row % 3, purchase.total),), discount=purchase.total * (row % 4) // 10,
            coupons=("BIENVENUE",) if row % 7 == 0 else (), channel=("web", "web", "pos", "app")[row % 4],
            payment_method=("carte", "paypal")[row % 2], shipping_method=("relais", "retrait", "colis")[row % 3],
            country=country, city=city, postcode=postcode,
            attribution=Attribution(
                source=("partenaire", "lettre")[row % 2], medium=("email", "cpc")[row % 2], sessions=1 + row % 3,
                pages=1 + row % 9, minutes_to_purchase=row % 40,
            ),
        )  # fmt: skip
        self.told[day].append(placed)
        for after, changes in self._later(row, purchase):
            on = day + after
            placed = replace(placed, updated_at=instant(row, day_date(on)), **changes)
            self.told[on].append(placed)

    def _later(self, row: int, purchase: Cd) -> Iterator[tuple[int, dict[str, Any]]]:
        """After how many days what of an order changes."""
        if row % 5 == 0:
            yield 3, {"delivered_at": instant(row, purchase.day + timedelta(days=3))}
        if row % 97 == 0:
            yield 4, {"status": OrderStatus.CANCELLED, "cancelled_at": instant(row, purchase.day + timedelta(days=4))}
        elif row % 11 == 0:
            day = instant(row, purchase.day + timedelta(days=9))
            yield 9, {"refunds": (RefundRecord(f"r{row}", purchase.total * (1 + row % 2) // 2, day),)}


def _bare(row: int, purchase: Cd) -> OrderRecord:
    at = instant(row, purchase.day)
    bought = {"total": purchase.total, "currency": "USD", "customer_id": str(purchase.person), "lines": ()}
    return order(row, placed_at=at, updated_at=at, **bought)


def instant(row: int, day: date) -> datetime:
    """Just after midnight, or just before: a day other than UTC's where it is late."""
    local = time(0, row % 30) if row % 2 else time(23, 30 + row % 30)
    return datetime.combine(day, local, ZONE).astimezone(UTC)


@contextmanager
def base(file: Path) -> Iterator[tuple[Engine, OpenStore]]:
    """An empty base with the shop in it."""
    engine = open_database(str(file))
    shop = store(engine, currency="USD", timezone=ZONE.key)
    with engine.begin() as connection:
        mapped = {"gender": "custom.gender", "birth_date": "custom.birth_date"}
        map_fields(connection, shop.id, mapped, day_number(FIRST))
    yield engine, shop
    engine.dispose()


def differing(file: Path, told: Told, days: Iterable[int], *, history: bool = True) -> Iterator[tuple[int, int]]:
    """Each of the days, which come in order, with the number of people whom the full recompute found different.

    Without `history` the base knows nothing of the days before the first.
    """
    families, reached = everything(), None
    gc.freeze()  # what was told stays until the end: the collector need not walk it each day
    with base(file) as (engine, shop):
        for day in days:
            put(engine, shop, *told.until(day, since=reached), products=PRODUCTS)
            with engine.begin() as connection:
                activate(connection, families, day, history=history)
                advance(connection, families, day)
            with engine.connect() as connection:
                yield day, full(connection, families, day)
            reached = day


def main() -> None:
    """All people of CDNOW, day by day; exit status 1 where a day differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=date.fromisoformat, default=FIRST)
    parser.add_argument("--days", type=int, default=len(DAYS))
    parser.add_argument("--rich", action="store_true", help="with all that a shop tells")
    parser.add_argument("--sample", action="store_true", help="of a tenth of the people")
    asked = parser.parse_args()
    start = day_number(asked.first)
    days = range(start, min(start + asked.days, DAYS.stop))
    wrong = 0
    told = Told(outside.cdnow_sample() if asked.sample else outside.cdnow(), rich=asked.rich)
    with tempfile.TemporaryDirectory() as folder:
        for day, people in differing(Path(folder) / "connector.db", told, days):
            wrong += people
            print(day_date(day), people, flush=True)
    print(f"{len(days)} days, {wrong} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
