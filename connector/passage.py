"""Who came into a segment and who left it between the ends of two days, and which other segments its people are in.

    passage(connection, family, key, since) -> Passage
    overlaps(connection, key) -> list[Overlap]

Both are read from the memberships that are open now, whatever the orders: of as many people as moved, or a sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.buckets import bucket
from connector.models import Membership, Segment
from connector.roster import here, ids_of, people_of
from connector.tables import table

SAMPLE = 2_000
"""Above so many people, what a segment shares is estimated from about so many of them."""
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


def overlaps(connection: Connection, key: str) -> list[Overlap]:
    """The segments of other families that people of this one are in, those with most of them first."""
    own = ids_of(connection, key)
    size = people_of(connection, key, None) or 0
    step = max(1, size // SAMPLE)
    picked = select(_stays.c.customer_id).where(here(own, None), _picked(step)).subquery("picked")
    sampled = connection.scalar(select(func.count()).select_from(picked)) or 0
    family = select(_segments.c.family).where(_segments.c.key == key).scalar_subquery()
    shared = (
        select(_segments.c.key, func.count().label("people"))
        .select_from(picked)
        .join(_past, and_(_past.c.customer_id == picked.c.customer_id, _past.c.left_on.is_(None)))
        .join(_segments, _segments.c.id == _past.c.segment_id)
        .where(_segments.c.family != family)
        .group_by(_segments.c.key)
    )
    found = [
        Overlap(row.key, row.people if step == 1 else round(row.people * size / sampled), step == 1)
        for row in connection.execute(shared)
    ]
    return sorted(found, key=lambda overlap: (-overlap.people, overlap.key))


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
