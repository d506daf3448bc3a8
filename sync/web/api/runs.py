"""What was done, from the newest on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from connector.days import day_date
from connector.models import Run
from connector.tables import table
from sync.web.desk import Here
from sync.web.page import Answer
from sync.web.sheet import Sheet, Wished

_runs = table(Run)


@dataclass(frozen=True)
class Ran:
    """A run; `outcome` is done, failed, refused or stopped, None while it runs, or where it was killed."""

    number: int
    kind: str
    started: str
    ended: str | None
    as_of: str | None
    outcome: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Runs:
    """Runs, from the newest on."""

    runs: Sheet[Ran]


def runs(desk: Here, wished: Wished) -> Runs:
    """The pulls, recomputes, pushes and other runs, from the newest on."""
    newest = select(_runs).order_by(_runs.c.id.desc()).limit(wished.size + 1).offset(wished.skipped)
    with desk.reading() as connection:
        rows = connection.execute(newest).all()
    found = [
        Ran(
            row.id,
            row.kind,
            desk.moment(row.started_at),
            None if row.ended_at is None else desk.moment(row.ended_at),
            None if row.as_of is None else day_date(row.as_of).isoformat(),
            row.outcome,
            json.loads(row.detail) if row.detail else {},
        )
        for row in rows
    ]
    return Runs(Sheet(found[: wished.size], None, wished.page, wished.size, "", "", len(found) > wished.size))


ANSWER = Answer("/runs", runs)
