"""The people of a segment as the recomputes have kept them: listed, and all of them for an export.

    listed(connection, key, day, sort="-since", …) -> list[Listed]      a page of them
    everyone(connection, key, day, after=0) -> list[Listed]             all of them, part by part
    described(connection, people) -> list[Known]                        whoever is asked for, in that order
    people_of(connection, key, day) -> int | None                       how many they are

A day of None means now. Nothing is worked out anew, so a segment whose memberships are not kept has nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.database import batches, chosen
from connector.days import NEVER, day_date
from connector.history.counts import counts, people_on
from connector.models import Consent, Membership, Metric, Segment
from connector.people import meant, reached
from connector.records import ConsentState
from connector.tables import AnyRow, table

PART = 5_000
"""People who are read at once for an export."""

_stays, _segments, _metrics = table(Membership), table(Segment), table(Metric)
_consents = table(Consent)

COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "since": _stays.c.entered_on,
    "orders": _metrics.c.number_of_orders,
    "spent": _metrics.c.amount_spent,
    "last": _metrics.c.last_order_day,
}
"""What a list of people can be sorted by; with - before it, from the largest down."""
_STRICTNESS = {state.value: number for number, state in enumerate(ConsentState)}


@dataclass(frozen=True, slots=True)
class Known:
    """A person in one line; orders and money are those up to now, in minor units of the database's currency."""

    person: int
    email: str | None
    consent: str | None  # to e-mails: the strictest that is said
    orders: int
    spent: int
    last: str | None
    accounts: dict[str, list[str]]  # ids by store


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody in a segment, since when, and by which cause."""

    who: Known
    since: str
    cause: str


def ids_of(connection: Connection, key: str) -> list[int]:
    """The ids of a segment, one for each version of its definition; none where its memberships were never kept."""
    return list(connection.scalars(select(_segments.c.id).where(_segments.c.key == key)))


def here(ids: Collection[int], day: int | None) -> ColumnElement[bool]:
    """Of memberships: in one of these segments at the end of a day."""
    inside = _stays.c.segment_id.in_(ids)
    if day is None:
        return and_(inside, _stays.c.left_on.is_(None))
    return and_(inside, _stays.c.entered_on <= day, or_(_stays.c.left_on.is_(None), _stays.c.left_on > day))


def people_of(connection: Connection, key: str, day: int | None) -> int | None:
    """How many people a segment held at the end of a day, by the daily counts; None where it is not kept."""
    ids = ids_of(connection, key)
    return sum(people_on(connection, ids, NEVER if day is None else day).values()) if ids else None


def first_day(connection: Connection, family: str) -> int | None:
    """The first day of which it is known who was in which segment of a family; None where nobody ever was in one."""
    of = select(_segments.c.id).where(_segments.c.family == family)
    first: int | None = connection.scalar(select(func.min(counts.c.day)).where(counts.c.segment_id.in_(of)))
    return first


def counted_since(connection: Connection, family: str) -> int | None:
    """The day from which on a family is counted: as it was switched on, or on again; None where its past is known."""
    versions = connection.execute(
        select(_segments.c.active, _segments.c.from_day, func.min(counts.c.day).label("first"))
        .select_from(_segments.outerjoin(counts, counts.c.segment_id == _segments.c.id))
        .where(_segments.c.family == family)
        .group_by(_segments.c.active, _segments.c.version, _segments.c.from_day)
    ).all()
    begun: list[tuple[bool, int, int | None]] = [
        (row.active, row.from_day, row.first) for row in versions if row.from_day is not None
    ]
    again: list[int] = [since for active, since, first in begun if active and first is not None and first < since]
    if again:  # the same definition had been counted before, and was off
        return max(again)
    return min(since for _, since, _ in begun) if begun and len(begun) == len(versions) else None


def listed(
    connection: Connection,
    key: str,
    day: int | None = None,
    *,
    sought: str = "",
    exact: bool = False,
    sort: str = "-since",
    limit: int = 50,
    offset: int = 0,
) -> list[Listed]:
    """The people of a segment by a column; of `sought`, whom commands find by it.

    Unless `exact`, these are also those whose e-mail address holds all of its words.
    """
    column = sort.removeprefix("-")
    by = COLUMNS[column]
    which = [here(ids_of(connection, key), day)]
    if sought:
        which.append(meant(connection, _stays.c.customer_id, sought, exact=exact))
    found = select(_stays.c.customer_id, _stays.c.entered_on).where(*which)
    if column != "since":
        found = found.outerjoin(_metrics, _metrics.c.customer_id == _stays.c.customer_id)
    ordered = by.desc().nulls_last() if sort.startswith("-") else by.asc().nulls_last()
    page = found.order_by(ordered, _stays.c.customer_id).limit(limit).offset(offset)
    return _entered(connection, ids_of(connection, key), connection.execute(page).all())


def everyone(connection: Connection, key: str, day: int | None = None, *, after: int = 0) -> list[Listed]:
    """The next people of a segment by their numbers, those above `after`; fewer than PART are the last."""
    ids = ids_of(connection, key)
    which = and_(here(ids, day), _stays.c.customer_id > after)
    page = select(_stays.c.customer_id, _stays.c.entered_on).where(which).order_by(_stays.c.customer_id).limit(PART)
    return _entered(connection, ids, connection.execute(page).all())


def described(connection: Connection, people: Collection[int]) -> list[Known]:
    """What a line tells of each of some people."""
    known, consents, figures = reached(connection, people), _agreed(connection, people), _figures(connection, people)
    return [
        Known(who, known[who].email, consents.get(who), *figures.get(who, (0, 0, None)), known[who].accounts)
        for who in people
    ]


def _entered(connection: Connection, ids: Collection[int], rows: Sequence[AnyRow]) -> list[Listed]:
    """The people of some rows, in their order."""
    people = [row.customer_id for row in rows]
    causes = _causes(connection, ids, people)
    return [
        Listed(who, day_date(row.entered_on).isoformat(), causes[who.person, row.entered_on])
        for who, row in zip(described(connection, people), rows, strict=True)
    ]


def _agreed(connection: Connection, people: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in chosen(connection, _consents, ("customer_id", "state"), "customer_id", people, channel="email"):
        states = {row.state, found.get(row.customer_id, row.state)}
        found[row.customer_id] = min(states, key=_STRICTNESS.__getitem__)
    return found


def _figures(connection: Connection, people: Collection[int]) -> dict[int, tuple[int, int, str | None]]:
    columns = ("customer_id", "number_of_orders", "amount_spent", "last_order_day")
    return {
        row.customer_id: (
            row.number_of_orders,
            row.amount_spent,
            None if row.last_order_day is None else day_date(row.last_order_day).isoformat(),
        )
        for row in chosen(connection, _metrics, columns, "customer_id", people)
    }


def _causes(connection: Connection, ids: Collection[int], people: Collection[int]) -> dict[tuple[int, int], str]:
    """The cause of each entry, by person and day."""
    found: dict[tuple[int, int], str] = {}
    for batch in batches(people):
        mine = and_(_stays.c.customer_id.in_(batch), _stays.c.segment_id.in_(ids))
        for row in connection.execute(select(_stays.c.customer_id, _stays.c.entered_on, _stays.c.cause).where(mine)):
            found[row.customer_id, row.entered_on] = row.cause
    return found
