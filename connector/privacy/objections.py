"""Who objects to profiling: from that day on they are in no segment, and nothing is written of them anywhere.

An objection belongs to the identities that a person had, so that it follows them through merges and splits.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from connector.dialects import insert_missing
from connector.models import Customer, Identity, Objection, PredictedValue
from connector.tables import table

_people, _identities, _objections = table(Customer), table(Identity), table(Objection)
_predicted = table(PredictedValue)


def object_to_profiling(connection: Connection, person: int, today: int) -> None:
    """Have a person object from today on; one who objects already does so since then."""
    rows = [{"identity_id": number, "day": today} for number in _own(connection, person)]
    if rows:
        connection.execute(insert_missing(connection, _objections), rows)
    settle(connection, [person])
    connection.execute(delete(_predicted).where(_predicted.c.customer_id == person))
    _look_again(connection, person, today)


def withdraw(connection: Connection, person: int, today: int) -> None:
    """End a person's objection: they are looked at again from today on."""
    connection.execute(delete(_objections).where(_objections.c.identity_id.in_(_own(connection, person))))
    settle(connection, [person])
    _look_again(connection, person, today)


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


def _own(connection: Connection, person: int) -> list[int]:
    return list(connection.scalars(select(_identities.c.id).where(_identities.c.customer_id == person)))


def _look_again(connection: Connection, person: int, today: int) -> None:
    due = or_(_people.c.next_review_on.is_(None), _people.c.next_review_on > today)
    connection.execute(update(_people).where(_people.c.id == person, due).values(next_review_on=today))
