"""The last plan that was sent to each destination, noted beside the database: an older copy of it does not know that.

What was delivered since such a copy was made is not in it, and would pass for somebody else's.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from connector.database import path
from connector.days import instant
from connector.models import Plan
from connector.tables import table
from sync.push.summary import Guard, PlanSummary


def file(engine: Engine) -> Path | None:
    """The file beside a SQLite database; a server's database has none, and is not copied by hand."""
    database = path(engine)
    return None if database is None else database.with_name(f"{database.name}.pushed")


def leave_mark(engine: Engine, plan: PlanSummary) -> None:
    """Note that a plan is about to be sent."""
    place, plans = file(engine), table(Plan)
    if place is not None:
        with engine.connect() as connection:  # a plan that is formed again keeps its number and its first day
            formed_at = connection.execute(select(plans.c.created_at).where(plans.c.id == plan.plan_id)).scalar_one()
        marks = _marks(place) | {plan.destination: [plan.plan_id, formed_at]}
        beside = place.with_name(f"{place.name}.new")
        beside.unlink(missing_ok=True)
        with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as new:
            json.dump(marks, new)
        beside.replace(place)


def unknown(connection: Connection, destination: str) -> Guard | None:
    """Refuse where the last plan that was sent to a destination is not in this database."""
    place, plans = file(connection.engine), table(Plan)
    mark = _marks(place).get(destination) if place is not None else None
    if mark is None:
        return None
    number, created_at = mark
    known = select(plans.c.id).where(plans.c.id == number, plans.c.created_at == created_at)
    if connection.execute(known).first() is not None:
        return None
    return Guard("older", instant(created_at).isoformat(), str(number))


def _marks(place: Path) -> dict[str, list[int]]:
    try:
        found: dict[str, list[int]] = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found
