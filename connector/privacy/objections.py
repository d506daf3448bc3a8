"""Who objects to profiling: from that day on they are in no segment, and nothing is written of them anywhere.

An objection belongs to the identities that a person had, so that it follows them through merges and splits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, update

from connector.database import chosen, remove
from connector.dialects import insert_missing
from connector.models import Customer, Identity, Objection, PredictedValue
from connector.tables import table

_people, _identities, _objections = table(Customer), table(Identity), table(Objection)
_predicted = table(PredictedValue)


def object_to_profiling(connection: Connection, person: int, today: int) -> None:
    """Have a person object from today on; one who objects already does so since then."""
    bring(connection, dict.fromkeys(own(connection, person), (True, today)))


def withdraw(connection: Connection, person: int, today: int) -> None:
    """End a person's objection: they are looked at again from today on."""
    bring(connection, dict.fromkeys(own(connection, person), (False, today)))


def bring(connection: Connection, said: Mapping[int, tuple[bool, int]]) -> int:
    """Have it be as was said of identities: whether they object, and the day from which on; of how many people."""
    rows = [{"identity_id": number, "day": day} for number, (objects, day) in said.items() if objects]
    if rows:
        connection.execute(insert_missing(connection, _objections), rows)
    remove(connection, _objections, "identity_id", [number for number, (objects, _) in said.items() if not objects])
    owners = {row.id: row.customer_id for row in chosen(connection, _identities, ("id", "customer_id"), "id", said)}
    people = sorted(set(owners.values()))
    settle(connection, people)
    for person in people:
        _look_again(connection, person, min(day for number, (_, day) in said.items() if owners.get(number) == person))
    objecting_now = _people.c.id == _predicted.c.customer_id, _people.c.objected_on.is_not(None)
    connection.execute(delete(_predicted).where(exists().where(*objecting_now)))
    return len(people)


def settle(connection: Connection, people: Collection[int]) -> None:
    """Bring to people what their identities say, after these have changed hands."""
    first = (
        select(func.min(_objections.c.day))
        .join(_identities, _identities.c.id == _objections.c.identity_id)
        .where(_identities.c.customer_id == _people.c.id)
    )
    mine = _people.c.id.in_(people)
    connection.execute(update(_people).where(mine).values(objected_on=first.scalar_subquery()))


def objecting(connection: Connection) -> frozenset[int]:
    """Everyone who objects."""
    return frozenset(connection.scalars(select(_people.c.id).where(_people.c.objected_on.is_not(None))))


def profiled(day: ColumnElement[int] | int) -> ColumnElement[bool]:
    """Whether people may be looked at as of a day."""
    return or_(_people.c.objected_on.is_(None), _people.c.objected_on > day)


def own(connection: Connection, person: int) -> list[int]:
    """The identities of a person."""
    return list(connection.scalars(select(_identities.c.id).where(_identities.c.customer_id == person)))


def _look_again(connection: Connection, person: int, day: int) -> None:
    due = or_(_people.c.next_review_on.is_(None), _people.c.next_review_on > day)
    connection.execute(update(_people).where(_people.c.id == person, due).values(next_review_on=day))
