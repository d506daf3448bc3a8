"""Who came into a segment and who left it between the ends of two days, and which other segments its people are in.

    passage(connection, family, key, since) -> Passage
    overlaps(connection, key, among, most) -> list[Overlap]

Both are read from the memberships that are open now, whatever the orders: of as many people as moved, or a sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.answers.roster import here, ids_of, people_of
from connector.history.buckets import bucket
from connector.models import Customer, Membership, Segment
from connector.tables import AnyRow, table

COUNTED = 30_000
"""What a segment shares is counted where it, or the other one, has at most so many people: a tenth of a second."""
SAMPLE = 10_000
"""Between two that are larger, it is estimated from so many of all people, the same for both."""
MOVED = 5_000
"""Above so many people who moved within a family, where they came from and went is estimated from so many of them."""

_stays, _segments = table(Membership), table(Segment)
_past, _entry = _stays.alias("past"), _stays.alias("entry")


@dataclass(frozen=True, slots=True)
class Passage:
    """People who are there now and were not on a day, by where they were then; and those of whom it is the reverse.

    None stands for no stage of the family; the causes are those of the last change of those who came. Of very many
    these are estimates, and not `exact`; `net`, how many more they are, always is.
    """

    came: dict[str | None, int]
    causes: dict[str, int]
    left: dict[str | None, int]
    net: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another segment with the people in common: counted, or estimated from a sample."""

    key: str
    people: int
    exact: bool


def passage(connection: Connection, family: str, key: str, since: int) -> Passage:
    """Who came and went between the end of a day and now."""
    own, keys = ids_of(connection, key), _keys(connection, family)
    moved = select(func.count()).where(here(keys, None), _stays.c.entered_on > since)
    step = max(1, (connection.scalar(moved) or 0) // MOVED)
    came, causes = _came(connection, own, keys, since, step)
    left = _went(connection, own, keys, since, step)
    then, now = people_of(connection, key, since) or 0, people_of(connection, key, None) or 0
    net = now - then
    elsewhere = came.total() - net - left.total()  # in no stage of the family any more
    if elsewhere > 0 and (step == 1 or not left):
        left[None] += elsewhere
    return Passage(dict(came), dict(causes), dict(left), net, step == 1)


def overlaps(connection: Connection, key: str, among: Collection[str], most: int) -> list[Overlap]:
    """Of the segments `among`, those that most people of this one are in, too: so many at most, in that order.

    Of two that share people, either says the same of the other.
    """
    own, others = ids_of(connection, key), _ids(connection, among)
    if (people_of(connection, key, None) or 0) <= COUNTED:
        return _most(_together(connection, own, others), most)
    near = _most(_together(connection, own, others, max(2, _everybody(connection) // SAMPLE)), most)
    small = [one.key for one in near if (people_of(connection, one.key, None) or 0) <= COUNTED]
    counted = _counted(connection, own, {number: name for number, name in others.items() if name in small})
    return _most([*counted, *(one for one in near if one.key not in small)], most)


def _most(found: Collection[Overlap], most: int) -> list[Overlap]:
    return sorted(found, key=lambda overlap: (-overlap.people, overlap.key))[:most]


def _together(connection: Connection, own: Collection[int], others: Mapping[int, str], step: int = 1) -> list[Overlap]:
    """Of each other segment the people in common, looked for person by person: of one in so many."""
    shared = (
        select(_past.c.segment_id, func.count().label("people"))
        .select_from(_stays.join(_past, _past.c.customer_id == _stays.c.customer_id))
        .where(here(own, None), _picked(step), _past.c.left_on.is_(None))
        .group_by(_past.c.segment_id)
    )
    return _by_key(connection.execute(shared).all(), others, step)


def _counted(connection: Connection, own: Collection[int], others: Mapping[int, str]) -> list[Overlap]:
    """The same of all people, looked for by those of the other segments, in the order in which the index has both."""
    inside = and_(_past.c.customer_id == _stays.c.customer_id, _past.c.segment_id.in_(own), _past.c.left_on.is_(None))
    shared = (
        select(_stays.c.segment_id, func.count().label("people"))
        .select_from(_stays.join(_past, inside))
        .where(here(others, None))
        .group_by(_stays.c.segment_id)
    )
    return _by_key(connection.execute(shared).all(), others, 1) if others else []


def _by_key(rows: Collection[AnyRow], keys: Mapping[int, str], step: int) -> list[Overlap]:
    people: Counter[str] = Counter()
    for row in rows:
        if row.segment_id in keys:
            people[keys[row.segment_id]] += row.people * step
    return [Overlap(key, number, step == 1) for key, number in people.items()]


def _everybody(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(table(Customer))) or 0


def _ids(connection: Connection, keys: Collection[str]) -> dict[int, str]:
    """The segments of some keys by id, in all versions."""
    rows = connection.execute(select(_segments.c.id, _segments.c.key).where(_segments.c.key.in_(keys)))
    return {row.id: row.key for row in rows}


def _keys(connection: Connection, family: str) -> dict[int, str]:
    """The segments of a family by id, in all versions."""
    rows = connection.execute(select(_segments.c.id, _segments.c.key).where(_segments.c.family == family))
    return {row.id: row.key for row in rows}


def _came(
    connection: Connection, own: Collection[int], keys: Mapping[int, str], since: int, step: int
) -> tuple[Counter[str | None], Counter[str]]:
    same = and_(*(_entry.c[name] == _stays.c[name] for name in ("customer_id", "segment_id", "entered_on")))
    there = and_(
        _past.c.customer_id == _stays.c.customer_id,
        _past.c.segment_id.in_(keys),
        _past.c.entered_on <= since,
        _past.c.left_on > since,
    )
    rows = connection.execute(
        select(_past.c.segment_id, _entry.c.cause, func.count().label("people"))
        .select_from(_stays.join(_entry, same).outerjoin(_past, there))
        .where(here(own, None), _stays.c.entered_on > since, _picked(step))  # of which the index alone knows
        .group_by(_past.c.segment_id, _entry.c.cause)
    )
    came: Counter[str | None] = Counter()
    causes: Counter[str] = Counter()
    for row in rows:
        if row.segment_id not in own:  # who was there under an older definition, or came back, has not come
            came[keys.get(row.segment_id)] += row.people * step
            causes[row.cause] += row.people * step
    return came, causes


def _went(
    connection: Connection, own: Collection[int], keys: Mapping[int, str], since: int, step: int
) -> Counter[str | None]:
    """Who is in another stage of the family now, by that stage."""
    others = [number for number in keys if number not in own]
    if not others:
        return Counter()
    was = and_(
        _past.c.customer_id == _stays.c.customer_id,
        _past.c.segment_id.in_(own),
        _past.c.entered_on <= since,
        or_(_past.c.left_on.is_(None), _past.c.left_on > since),
    )
    rows = connection.execute(
        select(_stays.c.segment_id, func.count().label("people"))
        .select_from(_stays.join(_past, was))
        .where(here(others, None), _stays.c.entered_on > since, _picked(step))
        .group_by(_stays.c.segment_id)
    )
    return Counter({keys[row.segment_id]: row.people * step for row in rows})


def _picked(step: int) -> ColumnElement[bool]:
    """One person in so many."""
    return bucket(_stays.c.customer_id, step) == 0
