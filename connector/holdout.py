"""Who is held out of a segment: a fixed random share of its people, drawn by a keyed hash of the person.

The draw is a number from 0 to PRIME - 1: a polynomial of the person's number whose four coefficients come from the
segment and a salt that stays in the database. Any four people are drawn independently of each other, so that shares
and differences vary as in a true random sample; SQLite, PostgreSQL and Python work out the same number. A larger
share holds everyone whom a smaller one held. Of two people who are merged, the one who stays decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import ColumnElement, Connection, select

from connector.database import upsert
from connector.models import Holdout, Store
from connector.tables import table

_holdouts, _stores = table(Holdout), table(Store)

PRIME = 2**31 - 1
"""So large that a product of two residues still is a 64-bit integer."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The share of a segment's people that is held out, in percent, and what draws them."""

    coefficients: tuple[int, ...]
    percent: float

    @classmethod
    def of(cls, salt: str, segment: str, percent: float) -> HeldOut:
        """The draw of a segment (its key) under a salt."""
        digest = blake2b(segment.encode(), key=salt.encode(), digest_size=32).digest()
        return cls(tuple(int.from_bytes(digest[n : n + 8]) % PRIME for n in range(0, 32, 8)), percent)

    @property
    def bound(self) -> int:
        """Whoever draws less is held out."""
        return round(PRIME * self.percent / 100)

    def holds(self, person: int) -> bool:
        """Whether a person is held out."""
        drawn = 0
        for coefficient in self.coefficients:
            drawn = (drawn * (person % PRIME) + coefficient) % PRIME
        return drawn < self.bound

    def condition(self, person: ColumnElement[int]) -> ColumnElement[bool]:
        """The same in SQL, of a column of people."""
        first, *others = self.coefficients
        drawn = person - person + first
        for coefficient in others:
            drawn = (drawn * (person % PRIME) + coefficient) % PRIME
        return drawn < self.bound


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold-out as it is in force at a destination, since a day."""

    destination: str
    segment: str
    since: int
    share: HeldOut


def shares(connection: Connection, percents: Mapping[str, float]) -> dict[str, HeldOut]:
    """What holds out these percentages of segments; before its first day, a segment's salt is the shop's own."""
    return {segment: HeldOut.of(_salt(connection, segment), segment, float(p)) for segment, p in percents.items()}


def note(connection: Connection, destination: str, percents: Mapping[str, float], day: int) -> None:
    """Keep from which day on these percentages, and no others, hold at a destination; what holds already stays."""
    held = {standing.segment: standing.share.percent for standing in in_force(connection, destination)}
    for segment in sorted(held.keys() | percents.keys()):
        percent = percents.get(segment, 0)
        if percent != held.get(segment, 0):
            row = {"destination": destination, "segment": segment, "from_day": day, "percent": percent}
            key = ["destination", "segment", "from_day"]
            connection.execute(upsert(connection, _holdouts, key), [row | {"salt": _salt(connection, segment)}])


def in_force(connection: Connection, destination: str | None = None) -> list[Standing]:
    """The hold-outs in force, of one destination or of all."""
    newest: dict[tuple[str, str], Standing] = {}
    for row in connection.execute(select(_holdouts).order_by(_holdouts.c.from_day)):
        share = HeldOut.of(row.salt, row.segment, row.percent)
        newest[row.destination, row.segment] = Standing(row.destination, row.segment, row.from_day, share)
    return [
        found for _, found in sorted(newest.items()) if found.share.percent and destination in {None, found.destination}
    ]


def _salt(connection: Connection, segment: str) -> str:
    kept = connection.scalar(select(_holdouts.c.salt).where(_holdouts.c.segment == segment).limit(1))
    return str(kept or connection.scalar(select(_stores.c.shop_id).order_by(_stores.c.id).limit(1)) or segment)
