"""Where everyone stands in a family now, since when, and which stage they left for it.

These are the `stays` that have no end, found without sorting everybody's past: each push asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    ScalarSelect,
    Table,
    Text,
    exists,
    select,
    update,
)

from connector.models import BigInt, Membership, Segment
from connector.scratch import standing
from connector.tables import table

_members, _segments = table(Membership), table(Segment)

_made = Table(
    "turns",
    MetaData(),
    Column("customer_id", BigInt, primary_key=True, autoincrement=False),
    Column("entered_on", Integer),
    Column("stage", Text),
    Column("cause", Text),
    Column("before", Text),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


@contextmanager
def turns(connection: Connection, family: str) -> Iterator[Table]:
    """A temporary table of the people who are in a stage.

    Columns: customer_id, entered_on, stage (its segment's key), cause (of the entry), before (the stage that was left
    for it, None where it was none). A new version of the definition that leaves somebody in their stage is no entry.
    """
    before = _left(family, _members.c.customer_id, _members.c.entered_on)
    now = (
        select(_members.c.customer_id, _members.c.entered_on, _segments.c.key, _members.c.cause, before)
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .where(_segments.c.family == family, _members.c.left_on.is_(None))
    )
    with standing(connection, _made) as made:
        connection.execute(made.insert().from_select(made.columns.keys(), now))
        _follow_versions(connection, made, family)
        yield made


def _left(family: str, person: ColumnElement[Any], day: ColumnElement[Any], what: str = "key") -> ScalarSelect[Any]:
    """Of the stage that a person left on a day: its key, or a column of that stay."""
    stay, stage = _members.alias("stay"), _segments.alias("stage")
    wanted = stage.c.key if what == "key" else stay.c[what]
    return (
        select(wanted)
        .join(stage, stage.c.id == stay.c.segment_id)
        .where(stay.c.customer_id == person, stay.c.left_on == day, stay.c.entered_on < day, stage.c.family == family)
        .limit(1)
        .scalar_subquery()
    )


def _follow_versions(connection: Connection, made: Table, family: str) -> None:
    """Go back through the versions of a definition as long as they say the same stage."""
    same = made.c.before == made.c.stage
    while connection.scalar(select(exists().where(same))):
        began = {name: _left(family, made.c.customer_id, made.c.entered_on, name) for name in ("entered_on", "cause")}
        connection.execute(update(made).where(same).values(began))
        connection.execute(update(made).where(same).values(before=_left(family, made.c.customer_id, made.c.entered_on)))
