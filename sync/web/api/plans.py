"""The plans of pushes, from the newest on, and each with examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import HTTPException, Path, Query
from sqlalchemy import select

from connector.models import Plan
from connector.tables import table
from sync.push import PlanSummary, load
from sync.web.desk import Here
from sync.web.page import Answer
from sync.web.sheet import Sheet, Wished

_plans = table(Plan)
MOST = 200
"""Examples of a plan."""


@dataclass(frozen=True)
class Plans:
    """Plans, from the newest on, without their changes."""

    plans: Sheet[PlanSummary]


def plans(
    desk: Here,
    wished: Wished,
    state: Annotated[str, Query(description="planned, applied, refused …; by default any.", max_length=20)] = "",
) -> Plans:
    """The plans of pushes, from the newest on."""
    newest = select(_plans.c.id).order_by(_plans.c.id.desc()).limit(wished.size + 1).offset(wished.skipped)
    with desk.reading() as connection:
        numbers = list(connection.scalars(newest.where(_plans.c.state == state) if state else newest))
        found = [load(connection, number, 0) for number in numbers[: wished.size]]
    return Plans(Sheet(found, None, wished.page, wished.size, "", "", len(numbers) > wished.size))


def plan(
    desk: Here,
    number: Annotated[int, Path(ge=1, le=2**62, description="The plan's number.")],
    examples: Annotated[int, Query(ge=0, le=MOST, description="So many of its changes.")] = 20,
) -> PlanSummary:
    """A plan of a push, with examples of its changes."""
    with desk.reading() as connection:
        if connection.scalar(select(_plans.c.id).where(_plans.c.id == number)) is None:
            raise HTTPException(404)
        found = load(connection, number, examples)
    if found.examples:
        desk.disclosed("plan", str(number), people=len(found.examples))
    shown = tuple(replace(change, address=desk.address(change.address) or "") for change in found.examples)
    return replace(found, examples=shown)


ANSWER = Answer("/plans", plans)
ONE = Answer("/plans/{number}", plan)
