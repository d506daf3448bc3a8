"""What pushes would do if people were in other segments: the plans' own code, over temporary tables.

In SQLite as in PostgreSQL a temporary table stands before the database's own of the same name. So planning reads the
supposed memberships and writes where all is gone with the savepoint, and no other process has to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Table,
    case,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from connector.catalogue import Family
from connector.database import next_id
from connector.models import Change, DestinationRow, Membership, Plan, Segment
from connector.tables import table
from sync.push.target import Target

Stages = Sequence[tuple[Family, ColumnElement[int]]]
"""Families, each with the column that holds the place of people's stage, null for none."""


@contextmanager
def rehearsal(
    connection: Connection, answers: Table, stages: Stages, as_of: int, targets: Sequence[Target]
) -> Iterator[None]:
    """Within the block the targets' plans are formed as if people entered their stage in `answers` (by customer_id).

    They do so on the day itself, as with a recompute after a new definition. Nothing stays of it.
    """
    savepoint = connection.begin_nested()
    try:
        own = _own(connection)
        shadows = {name: _shadow(connection, table(model)) for name, model in _SHADOWED.items()}
        for name in ("plans", "destinations"):
            connection.execute(insert(shadows[name]).from_select(shadows[name].columns.keys(), select(own[name])))
        ids = _segments(connection, own["segments"], shadows["segments"], [family for family, _ in stages])
        for family, place in stages:
            _enter(connection, shadows["memberships"], answers, place, ids[family.key], as_of)
        if any(texts.previous or texts.day for target in targets for texts in target.fields.values()):
            _leave(connection, own["memberships"], shadows["memberships"], as_of)
        for target in targets:
            _introduce(connection, target)
        yield
    finally:
        savepoint.rollback()


_SHADOWED: dict[str, Any] = {
    "segments": Segment,
    "memberships": Membership,
    "destinations": DestinationRow,
    "plans": Plan,
    "changes": Change,
}
"""What planning reads otherwise than it stands, and whatever it writes."""


def _own(connection: Connection) -> dict[str, Table]:
    """The database's own tables, by names that no temporary table stands before."""
    schema = (
        "main"
        if connection.dialect.name == "sqlite"
        else connection.execute(select(func.current_schema())).scalar_one()
    )
    return {name: table(model).to_metadata(MetaData(), schema=schema) for name, model in _SHADOWED.items()}


def _shadow(connection: Connection, original: Table) -> Table:
    """An empty temporary table in the place of another, with its key and its indexes."""
    columns = [Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in original.columns]
    shadow = Table(original.name, MetaData(), *columns, prefixes=["TEMPORARY"])
    connection.execute(CreateTable(shadow))
    for index in original.indexes:
        connection.execute(CreateIndex(Index(f"supposed_{index.name}", *(shadow.c[c.name] for c in index.columns))))
    return shadow


def _segments(connection: Connection, own: Table, shadow: Table, families: Sequence[Family]) -> dict[str, list[int]]:
    """Have these families' stages, and no others, in force; their new ids by family, in order."""
    kept = [literal(False).label("active") if c.name == "active" else c for c in own.columns]
    connection.execute(insert(shadow).from_select(own.columns.keys(), select(*kept)))
    found: dict[str, list[int]] = {}
    free = next_id(connection, shadow)
    for family in families:
        found[family.key] = list(range(free, free + len(family.stages)))
        free += len(family.stages)
        rows = [
            {"id": number, "key": family.segment_key(stage), "version": number, "family": family.key}
            | {"position": position, "rule": "", "from_day": None, "active": True}
            for position, (number, stage) in enumerate(zip(found[family.key], family.stages, strict=True))
        ]
        connection.execute(insert(shadow), rows)
    return found


def _enter(
    connection: Connection, shadow: Table, answers: Table, place: ColumnElement[int], ids: Sequence[int], as_of: int
) -> None:
    segment = case(dict(enumerate(ids)), value=place)
    rows = select(answers.c.customer_id, segment, literal(as_of), null(), literal("definition"))
    connection.execute(insert(shadow).from_select(shadow.columns.keys(), rows.where(place.is_not(None))))


def _leave(connection: Connection, own: Table, shadow: Table, as_of: int) -> None:
    """Have everyone leave on the day whatever they were in before it."""
    left = func.coalesce(own.c.left_on, as_of).label("left_on")
    columns = [left if column.name == "left_on" else column for column in own.columns]
    rows = select(*columns).where(own.c.entered_on < as_of)
    connection.execute(insert(shadow).from_select(own.columns.keys(), rows))


def _introduce(connection: Connection, target: Target) -> None:
    """Have a destination known that was never pushed to."""
    rows = table(DestinationRow)
    if connection.scalar(select(rows.c.id).where(rows.c.key == target.key)) is None:
        made = {"id": next_id(connection, rows), "key": target.key, "platform": target.platform, "held": False}
        connection.execute(insert(rows), made)
