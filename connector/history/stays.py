"""Who was in which stage of a family from when until when, whatever version of its definition said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    or_,
    select,
)

from connector.models import BigInt, Membership, Segment
from connector.scratch import standing
from connector.tables import table

memberships, segments = table(Membership), table(Segment)

_made = Table(
    "stays",
    MetaData(),
    Column("customer_id", BigInt, primary_key=True, autoincrement=False),
    Column("entered_on", Integer, primary_key=True, autoincrement=False),
    Column("left_on", Integer),
    Column("stage", Text),
    Column("cause", Text),
    Column("before", Text),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


@contextmanager
def stays(connection: Connection, family: str, since: int | None = None, until: int | None = None) -> Iterator[Table]:
    """A temporary table of the stays in a family's stages, of those alone that lasted beyond the day `since`.

    With `until` they are as they stood on that day: what began or ended after it is not known yet.

    Columns: customer_id, entered_on, left_on (None: still there), stage (its segment's key), cause (of the entry),
    before (the stage that was left for it, None where it was none).
    """
    with standing(connection, _made) as made:
        connection.execute(insert(made).from_select(made.columns.keys(), _stays(family, since, until)))
        yield made


def _stays(
    family: str, since: int | None, until: int | None
) -> Select[tuple[int, int, int | None, str, str, str | None]]:
    """Intervals of one stage that follow each other without a day between them, as one."""
    left_on: ColumnElement[int | None] = memberships.c.left_on
    if until is not None:
        left_on = case((memberships.c.left_on <= until, memberships.c.left_on)).label("left_on")
    person_days = (memberships.c.customer_id, memberships.c.entered_on, memberships.c.cause)
    row = (
        select(*person_days, left_on, segments.c.key.label("stage"))
        .join(segments, segments.c.id == memberships.c.segment_id)
        .where(segments.c.family == family)
    )
    if since is not None:
        row = row.where(or_(memberships.c.left_on.is_(None), memberships.c.left_on > since))
    if until is not None:
        row = row.where(memberships.c.entered_on <= until)
    one = row.subquery("one")
    person, day = one.c.customer_id, one.c.entered_on
    before = func.lag(one.c.stage).over(partition_by=person, order_by=day).label("before")
    ended = func.lag(one.c.left_on).over(partition_by=person, order_by=day).label("until")
    lagged = select(*one.c, before, ended).subquery("lagged")
    follows = lagged.c.until == lagged.c.entered_on
    same = and_(follows, lagged.c.before == lagged.c.stage)
    begins = case((same, 0), else_=1)
    run = func.sum(begins).over(partition_by=lagged.c.customer_id, order_by=lagged.c.entered_on)
    step = select(*lagged.c, begins.label("begins"), follows.label("follows"), run.label("run")).subquery("step")
    return select(
        step.c.customer_id,
        func.min(step.c.entered_on),
        case((func.count(step.c.left_on) == func.count(), func.max(step.c.left_on))),
        func.min(step.c.stage),
        func.max(step.c.cause).filter(step.c.begins == 1),
        func.max(step.c.before).filter(step.c.begins == 1, step.c.follows),
    ).group_by(step.c.customer_id, step.c.run)
