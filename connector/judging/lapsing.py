"""Who will have to be won back soon if they buy nothing until then, and how much they have bought in a year."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from typing import Any

from sqlalchemy import Connection, and_, func, select

from connector.calibrations import in_force
from connector.catalogue import Family
from connector.days import day_date
from connector.judging.figures import money
from connector.judging.purchases import purchases, takings
from connector.models import Customer, Membership, Segment
from connector.query.bounds import Frozen
from connector.query.select import state
from connector.segments import currency_of
from connector.steps import shape_of
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
    choice = family.choice("stage", currency, range(len(family.stages)))
    due = select(people.c.id.label("customer_id")).where(people.c.next_review_on <= until).subquery("due")
    then = state([choice], shape_of(connection, until), among=due, watched=())
    answers = then.select.with_only_columns(*(then.select.selected_columns[name] for name in ("customer_id", "stage")))
    answer = answers.cte("answer").prefix_with("MATERIALIZED")  # or each question would work the rule out again
    already = (
        select(memberships.c.customer_id)
        .join(segments, segments.c.id == memberships.c.segment_id)
        .where(segments.c.key.in_(keys), segments.c.active, memberships.c.left_on.is_(None))
    )
    going = answer.c.stage.in_(lost), answer.c.customer_id.not_in(already)
    taken = takings(purchases(connection, day), day)
    lately = and_(taken.c.customer_id == answer.c.customer_id, taken.c.day > day - YEAR)
    spent = func.coalesce(func.sum(taken.c.amount), 0).label("spent")
    asked = select(answer.c.customer_id, spent).select_from(answer.outerjoin(taken, lately)).where(*going)
    figures = Frozen(in_force(connection, [choice]), day)
    rows = connection.execute(asked.group_by(answer.c.customer_id), then.clock.values(until, figures)).all()
    return {
        "to": keys,
        "until": day_date(until).isoformat(),
        "people": len(rows),
        "spent": money(sum(int(row.spent) for row in rows), currency),
        "most": [row.customer_id for row in nlargest(MOST, rows, key=lambda row: (row.spent, -row.customer_id))],
    }
