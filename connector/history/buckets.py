"""People in groups of equal size that nothing else about them goes by."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, literal_column


def bucket(person: ColumnElement[int], buckets: int) -> ColumnElement[int]:
    """Which of so many groups a person belongs to, from 0, whatever the order in which ids were given out.

    The numbers are written out: PostgreSQL does not group by an expression whose parameters it sees twice.
    """
    factor, offset, prime, number = (literal_column(str(n), Integer) for n in (7919, 104_729, 1_000_003, buckets))
    return (person % prime * factor + offset) % prime % number  # the ids of the nameless have 63 bits
