"""Plain counting over raw files and ledgers, for tests to hold the product against; it uses none of the product's code.

A person's stage is written here as the articles say it, over lists and calendar days: no queries, no intervals.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"
CDNOW = DATA / "cdnow_master.csv.gz"
CDNOW_SAMPLE = DATA / "cdnow_sample.csv.gz"
ONLINE_RETAIL = DATA / "online_retail_2010_2011.csv.gz"

STAGES = ("prospect", "loyal", "new", "occasional", "inactive")
MONTH_ENDS = (
    date(1997, 3, 31),
    date(1997, 6, 30),
    date(1997, 9, 30),
    date(1997, 12, 31),
    date(1998, 3, 31),
    date(1998, 6, 30),
)


@dataclass(frozen=True)
class Purchase:
    """An order on a day of the shop, in minor units, with what was given back of it and when."""

    day: date
    total: int
    refunds: tuple[tuple[date, int], ...] = ()

    def net(self, as_of: date) -> int:
        """What is left of its money at the end of a day."""
        return self.total - sum(amount for day, amount in self.refunds if day <= as_of)

    def stands(self, as_of: date, *, zero: bool) -> bool:
        """Whether it is a purchase at the end of a day: placed by then, worth something, not wholly given back."""
        if self.day > as_of:
            return False
        return zero if self.total == 0 else self.net(as_of) > 0


@dataclass
class Person:
    """Somebody with their orders, known since a day; `credits` is money given back of no order that is known."""

    since: date
    purchases: list[Purchase] = field(default_factory=list)
    credits: list[tuple[date, int]] = field(default_factory=list)


People = Mapping[int, Person]


def stage(person: Person, as_of: date, window: int, *, zero: bool = False) -> str | None:
    """Where somebody stands at the end of a day; None while they are not known."""
    if person.since > as_of:
        return None
    days = [purchase.day for purchase in person.purchases if purchase.stands(as_of, zero=zero)]
    if not days:
        return "prospect"
    opens = as_of - timedelta(days=window)  # the window is the `window` days after this one
    inside = sum(day > opens for day in days)
    if inside >= 2:
        return "loyal"
    if inside == 0:
        return "inactive"
    return "new" if min(days) > opens else "occasional"


def entered(person: Person, as_of: date, window: int, *, zero: bool = False) -> date:
    """The day on which somebody came into the stage where they stand at the end of a day."""
    days = {person.since}
    for purchase in person.purchases:
        days |= {purchase.day, purchase.day + timedelta(days=window), *(day for day, _ in purchase.refunds)}
    last, since = None, person.since
    for day in sorted(day for day in days if person.since <= day <= as_of):
        now = stage(person, day, window, zero=zero)
        if now != last:
            last, since = now, day
    return since


def members(people: People, as_of: date, window: int, *, zero: bool = False) -> dict[str, set[int]]:
    """The people of each stage, by their number."""
    found: dict[str, set[int]] = {name: set() for name in STAGES}
    for number, person in people.items():
        name = stage(person, as_of, window, zero=zero)
        if name is not None:
            found[name].add(number)
    return found


def spent(person: Person, as_of: date, *, zero: bool = False) -> int:
    """What somebody's standing orders are worth at the end of a day, net of what was given back by then."""
    bought = sum(purchase.net(as_of) for purchase in person.purchases if purchase.stands(as_of, zero=zero))
    return bought - sum(amount for day, amount in person.credits if day <= as_of)


def counts(people: People, as_of: date, window: int, *, zero: bool = False) -> dict[str, tuple[int, int]]:
    """People and net money of each stage."""
    return {
        name: (len(inside), sum(spent(people[number], as_of, zero=zero) for number in inside))
        for name, inside in members(people, as_of, window, zero=zero).items()
    }


# The files ----------------------------------------------------------------------------------------------------------


def rows(file: Path) -> Iterator[dict[str, str]]:
    """The rows of a packed CSV file."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def pennies(amount: Decimal) -> int:
    """An amount in hundredths; four lines of Online Retail are worth a tenth of one."""
    return int((amount * 100).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True)
class Cd:
    """A row of CDNOW: an order."""

    person: int
    day: date
    total: int


def cdnow() -> list[Cd]:
    """All orders of CDNOW, in the file's order."""
    return [
        Cd(int(row["customer_id"]), date.fromisoformat(row["date"]), pennies(Decimal(row["amount"])))
        for row in rows(CDNOW)
    ]


def cdnow_sample() -> list[Cd]:
    """The orders of a tenth of CDNOW's people, who keep their numbers."""
    return [
        Cd(int(row["master_id"]), date.fromisoformat(row["date"]), pennies(Decimal(row["amount"])))
        for row in rows(CDNOW_SAMPLE)
    ]


def people_of(orders: Iterable[Cd]) -> dict[int, Person]:
    """The people of CDNOW, each known since their first order of any worth."""
    found: dict[int, Person] = {}
    for order in orders:
        person = found.setdefault(order.person, Person(order.day))
        person.since = min(person.since, order.day)
        person.purchases.append(Purchase(order.day, order.total))
    return found


@dataclass(frozen=True)
class Line:
    """A line of Online Retail."""

    invoice: str
    product: str
    quantity: int
    at: datetime
    price: Decimal
    person: int | None

    @property
    def worth(self) -> Decimal:
        """Its quantity at its price."""
        return self.price * self.quantity

    @property
    def cancels(self) -> bool:
        """Whether its invoice is a cancellation."""
        return self.invoice.startswith("C")

    @property
    def sale(self) -> bool:
        """Whether it sells something to somebody known."""
        return self.person is not None and not self.cancels and self.quantity > 0 and self.price > 0


def online_retail() -> list[Line]:
    """All lines of Online Retail, in the file's order."""
    return [
        Line(
            row["invoice"],
            row["stock_code"],
            int(row["quantity"]),
            datetime.fromisoformat(row["invoice_date"]),
            Decimal(row["price"]),
            int(row["customer_id"]) if row["customer_id"] else None,
        )
        for row in rows(ONLINE_RETAIL)
    ]


def invoices(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The sold lines by invoice."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.sale:
            found[line.invoice].append(line)
    return dict(found)


def whole_file(lines: Iterable[Line]) -> tuple[dict[int, Person], int]:
    """The people of all its invoices as they stand, and the sum of those: less than nothing is money given back."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.invoice].append(line)
    people: dict[int, Person] = {}
    net = 0
    for sold in found.values():
        total, day = pennies(sum((line.worth for line in sold), Decimal(0))), min(line.at for line in sold).date()
        net += total
        if sold[0].person is None:
            continue
        person = people.setdefault(sold[0].person, Person(day))
        person.since = min(person.since, day)
        if total < 0:
            person.credits.append((day, -total))
        else:
            person.purchases.append(Purchase(day, total))
    return people, net


def matched(lines: Iterable[Line]) -> tuple[list[tuple[Line, Line]], list[Line]]:
    """Each cancelling line of somebody known with the newest earlier sale of as many of the same product to them, once;
    and those that match none."""
    sold: dict[tuple[int | None, str, int], list[Line]] = defaultdict(list)
    pairs, alone = [], []
    for line in sorted(lines, key=lambda line: line.at):
        if line.sale:
            sold[line.person, line.product, line.quantity].append(line)
        elif line.cancels and line.person is not None:
            before = sold[line.person, line.product, -line.quantity]
            if before:
                pairs.append((line, before.pop()))
            else:
                alone.append(line)
    return pairs, alone
