"""Who is held out of a segment: a fixed random share of its people, drawn by a keyed hash of the person.

The draw is a number from 0 to PRIME - 1: a polynomial of the person's number whose four coefficients come from the
segment and a salt that stays in the database. Any four people are drawn independently of each other, so that shares
and differences vary as in a true random sample; SQLite, PostgreSQL and Python work out the same number. A larger
share holds everyone whom a smaller one held. Of two people who are merged, the one who stays decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import ColumnElement

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
