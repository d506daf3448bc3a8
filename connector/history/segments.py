"""The segments in force: each family's stages as rows, with the version of the definition that makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from connector.catalogue import Family
from connector.errors import SettingsError
from connector.history.counts import Deltas, write_counts
from connector.models import Customer, Membership, Segment, Store
from connector.query.meaning import timeless
from connector.query.select import Choice
from connector.tables import AnyRow, table

segments, memberships, people = table(Segment), table(Membership), table(Customer)


@dataclass(frozen=True, slots=True)
class Active:
    """A family in force: the ids of its stages' segments, in order, and the first day that it speaks of."""

    family: Family
    version: int
    ids: tuple[int, ...]
    from_day: int | None

    def choice(self, name: str, currency: str) -> Choice:
        """The question which of its segments a person is in."""
        return self.family.choice(name, currency, self.ids)


def activate(connection: Connection, families: Sequence[Family], as_of: int, *, history: bool = True) -> None:
    """Make these families, and no others, the ones in force; nothing happens to those that are so already.

    A family that is new starts with the first day on record; without `history`, or where it asks for tags, consents
    or an account, of which no past is known, it starts on `as_of`. A changed one makes a
    new version from `as_of` on: past intervals stay with the old one. Whoever is affected becomes due.
    """
    stored = _stored(connection)
    wanted = {family.key for family in families}
    gone = [row for key, rows in stored.items() if key not in wanted for row in rows if row.active]
    _retire(connection, [row.id for row in gone], as_of)
    for family in families:
        rows = stored.get(family.key, [])
        if _same(family, rows):
            _resume(connection, rows, as_of)
        else:
            _retire(connection, [row.id for row in rows if row.active], as_of)
            _introduce(connection, family, rows, as_of, history=history)


def active(connection: Connection, families: Iterable[Family]) -> list[Active]:
    """The families as they are in force; SettingsError where one is not."""
    asked = list(families)
    found = settled(connection, asked)
    if len(found) < len(asked):
        missing = next(family.key for family in asked if family.key not in {one.family.key for one in found})
        raise SettingsError(f"The family {missing} is not in force as it is set.", remedy="Run a recompute.")
    return found


def settled(connection: Connection, families: Iterable[Family]) -> list[Active]:
    """Those of the families that are in force as they are set."""
    stored = _stored(connection)
    rows = [(family, stored.get(family.key, [])) for family in families]
    return [
        Active(family, kept[0].version, tuple(row.id for row in kept), kept[0].from_day)
        for family, kept in rows
        if _same(family, kept) and all(row.active for row in kept)
    ]


def versions_of(connection: Connection, families: Iterable[Family]) -> dict[str, int]:
    """By family, the version under which it was last in force, if as it is set here; else the catalogue's own."""
    stored = _stored(connection)
    rows = {family.key: (family, stored.get(family.key, [])) for family in families}
    return {
        key: int(kept[0].version) if _same(family, kept) else family.version for key, (family, kept) in rows.items()
    }


def currency_of(connection: Connection) -> str:
    """The currency of the database: its first store's. Without a store there is no money, and any will do."""
    stores = table(Store)
    return connection.scalar(select(stores.c.currency).order_by(stores.c.id).limit(1)) or "EUR"


def _stored(connection: Connection) -> dict[str, list[AnyRow]]:
    """The newest version of each family, stages in order."""
    newest = (
        select(segments.c.family, func.max(segments.c.version).label("version")).group_by(segments.c.family).subquery()
    )
    statement = (
        select(segments)
        .join(newest, (segments.c.family == newest.c.family) & (segments.c.version == newest.c.version))
        .order_by(segments.c.position)
    )
    found: dict[str, list[AnyRow]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.family, []).append(row)
    return found


def _same(family: Family, rows: Sequence[AnyRow]) -> bool:
    keys = [family.segment_key(stage) for stage in family.stages]
    return [(row.key, row.rule) for row in rows] == list(zip(keys, family.rules(), strict=True))


def _resume(connection: Connection, rows: Sequence[AnyRow], as_of: int) -> None:
    """Switch a definition on again that had been switched off."""
    if not all(row.active for row in rows):
        ids = [row.id for row in rows]
        connection.execute(update(segments).where(segments.c.id.in_(ids)).values(active=True, from_day=as_of))
        _wake(connection, as_of)


def _introduce(connection: Connection, family: Family, older: Sequence[AnyRow], as_of: int, *, history: bool) -> None:
    known = not any(timeless(expression) for expression in family.expressions())  # what it reads of past days
    from_day = None if history and known and not older else as_of
    rows = [
        {
            "key": family.segment_key(stage),
            "version": max(family.version, *(row.version + 1 for row in older)) if older else family.version,
            "family": family.key,
            "position": position,
            "rule": rule,
            "from_day": from_day,
            "active": True,
        }
        for position, (stage, rule) in enumerate(zip(family.stages, family.rules(), strict=True))
    ]
    connection.execute(insert(segments), rows)
    _wake(connection, from_day)


def _wake(connection: Connection, day: int | None) -> None:
    """Have everyone looked at from a day on, None being the first day of each."""
    here = people.c.merged_into.is_(None)
    if day is None:
        connection.execute(update(people).where(here).values(next_review_on=people.c.since_day))
        return
    later = or_(people.c.next_review_on.is_(None), people.c.next_review_on > day)
    connection.execute(update(people).where(here, later).values(next_review_on=day))


def _retire(connection: Connection, ids: Sequence[int], as_of: int) -> None:
    """End segments: nobody is in them from `as_of` on."""
    if not ids:
        return
    held = memberships.c.segment_id.in_(ids) & memberships.c.left_on.is_(None)
    today = held & (memberships.c.entered_on >= as_of)
    deltas: Deltas = Counter()
    for segment_id, entered_on, number in connection.execute(
        select(memberships.c.segment_id, memberships.c.entered_on, func.count())
        .where(held)
        .group_by(memberships.c.segment_id, memberships.c.entered_on)
    ):
        deltas[segment_id, max(entered_on, as_of)] -= number
    connection.execute(delete(memberships).where(today))
    connection.execute(update(memberships).where(held).values(left_on=as_of))
    connection.execute(update(segments).where(segments.c.id.in_(ids)).values(active=False))
    write_counts(connection, deltas)
