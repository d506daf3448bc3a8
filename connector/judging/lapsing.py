"""Who will have to be won back soon if they buy nothing until then, and how much they have bought in a year."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from typing import Any

from sqlalchemy import Connection, Table, delete, func, or_, select

from connector.catalogue import Family
from connector.days import day_date
from connector.history.calibrations import in_force
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.judging.figures import money
from connector.judging.purchases import purchases, takings
from connector.models import Customer, Membership, Segment
from connector.query.bounds import Frozen
from connector.query.select import state
from connector.scratch import fill, lent
from connector.tables import table

WITHIN = 30
"""Days that are looked ahead."""
YEAR = 365
MOST = 5000
"""So many of those who bought for most are named."""
AIM = "reactivate"
"""The objective of stages whose people are to be won back."""

people, memberships, segments = table(Customer), table(Membership), table(Segment)


def lapsing(connection: Connection, families: Sequence[Family], day: int) -> dict[str, dict[str, Any]]:
    """By family with stages of people to win back: who is in none of them, and is in one 30 days on by time alone.

    {"to": segments, "until": day, "people": how many, "spent": what they bought for in 365 days, net of refunds,
    "most": their ids, those first who bought for most, and at most 5,000}. Segments are in force and worked out, the
    shop's own figures stay as they are, and only those are looked at whose next review lies within the time.
    """
    return {family.key: _of(connection, family, day) for family in families if _lost(family)}


def _lost(family: Family) -> list[int]:
    """The stages of people to win back, of a family that has others too."""
    lost = [number for number, stage in enumerate(family.stages) if stage.objective == AIM]
    return lost if len(lost) < len(family.stages) else []


def _of(connection: Connection, family: Family, day: int) -> dict[str, Any]:
    lost, currency, until = _lost(family), currency_of(connection), day + WITHIN
    keys = [family.segment_key(family.stages[number]) for number in lost]
    with lent(connection, "going", ["customer_id"], ["stage"]) as going:  # or SQLite would work it out many times
        _find(connection, family, day, going)
        known = connection.scalars(select(segments.c.id).where(segments.c.key.in_(keys), segments.c.active)).all()
        here = memberships.c.segment_id.in_(known), memberships.c.left_on.is_(None)
        already = going.c.customer_id.in_(select(memberships.c.customer_id).where(*here))
        connection.execute(delete(going).where(or_(going.c.stage.not_in(lost), going.c.stage.is_(None), already)))
        ids = connection.scalars(select(going.c.customer_id)).all()
        spent = _spent(connection, going, day)
    return {
        "to": keys,
        "until": day_date(until).isoformat(),
        "people": len(ids),
        "spent": money(sum(spent.values()), currency),
        "most": nsmallest(MOST, ids, key=lambda person: (-spent.get(person, 0), person)),
    }


def _find(connection: Connection, family: Family, day: int, going: Table) -> None:
    """Where those whose review is due within the time would be then."""
    until = day + WITHIN
    choice = family.choice("stage", currency_of(connection), range(len(family.stages)))
    due = select(people.c.id.label("customer_id")).where(people.c.next_review_on <= until).subquery("due")
    then = state([choice], shape_of(connection, until), among=due, watched=())
    columns = [then.select.selected_columns[name] for name in ("customer_id", "stage")]
    figures = Frozen(in_force(connection, [choice]), day)
    fill(connection, going, then.select.with_only_columns(*columns), then.clock.values(until, figures))


def _spent(connection: Connection, going: Table, day: int) -> dict[int, int]:
    """What they bought for within a year, by person."""
    taken = takings(purchases(connection, day), day)
    theirs = taken.c.day > day - YEAR, taken.c.customer_id.in_(select(going.c.customer_id))
    rows = select(taken.c.customer_id, func.sum(taken.c.amount).label("spent")).where(*theirs)
    return {row.customer_id: int(row.spent) for row in connection.execute(rows.group_by(taken.c.customer_id))}
