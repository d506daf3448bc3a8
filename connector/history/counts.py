"""How many people each segment holds, day by day: one row for each day on which the number changed.

A segment holds on a day what its last row up to that day says, and nobody before its first row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import groupby
from typing import TypeAlias

from sqlalchemy import Connection, and_, delete, func, insert, select

from connector.models import DailyCount
from connector.tables import table

Deltas: TypeAlias = Counter[tuple[int, int]]
"""How many more people a segment (by id) holds from a day on."""

counts = table(DailyCount)


def write_counts(connection: Connection, deltas: Deltas) -> None:
    """Add the deltas to what is stored."""
    wanted = sorted((key, people) for key, people in deltas.items() if people)
    for segment_id, group in groupby(wanted, key=lambda item: item[0][0]):
        _write(connection, segment_id, {day: people for (_, day), people in group})


def people_on(connection: Connection, segment_ids: Collection[int], day: int) -> dict[int, int]:
    """How many people each of some segments held at the end of a day; without those that never held anyone by then."""
    here = and_(counts.c.segment_id.in_(segment_ids), counts.c.day <= day)
    last = select(counts.c.segment_id, func.max(counts.c.day).label("day")).where(here).group_by(counts.c.segment_id)
    newest = last.subquery("last")
    on_it = and_(counts.c.segment_id == newest.c.segment_id, counts.c.day == newest.c.day)
    rows = connection.execute(select(counts.c.segment_id, counts.c.people).join(newest, on_it))
    return {row.segment_id: row.people for row in rows}


def _write(connection: Connection, segment_id: int, deltas: dict[int, int]) -> None:
    first = min(deltas)
    here = counts.c.segment_id == segment_id
    here_since = select(counts.c.day, counts.c.people).where(here, counts.c.day >= first)
    stored: dict[int, int] = {row.day: row.people for row in connection.execute(here_since)}
    before = people_on(connection, [segment_id], first - 1).get(segment_id, 0)
    rows, held, more = [], before, 0
    last_stored = before
    for day in sorted(stored.keys() | deltas.keys()):
        last_stored = stored.get(day, last_stored)
        more += deltas.get(day, 0)
        if last_stored + more != held:
            held = last_stored + more
            rows.append({"segment_id": segment_id, "day": day, "people": held})
    if {row["day"]: row["people"] for row in rows} != stored:
        connection.execute(delete(counts).where(here, counts.c.day >= first))
        if rows:
            connection.execute(insert(counts), rows)
