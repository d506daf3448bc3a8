"""CDNOW's 546 days by replay, against one full recompute of the same people.

python -m tests.benchmarks.replay history|full DATABASE spread|families|everything [FILE]
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import ClassVar

from sqlalchemy import Engine, func, select

from connector.catalogue import Family, catalogue, library
from connector.counting import Switches
from connector.database import open_database
from connector.models import Membership, Order
from connector.money import minor_units
from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, OrderStatus, Page, ProductRecord
from connector.source import ShopCheck
from connector.stores import register
from connector.tables import table
from sync.pull import Pull
from sync.recompute import Recompute
from tests.benchmarks.measure import Step
from tests.every_day import everything

CHECK = ShopCheck(shop_id="1", name="CDNOW", currency="USD", timezone="America/New_York")
NOW = datetime(1998, 7, 1, 12, 0, tzinfo=UTC)


class Cdnow:
    """CDNOW's purchases as a source."""

    platform: ClassVar[str] = "cdnow"

    def __init__(self, path: str) -> None:
        self.path = path

    def check(self) -> ShopCheck:
        """Whose they are."""
        return CHECK

    def customers(self, since: str | None) -> Iterator[Page[CustomerRecord]]:
        """Nothing is known of them."""
        return iter(())

    def orders(self, since: str | None) -> Iterator[Page[OrderRecord]]:
        """Each purchase, placed at noon."""
        with gzip.open(self.path, "rt") as file:
            records = (_order(number, row) for number, row in enumerate(csv.DictReader(file)))
            while page := tuple(islice(records, 1000)):
                yield Page(page)

    def checkouts(self, since: str | None) -> Iterator[Page[CheckoutRecord]]:
        """None were kept."""
        return iter(())

    def order(self, order_id: str) -> OrderRecord | None:
        """They are only told all at once."""
        return None

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:
        """None are known."""
        return ()


def _order(number: int, row: dict[str, str]) -> OrderRecord:
    placed = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) + timedelta(hours=17)
    total = minor_units(row["amount"], "USD")
    return OrderRecord(str(number), placed, OrderStatus.PAID, "USD", total, customer_id=row["customer_id"])


def prepare(engine: Engine, path: str) -> None:
    """Take in the purchases."""
    with engine.begin() as connection:
        store = register(connection, "cdnow", "cdnow", CHECK, Switches())
    Pull(engine, store, lambda: NOW).run(Cdnow(path))


def last_day(engine: Engine) -> int:
    """The last day of the record."""
    with engine.connect() as connection:
        return int(connection.scalar(select(func.max(table(Order).c.local_day))) or 0)


def switched_on(which: str) -> tuple[Family, ...]:
    """One family, all of them, or every audience too."""
    if which == "spread":
        return catalogue()
    return everything() if which == "everything" else library().chosen(keys=list(library().families))


if __name__ == "__main__":
    name, place, on, *rest = sys.argv[1:]
    opened = open_database(place)
    if rest:
        prepare(opened, *rest)
    recompute = Recompute(opened, switched_on(on), last_day(opened))
    with Step() as told:
        if name == "history":
            recompute.day(lambda *_: None)
        else:
            told["different"] = recompute.everyone()
        opened.dispose()
    with opened.connect() as connection:
        told["memberships"] = connection.scalar(select(func.count()).select_from(table(Membership)))
    print(json.dumps(told))
