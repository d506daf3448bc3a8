"""The merges of people that hold: which two became one, by which key, and on which day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from connector.days import instant
from connector.models import Identity, Merge
from connector.tables import table

_merges, _identities = table(Merge), table(Identity)


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge that can be undone: `absorbed` became `kept` by the key of that kind and value."""

    number: int
    kept: int
    absorbed: int
    kind: str
    value: str
    day: str


def joined(connection: Connection, people: Collection[int] | None = None) -> list[Joined]:
    """The merges that hold, newest first; of some people, where they are given."""
    statement = (
        select(_merges, _identities.c.kind, _identities.c.value)
        .join(_identities, _identities.c.id == _merges.c.identity_id)
        .where(_merges.c.undone_at.is_(None))
        .order_by(_merges.c.id.desc())
    )
    if people is not None:
        statement = statement.where(or_(_merges.c.kept_id.in_(people), _merges.c.absorbed_id.in_(people)))
    return [
        Joined(row.id, row.kept_id, row.absorbed_id, row.kind, row.value, instant(row.merged_at).date().isoformat())
        for row in connection.execute(statement)
    ]
